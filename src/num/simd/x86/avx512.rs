//! 512-bit vectors with masks.

use std::arch::x86_64::*;

use super::super::{Eight, Lanes, Nibbles};
use super::{Avx512, four_codes, proven, within};

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
    fn within_each(self, codes: &[u32; 64], columns: &[u8; 64], from: &[u32; 64], span: &[u32; 64]) -> u64 {
        let (columns, _) = columns.as_chunks::<16>();
        let ([codes, from, span], mut word) = ([codes, from, span].map(|numbers| numbers.as_chunks::<16>().0), 0);
        proven!({
            let load = |from: &[u32; 16]| _mm512_loadu_si512(from.as_ptr().cast());
            let [a, b, c, d] = std::array::from_fn(|part| load(&codes[part]));
            for part in 0..4 {
                let places = _mm512_cvtepu8_epi32(_mm_loadu_si128(columns[part].as_ptr().cast()));
                let (low, high) = (_mm512_permutex2var_epi32(a, places, b), _mm512_permutex2var_epi32(c, places, d));
                let upper = _mm512_test_epi32_mask(places, _mm512_set1_epi32(32));
                let far = _mm512_sub_epi32(_mm512_mask_blend_epi32(upper, low, high), load(&from[part]));
                word |= u64::from(_mm512_cmple_epu32_mask(far, load(&span[part]))) << (16 * part);
            }
        });
        word
    }

    #[inline(always)]
    fn extract(self, word: u64, mask: u64) -> u64 {
        proven!(_pext_u64(word, mask))
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
