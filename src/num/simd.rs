//! Eight f64 side by side, and sixty-four comparisons in one word, on whatever the processor offers.
//!
//! A kernel is written once, generic over [`Lanes`], and runs at the best [`Level`] of the machine. Every level does the
//! same operations in the same order, products and sums fused alike, so that all give the same bits. The only unsafe
//! code of the crate is here: a token of a level can be had only where its instructions were found.

#![expect(unsafe_code, reason = "vector instructions; every token proves that the processor has them")]

use std::sync::atomic::{AtomicU8, Ordering};

/// What the processor can do, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Plain code, the twin that every other level must equal.
    Scalar,
    /// 256-bit vectors with fused products.
    Avx2,
    /// 512-bit vectors with masks.
    Avx512,
}

impl Level {
    /// All levels, from least to most.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Avx512];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
        }
    }

    /// Whether this machine has it.
    pub fn is_here(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("popcnt")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.is_here()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The best level of this machine that [`limit`] allows.
    pub fn best() -> Self {
        let allowed = LIMIT.load(Ordering::Relaxed);
        let fits = |level: &Self| (*level as u8) <= allowed && level.is_here();
        Self::ALL.into_iter().rev().find(fits).unwrap_or(Self::Scalar)
    }
}

static LIMIT: AtomicU8 = AtomicU8::new(Level::Avx512 as u8);

/// Lets kernels use nothing above `level` from now on; results stay the same bits. For comparisons and diagnosis.
pub fn limit(level: Level) {
    LIMIT.store(level as u8, Ordering::Relaxed);
}

/// A kernel, written once for every level.
pub trait Job {
    /// What it gives.
    type Output;

    /// Does the work with these lanes. Implementations must be `#[inline(always)]`, so that they are compiled for the
    /// level that calls them.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// Runs `job` at the best level. Cost: that of the job, and one comparison.
pub fn run<J: Job>(job: J) -> J::Output {
    run_at(Level::best(), job)
}

/// Runs `job` at `level`, or plainly where the machine does not have it.
pub fn run_at<J: Job>(level: Level, job: J) -> J::Output {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 if level.is_here() => {
            // SAFETY: `is_here` found every feature that the function enables.
            unsafe { x86::with_avx512(job) }
        }
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 if level.is_here() => {
            // SAFETY: `is_here` found every feature that the function enables.
            unsafe { x86::with_avx2(job) }
        }
        _ => job.run(Scalar),
    }
}

/// Eight f64 in memory, on a cache line of their own: vectors that straddle two lines cost twice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(64))]
pub struct Eight(pub [f64; 8]);

impl Eight {
    /// Eight times the same.
    pub const fn splat(x: f64) -> Self {
        Self([x; 8])
    }
}

/// Arithmetic on eight f64 side by side. No operation depends on the neighbours of a lane.
pub trait Lanes: Copy {
    /// Eight numbers.
    type Numbers: Copy;
    /// Eight answers, yes or no.
    type Mask: Copy;

    /// The same number in every lane.
    fn splat(self, x: f64) -> Self::Numbers;
    /// The numbers in memory.
    fn load(self, from: &Eight) -> Self::Numbers;
    /// Writes the numbers to memory.
    fn store(self, to: &mut Eight, x: Self::Numbers);
    /// `a + b`.
    fn add(self, a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    /// `a − b`.
    fn sub(self, a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    /// `a · b`.
    fn mul(self, a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    /// `a · b + c`, rounded once.
    fn mul_add(self, a: Self::Numbers, b: Self::Numbers, c: Self::Numbers) -> Self::Numbers;
    /// Lane `i` says yes where bit `i` is set.
    fn mask(self, bits: u8) -> Self::Mask;
    /// `yes` where the mask says so, `no` elsewhere.
    fn select(self, mask: Self::Mask, yes: Self::Numbers, no: Self::Numbers) -> Self::Numbers;
    /// Bit `i` tells whether `codes[i] − from`, wrapping, is at most `span`.
    fn within_u16(self, codes: &[u16; 64], from: u16, span: u16) -> u64;
    /// Bit `i` tells whether `codes[i] − from`, wrapping, is at most `span`.
    fn within_u32(self, codes: &[u32; 64], from: u32, span: u32) -> u64;
}

/// The plain level.
#[derive(Clone, Copy, Debug)]
pub struct Scalar;

impl Lanes for Scalar {
    type Numbers = [f64; 8];
    type Mask = u8;

    #[inline(always)]
    fn splat(self, x: f64) -> [f64; 8] {
        [x; 8]
    }

    #[inline(always)]
    fn load(self, from: &Eight) -> [f64; 8] {
        from.0
    }

    #[inline(always)]
    fn store(self, to: &mut Eight, x: [f64; 8]) {
        to.0 = x;
    }

    #[inline(always)]
    fn add(self, a: [f64; 8], b: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: [f64; 8], b: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| a[i] - b[i])
    }

    #[inline(always)]
    fn mul(self, a: [f64; 8], b: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| a[i] * b[i])
    }

    #[inline(always)]
    fn mul_add(self, a: [f64; 8], b: [f64; 8], c: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }

    #[inline(always)]
    fn mask(self, bits: u8) -> u8 {
        bits
    }

    #[inline(always)]
    fn select(self, mask: u8, yes: [f64; 8], no: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| if mask >> i & 1 == 1 { yes[i] } else { no[i] })
    }

    #[inline(always)]
    fn within_u16(self, codes: &[u16; 64], from: u16, span: u16) -> u64 {
        let bit = |i: usize| u64::from(codes[i].wrapping_sub(from) <= span) << i;
        (0..64).map(bit).fold(0, |word, bit| word | bit)
    }

    #[inline(always)]
    fn within_u32(self, codes: &[u32; 64], from: u32, span: u32) -> u64 {
        let bit = |i: usize| u64::from(codes[i].wrapping_sub(from) <= span) << i;
        (0..64).map(bit).fold(0, |word, bit| word | bit)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Eight, Job, Lanes};

    /// Proof that 512-bit vectors are here.
    #[derive(Clone, Copy)]
    pub(super) struct Avx512(());

    /// Proof that 256-bit vectors and fused products are here.
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(());

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2,popcnt")]
    pub(super) fn with_avx512<J: Job>(job: J) -> J::Output {
        job.run(Avx512(()))
    }

    #[target_feature(enable = "avx2,fma,bmi2,popcnt")]
    pub(super) fn with_avx2<J: Job>(job: J) -> J::Output {
        job.run(Avx2(()))
    }

    /// One expression of intrinsics, in the presence of a token.
    macro_rules! proven {
        ($body:expr) => {
            // SAFETY: the token in `self` is made only by `with_…`, which runs only where the features were found; memory
            // is reached through references to arrays of the full width, aligned where the instruction asks for it.
            unsafe { $body }
        };
    }

    impl Lanes for Avx512 {
        type Numbers = __m512d;
        type Mask = __mmask8;

        #[inline(always)]
        fn splat(self, x: f64) -> __m512d {
            proven!(_mm512_set1_pd(x))
        }

        #[inline(always)]
        fn load(self, from: &Eight) -> __m512d {
            proven!(_mm512_load_pd(from.0.as_ptr()))
        }

        #[inline(always)]
        fn store(self, to: &mut Eight, x: __m512d) {
            proven!(_mm512_store_pd(to.0.as_mut_ptr(), x));
        }

        #[inline(always)]
        fn add(self, a: __m512d, b: __m512d) -> __m512d {
            proven!(_mm512_add_pd(a, b))
        }

        #[inline(always)]
        fn sub(self, a: __m512d, b: __m512d) -> __m512d {
            proven!(_mm512_sub_pd(a, b))
        }

        #[inline(always)]
        fn mul(self, a: __m512d, b: __m512d) -> __m512d {
            proven!(_mm512_mul_pd(a, b))
        }

        #[inline(always)]
        fn mul_add(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
            proven!(_mm512_fmadd_pd(a, b, c))
        }

        #[inline(always)]
        fn mask(self, bits: u8) -> __mmask8 {
            bits
        }

        #[inline(always)]
        fn select(self, mask: __mmask8, yes: __m512d, no: __m512d) -> __m512d {
            proven!(_mm512_mask_blend_pd(mask, no, yes))
        }

        #[inline(always)]
        fn within_u16(self, codes: &[u16; 64], from: u16, span: u16) -> u64 {
            proven!({
                let (from, span) = (_mm512_set1_epi16(from.cast_signed()), _mm512_set1_epi16(span.cast_signed()));
                let mut word = 0;
                for part in 0..2 {
                    let codes = _mm512_loadu_si512(codes[32 * part..32 * part + 32].as_ptr().cast());
                    word |= u64::from(_mm512_cmple_epu16_mask(_mm512_sub_epi16(codes, from), span)) << (32 * part);
                }
                word
            })
        }

        #[inline(always)]
        fn within_u32(self, codes: &[u32; 64], from: u32, span: u32) -> u64 {
            proven!({
                let (from, span) = (_mm512_set1_epi32(from.cast_signed()), _mm512_set1_epi32(span.cast_signed()));
                let mut word = 0;
                for part in 0..4 {
                    let codes = _mm512_loadu_si512(codes[16 * part..16 * part + 16].as_ptr().cast());
                    word |= u64::from(_mm512_cmple_epu32_mask(_mm512_sub_epi32(codes, from), span)) << (16 * part);
                }
                word
            })
        }
    }

    impl Lanes for Avx2 {
        type Numbers = [__m256d; 2];
        type Mask = [__m256d; 2];

        #[inline(always)]
        fn splat(self, x: f64) -> [__m256d; 2] {
            let x = proven!(_mm256_set1_pd(x));
            [x, x]
        }

        #[inline(always)]
        fn load(self, from: &Eight) -> [__m256d; 2] {
            proven!([_mm256_load_pd(from.0.as_ptr()), _mm256_load_pd(from.0[4..].as_ptr())])
        }

        #[inline(always)]
        fn store(self, to: &mut Eight, x: [__m256d; 2]) {
            proven!({
                _mm256_store_pd(to.0.as_mut_ptr(), x[0]);
                _mm256_store_pd(to.0[4..].as_mut_ptr(), x[1]);
            });
        }

        #[inline(always)]
        fn add(self, a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] {
            proven!([_mm256_add_pd(a[0], b[0]), _mm256_add_pd(a[1], b[1])])
        }

        #[inline(always)]
        fn sub(self, a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] {
            proven!([_mm256_sub_pd(a[0], b[0]), _mm256_sub_pd(a[1], b[1])])
        }

        #[inline(always)]
        fn mul(self, a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] {
            proven!([_mm256_mul_pd(a[0], b[0]), _mm256_mul_pd(a[1], b[1])])
        }

        #[inline(always)]
        fn mul_add(self, a: [__m256d; 2], b: [__m256d; 2], c: [__m256d; 2]) -> [__m256d; 2] {
            proven!([_mm256_fmadd_pd(a[0], b[0], c[0]), _mm256_fmadd_pd(a[1], b[1], c[1])])
        }

        #[inline(always)]
        fn mask(self, bits: u8) -> [__m256d; 2] {
            proven!({
                let bits = _mm256_set1_epi64x(i64::from(bits));
                let (low, high) = (_mm256_set_epi64x(8, 4, 2, 1), _mm256_set_epi64x(128, 64, 32, 16));
                let (low, high) = (
                    _mm256_cmpeq_epi64(_mm256_and_si256(bits, low), low),
                    _mm256_cmpeq_epi64(_mm256_and_si256(bits, high), high),
                );
                [_mm256_castsi256_pd(low), _mm256_castsi256_pd(high)]
            })
        }

        #[inline(always)]
        fn select(self, mask: [__m256d; 2], yes: [__m256d; 2], no: [__m256d; 2]) -> [__m256d; 2] {
            proven!([_mm256_blendv_pd(no[0], yes[0], mask[0]), _mm256_blendv_pd(no[1], yes[1], mask[1])])
        }

        #[inline(always)]
        fn within_u16(self, codes: &[u16; 64], from: u16, span: u16) -> u64 {
            proven!({
                let (from, span) = (_mm256_set1_epi16(from.cast_signed()), _mm256_set1_epi16(span.cast_signed()));
                let mut word = 0;
                for part in 0..2 {
                    let low = _mm256_loadu_si256(codes[32 * part..32 * part + 16].as_ptr().cast());
                    let high = _mm256_loadu_si256(codes[32 * part + 16..32 * part + 32].as_ptr().cast());
                    let (low, high) = (_mm256_sub_epi16(low, from), _mm256_sub_epi16(high, from));
                    let low = _mm256_cmpeq_epi16(_mm256_min_epu16(low, span), low);
                    let high = _mm256_cmpeq_epi16(_mm256_min_epu16(high, span), high);
                    let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(low, high));
                    word |= u64::from(_mm256_movemask_epi8(bytes).cast_unsigned()) << (32 * part);
                }
                word
            })
        }

        #[inline(always)]
        fn within_u32(self, codes: &[u32; 64], from: u32, span: u32) -> u64 {
            proven!({
                let (from, span) = (_mm256_set1_epi32(from.cast_signed()), _mm256_set1_epi32(span.cast_signed()));
                let mut word = 0;
                for part in 0..8 {
                    let codes = _mm256_loadu_si256(codes[8 * part..8 * part + 8].as_ptr().cast());
                    let codes = _mm256_sub_epi32(codes, from);
                    let near = _mm256_cmpeq_epi32(_mm256_min_epu32(codes, span), codes);
                    word |= u64::from(_mm256_movemask_ps(_mm256_castsi256_ps(near)).cast_unsigned()) << (8 * part);
                }
                word
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that betray a level: no number, both zeros, tiny ones, huge ones, ordinary ones.
    const ODD: [f64; 11] =
        [f64::NAN, -0.0, 0.0, 5e-324, -2.2e-308, f64::INFINITY, -1.5, 0.1, 1e308, 3.0, f64::NEG_INFINITY];

    fn numbers(start: usize) -> Eight {
        Eight(std::array::from_fn(|i| ODD[(start * 7 + i * 3) % ODD.len()]))
    }

    struct Everything;

    impl Job for Everything {
        type Output = Vec<u64>;

        #[inline(always)]
        fn run<L: Lanes>(self, lanes: L) -> Vec<u64> {
            let mut bits = Vec::new();
            let mut keep = |x| {
                let mut out = Eight::default();
                lanes.store(&mut out, x);
                // The sign and payload of a NaN are not promised by the operations themselves.
                bits.extend(out.0.map(|x| if x.is_nan() { u64::MAX } else { x.to_bits() }));
            };
            for start in 0..40 {
                let (a, b, c) = (numbers(start), numbers(start + 1), numbers(start * 5 + 2));
                let (a, b, c) = (lanes.load(&a), lanes.load(&b), lanes.load(&c));
                keep(lanes.add(a, b));
                keep(lanes.sub(a, b));
                keep(lanes.mul(a, b));
                keep(lanes.mul_add(a, b, c));
                keep(lanes.select(lanes.mask((start * 37) as u8), a, lanes.splat(2.0)));
            }
            let narrow: [u16; 64] = std::array::from_fn(|i| (i * i * 1031) as u16);
            let wide: [u32; 64] = std::array::from_fn(|i| (i as u32).wrapping_mul(0x9E37_79B9));
            for step in 0..64 {
                for from in [0u16, 1, 7, 65_535] {
                    bits.push(lanes.within_u16(&narrow, from, narrow[step]));
                    bits.push(lanes.within_u32(&wide, u32::from(from), wide[step]));
                }
            }
            bits
        }
    }

    #[test]
    fn every_level_gives_the_bits_of_the_plain_one() {
        let plain = run_at(Level::Scalar, Everything);
        for level in Level::ALL.into_iter().filter(|l| l.is_here()) {
            assert_eq!(run_at(level, Everything), plain, "{}", level.name());
        }
    }

    #[test]
    fn comparisons_wrap_and_include_the_end() {
        let codes: [u16; 64] = std::array::from_fn(|i| i as u16);
        assert_eq!(Scalar.within_u16(&codes, 0, 3), 0b1111);
        assert_eq!(Scalar.within_u16(&codes, 1, 3), 0b1_1110);
        let codes: [u32; 64] = std::array::from_fn(|i| i as u32);
        assert_eq!(Scalar.within_u32(&codes, 2, 1), 0b1100);
    }
}
