//! Models of scikit-learn and of libraries that wear its interface, from pickles and joblib files.
//!
//! A family of estimators is one file in `family/` and one line in its list. Nothing of the file is ever called: an
//! estimator is a name and a table of attributes, and what it predicts is written here again.

mod categories;
mod combine;
mod covariance;
mod family;
mod formula;
mod gaussian;
mod importances;
mod outline;
mod pair_coupling;
mod part;
mod piped;
mod reading;
mod transform;
mod tree;
mod weighted;

use std::path::Path;
use std::sync::Arc;

use crate::base::{Entry, Task};
use crate::model::{Model, ModelError};

use super::pickle::{self, At, Packing};
use super::{Loader, Origin};

/// The loader of pickles and joblib files.
pub struct Sklearn;

impl Entry for Sklearn {
    fn id(&self) -> &'static str {
        "scikit-learn"
    }

    fn title(&self) -> &'static str {
        "Scikit-learn"
    }

    fn summary(&self) -> &'static str {
        "Estimators saved as .pkl or .joblib, read as data: no code of the file runs"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Python documentation, module pickletools", "joblib, module numpy_pickle", "scikit-learn 1.2 to 1.9"]
    }
}

impl Loader for Sklearn {
    fn endings(&self) -> &'static [&'static str] {
        &["pkl", "pickle", "joblib"]
    }

    fn recognises(&self, head: &[u8], _path: &Path) -> bool {
        match Packing::of(head) {
            None => pickle::looks_like_pickle(head),
            // The first block of these may be larger than the head; no other file here is packed so.
            Some(Packing::Bzip2 | Packing::Xz | Packing::Lzma | Packing::Lz4) => true,
            Some(packing) => pickle::looks_like_pickle(&packing.peek(head)),
        }
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        task.begin("reading the pickle", 0);
        let content = pickle::unpack(bytes)?;
        if !pickle::looks_like_pickle(&content) {
            return Err(ModelError::UnknownFormat {
                path: origin.path.clone(),
                found: "what is compressed in the file is no pickle".to_owned(),
                hint: "Unpack a table before opening it; save a model with joblib.dump(model, \"model.joblib\")"
                    .to_owned(),
            });
        }
        task.check()?;
        let document = pickle::read(&content, task)?;
        let format = match Packing::of(bytes) {
            Some(packing) => format!("scikit-learn pickle, {}", packing.title()),
            None => "scikit-learn pickle".to_owned(),
        };
        open(&At::root(&document), &format, (origin, content.len()), task)
    }
}

/// The model that the value at `root` describes; `size` bytes describe it.
pub fn open(
    root: &At<'_>,
    format: &str,
    (origin, size): (&Origin<'_>, usize),
    task: &Task,
) -> Result<Arc<dyn Model>, ModelError> {
    let reading = reading::Reading::new(origin, task, size);
    let estimator = root.renamed(root.class().map_or("pickle", |(_, name)| name));
    let part = reading.part(&estimator)?;
    part.into_model(origin, format, &estimator)
}
