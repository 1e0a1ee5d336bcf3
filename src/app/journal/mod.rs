//! What is decided is written down as it happens, so that a program that ends unexpectedly loses at most its last
//! action. One file per process, held locked while the process lives; a clean exit removes it.

mod line;
mod recover;
mod starts;
mod writer;

pub(crate) use recover::{Recovered, dead};
pub(crate) use starts::Starts;
pub(crate) use writer::Journal;
