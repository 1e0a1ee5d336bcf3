//! One large table of numbers that is read here and there. It lies in large pages where the system has them: with small ones
//! finding the page of a line takes longer than fetching the line.

use memmap2::MmapMut;

use super::simd::{self, Eight};

/// Bytes of a line.
const BYTES: usize = size_of::<Eight>();

/// Lines of eight numbers, each on a cache line of its own.
#[derive(Debug)]
pub struct Lines {
    bytes: MmapMut,
    /// Lines that were written.
    written: usize,
}

impl Lines {
    /// Room for `count` lines. `None` where the system has no memory for them.
    pub fn new(count: usize) -> Option<Self> {
        let bytes = MmapMut::map_anon(count.max(1).checked_mul(BYTES)?).ok()?;
        // Large pages are a wish; without them lines are read more slowly.
        #[cfg(target_os = "linux")]
        bytes.advise(memmap2::Advice::HugePage).ok();
        Some(Self { bytes, written: 0 })
    }

    /// Bytes of the lines, written or not.
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Writes lines behind those that were written before; tells the place of the first. Panics where there is no room.
    pub fn push(&mut self, lines: &[Eight]) -> usize {
        let first = self.written;
        let (room, _) = self.bytes.as_chunks_mut::<8>();
        let room = room[first * BYTES / 8..].chunks_exact_mut(BYTES / 8);
        for (line, to) in lines.iter().zip(room.take(lines.len())) {
            line.0.iter().zip(to).for_each(|(number, to)| *to = number.to_ne_bytes());
        }
        self.written += lines.len();
        assert!(self.written * BYTES <= self.bytes.len(), "there was room for all lines");
        first
    }

    /// The numbers of a line. Panics where there is no such line.
    #[inline(always)]
    pub fn line(&self, at: usize) -> [f64; 8] {
        let (numbers, _) = self.of(at).as_chunks::<8>();
        std::array::from_fn(|k| f64::from_ne_bytes(numbers[k]))
    }

    /// Asks the memory for a line that will be read soon.
    #[inline(always)]
    pub fn fetch(&self, at: usize) {
        simd::fetch(self.of(at));
    }

    #[inline(always)]
    fn of(&self, at: usize) -> &[u8; BYTES] {
        &self.bytes.as_chunks::<BYTES>().0[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_were_written() {
        let mut lines = Lines::new(5).expect("a little memory");
        let written: Vec<Eight> = (0..5).map(|i| Eight(std::array::from_fn(|k| (10 * i + k) as f64 - 0.5))).collect();
        assert_eq!((lines.push(&written[..2]), lines.push(&written[2..])), (0, 2));
        for (at, line) in written.iter().enumerate() {
            lines.fetch(at);
            assert_eq!(lines.line(at), line.0);
        }
    }

    #[test]
    fn a_table_beyond_all_memory_is_none() {
        assert!(Lines::new(usize::MAX / 2).is_none());
    }
}
