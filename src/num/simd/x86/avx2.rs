//! 256-bit vectors with fused products, two for eight numbers.

use std::arch::x86_64::*;

use super::super::{Eight, Lanes, Nibbles};
use super::{Avx2, four_codes, proven, within};

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
    fn within_each(self, codes: &[u32; 64], columns: &[u8; 64], from: &[u32; 64], span: &[u32; 64]) -> u64 {
        let own: [u32; 64] = std::array::from_fn(|i| codes[usize::from(columns[i] % 64)]);
        let ([own, from, span], mut word) = ([&own, from, span].map(|numbers| numbers.as_chunks::<8>().0), 0);
        for part in 0..8 {
            proven!({
                let load = |from: &[u32; 8]| _mm256_loadu_si256(from.as_ptr().cast());
                let far = _mm256_sub_epi32(load(&own[part]), load(&from[part]));
                let near = _mm256_cmpeq_epi32(_mm256_min_epu32(far, load(&span[part])), far);
                word |= u64::from(_mm256_movemask_ps(_mm256_castsi256_ps(near)).cast_unsigned()) << (8 * part);
            });
        }
        word
    }

    #[inline(always)]
    fn extract(self, word: u64, mask: u64) -> u64 {
        proven!(_pext_u64(word, mask))
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
