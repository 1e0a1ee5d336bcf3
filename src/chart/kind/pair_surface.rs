//! What two features do together, over a grid of their values.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::data::query;
use crate::explain::Shape;

use crate::chart::alt;
use crate::chart::division::{Division, divide};
use crate::chart::interaction;
use crate::chart::rows;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark};
use crate::chart::together::{self, Reading};
use crate::chart::view::{self, View};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct PairSurface;

const SUM: &str = "contributions";
const INTERACTION: &str = "interaction";
const PREDICTION: &str = "prediction";
const KNOBS: &[Knob] = &[
    Knob {
        id: "show",
        label: "Show",
        help: "Mean sum of both contributions, mean interaction value of the pair (when computed), or mean prediction",
        kind: KnobKind::Choice { default: SUM, of: &[SUM, INTERACTION, PREDICTION] },
    },
    Knob {
        id: "bins",
        label: "Bins",
        help: "Parts of each feature at most: bins of equal count, or levels",
        kind: KnobKind::Count { default: 8, min: 2, max: 30 },
    },
];

impl Entry for PairSurface {
    fn id(&self) -> &'static str {
        "pair-surface"
    }

    fn title(&self) -> &'static str {
        "Surface of two features"
    }

    fn summary(&self) -> &'static str {
        "What two features do together: means over a grid of their values, cells without rows left empty"
    }
}

impl Kind for PairSurface {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), feature: true, ..Needs::default() }
    }

    fn second_feature(&self) -> Option<&'static str> {
        Some("With")
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let (pair, chosen) = pair(&view, subject)?;
        let shown = Shown::new(&view, subject, pair, knobs.choice("show"))?;
        let column = |feature: usize| view.column(feature).ok_or(ChartError::Missing(NO_TABLE));
        let bins = usize::try_from(knobs.count("bins")).unwrap_or(8);
        let sides = [divide(column(pair[0])?, bins)?, divide(column(pair[1])?, bins)?];
        let grid = Grid::new(&view, &shown, sides, subject);
        let names = pair.map(|j| view.name(j));
        let axis = |side: usize| Axis {
            label: names[side].to_owned(),
            range: (-0.5, grid.sides[side].parts.len() as f64 - 0.5),
            kind: AxisKind::Names(grid.sides[side].names()),
            second: None,
        };
        let (low, high) = grid.limits(shown.signed);
        let together = together::of_features(subject, &pair, Reading::of(view.explanation));
        let mut notes: Vec<String> = together.into_iter().chain([shown.note.clone()]).collect();
        notes.extend(chosen);
        notes.extend(grid.notes());
        notes.push(view::passport(shown.explanation, view.unit));
        Ok(Chart {
            kind: self.id(),
            title: format!("{} over {} and {}", shown.title, names[0], names[1]),
            x: axis(0),
            y: axis(1),
            marks: vec![grid.marks(shown.signed)],
            notes,
            legend: vec![Legend::Ramp(
                format!("{} ({})", shown.what, view.unit),
                text::number(low),
                text::number(high),
            )],
            sentence: grid.sentence(names, &shown, view.unit),
            alt: grid.paragraph(names, &shown, view.unit),
            table: grid.table(names, shown.what),
        })
    }
}

const NO_TABLE: &str = "Open the table behind these contributions; the features’ values are needed";

/// The two features, and a note where the second was not chosen by the reader.
pub(super) fn pair(view: &View<'_>, subject: &Subject<'_>) -> Result<([usize; 2], Option<String>), ChartError> {
    let first = subject.feature.ok_or(ChartError::Missing("Choose a feature first"))?;
    if first >= view.width() {
        return Err(ChartError::Missing("The chosen feature is not part of this explanation"));
    }
    if let Some(second) = subject.colour.filter(|k| *k < view.width() && *k != first) {
        return Ok(([first, second], None));
    }
    let suggested = interaction::suggest(&view.reference(), first);
    let strongest = || view.order().into_iter().map(|o| o.0).find(|&k| k != first);
    let (second, why) = match suggested {
        Some(found) if found.convincing => (Some(found.feature), "it explains most of the spread at equal value"),
        _ => (strongest(), "no other feature convincingly explains the spread, so the strongest other one is taken"),
    };
    let second = second.ok_or(ChartError::Missing("This chart needs a second feature"))?;
    Ok(([first, second], Some(format!("{} was not chosen but suggested: {why}.", view.name(second)))))
}

/// The numbers whose means are shown, one per explained row that has one.
struct Shown<'a> {
    title: &'static str,
    what: &'static str,
    note: String,
    signed: bool,
    values: Vec<f64>,
    explanation: &'a crate::explain::Explanation,
}

impl<'a> Shown<'a> {
    fn new(view: &View<'a>, subject: &Subject<'a>, pair: [usize; 2], show: &str) -> Result<Self, ChartError> {
        let all: Vec<usize> = (0..view.width()).collect();
        let explanation = view.explanation;
        Ok(match show {
            INTERACTION => Self::interaction(view, subject, pair)?,
            PREDICTION => Self {
                title: "Mean prediction",
                what: "mean prediction",
                note: "Shown: the mean prediction of the rows of each cell, whatever their other features.".to_owned(),
                signed: false,
                values: view.sums(&all).into_iter().map(|sum| view.base() + sum).collect(),
                explanation,
            },
            _ => Self {
                title: "Mean contribution of both",
                what: "mean contribution",
                note: "Shown: the mean sum of both features’ contributions, which shares interactions with other features as well.".to_owned(),
                signed: true,
                values: view.sums(&pair),
                explanation,
            },
        })
    }

    fn interaction(view: &View<'a>, subject: &Subject<'a>, pair: [usize; 2]) -> Result<Self, ChartError> {
        let (explanation, interactions) = view::interactions(subject)?;
        let wanted = (pair[0].min(pair[1]) as u32, pair[0].max(pair[1]) as u32);
        let place = interactions.pairs.iter().position(|p| *p == wanted);
        let place = place.ok_or(ChartError::Missing(
            "This pair has no interaction values: it is not part of the answer, or the two features meet on no path",
        ))?;
        if interactions.scale != view.attribution.scale {
            return Err(ChartError::Missing(
                "The interaction values are in another unit than the contributions; compute them again",
            ));
        }
        let mut values = vec![f64::NAN; view.row_count()];
        for (i, row) in interactions.rows.iter().enumerate() {
            if let Some(value) = view.attribution.position(*row).and_then(|k| values.get_mut(k)) {
                *value = interactions.row(subject.output, i)[place];
            }
        }
        let known = values.iter().filter(|v| !v.is_nan()).count();
        if known == 0 {
            return Err(ChartError::Missing(
                "No row’s own interaction values are held, so that they have no means here",
            ));
        }
        let note = format!(
            "Shown: the mean interaction value of the pair, its whole effect, over {}.",
            text::counted(known, "row")
        );
        Ok(Self { title: "Mean interaction", what: "mean interaction", note, signed: true, values, explanation })
    }
}

/// The cells that hold rows.
struct Grid {
    sides: [Division; 2],
    /// Sum and number of rows, shape (parts of the first, parts of the second).
    sums: Vec<(f64, usize)>,
    /// What every query asks besides: which rows were explained.
    besides: Option<String>,
    left_out: usize,
}

impl Grid {
    fn new(view: &View<'_>, shown: &Shown<'_>, sides: [Division; 2], subject: &Subject<'_>) -> Self {
        let height = sides[1].parts.len();
        let mut sums = vec![(0.0, 0); sides[0].parts.len() * height];
        let mut left_out = 0;
        for (row, value) in view.attribution.rows.iter().zip(&shown.values) {
            let part = |side: usize| sides[side].of.get(row.index()).copied().flatten();
            match (part(0), part(1)) {
                (Some(a), Some(b)) if !value.is_nan() => {
                    let cell = &mut sums[a * height + b];
                    *cell = (cell.0 + value, cell.1 + 1);
                }
                _ => left_out += 1,
            }
        }
        // Interaction values may be held for some rows only, which no query names.
        let is_whole = shown.values.iter().all(|v| !v.is_nan());
        let besides = rows::explained(subject, view).filter(|_| is_whole);
        Self { sides, sums, besides, left_out }
    }

    /// Cells with rows: their places, mean and count.
    fn cells(&self) -> impl Iterator<Item = ((usize, usize), f64, usize)> {
        let height = self.sides[1].parts.len();
        let held = self.sums.iter().enumerate().filter(|(_, cell)| cell.1 > 0);
        held.map(move |(i, (sum, count))| ((i / height, i % height), sum / *count as f64, *count))
    }

    fn limits(&self, signed: bool) -> (f64, f64) {
        let (low, high) = crate::chart::scale::extent(self.cells().map(|c| c.1)).unwrap_or((0.0, 0.0));
        let most = low.abs().max(high.abs());
        if signed { (-most, most) } else { (low, high) }
    }

    fn marks(&self, signed: bool) -> Mark {
        let (low, high) = self.limits(signed);
        let (mut cells, mut queries) = (Vec::new(), Vec::new());
        for ((a, b), mean, count) in self.cells() {
            let share = if high > low { (mean - low) / (high - low) } else { 0.5 };
            let number = if signed { text::signed(mean) } else { text::number(mean) };
            let words = format!("{number}\n{}", text::counted(count, "row"));
            cells.push((a as f64, b as f64, share as f32, words));
            queries.push(self.query(a, b).unwrap_or_default());
        }
        Mark::Cells { cells, signed, size: (1.0, 1.0), queries }
    }

    fn query(&self, a: usize, b: usize) -> Option<String> {
        let (first, second) = (self.sides[0].parts[a].query.clone()?, self.sides[1].parts[b].query.clone()?);
        Some(query::all([first, second, self.besides.clone()?]))
    }

    fn notes(&self) -> Vec<String> {
        let all = self.sums.len();
        let empty = all - self.cells().count();
        let mut notes = vec!["Numbers are cut into bins of about equal count, side by side at the same width; missing values stand last.".to_owned()];
        if empty > 0 {
            notes.push(format!("{} of {} cells hold no row and are empty.", text::count(empty), text::count(all)));
        }
        if self.left_out > 0 {
            notes.push(format!("{} without a place or a value left out.", text::counted(self.left_out, "row")));
        }
        notes
    }

    fn place(&self, names: [&str; 2], (a, b): (usize, usize)) -> String {
        format!("{} is {} and {} is {}", names[0], self.sides[0].parts[a].name, names[1], self.sides[1].parts[b].name)
    }

    fn sentence(&self, names: [&str; 2], shown: &Shown<'_>, unit: &str) -> String {
        let by = |a: &((usize, usize), f64, usize), b: &((usize, usize), f64, usize)| a.1.total_cmp(&b.1);
        let (Some(low), Some(high)) = (self.cells().min_by(by), self.cells().max_by(by)) else {
            return "No cell holds a row".to_owned();
        };
        let number = |v: f64| if shown.signed { text::signed(v) } else { text::number(v) };
        format!(
            "The {} is highest, {} {unit}, where {} ({}), and lowest, {}, where {} ({})",
            shown.what,
            number(high.1),
            self.place(names, high.0),
            text::counted(high.2, "row"),
            number(low.1),
            self.place(names, low.0),
            text::counted(low.2, "row")
        )
    }

    fn paragraph(&self, names: [&str; 2], shown: &Shown<'_>, unit: &str) -> String {
        format!(
            "Grid of the {} over {} and {}, {} with rows out of {}, in {unit}. {}.",
            shown.what,
            names[0],
            names[1],
            text::counted(self.cells().count(), "cell"),
            text::count(self.sums.len()),
            self.sentence(names, shown, unit)
        )
    }

    fn table(&self, names: [&str; 2], what: &str) -> ChartTable {
        let row = |((a, b), mean, count): ((usize, usize), f64, usize)| {
            let name = |side: usize, part: usize| alt::words(&self.sides[side].parts[part].name);
            vec![name(0, a), name(1, b), alt::number(mean), alt::number(count as f64)]
        };
        alt::table(&[names[0], names[1], what, "rows"], self.cells().map(row).collect())
    }
}
