//! What every predictor can do, and the structure it offers so that exact methods need no class names.

use serde::{Deserialize, Serialize};

use crate::num::MatrixView;

use super::additive::Additive;
use super::behind::Behind;
use super::card::ModelCard;
use super::linear::LinearForm;
use super::load::native::NativeBody;
use super::products::Products;
use super::term::Term;
use super::trees::TreeEnsemble;

/// The unit of a number that leaves a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The additive score before the link: log-odds for classifiers, log of the mean for counts.
    Margin,
    /// Probability of the class.
    Probability,
    /// The unit of the target column.
    Target,
}

impl Scale {
    /// Its name on the command line and in files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Margin => "margin",
            Self::Probability => "probability",
            Self::Target => "target",
        }
    }
}

/// The structure behind the predictions, offered as data.
#[derive(Clone, Copy, Debug)]
pub enum Structure<'a> {
    /// A weighted sum of trees; its sum is in `card().native_scale`.
    Trees(&'a TreeEnsemble),
    /// A linear form; its value is in `card().native_scale`.
    Linear(&'a LinearForm),
    /// One term for each input; their sum is in `card().native_scale`.
    Additive(&'a dyn Additive),
    /// Products of one factor for each input; their weighted sum is in `card().native_scale`.
    Products(&'a dyn Products),
    /// Nothing but predictions.
    Opaque,
}

impl<'a> Structure<'a> {
    /// The terms of a model that is a sum of one term for each input.
    pub fn additive(self) -> Option<&'a dyn Additive> {
        match self {
            Self::Linear(form) => Some(form),
            Self::Additive(terms) => Some(terms),
            Self::Trees(_) | Self::Products(_) | Self::Opaque => None,
        }
    }
}

/// A trained predictor.
pub trait Model: Send + Sync {
    /// Name, origin, inputs, outputs, units.
    fn card(&self) -> &ModelCard;

    /// Predicts as the source library does, to its own rounding.
    /// `rows` has shape (n, inputs), `out` shape (n, outputs), row-major, in units of `scale`.
    /// `scale` must be one of `card().scales`; another is answered with NaN.
    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]);

    /// The same function evaluated in f64 throughout. Differs from `predict` only where the source library computes
    /// in f32; attributions add up to this value.
    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.predict(rows, scale, out);
    }

    /// What exact methods may use.
    fn structure(&self) -> Structure<'_> {
        Structure::Opaque
    }

    /// The estimator behind the steps of a pipeline, where every value that it sees is made of one column.
    fn behind(&self) -> Option<&dyn Behind> {
        None
    }

    /// The terms of an explainable boosting machine with their bins, in the order in which they are added to the
    /// intercept; `None` for every other model. Their scores are in `card().native_scale`.
    fn terms(&self) -> Option<&[Term]> {
        None
    }

    /// The parameters as a Candor model file stores them; `None` when that file has no form for them.
    fn portable(&self) -> Option<NativeBody> {
        None
    }
}
