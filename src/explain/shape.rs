//! The shapes of answers as values: which one a method gives and a chart reads, and the newest answer of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::Explanation;

/// The shape of an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// One contribution per row, feature and output.
    Attribution,
    /// One number per feature about the whole table.
    Importance,
    /// Curves of the prediction over the values of features.
    Curves,
    /// One effect per row, pair of features and output.
    Interactions,
    /// How much of the prediction is interaction.
    Strengths,
}

impl Shape {
    /// What such an answer holds, in a sentence: `attributions`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Attribution => "attributions",
            Self::Importance => "importance",
            Self::Curves => "partial dependence",
            Self::Interactions => "interaction values",
            Self::Strengths => "interaction strengths",
        }
    }

    /// What to do while there is no such answer.
    pub fn missing(self) -> &'static str {
        match self {
            Self::Attribution => "Explain the model first",
            Self::Importance => "Compute the permutation importance first",
            Self::Curves => "Compute the partial dependence first",
            Self::Interactions => "Compute the interaction values first",
            Self::Strengths => "Compute Friedman’s H first",
        }
    }

    /// Whether such an answer compares predictions with the target's true values.
    pub fn needs_truth(self) -> bool {
        self == Self::Importance
    }
}

/// The newest answer of every shape.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    known: BTreeMap<Shape, Arc<Explanation>>,
}

impl Answers {
    /// The newest answer of a shape.
    pub fn get(&self, shape: Shape) -> Option<&Arc<Explanation>> {
        self.known.get(&shape)
    }

    /// Keeps an answer in place of the one of its shape.
    pub fn keep(&mut self, answer: Arc<Explanation>) {
        self.known.insert(answer.body.shape(), answer);
    }

    /// Keeps only answers of the shapes that `wanted` names.
    pub fn retain(&mut self, wanted: impl Fn(Shape) -> bool) {
        self.known.retain(|shape, _| wanted(*shape));
    }

    /// All of them, each replaced by what `change` makes of it.
    pub fn update(&mut self, change: impl Fn(&Arc<Explanation>) -> Arc<Explanation>) {
        self.known.values_mut().for_each(|answer| *answer = change(answer));
    }
}

impl FromIterator<Arc<Explanation>> for Answers {
    fn from_iter<I: IntoIterator<Item = Arc<Explanation>>>(answers: I) -> Self {
        Self { known: answers.into_iter().map(|answer| (answer.body.shape(), answer)).collect() }
    }
}
