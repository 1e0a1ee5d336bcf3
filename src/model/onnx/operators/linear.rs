//! Linear regressors and classifiers.

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor, elements};
use super::packed::Packed;
use super::post::{Post, Second, to_f32};
use super::{Family, ML, Operator, View, need};

/// The operators of this file.
pub static FAMILY: Family = Family { domain: ML, names: &["LinearRegressor", "LinearClassifier"], build };

/// `intercepts[k] + Σ_j coefficients[k · inputs + j] · x[j]`, then the post transform.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Shape (outputs, inputs), row-major.
    pub coefficients: Vec<f32>,
    /// One per output.
    pub intercepts: Vec<f32>,
    /// What is done with the sums.
    pub post: Post,
    /// The labels when it is a classifier.
    pub labels: Option<Data>,
    packed: Packed,
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let coefficients = node.floats("coefficients")?.to_vec();
    let mut intercepts = node.floats("intercepts")?.to_vec();
    let labels = match node.operator.as_str() {
        "LinearClassifier" => Some(labels(node, "classlabels_ints")?),
        _ => None,
    };
    if labels.is_none() && intercepts.is_empty() {
        let targets = node.int("targets")?.unwrap_or(1);
        let targets = usize::try_from(targets).ok().filter(|t| *t > 0 && *t <= coefficients.len());
        intercepts = vec![0.0; targets.ok_or_else(|| node.refuse("the count of targets does not fit"))?];
    }
    if intercepts.is_empty() || coefficients.is_empty() || !coefficients.len().is_multiple_of(intercepts.len()) {
        return Err(node.refuse(format!(
            "{} coefficients do not fit {} intercepts",
            coefficients.len(),
            intercepts.len()
        )));
    }
    let (inputs, outputs) = (coefficients.len() / intercepts.len(), intercepts.len());
    let packed = Packed::new(inputs, outputs, |i, k| f64::from(coefficients[k * inputs + i]));
    let linear = Linear { coefficients, intercepts, post: Post::of(node)?, labels, packed };
    if linear.labels.as_ref().is_some_and(|l| linear.intercepts.len() > 1 && l.len() < linear.intercepts.len()) {
        return Err(node.refuse("there are fewer labels than outputs"));
    }
    Ok(Box::new(linear))
}

/// The class labels of a node: texts, else the whole numbers of `wholes`.
pub(super) fn labels(node: &NodeSpec, wholes: &str) -> Result<Data, ModelError> {
    let texts = node.texts("classlabels_strings")?;
    if !texts.is_empty() {
        return Ok(Data::Text(texts.iter().map(|t| t.as_str().into()).collect()));
    }
    match node.ints(wholes)? {
        [] => Err(node.refuse("the classifier has no labels")),
        codes => Ok(Data::I64(codes.to_vec())),
    }
}

/// The label at the place of the largest score of every row.
pub(super) fn best_labels(labels: &Data, scores: &[f64], width: usize) -> Tensor {
    let best = |row: &[f64]| {
        let larger = |best: usize, k: usize| if row[k] > row[best] { k } else { best };
        (1..row.len()).fold(0, larger).min(labels.len().saturating_sub(1))
    };
    let places: Vec<usize> = scores.chunks(width.max(1)).map(best).collect();
    Tensor::list(labels.pick(&places))
}

impl Linear {
    /// How many inputs it reads.
    pub fn inputs(&self) -> usize {
        self.coefficients.len() / self.intercepts.len().max(1)
    }

    /// Sums in f64, rounded once: the order in which onnxruntime adds is that of its matrix product and not known.
    fn sums(&self, x: &Tensor) -> Result<Vec<f64>, String> {
        // Doubles are rounded first.
        let narrow: Vec<f64> = x.f32s()?.iter().map(|x| f64::from(*x)).collect();
        let mut sums = self.packed.times(&narrow);
        for row in sums.chunks_exact_mut(self.intercepts.len()) {
            row.iter_mut().zip(&self.intercepts).for_each(|(sum, start)| *sum = to_f32(*sum + f64::from(*start)));
        }
        Ok(sums)
    }
}

impl Operator for Linear {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let (rows, width) = x.matrix()?;
        if width != self.inputs() {
            return Err(format!("it wants {} columns and is given {width}", self.inputs()));
        }
        let outputs = self.intercepts.len();
        elements(&[rows, outputs.max(2)])?;
        run.charge(rows.saturating_mul(self.coefficients.len()))?;
        let mut sums = self.sums(x)?;
        let two = self.labels.as_ref().is_some_and(|l| outputs == 1 && l.len() == 2);
        let label = match &self.labels {
            Some(labels) if two => {
                let places: Vec<usize> = sums.iter().map(|s| usize::from(*s > 0.0)).collect();
                Some(Tensor::list(labels.pick(&places)))
            }
            Some(labels) => Some(best_labels(labels, &sums, outputs)),
            None => None,
        };
        if two {
            sums = sums.iter().flat_map(|s| Second::Rest.widen(*s, self.post, to_f32)).collect();
        } else if outputs > 1 || self.post == Post::Probit {
            sums.chunks_mut(outputs).for_each(|row| self.post.apply(row, to_f32));
        }
        let wide = if two { 2 } else { outputs };
        let scores = Tensor::new(vec![rows, wide], Data::F32(sums.iter().map(|s| *s as f32).collect()))?;
        Ok(label.into_iter().chain([scores]).collect())
    }

    fn view(&self) -> View<'_> {
        View::Linear(self)
    }
}
