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

/// Places of sixty-four rows in a table of sixteen, on a cache line of their own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Nibbles(pub [u8; 64]);

/// Asks the memory for a line that will be read soon.
#[inline(always)]
pub fn fetch(line: &[u8; 64]) {
    #[cfg(target_arch = "x86_64")]
    x86::fetch(line);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = line;
}

/// Arithmetic on eight f64 side by side. No operation depends on the neighbours of a lane.
pub trait Lanes: Copy {
    /// Eight numbers.
    type Numbers: Copy;
    /// Eight answers, yes or no.
    type Mask: Copy;
    /// Eight places in a table of sixteen.
    type Places: Copy;

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
    /// The places of sixty-four rows: bit `k` of place `i` is bit `i` of `words[k]`.
    fn nibbles(self, words: &[u64; 4], places: &mut Nibbles);
    /// Those of the eight rows from `8 · v` on.
    fn places(self, places: &Nibbles, v: usize) -> Self::Places;
    /// The number of `table` at each place, all of which must be below eight.
    fn look_up(self, table: Self::Numbers, places: Self::Places) -> Self::Numbers;
    /// The number of the two halves of a table at each place.
    fn look_up_both(self, table: [Self::Numbers; 2], places: Self::Places) -> Self::Numbers;
    /// Bit `i` tells whether `codes[i] − from`, wrapping, is at most `span`.
    fn within_u16(self, codes: &[u16; 64], from: u16, span: u16) -> u64;
    /// Bit `i` tells whether `codes[i] − from`, wrapping, is at most `span`.
    fn within_u32(self, codes: &[u32; 64], from: u32, span: u32) -> u64;
    /// Bit `i` tells whether `codes[columns[i]] − from[i]`, wrapping, is at most `span[i]`; columns are taken modulo 64.
    fn within_each(self, codes: &[u32; 64], columns: &[u8; 64], from: &[u32; 64], span: &[u32; 64]) -> u64;
    /// The bits of `word` at the ones of `mask`, side by side from the lowest on.
    fn extract(self, word: u64, mask: u64) -> u64;
    /// Bit `k` of `codes[i]` is bit `i` of `words[k]`; at most sixteen words.
    fn patterns(self, words: &[u64], codes: &mut [u16; 64]);
    /// The eight lines of `table` at `codes << shift`, turned: number `i` of vector `j` is number `j` of line
    /// `codes[i] << shift`. Panics when a line is not in the table.
    fn turned(self, table: &[Eight], codes: &[u16; 8], shift: u32) -> [Self::Numbers; 8];
}

/// The plain level. On x86-64 only processors without fused products run it, whose time goes into making up for these: there
/// its operations are calls, which spares the compiler most of the kernels' code.
#[derive(Clone, Copy, Debug)]
pub struct Scalar;

impl Lanes for Scalar {
    type Numbers = [f64; 8];
    type Mask = u8;
    type Places = [u8; 8];

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

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn add(self, a: [f64; 8], b: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn sub(self, a: [f64; 8], b: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| a[i] - b[i])
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn mul(self, a: [f64; 8], b: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| a[i] * b[i])
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn mul_add(self, a: [f64; 8], b: [f64; 8], c: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }

    #[inline(always)]
    fn mask(self, bits: u8) -> u8 {
        bits
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn select(self, mask: u8, yes: [f64; 8], no: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|i| if mask >> i & 1 == 1 { yes[i] } else { no[i] })
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn nibbles(self, words: &[u64; 4], places: &mut Nibbles) {
        for (i, place) in places.0.iter_mut().enumerate() {
            *place = (0..4).map(|k| ((words[k] >> i & 1) as u8) << k).sum();
        }
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn places(self, places: &Nibbles, v: usize) -> [u8; 8] {
        std::array::from_fn(|i| places.0[8 * v + i])
    }

    #[inline(always)]
    fn look_up(self, table: [f64; 8], places: [u8; 8]) -> [f64; 8] {
        self.look_up_both([table, table], places)
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn look_up_both(self, table: [[f64; 8]; 2], places: [u8; 8]) -> [f64; 8] {
        places.map(|place| table[usize::from(place >> 3 & 1)][usize::from(place & 7)])
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn within_u16(self, codes: &[u16; 64], from: u16, span: u16) -> u64 {
        let bit = |i: usize| u64::from(codes[i].wrapping_sub(from) <= span) << i;
        (0..64).map(bit).fold(0, |word, bit| word | bit)
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn within_u32(self, codes: &[u32; 64], from: u32, span: u32) -> u64 {
        let bit = |i: usize| u64::from(codes[i].wrapping_sub(from) <= span) << i;
        (0..64).map(bit).fold(0, |word, bit| word | bit)
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn within_each(self, codes: &[u32; 64], columns: &[u8; 64], from: &[u32; 64], span: &[u32; 64]) -> u64 {
        let code = |i: usize| codes[usize::from(columns[i] % 64)];
        (0..64).fold(0, |word, i| word | u64::from(code(i).wrapping_sub(from[i]) <= span[i]) << i)
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn extract(self, word: u64, mask: u64) -> u64 {
        let (mut rest, mut found) = (mask, 0);
        for place in 0..mask.count_ones() {
            found |= (word >> rest.trailing_zeros() & 1) << place;
            rest &= rest - 1;
        }
        found
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn patterns(self, words: &[u64], codes: &mut [u16; 64]) {
        *codes = [0; 64];
        for (k, word) in words.iter().enumerate().take(16) {
            for (i, code) in codes.iter_mut().enumerate() {
                *code |= ((word >> i & 1) as u16) << k;
            }
        }
    }

    #[cfg_attr(target_arch = "x86_64", inline(never))]
    fn turned(self, table: &[Eight], codes: &[u16; 8], shift: u32) -> [[f64; 8]; 8] {
        let lines = codes.map(|code| table[usize::from(code) << shift].0);
        std::array::from_fn(|j| std::array::from_fn(|i| lines[i][j]))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86;

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
            let (mut bits, mut bits_of_places) = (Vec::new(), Vec::new());
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
                let mask = |factor: usize| lanes.mask((start * factor) as u8);
                keep(lanes.select(mask(37), a, lanes.splat(2.0)));
                let word = |factor: u64| (start as u64 + 1).wrapping_mul(factor);
                let mut nibbles = Nibbles([0xFF; 64]);
                lanes.nibbles(&[word(37 << 21 | 5), word(0x9E37_79B9_7F4A_7C15), word(83 << 40), 0], &mut nibbles);
                bits_of_places.extend(nibbles.0);
                keep(lanes.look_up(c, lanes.places(&nibbles, start % 8)));
                lanes.nibbles(&[word(3), word(!5), word(0xD134_2543_DE82_EF95), word(!0)], &mut nibbles);
                bits_of_places.extend(nibbles.0);
                keep(lanes.look_up_both([c, b], lanes.places(&nibbles, start % 8)));
            }
            let table: Vec<Eight> = (0..40).map(numbers).collect();
            lanes.turned(&table, &[3, 19, 0, 7, 7, 11, 12, 13], 1).into_iter().for_each(keep);
            bits.extend(bits_of_places.into_iter().map(u64::from));
            let narrow: [u16; 64] = std::array::from_fn(|i| (i * i * 1031) as u16);
            let wide: [u32; 64] = std::array::from_fn(|i| (i as u32).wrapping_mul(0x9E37_79B9));
            for count in [0, 1, 7, 9, 16] {
                let words: Vec<u64> = (0..count).map(|k| (k + 3_u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
                let mut codes = [7; 64];
                lanes.patterns(&words, &mut codes);
                bits.extend(codes.map(u64::from));
            }
            let columns: [u8; 64] = std::array::from_fn(|i| (i * 41) as u8);
            let (starts, ends) = (wide.map(|x| x >> 1), wide.map(|x| x.rotate_left(7)));
            bits.push(lanes.within_each(&wide, &columns, &starts, &ends));
            for mask in [0, 1, 0x8000_0000_0000_0001, 0xFF00_0001_8000, u64::MAX] {
                bits.push(lanes.extract(0x9E37_79B9_7F4A_7C15, mask));
            }
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

    #[test]
    fn every_code_is_compared_with_bounds_of_its_own() {
        let codes: [u32; 64] = std::array::from_fn(|i| i as u32);
        let columns: [u8; 64] = std::array::from_fn(|i| 63 - i as u8);
        let (mut from, mut span) = ([0; 64], [0; 64]);
        (from[0], span[0]) = (60, 3);
        (from[1], span[1]) = (63, 5);
        (from[62], span[62]) = (2, u32::MAX);
        assert_eq!(Scalar.within_each(&codes, &columns, &from, &span), 1 | 1 << 62 | 1 << 63);
    }

    #[test]
    fn bits_are_taken_out_side_by_side() {
        assert_eq!(Scalar.extract(0b1010_0110, 0b1100_0101), 0b1010);
        assert_eq!(Scalar.extract(u64::MAX, 1 << 63 | 1), 0b11);
        assert_eq!(Scalar.extract(u64::MAX, 0), 0);
    }

    #[test]
    fn patterns_gather_one_bit_of_every_word_and_lines_are_turned() {
        let mut codes = [0; 64];
        Scalar.patterns(&[0b100, 0b110, 0b101], &mut codes);
        assert_eq!(codes[..4], [0b100, 0b010, 0b111, 0]);
        let table: Vec<Eight> = (0..9).map(|i| Eight(std::array::from_fn(|j| (10 * i + j) as f64))).collect();
        let turned = Scalar.turned(&table, &[8, 1, 2, 3, 4, 5, 6, 7], 0);
        assert_eq!((turned[2][0], turned[0][1], turned[7][7]), (82.0, 10.0, 77.0));
    }

    /// Reads a line that is not there.
    struct Beyond;

    impl Job for Beyond {
        type Output = ();

        #[inline(always)]
        fn run<L: Lanes>(self, lanes: L) {
            let mut out = Eight::default();
            for lines in lanes.turned(&[Eight::default(); 14], &[0, 1, 7, 2, 3, 4, 5, 6], 1) {
                lanes.store(&mut out, lines);
            }
        }
    }

    #[test]
    fn no_level_reads_beyond_a_table() {
        for level in Level::ALL.into_iter().filter(|l| l.is_here()) {
            assert!(std::panic::catch_unwind(|| run_at(level, Beyond)).is_err(), "{}", level.name());
        }
    }
}
