//! A model behind the steps of a pipeline: what it predicts, and what it is over the columns in front of them.

use std::fmt::{Debug, Formatter};
use std::sync::Arc;

use crate::data::Input;
use crate::model::tree_model::fits;
use crate::model::{Additive, Behind, LinearForm, Model, ModelCard, Products, Scale, Structure, TreeEnsemble};
use crate::num::{Matrix, MatrixView};

use super::transform::{Chain, Step, lower};

/// Steps at the end that are looked through as weighted sums.
const SUMS: usize = 8;

/// What stands behind steps.
#[derive(Clone)]
enum Inside {
    Model(Arc<dyn Model>),
    /// Weights into which the last steps are worked.
    Form(LinearForm),
}

/// Steps that make every value of one column, and what stands behind them.
#[derive(Clone)]
pub struct Front {
    chain: Arc<Chain>,
    inside: Inside,
    /// The column that each value is made of.
    sources: Vec<usize>,
    /// For each column, the values that are made of it.
    values: Vec<Vec<usize>>,
}

impl Front {
    /// `None` where a value is made of several columns, or of none.
    fn new(chain: &Arc<Chain>, inside: Inside) -> Option<Self> {
        let sources: Vec<usize> = (0..chain.width()).map(|value| chain.source(value)).collect::<Option<_>>()?;
        let mut values = vec![Vec::new(); chain.kinds().len()];
        for (value, source) in sources.iter().enumerate() {
            values.get_mut(*source)?.push(value);
        }
        Some(Self { chain: Arc::clone(chain), inside, sources, values })
    }

    /// The estimator with what it sees of a row; `None` where a value is made of several columns.
    pub fn behind(chain: &Arc<Chain>, model: &Arc<dyn Model>) -> Option<Arc<dyn Behind>> {
        let front = Self::new(chain, Inside::Model(Arc::clone(model)))?;
        Some(Arc::new(Estimator { front, model: Arc::clone(model) }))
    }

    /// Weights behind steps of which the last ones may be weighted sums of several values.
    fn of_weights(chain: &Arc<Chain>, form: &LinearForm) -> Option<Self> {
        let (mut chain, mut form) = (Arc::clone(chain), form.clone());
        for _step in 0..SUMS {
            if let Some(front) = Self::new(&chain, Inside::Form(form.clone())) {
                return Some(front);
            }
            let (first, last) = chain.split_last()?;
            form = lower::linear(last, &form)?;
            chain = Arc::new(first);
        }
        None
    }

    fn structure(&self) -> Structure<'_> {
        match &self.inside {
            Inside::Model(model) => model.structure(),
            Inside::Form(form) => Structure::Linear(form),
        }
    }

    fn products(&self) -> Option<&dyn Products> {
        if let Structure::Products(products) = self.structure() { Some(products) } else { None }
    }

    /// The values made of a column, each when the column's value is `x`.
    fn made(&self, column: usize, x: f64) -> impl Iterator<Item = (usize, f64)> {
        let values = self.values.get(column).map_or(&[][..], Vec::as_slice);
        values.iter().map(move |value| (*value, self.chain.one(*value, x)))
    }
}

impl Debug for Front {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("sources", &self.sources).finish_non_exhaustive()
    }
}

/// An estimator, and what it sees of a row.
struct Estimator {
    front: Front,
    model: Arc<dyn Model>,
}

impl Behind for Estimator {
    fn inside(&self) -> &dyn Model {
        &*self.model
    }

    fn sources(&self) -> &[usize] {
        &self.front.sources
    }

    fn encode(&self, row: &[f64], out: &mut Vec<f64>) {
        self.front.chain.apply(row, out);
    }
}

/// A sum of terms behind steps: what a column adds is the sum over the values that are made of it.
impl Additive for Front {
    fn intercept(&self) -> &[f64] {
        self.structure().additive().map_or(&[], |terms| terms.intercept())
    }

    fn term(&self, input: usize, x: f64, out: &mut [f64]) {
        out.fill(0.0);
        let Some(terms) = self.structure().additive() else { return };
        let mut own = vec![0.0; out.len()];
        for (value, made) in self.made(input, x) {
            terms.term(value, made, &mut own);
            out.iter_mut().zip(&own).for_each(|(sum, term)| *sum += term);
        }
    }
}

/// A sum of products behind steps: the factor of a column is the product over the values that are made of it.
impl Products for Front {
    fn outputs(&self) -> usize {
        self.products().map_or(0, |inside| inside.outputs())
    }

    fn count(&self) -> usize {
        self.products().map_or(0, |inside| inside.count())
    }

    fn intercept(&self, output: usize) -> f64 {
        self.products().map_or(f64::NAN, |inside| inside.intercept(output))
    }

    fn weights(&self, output: usize, first: usize, out: &mut [f64]) {
        if let Some(inside) = self.products() {
            inside.weights(output, first, out);
        }
    }

    fn factors(&self, input: usize, x: f64, first: usize, out: &mut [f64]) {
        out.fill(1.0);
        let Some(inside) = self.products() else { return };
        let mut own = vec![0.0; out.len()];
        for (value, made) in self.made(input, x) {
            inside.factors(value, made, first, &mut own);
            out.iter_mut().zip(&own).for_each(|(product, factor)| *product *= factor);
        }
    }
}

/// What a model behind steps is over the columns in front of them.
pub enum Said {
    /// Trees whose thresholds are those of the columns.
    Trees(TreeEnsemble),
    /// One term for each column.
    Terms(Front),
    /// Products of one factor for each column.
    Factors(Front),
    /// Nothing but predictions.
    Nothing,
}

/// A model behind steps.
pub struct Piped {
    /// The card of the model, with the columns in front of the steps as inputs.
    card: ModelCard,
    chain: Arc<Chain>,
    model: Arc<dyn Model>,
    said: Said,
}

impl Said {
    /// What `model` is behind `chain`, as far as no thresholds have to be moved.
    pub fn of(chain: &Arc<Chain>, model: &Arc<dyn Model>) -> Self {
        let whole = || Front::new(chain, Inside::Model(Arc::clone(model)));
        match model.structure() {
            Structure::Linear(form) => Front::of_weights(chain, form).map(Self::Terms),
            Structure::Additive(_) => whole().map(Self::Terms),
            Structure::Products(_) => whole().map(Self::Factors),
            Structure::Trees(_) | Structure::Opaque => None,
        }
        .unwrap_or(Self::Nothing)
    }
}

impl Piped {
    /// `model` behind `chain`, which reads `inputs`.
    pub fn new(inputs: &[Input], (chain, model): (Arc<Chain>, Arc<dyn Model>), said: Said) -> Self {
        let card = ModelCard { inputs: inputs.to_vec(), ..model.card().clone() };
        Self { card, chain, model, said }
    }

    /// Asks the model with what the steps make of the rows.
    fn ask(&self, rows: MatrixView<'_>, out: &mut [f64], ask: impl Fn(MatrixView<'_>, &mut [f64])) {
        let (width, outputs) = (self.chain.kinds().len(), self.model.card().outputs.len());
        if !fits(width, outputs, rows, out) {
            return;
        }
        let mut values = Vec::new();
        for i in 0..rows.rows() {
            self.chain.apply(rows.row(i), &mut values);
        }
        match Matrix::new(values, rows.rows(), self.chain.width()) {
            Some(matrix) => ask(matrix.view(), out),
            None => out.fill(f64::NAN),
        }
    }
}

impl Model for Piped {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.ask(rows, out, |rows, out| self.model.predict(rows, scale, out));
    }

    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.ask(rows, out, |rows, out| self.model.predict_f64(rows, scale, out));
    }

    fn structure(&self) -> Structure<'_> {
        match &self.said {
            Said::Trees(trees) => Structure::Trees(trees),
            Said::Terms(terms) => Structure::Additive(terms),
            Said::Factors(factors) => Structure::Products(factors),
            Said::Nothing => Structure::Opaque,
        }
    }
}
