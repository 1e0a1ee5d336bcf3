//! Which raw column each column of a tensor inside the graph comes from, and what happened to it on the way.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::onnx::{Affine, Data, Fill, Graph, Kind, Node, Pair, Run, Tensor, View};

use super::interface::Port;
use super::sums::Budget;

/// What is done to a number.
#[derive(Clone, Copy, Debug)]
pub enum Step<'g> {
    /// Rounded to 32 bits.
    Round,
    /// Its fraction is cut off.
    Whole,
    /// Moved and scaled as this column of a scaler, which rounds doubles to 32 bits at its end.
    Affine(&'g Affine, usize),
    /// Replaced where it is missing, as this column of an imputer.
    Fill(&'g Fill, usize),
    /// This is added.
    Plus(f64),
    /// Multiplied by this.
    Times(f64),
    /// Divided by this.
    Over(f64),
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
    /// A number for each of some codes, and one more for all other numbers.
    Coded {
        /// The codes.
        codes: Vec<i64>,
        /// One for each code, and one behind them.
        values: Vec<f32>,
    },
}

/// A column inside the graph.
#[derive(Clone, Debug)]
pub struct Column<'g> {
    /// The input of the model.
    pub input: usize,
    /// What it holds.
    pub content: Content<'g>,
}

/// A number inside the graph.
#[derive(Clone, Copy)]
enum Number {
    Narrow(f32),
    Wide(f64),
}

impl<'g> Step<'g> {
    /// The number after this step, as precise as the graph computes it.
    fn of(self, x: Number) -> Number {
        match x {
            Number::Narrow(x) => Number::Narrow(self.narrow(x)),
            Number::Wide(x) => match self {
                Self::Round => Number::Narrow(x as f32),
                Self::Whole => Number::Wide(x.trunc()),
                Self::Affine(affine, column) => {
                    let (offset, scale) = affine.entries(column);
                    Number::Narrow(((x - f64::from(offset)) * f64::from(scale)) as f32)
                }
                // Imputers take no doubles.
                Self::Fill(..) => Number::Wide(f64::NAN),
                Self::Plus(added) => Number::Wide(x + added),
                Self::Times(factor) => Number::Wide(x * factor),
                Self::Over(divisor) => Number::Wide(x / divisor),
            },
        }
    }

    fn narrow(self, x: f32) -> f32 {
        match self {
            Self::Round => x,
            Self::Whole => x.trunc(),
            Self::Affine(affine, column) => affine.of(column, x),
            Self::Fill(fill, column) => fill.of(column, x),
            Self::Plus(added) => x + added as f32,
            Self::Times(factor) => x * factor as f32,
            Self::Over(divisor) => x / divisor as f32,
        }
    }

    /// Factor and summand of this step for numbers that are there. `None` when it is no such step.
    fn affine(self) -> Option<(f64, f64)> {
        Some(match self {
            Self::Round | Self::Fill(..) => (1.0, 0.0),
            Self::Whole => return None,
            Self::Plus(added) => (1.0, added),
            Self::Times(factor) => (factor, 0.0),
            Self::Over(divisor) => (1.0 / divisor, 0.0),
            Self::Affine(affine, place) => {
                let (offset, scale) = affine.entries(place);
                (f64::from(scale), -f64::from(scale) * f64::from(offset))
            }
        })
    }
}

impl<'g> Column<'g> {
    /// Whether the value is compared as a double.
    pub fn stays_double(&self) -> bool {
        matches!(&self.content, Content::Number { double: true, steps } if steps.is_empty())
    }

    /// Whether it is a number of an input of doubles.
    pub fn is_double(&self) -> bool {
        matches!(&self.content, Content::Number { double: true, .. })
    }

    /// Whether all steps are in 32 bits.
    pub fn is_f32(&self) -> bool {
        match &self.content {
            Content::Number { double, steps } => !double || matches!(steps.first(), Some(Step::Round)),
            Content::Table(_) | Content::Coded { .. } => true,
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

    /// Whether it is a number whose fraction is at most rounded or cut off on the way.
    fn is_code(&self) -> bool {
        match &self.content {
            Content::Number { steps, .. } => steps.iter().all(|step| matches!(step, Step::Round | Step::Whole)),
            _ => false,
        }
    }

    /// A raw number as the operator at the end of the way sees it.
    pub fn seen(&self, x: f64) -> f64 {
        let Content::Number { double, steps } = &self.content else { return f64::NAN };
        let raw = if *double { Number::Wide(x) } else { Number::Narrow(x as f32) };
        match steps.iter().fold(raw, |x, step| step.of(x)) {
            Number::Narrow(x) => f64::from(x),
            Number::Wide(x) => x,
        }
    }

    /// Factor and summand of the whole way in f64, for numbers that are there. `None` when the way is no such line.
    pub fn affine(&self) -> Option<(f64, f64)> {
        let Content::Number { steps, .. } = &self.content else { return None };
        steps.iter().try_fold((1.0, 0.0), |(factor, added), step| {
            let (by, more) = step.affine()?;
            Some((factor * by, added * by + more))
        })
    }

    /// What a missing number becomes, when it is filled.
    pub fn filled(&self) -> Option<f64> {
        let Content::Number { steps, .. } = &self.content else { return None };
        let filled = steps.iter().try_fold(f64::NAN, |x, step| match step {
            Step::Fill(fill, place) if x.is_nan() => Some(f64::from(fill.of(*place, f32::NAN))),
            _ => step.affine().map(|(factor, added)| x * factor + added),
        });
        filled.filter(|x| !x.is_nan())
    }

    /// How much a copy takes.
    fn size(&self) -> usize {
        1 + match &self.content {
            Content::Number { steps, .. } => steps.len(),
            Content::Text => 0,
            Content::Table(values) | Content::Coded { values, .. } => 2 * values.len(),
        }
    }

    fn add(&mut self, step: Step<'g>) {
        match &mut self.content {
            Content::Number { steps, .. } => steps.push(step),
            Content::Table(values) | Content::Coded { values, .. } => {
                values.iter_mut().for_each(|v| *v = step.narrow(*v));
            }
            Content::Text => {}
        }
    }
}

/// Columns of tensors, by slot.
pub type Known<'g> = HashMap<usize, Vec<Column<'g>>>;

/// Columns, steps and levels that may be copied before a graph counts as one without structure.
const WORK: usize = 1 << 22;

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
    let budget = Budget::new(WORK);
    let size = |columns: &[Column<'g>]| columns.iter().map(Column::size).sum::<usize>();
    for node in &graph.nodes {
        // What is copied is counted before.
        let read = node.inputs.iter().flatten().filter_map(|slot| known.get(slot));
        if budget.take(read.map(|columns| size(columns)).sum()).is_none() {
            break;
        }
        let single = passed(node, graph, &known, ports).map(|columns| vec![columns]);
        let given = single.or_else(|| moved(node, graph, &known, &budget));
        for (slot, columns) in node.outputs.iter().zip(given.into_iter().flatten()) {
            known.extend(slot.map(|slot| (slot, columns)));
        }
    }
    known
}

/// The columns that a node gives, when it changes single columns or sets them side by side.
fn passed<'g>(node: &'g Node, graph: &Graph, known: &Known<'g>, ports: &[Port]) -> Option<Vec<Column<'g>>> {
    let of = |slot: &Option<usize>| slot.and_then(|slot| known.get(&slot)).cloned();
    let first = || of(node.inputs.first()?);
    let with = |step: &dyn Fn(usize) -> Option<Step<'g>>| {
        let mut columns = first()?;
        for (i, column) in columns.iter_mut().enumerate() {
            column.add(step(i)?);
        }
        Some(columns)
    };
    if !node.operator.texts().is_empty() || !node.operator.codes().is_empty() {
        return encoded(node, &first()?, ports);
    }
    match node.operator.view() {
        View::Same => first(),
        View::Round => with(&|_| Some(Step::Round)),
        View::Whole => {
            first().filter(|columns| columns.iter().all(Column::is_code)).and_then(|_| with(&|_| Some(Step::Whole)))
        }
        View::Affine(affine) => with(&|i| Some(Step::Affine(affine, i))),
        View::Fill(fill) if fill.replaced.is_nan() => with(&|i| Some(Step::Fill(fill, i))),
        View::Pair(pair) if node.inputs.len() == 2 => {
            let other = graph.constants.get(&(*node.inputs.get(1)?)?)?;
            let width = first()?.len();
            let value = |i: usize| entry(other, i, width);
            match pair {
                Pair::Add => with(&|i| value(i).map(Step::Plus)),
                Pair::Sub => with(&|i| value(i).map(|v| Step::Plus(-v))),
                Pair::Mul => with(&|i| value(i).map(Step::Times)),
                Pair::Div => with(&|i| value(i).map(Step::Over)),
            }
        }
        View::Side => {
            let parts: Option<Vec<Vec<Column<'g>>>> = node.inputs.iter().map(of).collect();
            Some(parts?.concat())
        }
        _ => None,
    }
}

/// The columns that a node gives, for each output, when it only puts columns in other places.
fn moved<'g>(node: &Node, graph: &Graph, known: &Known<'g>, budget: &Budget) -> Option<Vec<Vec<Column<'g>>>> {
    let columns = known.get(&(*node.inputs.first()?)?)?;
    let places = places(node, graph, columns.len())?;
    let widest = columns.iter().map(Column::size).max().unwrap_or(1);
    budget.take(places.iter().map(Vec::len).sum::<usize>().saturating_mul(widest))?;
    let picked = |places: Vec<usize>| places.iter().map(|place| columns.get(*place).cloned()).collect();
    places.into_iter().map(picked).collect()
}

/// Which columns of its first input, `width` wide, a node gives in each output; found by sending their numbers through
/// it. `None` when it does anything else.
pub fn places(node: &Node, graph: &Graph, width: usize) -> Option<Vec<Vec<usize>>> {
    if !matches!(node.operator.view(), View::Places) || width == 0 || width > 1 << 16 {
        return None;
    }
    // Two rows, so that a node that mixes rows is seen.
    let numbers = (0_i64..).take(2 * width).collect();
    let numbered = Tensor::new(vec![2, width], Data::I64(numbers)).ok()?;
    let stored = |slot: &Option<usize>| match slot {
        Some(slot) => graph.constants.get(slot).map(|tensor| Some(&**tensor)),
        None => Some(None),
    };
    let rest: Option<Vec<Option<&Tensor>>> = node.inputs.iter().skip(1).map(stored).collect();
    let given: Vec<Option<&Tensor>> = std::iter::once(Some(&numbered)).chain(rest?).collect();
    let results = node.operator.run(&given, &Run::new(1 << 22)).ok()?;
    let columns = |result: &Tensor| {
        let (&[2, count], Data::I64(found)) = (result.shape.as_slice(), &result.data) else { return None };
        let (first, second) = found.split_at(count);
        let shifted = first.iter().zip(second).all(|(a, b)| usize::try_from(b - a) == Ok(width));
        let places = first.iter().map(|place| usize::try_from(*place).ok().filter(|place| *place < width));
        shifted.then(|| places.collect::<Option<Vec<usize>>>())?
    };
    results.iter().map(columns).collect()
}

/// The entry for a column of a stored row of numbers, or of a single number.
fn entry(tensor: &Tensor, column: usize, width: usize) -> Option<f64> {
    let values = tensor.f64s().ok().filter(|_| tensor.kind().is_real())?;
    match values.len() {
        1 => values.first().copied(),
        count if count == width && tensor.shape.last() == Some(&width) => values.get(column).copied(),
        _ => None,
    }
}

/// What a tensor of one column becomes in `node`, for each column of the result.
fn through(node: &Node, column: Data) -> Option<Vec<Vec<f32>>> {
    let rows = column.len();
    let given = Tensor::new(vec![rows, 1], column).ok()?;
    let result = node.operator.run(&[Some(&given)], &Run::new(1 << 24)).ok()?.pop()?;
    let values = result.f32s().ok()?;
    let width = values.len().checked_div(rows)?;
    Some((0..width).map(|place| values.iter().skip(place).step_by(width).copied().collect()).collect())
}

/// Columns of texts or codes as an encoder turns every level, and what is none, into numbers.
fn encoded<'g>(node: &Node, columns: &[Column<'g>], ports: &[Port]) -> Option<Vec<Column<'g>>> {
    let mut all = Vec::new();
    for column in columns {
        let contents: Vec<Content<'g>> = match &column.content {
            Content::Text => {
                let port = ports.iter().find(|port| port.columns.contains(&column.input))?;
                let texts = port.texts(column.input)?.iter().map(Arc::clone).collect();
                through(node, Data::Text(texts))?.into_iter().map(Content::Table).collect()
            }
            _ if column.is_code() => {
                let codes: BTreeSet<i64> = node.operator.codes().iter().copied().collect();
                let other = (0_i64..).find(|code| !codes.contains(code))?;
                let asked = codes.iter().copied().chain([other]).collect();
                let codes: Vec<i64> = codes.into_iter().collect();
                let coded = |values| Content::Coded { codes: codes.clone(), values };
                through(node, Data::I64(asked))?.into_iter().map(coded).collect()
            }
            _ => return None,
        };
        all.extend(contents.into_iter().map(|content| Column { input: column.input, content }));
    }
    Some(all)
}
