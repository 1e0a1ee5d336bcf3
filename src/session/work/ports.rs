//! Doors to rooms that are still being furnished; each moves to its caller when its room has landed.

use std::path::Path;
use std::sync::Arc;

use crate::base::{Cancelled, Problem, Task};
use crate::data::read::ReadOptions;
use crate::data::{Dataset, TableProfile};
use crate::model::Model;

fn absent(what: &str) -> Problem {
    Problem::new(what, "this build has no part for it", "Use a complete build")
}

pub fn looks_like_model(_path: &Path, _head: &[u8]) -> bool {
    false
}

pub fn looks_like_table(_path: &Path, _head: &[u8]) -> bool {
    true
}

pub fn read(_path: &Path, _options: &ReadOptions, _task: &Task) -> Result<Dataset, Problem> {
    Err(absent("Could not read the table"))
}

pub fn load(_path: &Path, _task: &Task) -> Result<Arc<dyn Model>, Problem> {
    Err(absent("Could not open the model"))
}

pub fn profile(_data: &Dataset, _task: &Task) -> Result<TableProfile, Cancelled> {
    Ok(TableProfile::default())
}

pub fn train(_work: &super::train::Train, _task: &Task) -> Result<Arc<dyn Model>, Problem> {
    Err(absent("Could not train a model"))
}

pub fn save_model(_model: &dyn Model) -> Result<Vec<u8>, Problem> {
    Err(absent("Could not save the model"))
}
