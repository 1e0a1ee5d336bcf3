//! How much worse the model gets when a column is shuffled, with intervals.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::{Importance, Shape};

use crate::chart::alt;
use crate::chart::ranks::Ranks;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, Mark, Role};
use crate::chart::together::{self, Reading};
use crate::chart::view;

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct PermutationImportance;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features get a bar; the table lists all",
    kind: KnobKind::Count { default: 15, min: 1, max: 200 },
}];

impl Entry for PermutationImportance {
    fn id(&self) -> &'static str {
        "permutation-importance"
    }

    fn title(&self) -> &'static str {
        "Permutation importance"
    }

    fn summary(&self) -> &'static str {
        "How much worse the model gets when a column is shuffled, with 95 % intervals"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Breiman, Random forests, 2001",
            "Fisher, Rudin and Dominici, All models are wrong, but many are useful, 2019",
        ]
    }
}

impl Kind for PermutationImportance {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Importance), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let (explanation, importance) = view::importance(subject)?;
        let order = importance.order();
        let shown = super::split(order.len(), knobs.count("features"));
        let bars: Vec<Bar> = order[..shown]
            .iter()
            .enumerate()
            .map(|(i, &j)| {
                let entry = &importance.entries[j];
                let (low, high) = entry.interval();
                Bar {
                    at: (shown - 1 - i) as f64,
                    from: 0.0,
                    to: entry.value,
                    thickness: 0.62,
                    role: if low > 0.0 { Role::Accent } else { Role::Neutral },
                    label: text::number(entry.value),
                    hover: format!(
                        "{}: {}, 95 % interval {}",
                        entry.feature,
                        text::exact(entry.value),
                        span(low, high)
                    ),
                    whisker: (high > low).then_some((low, high)),
                    feature: Some(j),
                    pointed: false,
                    query: None,
                }
            })
            .collect();
        let ends = bars.iter().flat_map(|b| {
            let (low, high) = b.whisker.unwrap_or((b.to, b.to));
            [low, high, b.to, 0.0]
        });
        let (low, high) = scale::extent(ends).unwrap_or((0.0, 1.0));
        let room = if high > low { 0.13 * (high - low) } else { 1.0 };
        let ranks = ranks(importance, &order, shown);
        let span = high - low;
        let brackets = ranks.iter().flat_map(|r| r.brackets(shown, (high + 0.19 * span, 1.2 * span)));
        let brackets: Vec<Mark> = brackets.collect();
        let room = if brackets.is_empty() { room } else { 0.21 * span };
        let range = (if low < 0.0 { low - 0.06 * span } else { 0.0 }, high + room);
        let unclear = order.iter().filter(|&&j| importance.entries[j].interval().0 <= 0.0).count();
        let mut notes = vec![
            format!(
                "Without shuffling the measure is {}; {} were used.",
                text::number(importance.baseline),
                text::counted(importance.rows, "row")
            ),
            "Whiskers: 95 % interval, the wider of the one over repeats and the one over rows. Grey bars: the interval \
             reaches zero."
                .to_owned(),
            "Columns that carry the same information share their importance; shuffled rows may be impossible ones."
                .to_owned(),
        ];
        let together = together::of_features(subject, &order[..shown], Reading::of(explanation));
        notes.splice(0..0, together);
        notes.splice(0..0, ranks.iter().flat_map(|r| r.notes(|place| &importance.entries[order[place]].feature)));
        if shown < order.len() {
            notes.push(format!("{} of {} features are shown, largest first.", shown, text::count(order.len())));
        }
        notes.push(view::passport(explanation, ""));
        let top: Vec<(&str, f64)> =
            order.iter().map(|&j| (importance.entries[j].feature.as_str(), importance.entries[j].value)).collect();
        Ok(Chart {
            kind: self.id(),
            title: "Permutation importance".to_owned(),
            x: Axis { label: importance.measure.clone(), range, kind: AxisKind::Linear, second: None },
            y: super::lanes(order[..shown].iter().map(|&j| importance.entries[j].feature.clone())),
            marks: [
                Mark::Bars { bars, lying: true },
                Mark::Rule { at: 0.0, upright: true, role: Role::Reference, label: String::new() },
            ]
            .into_iter()
            .chain(brackets)
            .collect(),
            notes,
            legend: Vec::new(),
            sentence: sentence(importance, &order, unclear),
            alt: format!(
                "Bar chart of permutation importance of {}: {}. Largest: {}. For {} the interval reaches zero.",
                text::counted(order.len(), "feature"),
                importance.measure,
                alt::top(&top, 5),
                text::counted(unclear, "feature"),
            ),
            table: table(importance, &order),
        })
    }
}

/// What the order is worth; `None` where the answer does not say.
fn ranks(importance: &Importance, order: &[usize], shown: usize) -> Option<Ranks> {
    let value = |place: usize| importance.entries[order[place]].value;
    let mut gaps = importance.gaps.iter().enumerate().peekable();
    gaps.peek()?;
    // Two features that no shuffle touches stand in the order of the columns; nobody takes that for a rank.
    let uncertain = gaps.map(|(i, (low, high))| {
        let untouched = value(i).abs() <= 0.0 && value(i + 1).abs() <= 0.0;
        !(untouched || *low > 0.0 || *high < 0.0)
    });
    let how =
        "Intervals of differences: 95 %, paired over shuffles and over rows, the wider of both; they hold for every \
               pair of features at once (Bonferroni)."
            .to_owned();
    Some(Ranks::new(uncertain, shown, how))
}

fn span(low: f64, high: f64) -> String {
    format!("{} to {}", text::number(low), text::number(high))
}

fn table(importance: &Importance, order: &[usize]) -> crate::chart::ChartTable {
    let rows = order.iter().map(|&j| {
        let entry = &importance.entries[j];
        let (low, high) = entry.interval();
        let numbers = [entry.value, entry.std_error, low, high].map(alt::number);
        [alt::words(&entry.feature)].into_iter().chain(numbers).collect()
    });
    alt::table(&["feature", "importance", "std_error", "ci_low", "ci_high"], rows.collect())
}

fn sentence(importance: &Importance, order: &[usize], unclear: usize) -> String {
    let Some(&first) = order.first() else { return String::new() };
    let entry = &importance.entries[first];
    let (low, high) = entry.interval();
    format!(
        "{} matters most: {} {} (95 % interval {}); for {} of {} the interval reaches zero",
        entry.feature,
        importance.measure,
        text::number(entry.value),
        span(low, high),
        text::count(unclear),
        text::counted(order.len(), "feature")
    )
}
