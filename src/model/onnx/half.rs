//! Numbers of 16 bits, to and from 32 bits.

/// An IEEE 754 number of 16 bits as one of 32 bits. Exact.
pub fn f32_of_f16(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (bits >> 10 & 0x1f, f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2.0_f32.powi(-24),
        0x1f if fraction != 0.0 => f32::NAN,
        0x1f => sign * f32::INFINITY,
        _ => sign * (1024.0 + fraction) * 2.0_f32.powi(i32::from(exponent) - 25),
    }
}

/// The nearest 16-bit number; of two equally near the even one. Every NaN becomes the same.
pub fn f16_of_f32(x: f32) -> u16 {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let size = x.abs();
    if x.is_nan() {
        return sign | 0x7e00;
    }
    // Half of the last step above the largest number rounds to infinity.
    if size >= 65520.0 {
        return sign | 0x7c00;
    }
    // Steps of 2⁻²⁴ up to 2⁻¹⁴, then 1024 steps for each power of two: counts of steps are the bits.
    let power = i32::from((size.to_bits() >> 23) as u16) - 127;
    let step = 2.0_f32.powi(power.max(-14) - 10);
    let steps = (size / step).round_ties_even() as u16;
    let below = u16::try_from((power + 14).max(0)).unwrap_or(0) * 1024;
    sign | (below + steps)
}

/// The upper half of the bits of a 32-bit number as that number. Exact.
pub fn f32_of_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The nearest number whose lower half is zero; of two equally near the even one. Every NaN becomes the same.
pub fn bf16_of_f32(x: f32) -> u16 {
    if x.is_nan() {
        return 0x7fc0;
    }
    let bits = x.to_bits();
    let even = bits >> 16 & 1;
    ((bits + 0x7fff + even) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_16_bits_survives_the_way_there_and_back() {
        for bits in 0..=u16::MAX {
            let (half, brain) = (f32_of_f16(bits), f32_of_bf16(bits));
            assert!(half.is_nan() || f16_of_f32(half) == bits, "{bits:04x} is {half}");
            assert!(brain.is_nan() || bf16_of_f32(brain) == bits, "{bits:04x} is {brain}");
        }
    }

    #[test]
    fn the_middle_between_two_numbers_goes_to_the_even_one() {
        for bits in 0..0x7bff_u16 {
            let middle = f32::midpoint(f32_of_f16(bits), f32_of_f16(bits + 1));
            assert_eq!(f16_of_f32(middle), bits + (bits & 1), "{bits:04x}");
            assert_eq!(f16_of_f32(middle.next_up()), bits + 1);
            assert_eq!(f16_of_f32(middle.next_down()), bits);
        }
        assert_eq!([65519.996, 65520.0, f32::MAX].map(f16_of_f32), [0x7bff, 0x7c00, 0x7c00]);
        assert_eq!(f16_of_f32(2.0_f32.powi(-25)), 0);
        assert_eq!(
            [0x3f80_8000, 0x3f81_8000, 0x3f80_8001].map(|b| bf16_of_f32(f32::from_bits(b))),
            [0x3f80, 0x3f82, 0x3f81]
        );
        assert_eq!(bf16_of_f32(f32::MAX), 0x7f80);
    }
}
