//! One row's way from the champion's prediction to the challenger's, column by column.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, RowId, text};

use crate::chart::alt;
use crate::chart::compared::{self, Compared};
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, Legend, Mark, Role};

use super::waterfall::{Step, climb, parts, reach, rest_note};
use super::{ChallengerNeed, ChartError, Kind, Needs, Subject};

/// The chart.
pub struct DifferenceWaterfall;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features get a bar of their own; the rest share one net bar",
    kind: KnobKind::Count { default: 12, min: 1, max: 200 },
}];

impl Entry for DifferenceWaterfall {
    fn id(&self) -> &'static str {
        "difference-waterfall"
    }

    fn title(&self) -> &'static str {
        "Difference of one row"
    }

    fn summary(&self) -> &'static str {
        "How the features of one row lead from the champion’s prediction to the challenger’s"
    }
}

impl Kind for DifferenceWaterfall {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { challenger: Some(ChallengerNeed::Attributions), row: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let both = compared::attributions(subject)?;
        let row = subject.row.ok_or(ChartError::Missing("Choose a row first"))?;
        let position = both.challenge.both().0.position(row);
        let position =
            position.ok_or(ChartError::Missing("The chosen row is not among the explained rows; explain it first"))?;
        let order = both.challenge.carriers(both.output, position);
        let shown = super::split(order.len(), knobs.count("features"));
        let steps = steps(&both, (row, position), &order, shown);
        let (own, other) = both.challenge.predictions(both.output, position);
        let (bars, connectors) = climb(&steps, own);
        let range = reach(&bars, own);
        let rule = |at: f64, role: Role, name: &str| Mark::Rule {
            at,
            upright: true,
            role,
            label: format!("{name} {}", text::number(at)),
        };
        let mut marks = vec![rule(own, Role::Reference, "champion"), rule(other, Role::Ink, "challenger")];
        marks.extend(connectors);
        marks.push(Mark::Bars { bars, lying: true });
        let second = both.is_log_odds().then(|| scale::probability_axis(range));
        Ok(Chart {
            kind: self.id(),
            title: format!("Row {}: champion to challenger{}", text::count(row.index()), both.named_output()),
            x: Axis { label: format!("prediction ({})", both.unit), range, kind: AxisKind::Linear, second },
            y: super::lanes(steps.iter().map(|s| s.name.clone()).collect::<Vec<_>>().into_iter()),
            marks,
            notes: notes(&both, subject, (own, other), &order[shown..]),
            legend: vec![
                Legend::Key(Role::Raises, "the challenger gives more".to_owned()),
                Legend::Key(Role::Lowers, "the challenger gives less".to_owned()),
            ],
            sentence: format!(
                "The challenger gives row {row} {} {} instead of {}; most of it comes from {}",
                text::number(other),
                both.unit,
                text::number(own),
                order.first().map_or("no column", |(j, _)| both.name(*j)),
            ),
            alt: alt(&both, row, (own, other), &order),
            table: table(&both, (row, position), &order),
        })
    }
}

/// Columns by size of their change, the largest on top; the change of the expected prediction is the first step.
fn steps(both: &Compared<'_>, (row, position): (RowId, usize), order: &[(usize, f64)], shown: usize) -> Vec<Step> {
    let values = both.challenge.row(both.output, position);
    let mut steps: Vec<Step> = order[..shown]
        .iter()
        .map(|&(j, value)| {
            let own = both.value_text(j, row);
            let name = own.map_or_else(|| both.name(j).to_owned(), |v| format!("{} = {v}", both.name(j)));
            let (first, second) = values[j];
            let hover = format!(
                "{name}: {} {}\nchampion {}, challenger {}",
                text::exact(value),
                both.unit,
                text::signed(first),
                text::signed(second)
            );
            Step { name, label: text::signed(value), hover, value, error: None, feature: both.feature(j) }
        })
        .collect();
    let rest = &order[shown..];
    if !rest.is_empty() {
        let (positive, negative) = parts(rest);
        let value = positive + negative;
        let name = format!("{} other features (net)", text::count(rest.len()));
        let hover = format!("{name}: {} {}", text::exact(value), both.unit);
        steps.push(Step { name, label: text::signed(value), hover, value, error: None, feature: None });
    }
    let (first, second) = both.challenge.bases(both.output);
    let value = second - first;
    let hover = format!(
        "expected prediction: {} {}\nchampion {}, challenger {}",
        text::exact(value),
        both.unit,
        text::number(first),
        text::number(second)
    );
    let name = "expected prediction".to_owned();
    steps.push(Step { name, label: text::signed(value), hover, value, error: None, feature: None });
    steps
}

fn notes(both: &Compared<'_>, subject: &Subject<'_>, (own, other): (f64, f64), rest: &[(usize, f64)]) -> Vec<String> {
    let mut notes = vec![format!(
        "Read upwards: from the champion’s prediction {} to the challenger’s {} ({}); {}.",
        text::number(own),
        text::number(other),
        both.unit,
        compared::who(subject)
    )];
    notes.extend(rest_note(rest));
    notes.push(
        "Each bar is the challenger’s contribution minus the champion’s; the first step is the change of the expected prediction."
            .to_owned(),
    );
    notes.extend(both.notes());
    notes
}

fn alt(both: &Compared<'_>, row: RowId, (own, other): (f64, f64), order: &[(usize, f64)]) -> String {
    let in_probability = if both.is_log_odds() {
        let (own, other) = (scale::probability(own), scale::probability(other));
        format!(", a probability of {} instead of {}", text::percent(other), text::percent(own))
    } else {
        String::new()
    };
    let named: Vec<(&str, f64)> = order.iter().map(|&(j, value)| (both.name(j), value)).collect();
    format!(
        "Waterfall chart of row {}. The champion predicts {} {unit}, the challenger {} {unit}{in_probability}. Largest \
         changes of contributions: {}.",
        text::count(row.index()),
        text::number(own),
        text::number(other),
        alt::top_signed(&named, 5),
        unit = both.unit,
    )
}

fn table(both: &Compared<'_>, (row, position): (RowId, usize), order: &[(usize, f64)]) -> crate::chart::ChartTable {
    let values = both.challenge.row(both.output, position);
    let line = |name: &str, value: String, (own, other): (f64, f64)| {
        vec![alt::words(name), alt::words(value), alt::number(own), alt::number(other), alt::number(other - own)]
    };
    let mut rows = vec![line("expected prediction", String::new(), both.challenge.bases(both.output))];
    for &(j, _) in order {
        rows.push(line(both.name(j), both.value_text(j, row).unwrap_or_default(), values[j]));
    }
    rows.push(line("prediction", String::new(), both.challenge.predictions(both.output, position)));
    alt::table(&["feature", "value", "champion", "challenger", "difference"], rows)
}
