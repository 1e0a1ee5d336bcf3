//! Deterministic parallel loops: the work is split by fixed row blocks, never by thread count, and parts are
//! joined in block order, so that one thread and sixty-four give the same bits.

use std::sync::OnceLock;

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;

use crate::base::{Cancelled, Task};

/// Rows in one block of work.
pub const BLOCK: usize = 64;

/// Fills `out` (shape `(rows, width)`, row-major) block by block: `fill(first_row, block)` gets the index of the
/// block's first row and the block's slice. Advances `task` by the rows done. Cost: that of `fill`.
pub fn fill_rows<F>(out: &mut [f64], width: usize, task: &Task, fill: F) -> Result<(), Cancelled>
where
    F: Fn(usize, &mut [f64]) + Sync,
{
    if width == 0 {
        return task.check();
    }
    out.par_chunks_mut(width * BLOCK).enumerate().try_for_each(|(block, part)| {
        task.check()?;
        fill(block * BLOCK, part);
        task.advance((part.len() / width) as u64)
    })
}

/// The shape of a buffer of planes and how it is cut for work.
#[derive(Clone, Copy, Debug)]
pub struct Planes {
    /// Rows in every plane.
    pub rows: usize,
    /// Values in a row.
    pub width: usize,
    /// Rows in one block of work; fixed by the caller's problem, never by the number of threads.
    pub block: usize,
}

/// Fills `out` (shape `(planes, rows, width)`, row-major) block by block of rows: `fill(first_row, parts)` gets the
/// index of the block's first row and, for every plane, the slice of the block's rows. `fill` itself advances and
/// checks `task`. Cost: that of `fill`.
pub fn fill_planes<F>(out: &mut [f64], shape: Planes, fill: F) -> Result<(), Cancelled>
where
    F: Fn(usize, &mut [&mut [f64]]) -> Result<(), Cancelled> + Sync,
{
    let (plane, part) = (shape.rows * shape.width, shape.block.max(1) * shape.width);
    if plane == 0 {
        return Ok(());
    }
    let mut blocks: Vec<Vec<&mut [f64]>> = (0..plane.div_ceil(part)).map(|_| Vec::new()).collect();
    for whole in out.chunks_mut(plane) {
        for (block, piece) in blocks.iter_mut().zip(whole.chunks_mut(part)) {
            block.push(piece);
        }
    }
    blocks.into_par_iter().enumerate().try_for_each(|(k, mut parts)| fill(k * shape.block.max(1), &mut parts))
}

/// Maps `0..count` in parallel and returns the results in order. `task` advances by one for each.
pub fn map<T, F>(count: usize, task: &Task, each: F) -> Result<Vec<T>, Cancelled>
where
    T: Send,
    F: Fn(usize) -> T + Sync,
{
    (0..count)
        .into_par_iter()
        .map(|i| {
            task.check()?;
            let value = each(i);
            task.advance(1)?;
            Ok(value)
        })
        .collect()
}

/// Maps items in parallel and returns the results in order; an item is dropped where it was mapped. `task` advances by
/// one for each.
pub fn map_items<I, T, F>(items: Vec<I>, task: &Task, each: F) -> Result<Vec<T>, Cancelled>
where
    I: Send,
    T: Send,
    F: Fn(I) -> T + Sync,
{
    let one = |item: I| {
        task.check()?;
        let value = each(item);
        task.advance(1)?;
        Ok(value)
    };
    items.into_par_iter().map(one).collect()
}

/// Threads that loops are shared among. Only how work is cut may depend on it, never a result.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Runs two independent pieces of work, side by side where a thread is free.
pub fn both<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(a, b)
}

/// Threads of one's own for parallel loops, started at their first use: loops of another pool, busy or paused, never hold
/// up these.
pub struct Pool {
    name: String,
    threads: OnceLock<Option<rayon::ThreadPool>>,
}

impl Pool {
    /// A pool whose threads are called `<name>-loop-<number>`; starts none yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), threads: OnceLock::new() }
    }

    /// Runs `work` on this pool; where the system refuses threads, on the caller's.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let name = self.name.clone();
        let build = || rayon::ThreadPoolBuilder::new().thread_name(move |i| format!("{name}-loop-{i}")).build().ok();
        match self.threads.get_or_init(build) {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

/// Runs `work` on a pool of exactly `threads` threads; on the pool of the caller when `threads` is `None`.
pub fn with_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let pool = threads.and_then(|n| {
        rayon::ThreadPoolBuilder::new().num_threads(n).thread_name(|i| format!("candor-loop-{i}")).build().ok()
    });
    match pool {
        Some(pool) => pool.install(work),
        None => work(),
    }
}
