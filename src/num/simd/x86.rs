//! The vector levels of the x86 processors, instruction by instruction.

#![expect(clippy::manual_div_ceil, reason = "it takes the place of a literal for a sum that is rounded up")]

use std::arch::x86_64::*;

use super::{Eight, Job};

mod avx2;
mod avx512;

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

use proven;

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
