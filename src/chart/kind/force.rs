//! Force strip of one row: contributions that raise from the left, those that lower from the right, meeting at the prediction.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, RowId, text};
use crate::explain::Shape;

use crate::chart::alt;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, Legend, Mark, Role};
use crate::chart::view::{self, View};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct Force;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features get a piece of their own; the rest share one piece on either side",
    kind: KnobKind::Count { default: 12, min: 1, max: 60 },
}];

/// Lines of names below the strip.
const LINES: usize = 5;
/// Share of the whole below which a piece is named on hover and in the table only.
const NAMED: f64 = 0.03;

impl Entry for Force {
    fn id(&self) -> &'static str {
        "force"
    }

    fn title(&self) -> &'static str {
        "Force strip of one row"
    }

    fn summary(&self) -> &'static str {
        "What raises and what lowers one row’s prediction, pushing against each other on one line"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Lundberg et al., From local explanations to global understanding with explainable AI for trees, 2020"]
    }
}

impl Kind for Force {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), row: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let (row, position) = view.chosen_row()?;
        let order = view::ranked(view.attribution.row(view.output, position));
        let strip = Strip::new(&view, row, &order, super::split(order.len(), knobs.count("features")));
        let range = scale::padded(
            scale::extent([strip.base, strip.prediction - strip.up, strip.prediction - strip.down].into_iter())
                .unwrap_or((0.0, 1.0)),
            0.06,
        );
        let mut notes = vec![format!(
            "Raising contributions, {} in all, end at the prediction {} from the left; lowering ones, {}, from the right.",
            text::signed(strip.up),
            text::number(strip.prediction),
            text::signed(strip.down)
        )];
        notes.push(format!(
            "Largest next to the prediction; pieces below {} of the whole are named on hover and in the table only.",
            text::percent(NAMED)
        ));
        notes.push(view::passport(view.explanation, view.unit));
        let label = format!("prediction ({})", view.unit);
        let second = view.is_log_odds().then(|| scale::probability_axis(range));
        Ok(Chart {
            kind: self.id(),
            title: format!("{}: what pushes the prediction{}", view.row_name(row), view::of_output(view.output_name())),
            x: Axis { label, range, kind: AxisKind::Linear, second },
            y: Axis {
                label: String::new(),
                range: (-1.0 - LINES as f64, 0.9),
                kind: AxisKind::Names(vec![(0.0, view.row_label(row)), (-3.0, String::new())]),
                second: None,
            },
            marks: strip.marks(range),
            notes,
            legend: vec![
                Legend::Key(Role::Raises, "raises the prediction".to_owned()),
                Legend::Key(Role::Lowers, "lowers the prediction".to_owned()),
            ],
            sentence: strip.sentence(&view, row),
            alt: strip.paragraph(&view, row),
            table: strip.table(&view, row, &order),
        })
    }
}

/// One piece of the strip.
struct Piece {
    name: String,
    value: f64,
    feature: Option<usize>,
}

/// The pieces, largest first, and where they meet.
struct Strip {
    pieces: Vec<Piece>,
    base: f64,
    prediction: f64,
    /// Sum of what raises.
    up: f64,
    /// Sum of what lowers, not above 0.
    down: f64,
}

impl Strip {
    fn new(view: &View<'_>, row: RowId, order: &[(usize, f64)], shown: usize) -> Self {
        let (named, rest) = order.split_at(shown);
        let piece = |&(j, value): &(usize, f64)| Piece {
            name: view
                .value_text(j, row)
                .map_or_else(|| view.name(j).to_owned(), |v| format!("{} = {v}", view.name(j))),
            value,
            feature: Some(j),
        };
        let mut pieces: Vec<Piece> = named.iter().map(piece).collect();
        for sign in [1.0, -1.0] {
            let same: Vec<f64> = rest.iter().map(|r| r.1).filter(|v| v * sign > 0.0).collect();
            if !same.is_empty() {
                let name = text::counted(same.len(), "other feature");
                pieces.push(Piece { name, value: same.iter().sum(), feature: None });
            }
        }
        pieces.retain(|p| p.value != 0.0);
        let up: f64 = order.iter().map(|o| o.1.max(0.0)).sum();
        let down: f64 = order.iter().map(|o| o.1.min(0.0)).sum();
        Self { pieces, base: view.base(), prediction: view.base() + up + down, up, down }
    }

    fn marks(&self, range: (f64, f64)) -> Vec<Mark> {
        let rule = |at: f64, role: Role, name: &str| Mark::Rule {
            at,
            upright: true,
            role,
            label: format!("{name} {}", text::number(at)),
        };
        let mut marks =
            vec![rule(self.base, Role::Reference, "expected"), rule(self.prediction, Role::Ink, "prediction")];
        let (mut left, mut right) = (self.prediction, self.prediction);
        let (mut bars, mut texts) = (Vec::new(), Vec::new());
        for piece in &self.pieces {
            // A piece ends where the one nearer to the prediction begins.
            let end = if piece.value > 0.0 { &mut left } else { &mut right };
            let (from, to) = (*end - piece.value, *end);
            *end = from;
            bars.push(bar(piece, (from, to)));
            if texts.len() < LINES && piece.value.abs() >= NAMED * (self.up - self.down) {
                let line = -1.1 - texts.len() as f64;
                texts.push((piece, f64::midpoint(from, to), line));
            }
        }
        marks.push(Mark::Bars { bars, lying: true });
        for (piece, at, line) in texts {
            let role = if piece.value > 0.0 { Role::Raises } else { Role::Lowers };
            let xy = vec![[at, -0.36], [at, line + 0.34]].into();
            marks.push(Mark::Line { xy, role, width: 1.0, dashed: false, name: String::new() });
            // Names run towards the middle, where there is room.
            let anchor = if at > f64::midpoint(range.0, range.1) { 1 } else { -1 };
            let text = format!("{} {}", text::shorten(&piece.name, 30), text::signed(piece.value));
            marks.push(Mark::Text { at: (at, line), text, role: Role::Ink, anchor });
        }
        marks
    }

    fn named(&self) -> Vec<(&str, f64)> {
        self.pieces.iter().map(|p| (p.name.as_str(), p.value)).collect()
    }

    fn strongest(&self, sign: f64) -> Option<String> {
        let found = self.pieces.iter().find(|p| p.value * sign > 0.0 && p.feature.is_some())?;
        Some(format!("{} ({})", found.name, text::signed(found.value)))
    }

    fn sentence(&self, view: &View<'_>, row: RowId) -> String {
        let moved = match self.prediction - self.base {
            v if v > 0.0 => format!("{} above", text::number(v)),
            v if v < 0.0 => format!("{} below", text::number(-v)),
            _ => "exactly at".to_owned(),
        };
        let most = |sign: f64, word: &str| self.strongest(sign).map(|s| format!("{s} {word} it most"));
        let parts: Vec<String> = [most(1.0, "raises"), most(-1.0, "lowers")].into_iter().flatten().collect();
        let rest = if parts.is_empty() { "no feature moves it".to_owned() } else { alt::list(&parts) };
        format!(
            "{} is predicted {} {}, {moved} the expected {}; {rest}",
            view.row_name(row),
            text::number(self.prediction),
            view.unit,
            text::number(self.base)
        )
    }

    fn paragraph(&self, view: &View<'_>, row: RowId) -> String {
        format!(
            "Force strip of {}. From the expected {} {unit}, raising contributions of {} and lowering ones of {} lead \
             to {} {unit}. Largest: {}.",
            view.row_in_sentence(row),
            text::number(self.base),
            text::signed(self.up),
            text::signed(self.down),
            text::number(self.prediction),
            alt::top_signed(&self.named(), 5),
            unit = view.unit
        )
    }

    fn table(&self, view: &View<'_>, row: RowId, order: &[(usize, f64)]) -> crate::chart::ChartTable {
        let mut rows = vec![vec![alt::words("expected prediction"), alt::words(""), alt::number(self.base)]];
        rows.extend(order.iter().map(|&(j, value)| {
            let own = view.value_text(j, row).unwrap_or_default();
            vec![alt::words(view.name(j)), alt::words(own), alt::number(value)]
        }));
        rows.push(vec![alt::words("prediction"), alt::words(""), alt::number(self.prediction)]);
        alt::table(&["feature", "value", "contribution"], rows)
    }
}

fn bar(piece: &Piece, (from, to): (f64, f64)) -> Bar {
    Bar {
        at: 0.0,
        from,
        to,
        thickness: 0.7,
        role: if piece.value > 0.0 { Role::Raises } else { Role::Lowers },
        label: String::new(),
        hover: format!("{}: {}", piece.name, text::exact(piece.value)),
        whisker: None,
        feature: piece.feature,
        pointed: true,
        query: None,
    }
}
