//! Which raw column each column of a tensor inside the graph comes from, and what happened to it on the way.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::onnx::{Affine, Data, Fill, Graph, Kind, Node, Pair, Run, Tensor, View};

use super::interface::Port;

/// What is done to a number.
#[derive(Clone, Copy, Debug)]
pub enum Step<'g> {
    /// Rounded to 32 bits.
    Round,
    /// Moved and scaled as this column of a scaler.
    Affine(&'g Affine, usize),
    /// Replaced where it is missing, as this column of an imputer.
    Fill(&'g Fill, usize),
    /// This is added.
    Plus(f32),
    /// Multiplied by this.
    Times(f32),
    /// Divided by this.
    Over(f32),
}

/// What a column holds at the end of its way.
#[derive(Clone, Debug)]
pub enum Content<'g> {
    /// The raw number, after these steps.
    Number {
        /// Whether the input holds doubles.
        double: bool,
        /// What happens to it, in order.
        steps: Vec<Step<'g>>,
    },
    /// The raw text.
    Text,
    /// A number for each level of a text, and one more for all other texts.
    Table(Vec<f32>),
}

/// A column inside the graph.
#[derive(Clone, Debug)]
pub struct Column<'g> {
    /// The input of the model.
    pub input: usize,
    /// What it holds.
    pub content: Content<'g>,
}

impl<'g> Step<'g> {
    /// The number after this step, in 32 bits.
    fn of(self, x: f32) -> f32 {
        match self {
            Self::Round => x,
            Self::Affine(affine, column) => affine.of(column, x),
            Self::Fill(fill, column) => fill.of(column, x),
            Self::Plus(added) => x + added,
            Self::Times(factor) => x * factor,
            Self::Over(divisor) => x / divisor,
        }
    }
}

impl<'g> Column<'g> {
    /// Whether the value is compared as a double.
    pub fn stays_double(&self) -> bool {
        matches!(&self.content, Content::Number { double: true, steps } if steps.is_empty())
    }

    /// Whether all steps are in 32 bits.
    pub fn is_f32(&self) -> bool {
        match &self.content {
            Content::Number { double, steps } => !double || matches!(steps.first(), Some(Step::Round)),
            Content::Table(_) => true,
            Content::Text => false,
        }
    }

    /// Whether it is a number that is at most rounded on the way.
    pub fn is_plain(&self) -> bool {
        match &self.content {
            Content::Number { steps, .. } => steps.iter().all(|step| matches!(step, Step::Round)),
            _ => false,
        }
    }

    /// A raw number as the operator at the end of the way sees it.
    pub fn seen(&self, x: f32) -> f32 {
        match &self.content {
            Content::Number { steps, .. } => steps.iter().fold(x, |x, step| step.of(x)),
            _ => f32::NAN,
        }
    }

    fn add(&mut self, step: Step<'g>) {
        match &mut self.content {
            Content::Number { steps, .. } => steps.push(step),
            Content::Table(values) => values.iter_mut().for_each(|v| *v = step.of(*v)),
            Content::Text => {}
        }
    }
}

/// Columns of tensors, by slot.
pub type Known<'g> = HashMap<usize, Vec<Column<'g>>>;

/// The columns of every tensor that is made of raw columns. One pass in the order of computation.
pub fn trace<'g>(graph: &'g Graph, ports: &[Port]) -> Known<'g> {
    let mut known = Known::new();
    for (slot, port) in graph.inputs.iter().zip(ports) {
        let content = match port.kind {
            Kind::F32 | Kind::I64 | Kind::I32 => Content::Number { double: false, steps: Vec::new() },
            Kind::F64 => Content::Number { double: true, steps: Vec::new() },
            Kind::Text => Content::Text,
            Kind::F16 | Kind::BF16 | Kind::U8 | Kind::Bool => continue,
        };
        let columns = port.columns.clone().map(|input| Column { input, content: content.clone() });
        known.insert(*slot, columns.collect());
    }
    for node in &graph.nodes {
        let (Some(Some(output)), Some(columns)) = (node.outputs.first().copied(), passed(node, graph, &known, ports))
        else {
            continue;
        };
        known.insert(output, columns);
    }
    known
}

/// The columns that a node gives, when it only moves or changes single columns.
fn passed<'g>(node: &'g Node, graph: &Graph, known: &Known<'g>, ports: &[Port]) -> Option<Vec<Column<'g>>> {
    let of = |slot: &Option<usize>| slot.and_then(|slot| known.get(&slot)).cloned();
    let first = || of(node.inputs.first()?);
    let stored = |place: usize| graph.constants.get(&(*node.inputs.get(place)?)?).map(|t| &**t);
    let with = |step: &dyn Fn(usize) -> Option<Step<'g>>| {
        let mut columns = first()?;
        for (i, column) in columns.iter_mut().enumerate() {
            column.add(step(i)?);
        }
        Some(columns)
    };
    if !node.operator.texts().is_empty() {
        return encoded(node, &first()?, ports);
    }
    match node.operator.view() {
        View::Same => first(),
        View::Round => with(&|_| Some(Step::Round)),
        View::Affine(affine) => with(&|i| Some(Step::Affine(affine, i))),
        View::Fill(fill) if fill.replaced.is_nan() => with(&|i| Some(Step::Fill(fill, i))),
        View::Pair(pair) => {
            let other = stored(1)?;
            let width = first()?.len();
            let value = |i: usize| entry(other, i, width);
            match pair {
                Pair::Add => with(&|i| value(i).map(Step::Plus)),
                Pair::Sub => with(&|i| value(i).map(|v| Step::Plus(-v))),
                Pair::Mul => with(&|i| value(i).map(Step::Times)),
                Pair::Div => with(&|i| value(i).map(Step::Over)),
            }
        }
        View::Flat => {
            // Rows stay rows where the new shape is a matrix as wide as there are columns.
            let columns = first()?;
            let shape = stored(1)?.ints().ok()?.into_owned();
            matches!(shape[..], [-1, width] if usize::try_from(width) == Ok(columns.len())).then_some(columns)
        }
        View::Side => {
            let parts: Option<Vec<Vec<Column<'g>>>> = node.inputs.iter().map(of).collect();
            Some(parts?.concat())
        }
        View::Take => {
            let columns = first()?;
            let places = stored(1)?.ints().ok()?;
            places.iter().map(|place| columns.get(usize::try_from(*place).ok()?).cloned()).collect()
        }
        _ => None,
    }
}

/// The entry for a column of a stored row of numbers, or of a single number.
fn entry(tensor: &Tensor, column: usize, width: usize) -> Option<f32> {
    let Data::F32(values) = &tensor.data else { return None };
    match values.len() {
        1 => values.first().copied(),
        count if count == width && tensor.shape.last() == Some(&width) => values.get(column).copied(),
        _ => None,
    }
}

/// Columns of texts as an encoder turns every level, and a text that is none, into numbers.
fn encoded<'g>(node: &Node, columns: &[Column<'g>], ports: &[Port]) -> Option<Vec<Column<'g>>> {
    let mut all = Vec::new();
    for column in columns {
        if !matches!(column.content, Content::Text) {
            return None;
        }
        let port = ports.iter().find(|port| port.columns.contains(&column.input))?;
        let texts = port.texts(column.input)?;
        let rows = texts.len();
        let given = Tensor::new(vec![rows, 1], Data::Text(texts.iter().map(Arc::clone).collect())).ok()?;
        let result = node.operator.run(&[Some(&given)], &Run::new(1 << 24)).ok()?.pop()?;
        let values = result.f32s().ok()?;
        let width = values.len().checked_div(rows)?;
        for place in 0..width {
            let table = values.iter().skip(place).step_by(width).copied().collect();
            all.push(Column { input: column.input, content: Content::Table(table) });
        }
    }
    Some(all)
}
