//! What the term of a pair of features adds to predictions of an explainable boosting machine, cell by cell.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::data::Input;
use crate::model::{Bins, Term, term};

use crate::chart::alt;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark};
use crate::chart::view::{self, Terms};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct TermSurface;

const KNOBS: &[Knob] = &[Knob {
    id: "pair",
    label: "Pair",
    help: "Which of the pairs that hold the feature, counted from the one that moves predictions most",
    kind: KnobKind::Count { default: 1, min: 1, max: 10_000 },
}];

/// Cells that still have room for a number each.
const NUMBERED: usize = 120;
/// Names along an axis.
const NAMES: usize = 12;

impl Entry for TermSurface {
    fn id(&self) -> &'static str {
        "term-surface"
    }

    fn title(&self) -> &'static str {
        "Term of a pair"
    }

    fn summary(&self) -> &'static str {
        "What two features add to the prediction together, beyond their own terms, read from the model itself"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Lou, Caruana, Gehrke and Hooker, Accurate intelligible models with pairwise interactions, 2013"]
    }
}

impl Kind for TermSurface {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { terms: Some(2), feature: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let all = view::terms(subject)?;
        let feature = subject.feature.ok_or(ChartError::Missing("Choose a feature first"))?;
        let mut pairs: Vec<&Term> =
            all.terms.iter().filter(|t| t.axes.len() == 2 && t.axes.iter().any(|a| a.input == feature)).collect();
        if pairs.is_empty() {
            return Err(ChartError::Missing("The model has no term of this feature and another one"));
        }
        pairs.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let number = usize::try_from(knobs.count("pair")).unwrap_or(usize::MAX).min(pairs.len());
        let surface = Surface::new(&all, pairs[number.max(1) - 1]);
        let mut notes = vec![match pairs.len() {
            1 => format!("{} is part of this pair only.", all.card.inputs[feature].name),
            many => format!(
                "Pair {number} of {many} that hold {}, by how much they move predictions.",
                all.card.inputs[feature].name
            ),
        }];
        notes.push("Bins stand side by side at the same width, whatever values they hold.".to_owned());
        notes.push(all.passport());
        let (x, y) = (&surface.sides[0], &surface.sides[1]);
        let label = format!("score ({})", all.unit);
        Ok(Chart {
            kind: self.id(),
            title: format!("What {} and {} add together{}", x.input.name, y.input.name, all.to_output()),
            x: x.axis(),
            y: y.axis(),
            marks: vec![surface.cells()],
            notes,
            legend: vec![Legend::Ramp(label, text::number(surface.range.0), text::number(surface.range.1))],
            sentence: surface.sentence(&all),
            alt: surface.paragraph(&all),
            table: surface.table(),
        })
    }
}

/// How much a term moves predictions: its importance, or the mean size of its scores where the file holds no weights.
fn size(term: &Term) -> f64 {
    let plain = || term.scores.iter().map(|s| s.abs()).sum::<f64>() / term.scores.len().max(1) as f64;
    term.importance().unwrap_or_else(plain)
}

/// One side of the table, with the bins that are shown.
struct Side<'a> {
    input: &'a Input,
    bins: &'a Bins,
    shown: Vec<usize>,
}

impl<'a> Side<'a> {
    /// The missing bin and the one of unseen levels are shown when some score of theirs is not zero.
    fn new(all: &Terms<'a>, axis: &'a term::Axis, is_used: impl Fn(usize) -> bool) -> Self {
        let bins = &*axis.bins;
        let last = bins.count() - 1;
        let is_shown = |bin: &usize| (*bin > 0 && *bin < last) || is_used(*bin);
        Self { input: &all.card.inputs[axis.input], bins, shown: (0..=last).filter(is_shown).collect() }
    }

    fn title(&self, bin: usize) -> String {
        self.bins.title(bin, self.input)
    }

    /// Categories have their names in the middle of a bin, numbers the cuts between bins.
    fn axis(&self) -> Axis {
        let step = self.shown.len().div_ceil(NAMES);
        let mut names = Vec::new();
        for (place, &bin) in self.shown.iter().enumerate() {
            match self.bins.interval(bin) {
                Some((low, _)) if low.is_finite() && place % step == 0 => {
                    names.push((place as f64 - 0.5, text::number(low)))
                }
                Some(_) => {}
                None if bin == 0 || place % step == 0 => {
                    names.push((place as f64, text::shorten(&self.title(bin), 18)))
                }
                None => {}
            }
        }
        let range = (-0.5, self.shown.len() as f64 - 0.5);
        Axis { label: self.input.name.clone(), range, kind: AxisKind::Names(names), second: None }
    }
}

/// A shown cell.
struct Shown {
    /// Where it stands.
    place: (usize, usize),
    /// The bins of both axes.
    bins: (usize, usize),
    score: f64,
}

/// The scores of a pair for one output.
struct Surface<'a> {
    term: &'a Term,
    output: usize,
    sides: [Side<'a>; 2],
    range: (f64, f64),
}

impl<'a> Surface<'a> {
    fn new(all: &Terms<'a>, term: &'a Term) -> Self {
        let [x, y] = [&term.axes[0], &term.axes[1]];
        let score = |a: usize, b: usize| score(term, (a, b), all.output);
        let across = Side::new(all, x, |a| (0..y.bins.count()).any(|b| score(a, b) != 0.0));
        let up = Side::new(all, y, |b| (0..x.bins.count()).any(|a| score(a, b) != 0.0));
        let seen = across.shown.iter().flat_map(|a| up.shown.iter().map(|b| score(*a, *b)));
        let range = seen.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), s| (low.min(s), high.max(s)));
        Self { term, output: all.output, sides: [across, up], range }
    }

    /// Every shown cell, column by column.
    fn shown(&self) -> impl Iterator<Item = Shown> {
        let [x, y] = &self.sides;
        let cell = move |(i, a): (usize, usize), (j, b): (usize, usize)| Shown {
            place: (i, j),
            bins: (a, b),
            score: score(self.term, (a, b), self.output),
        };
        let column = move |at: (usize, usize)| y.shown.iter().copied().enumerate().map(move |up| cell(at, up));
        x.shown.iter().copied().enumerate().flat_map(column)
    }

    fn cells(&self) -> Mark {
        let (low, high) = self.range;
        let is_numbered = self.sides[0].shown.len() * self.sides[1].shown.len() <= NUMBERED;
        let cell = |shown: Shown| {
            let share = if high > low { (shown.score - low) / (high - low) } else { 0.5 };
            let words = if is_numbered { text::significant(shown.score, 2) } else { String::new() };
            (shown.place.0 as f64, shown.place.1 as f64, share as f32, words)
        };
        Mark::Cells { cells: self.shown().map(cell).collect(), size: (1.0, 1.0), signed: false, queries: Vec::new() }
    }

    fn sentence(&self, all: &Terms<'_>) -> String {
        let [x, y] = &self.sides;
        let by = |a: &Shown, b: &Shown| a.score.total_cmp(&b.score);
        let at = |cell: &Shown| {
            let (a, b) = cell.bins;
            format!("where {} is {} and {} is {}", x.input.name, x.title(a), y.input.name, y.title(b))
        };
        let (Some(low), Some(high)) = (self.shown().min_by(by), self.shown().max_by(by)) else { return String::new() };
        format!(
            "Together they add least, {} {}, {}, and most, {}, {}",
            text::signed(low.score),
            all.unit,
            at(&low),
            text::signed(high.score),
            at(&high)
        )
    }

    fn paragraph(&self, all: &Terms<'_>) -> String {
        let [x, y] = &self.sides;
        let at = |cell: Option<Shown>| {
            cell.map_or_else(String::new, |Shown { bins: (a, b), score, .. }| {
                let (name, other) = (&x.input.name, &y.input.name);
                format!("{} where {name} is {} and {other} is {}", text::number(score), x.title(a), y.title(b))
            })
        };
        let by = |a: &Shown, b: &Shown| a.score.total_cmp(&b.score);
        format!(
            "Grid of what the term of {} and {} adds{} in {}. Lowest: {}. Highest: {}.",
            x.input.name,
            y.input.name,
            all.to_output(),
            all.unit,
            at(self.shown().min_by(by)),
            at(self.shown().max_by(by)),
        )
    }

    fn table(&self) -> ChartTable {
        let [x, y] = &self.sides;
        let number = |values: Option<&Vec<f64>>, cell: Option<usize>| {
            alt::number(values.zip(cell).and_then(|(values, cell)| values.get(cell)).copied().unwrap_or(f64::NAN))
        };
        let row = |Shown { bins: (a, b), score, .. }| {
            let cell = self.term.cell(&[a, b]);
            let deviation = cell.and_then(|cell| self.term.deviations_of(cell)).map_or(f64::NAN, |d| d[self.output]);
            let weight = number(self.term.weights.as_ref(), cell);
            vec![alt::words(x.title(a)), alt::words(y.title(b)), alt::number(score), alt::number(deviation), weight]
        };
        let header = [x.input.name.as_str(), y.input.name.as_str(), "score", "standard deviation", "training weight"];
        alt::table(&header, self.shown().map(row).collect())
    }
}

fn score(term: &Term, (a, b): (usize, usize), output: usize) -> f64 {
    let scores = term.cell(&[a, b]).and_then(|cell| term.scores_of(cell));
    scores.map_or(f64::NAN, |scores| scores[output])
}
