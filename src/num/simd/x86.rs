//! The vector levels of the x86 processors, instruction by instruction.

#![expect(clippy::manual_div_ceil, reason = "it takes the place of a literal for a sum that is rounded up")]

use std::arch::x86_64::*;

use super::{Eight, Job, Lanes, Nibbles};

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

/// Asks the memory for a line.
#[inline(always)]
pub(super) fn fetch(line: &[u8; 64]) {
    // SAFETY: every x86-64 processor has SSE; a hint about an address changes nothing, and this one is that of a reference.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
}

/// One expression of intrinsics, in the presence of a token.
macro_rules! proven {
    ($body:expr) => {
        // SAFETY: the token in `self` is made only by `with_…`, which runs only where the features were found; memory
        // is reached through references to arrays of the full width, aligned where the instruction asks for it.
        unsafe { $body }
    };
}

/// Panics unless all lines `codes << shift` are in `table`.
#[inline(always)]
fn within(codes: &[u16; 8], shift: u32, table: &[Eight]) {
    // SAFETY: both levels have SSE4.1; the load reads the eight codes.
    let most = unsafe {
        let inverse = _mm_xor_si128(_mm_loadu_si128(codes.as_ptr().cast()), _mm_set1_epi16(-1));
        !(_mm_extract_epi16::<0>(_mm_minpos_epu16(inverse)) as u16)
    };
    assert!(usize::from(most) << shift < table.len(), "a line beyond the table");
}

/// Four codes in one number, so that their addresses are computed where addresses are used and not in vectors.
#[inline(always)]
fn four_codes(codes: &[u16; 4]) -> u64 {
    codes.iter().rev().fold(0, |packed, code| packed << 16 | u64::from(*code))
}

impl Lanes for Avx512 {
    type Numbers = __m512d;
    type Mask = __mmask8;
    type Places = __m512i;

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
    fn nibbles(self, words: &[u64; 4], places: &mut Nibbles) {
        proven!({
            let low = _mm512_maskz_set1_epi8(words[0], 1);
            let low = _mm512_mask_add_epi8(low, words[1], low, _mm512_set1_epi8(2));
            let high = _mm512_maskz_set1_epi8(words[2], 4);
            let high = _mm512_mask_add_epi8(high, words[3], high, _mm512_set1_epi8(8));
            _mm512_store_si512(places.0.as_mut_ptr().cast(), _mm512_or_si512(low, high));
        });
    }

    #[inline(always)]
    fn places(self, places: &Nibbles, v: usize) -> __m512i {
        let eight = &places.0[8 * v..8 * v + 8];
        proven!(_mm512_cvtepu8_epi64(_mm_loadl_epi64(eight.as_ptr().cast())))
    }

    #[inline(always)]
    fn look_up(self, table: __m512d, places: __m512i) -> __m512d {
        proven!(_mm512_permutexvar_pd(places, table))
    }

    #[inline(always)]
    fn look_up_both(self, table: [__m512d; 2], places: __m512i) -> __m512d {
        proven!(_mm512_permutex2var_pd(table[0], places, table[1]))
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

    #[inline(always)]
    fn patterns(self, words: &[u64], codes: &mut [u16; 64]) {
        let [mut low, mut high] = proven!([_mm512_setzero_si512(); 2]);
        for (k, &word) in words.iter().enumerate().take(16) {
            proven!({
                let bit = _mm512_set1_epi16((1u16 << k).cast_signed());
                low = _mm512_mask_add_epi16(low, word as u32, low, bit);
                high = _mm512_mask_add_epi16(high, (word >> 32) as u32, high, bit);
            });
        }
        proven!({
            _mm512_storeu_si512(codes[..32].as_mut_ptr().cast(), low);
            _mm512_storeu_si512(codes[32..].as_mut_ptr().cast(), high);
        });
    }

    #[inline(always)]
    fn turned(self, table: &[Eight], codes: &[u16; 8], shift: u32) -> [__m512d; 8] {
        proven!({
            // One look for all eight lines; after it they are in the table.
            within(codes, shift, table);
            let (four, _) = codes.as_chunks::<4>();
            let packed = [four_codes(&four[0]), four_codes(&four[1])];
            macro_rules! line {
                ($i:expr, $from:literal) => {{
                    let code = (packed[($i) / 4] >> (16 * (($i) % 4)) & 0xFFFF) as usize;
                    table.as_ptr().add(code << shift).cast::<f64>().add($from)
                }};
            }
            // Lines i and i + 4 share a register: first their lower halves, then their upper ones. Macros, because closures
            // are not compiled for the level.
            macro_rules! both {
                ($i:literal, $from:literal) => {
                    _mm512_insertf64x4::<1>(
                        _mm512_castpd256_pd512(_mm256_load_pd(line!($i, $from))),
                        _mm256_load_pd(line!($i + 4, $from)),
                    )
                };
            }
            let (first, last) =
                (_mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2));
            macro_rules! four {
                ($from:literal) => {{
                    let (a, b, c, d) = (both!(0, $from), both!(1, $from), both!(2, $from), both!(3, $from));
                    let (ab, ab_odd) = (_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
                    let (cd, cd_odd) = (_mm512_unpacklo_pd(c, d), _mm512_unpackhi_pd(c, d));
                    [
                        _mm512_permutex2var_pd(ab, first, cd),
                        _mm512_permutex2var_pd(ab_odd, first, cd_odd),
                        _mm512_permutex2var_pd(ab, last, cd),
                        _mm512_permutex2var_pd(ab_odd, last, cd_odd),
                    ]
                }};
            }
            let ([a, b, c, d], [e, f, g, h]) = (four!(0), four!(4));
            [a, b, c, d, e, f, g, h]
        })
    }
}

/// Four numbers of a table of eight.
#[inline(always)]
fn among_eight(table: [__m256d; 2], places: (__m256i, __m256d, __m256d)) -> __m256d {
    // SAFETY: called by `Avx2` alone, whose token proves the features.
    unsafe {
        let low = _mm256_permutevar8x32_ps(_mm256_castpd_ps(table[0]), places.0);
        let high = _mm256_permutevar8x32_ps(_mm256_castpd_ps(table[1]), places.0);
        _mm256_blendv_pd(_mm256_castps_pd(low), _mm256_castps_pd(high), places.1)
    }
}

impl Lanes for Avx2 {
    type Numbers = [__m256d; 2];
    type Mask = [__m256d; 2];
    /// For each four: where the halves of the numbers lie among the floats of four places, and the higher two bits.
    type Places = [(__m256i, __m256d, __m256d); 2];

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
    fn nibbles(self, words: &[u64; 4], places: &mut Nibbles) {
        for part in 0..2 {
            proven!({
                // Every byte of a word is spread over eight bytes, of which each keeps one bit.
                let spread = _mm256_set_epi64x(0x0303_0303_0303_0303, 0x0202_0202_0202_0202, 0x0101_0101_0101_0101, 0);
                let own = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64.cast_signed());
                let mut sum = _mm256_setzero_si256();
                for (k, word) in words.iter().enumerate() {
                    let bits = _mm256_set1_epi32(((word >> (32 * part)) as u32).cast_signed());
                    let bits = _mm256_and_si256(_mm256_shuffle_epi8(bits, spread), own);
                    let bit = _mm256_set1_epi8(1 << k);
                    sum = _mm256_or_si256(sum, _mm256_and_si256(_mm256_cmpeq_epi8(bits, own), bit));
                }
                _mm256_store_si256(places.0[32 * part..32 * part + 32].as_mut_ptr().cast(), sum);
            });
        }
    }

    #[inline(always)]
    fn places(self, places: &Nibbles, v: usize) -> Self::Places {
        let eight = &places.0[8 * v..8 * v + 8];
        proven!({
            let bytes = _mm_loadl_epi64(eight.as_ptr().cast());
            let both = [_mm256_cvtepu8_epi64(bytes), _mm256_cvtepu8_epi64(_mm_srli_si128::<4>(bytes))];
            let (ends, three) = (_mm256_set1_epi64x(1 << 32), _mm256_set1_epi64x(3));
            macro_rules! four {
                ($places:expr) => {{
                    // A number is two floats: place p among four begins at float 2 p.
                    let first = _mm256_slli_epi64::<1>(_mm256_and_si256($places, three));
                    let halves = _mm256_or_si256(first, _mm256_slli_epi64::<32>(first));
                    (
                        _mm256_or_si256(halves, ends),
                        _mm256_castsi256_pd(_mm256_slli_epi64::<61>($places)),
                        _mm256_castsi256_pd(_mm256_slli_epi64::<60>($places)),
                    )
                }};
            }
            [four!(both[0]), four!(both[1])]
        })
    }

    #[inline(always)]
    fn look_up(self, table: [__m256d; 2], places: Self::Places) -> [__m256d; 2] {
        [among_eight(table, places[0]), among_eight(table, places[1])]
    }

    #[inline(always)]
    fn look_up_both(self, table: [[__m256d; 2]; 2], places: Self::Places) -> [__m256d; 2] {
        let (first, second) = (self.look_up(table[0], places), self.look_up(table[1], places));
        self.select([places[0].2, places[1].2], second, first)
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

    #[inline(always)]
    fn patterns(self, words: &[u64], codes: &mut [u16; 64]) {
        for part in 0..4 {
            proven!({
                let own = _mm256_set_epi16(
                    i16::MIN,
                    1 << 14,
                    1 << 13,
                    1 << 12,
                    1 << 11,
                    1 << 10,
                    1 << 9,
                    1 << 8,
                    1 << 7,
                    1 << 6,
                    1 << 5,
                    1 << 4,
                    1 << 3,
                    1 << 2,
                    1 << 1,
                    1,
                );
                let mut sum = _mm256_setzero_si256();
                for (k, &word) in words.iter().enumerate().take(16) {
                    let bits = _mm256_set1_epi16(((word >> (16 * part)) as u16).cast_signed());
                    let found = _mm256_cmpeq_epi16(_mm256_and_si256(bits, own), own);
                    let bit = _mm256_set1_epi16((1u16 << k).cast_signed());
                    sum = _mm256_or_si256(sum, _mm256_and_si256(found, bit));
                }
                _mm256_storeu_si256(codes[16 * part..16 * part + 16].as_mut_ptr().cast(), sum);
            });
        }
    }

    #[inline(always)]
    fn turned(self, table: &[Eight], codes: &[u16; 8], shift: u32) -> [[__m256d; 2]; 8] {
        proven!({
            // One look for all eight lines; after it they are in the table.
            within(codes, shift, table);
            let (four, _) = codes.as_chunks::<4>();
            let packed = [four_codes(&four[0]), four_codes(&four[1])];
            macro_rules! line {
                ($i:expr, $from:literal) => {{
                    let code = (packed[($i) / 4] >> (16 * (($i) % 4)) & 0xFFFF) as usize;
                    table.as_ptr().add(code << shift).cast::<f64>().add($from)
                }};
            }
            // Lines i and i + 2 share a register. Macros, because closures are not compiled for the level.
            macro_rules! both {
                ($i:expr, $from:literal) => {
                    _mm256_insertf128_pd::<1>(
                        _mm256_castpd128_pd256(_mm_load_pd(line!($i, $from))),
                        _mm_load_pd(line!($i + 2, $from)),
                    )
                };
            }
            macro_rules! two {
                ($first:literal, $from:literal) => {{
                    let (a, b) = (both!($first, $from), both!($first + 1, $from));
                    [_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b)]
                }};
            }
            let [l0, l1, l2, l3] = [two!(0, 0), two!(0, 2), two!(0, 4), two!(0, 6)];
            let [h0, h1, h2, h3] = [two!(4, 0), two!(4, 2), two!(4, 4), two!(4, 6)];
            [
                [l0[0], h0[0]],
                [l0[1], h0[1]],
                [l1[0], h1[0]],
                [l1[1], h1[1]],
                [l2[0], h2[0]],
                [l2[1], h2[1]],
                [l3[0], h3[0]],
                [l3[1], h3[1]],
            ]
        })
    }
}
