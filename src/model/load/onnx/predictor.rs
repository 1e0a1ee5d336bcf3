//! The predictor: a graph, and the structure behind it where there is one.

use std::ops::Range;
use std::sync::Arc;

use crate::data::InputKind;
use crate::model::linear::LinearForm;
use crate::model::link::LinkFunction;
use crate::model::onnx::{Data, Graph, Run, Tensor};
use crate::model::tree_model::{finish, fits};
use crate::model::trees::Accumulate;
use crate::model::{Model, ModelCard, Scale, Structure, TreeEnsemble};
use crate::num::{Matrix, MatrixView};

use super::interface::Port;
use super::terms::Terms;

/// More than rounding: what a row's answer by the structure may differ, as a part of the largest answer.
const GROSS: f64 = 1e-2;
/// Rows that run through the graph at once.
const ROWS_AT_ONCE: usize = 64;
/// Elements that the graph may compute for one block of rows.
pub const WORK: usize = 1 << 31;

/// What the output of a graph means.
#[derive(Clone, Debug)]
pub enum Answer {
    /// These columns of it.
    Columns(Vec<usize>),
    /// Labels; 1 in the column of the label, 0 in all others.
    Labels(Data),
}

/// The additive structure that the graph computes, in f64.
#[derive(Clone, Debug)]
pub enum Inner {
    /// Trees.
    Trees(TreeEnsemble),
    /// A linear form.
    Linear(LinearForm),
    /// One term for each input.
    Additive(Terms),
    /// None that exact methods know.
    Opaque,
}

/// A model read from an ONNX file. Predictions come from the graph; the structure gives margins and the same function
/// in f64.
#[derive(Debug)]
pub struct OnnxModel {
    /// What the model says about itself.
    pub card: ModelCard,
    /// The graph; its only output is the answer.
    pub graph: Graph,
    /// Inputs of the graph.
    pub ports: Vec<Port>,
    /// Rows at a time where the file fixes them.
    pub batch: Option<usize>,
    /// What the output means.
    pub answer: Answer,
    /// The scale of the output.
    pub scale: Scale,
    /// The structure.
    pub inner: Inner,
    /// From the structure's sum to the output.
    pub link: LinkFunction,
}

impl OnnxModel {
    /// The answers of the graph; a row that the graph refuses is answered with NaN.
    fn graph_rows(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        let outputs = self.card.outputs.len().max(1);
        let block = self.batch.unwrap_or(ROWS_AT_ONCE);
        for (n, part) in out.chunks_mut(block * outputs).enumerate() {
            let range = n * block..n * block + part.len() / outputs;
            if self.block(rows, range.clone(), part).is_none() && range.len() > 1 {
                for (row, place) in range.zip(part.chunks_mut(outputs)) {
                    self.block(rows, row..row + 1, place);
                }
            }
        }
    }

    /// Computes some rows; `None` and NaN when the graph refuses one of them.
    fn block(&self, rows: MatrixView<'_>, range: Range<usize>, out: &mut [f64]) -> Option<()> {
        out.fill(f64::NAN);
        let result = run(&self.graph, &self.ports, rows, range.clone()).ok()?;
        let found = self.answer.read(&result, range.len())?;
        if found.len() != out.len() {
            return None;
        }
        out.copy_from_slice(&found);
        Some(())
    }

    /// Whether the structure answers some rows as the graph does, but for rounding: the last guard against a graph that
    /// only looks like one of the forms that are known.
    pub fn agrees(&self, rows: MatrixView<'_>) -> bool {
        if matches!(self.inner, Inner::Opaque) {
            return true;
        }
        let coded = |i: usize| self.card.inputs.get(i).is_some_and(|input| input.kind == InputKind::Codes);
        let width = self.card.inputs.len().max(1);
        let code = |(i, x): (usize, &f64)| if coded(i % width) { x.abs().trunc() } else { *x };
        let cells = rows.values().iter().enumerate().map(code).collect();
        let Some(rows) = Matrix::new(cells, rows.rows(), width) else { return false };
        let (mut graph, mut exact) = (vec![0.0; rows.rows() * self.card.outputs.len()], Vec::new());
        exact.clone_from(&graph);
        self.predict(rows.view(), self.scale, &mut graph);
        self.predict_f64(rows.view(), self.scale, &mut exact);
        let largest = graph.iter().map(|v| v.abs()).filter(|v| v.is_finite()).fold(1.0, f64::max);
        graph.iter().zip(&exact).all(|(a, b)| !a.is_finite() || (a - b).abs() <= GROSS * largest)
    }

    /// The structure's sum in f64.
    fn sum(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        match &self.inner {
            Inner::Trees(ensemble) => ensemble.score_rows_f64(rows, out),
            Inner::Linear(form) => {
                form.evaluate(rows, out);
                // A missing value makes the graph's sum missing.
                let outputs = form.outputs().max(1);
                let gone = |(i, _): &(usize, &mut [f64])| rows.row(*i).iter().any(|x| x.is_nan());
                out.chunks_exact_mut(outputs).enumerate().filter(gone).for_each(|(_, place)| place.fill(f64::NAN));
            }
            Inner::Additive(terms) => terms.evaluate(rows, out),
            Inner::Opaque => out.fill(f64::NAN),
        }
    }
}

/// The output of `graph` for some rows.
pub fn run(graph: &Graph, ports: &[Port], rows: MatrixView<'_>, range: Range<usize>) -> Result<Arc<Tensor>, String> {
    run_within(graph, ports, rows, range, &Run::new(WORK))
}

/// The same with the budget of several calls.
pub fn run_within(
    graph: &Graph,
    ports: &[Port],
    rows: MatrixView<'_>,
    range: Range<usize>,
    budget: &Run,
) -> Result<Arc<Tensor>, String> {
    let inputs: Option<Vec<Arc<Tensor>>> =
        ports.iter().map(|port| port.tensor(rows, range.clone()).map(Arc::new)).collect();
    let inputs = inputs.ok_or("a missing value has no form in an input of whole numbers")?;
    let mut results = graph.run(inputs, budget)?;
    results.pop().ok_or_else(|| "the graph has no output".to_owned())
}

impl Answer {
    /// The answers for `rows` rows in the order of the card's outputs; `None` when the tensor has another form.
    pub fn read(&self, tensor: &Tensor, rows: usize) -> Option<Vec<f64>> {
        match self {
            Self::Columns(columns) => {
                let values = tensor.f64s().ok()?;
                let width = values.len().checked_div(rows)?;
                if tensor.shape.first() != Some(&rows) || width.checked_mul(rows) != Some(values.len()) {
                    return None;
                }
                values.chunks_exact(width.max(1)).flat_map(|row| columns.iter().map(|c| row.get(*c).copied())).collect()
            }
            Self::Labels(labels) => {
                let count = labels.len();
                let ones = |place: Option<usize>| (0..count).map(move |k| f64::from(u8::from(Some(k) == place)));
                let places: Vec<Option<usize>> = match (&tensor.data, labels) {
                    (Data::Text(v), Data::Text(all)) => v.iter().map(|l| all.iter().position(|a| a == l)).collect(),
                    (Data::I64(v), Data::I64(all)) => v.iter().map(|l| all.iter().position(|a| a == l)).collect(),
                    _ => return None,
                };
                let all: Vec<f64> = places.into_iter().flat_map(ones).collect();
                // Of two classes the positive one is the only output.
                Some(if count == 2 { all.chunks_exact(2).map(|pair| pair[1]).collect() } else { all })
            }
        }
    }
}

impl Model for OnnxModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let card = &self.card;
        if !fits(card.inputs.len(), card.outputs.len(), rows, out) {
            return;
        }
        let same = scale == Scale::Margin && card.native_scale == Scale::Target;
        if !card.scales.contains(&scale) {
            out.fill(f64::NAN);
        } else if scale == self.scale || same {
            self.graph_rows(rows, out);
        } else {
            self.sum(rows, out);
        }
    }

    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let card = &self.card;
        if matches!(self.inner, Inner::Opaque) {
            self.predict(rows, scale, out);
        } else if fits(card.inputs.len(), card.outputs.len(), rows, out) {
            self.sum(rows, out);
            finish(card, self.link, Accumulate::F64, scale, out);
        }
    }

    fn structure(&self) -> Structure<'_> {
        match &self.inner {
            Inner::Trees(ensemble) => Structure::Trees(ensemble),
            Inner::Linear(form) => Structure::Linear(form),
            Inner::Additive(terms) => Structure::Additive(terms),
            Inner::Opaque => Structure::Opaque,
        }
    }
}
