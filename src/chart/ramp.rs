//! Mixing of colours in Oklab, where equal steps look equal.
//!
//! Source: Björn Ottosson, “A perceptual color space for image processing”, 2020.

use super::theme::Rgb;

/// Linear-light red, green and blue in `0..=1`.
pub fn linear(colour: Rgb) -> [f64; 3] {
    [colour.r, colour.g, colour.b].map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { libm::pow((share + 0.055) / 1.055, 2.4) }
    })
}

/// The nearest eight-bit colour to linear-light channels; out-of-gamut channels are clipped.
pub fn from_linear(channels: [f64; 3]) -> Rgb {
    let [r, g, b] = channels.map(|share| {
        let share = share.clamp(0.0, 1.0);
        let coded = if share <= 0.003_130_8 { 12.92 * share } else { 1.055 * libm::pow(share, 1.0 / 2.4) - 0.055 };
        (coded * 255.0).round() as u8
    });
    Rgb { r, g, b }
}

/// Oklab lightness (0 to 1) and the two opponent axes.
pub fn oklab(colour: Rgb) -> [f64; 3] {
    let [r, g, b] = linear(colour);
    let l = libm::cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b);
    let m = libm::cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b);
    let s = libm::cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b);
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

/// The nearest eight-bit colour to an Oklab place.
pub fn from_oklab(place: [f64; 3]) -> Rgb {
    let [lightness, a, b] = place;
    let l = lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b;
    let m = lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b;
    let s = lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b;
    let (l, m, s) = (l * l * l, m * m * m, s * s * s);
    from_linear([
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ])
}

/// The colour `share` of the way from `from` to `to`, in Oklab.
pub fn mix(from: Rgb, to: Rgb, share: f64) -> Rgb {
    let (a, b) = (oklab(from), oklab(to));
    let at = |i: usize| a[i] + (b[i] - a[i]) * share.clamp(0.0, 1.0);
    from_oklab([at(0), at(1), at(2)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grey_and_primary_survives_the_round_trip() {
        for hex in [0x000000, 0x7f7f7f, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0xcc4a12] {
            assert_eq!(from_oklab(oklab(Rgb::new(hex))), Rgb::new(hex));
        }
    }

    #[test]
    fn the_middle_of_black_and_white_is_the_grey_of_half_lightness() {
        let middle = mix(Rgb::new(0x000000), Rgb::new(0xffffff), 0.5);
        assert!((oklab(middle)[0] - 0.5).abs() < 0.005, "{middle:?}");
    }
}
