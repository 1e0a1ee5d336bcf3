//! Mean absolute contribution per feature, as bars.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::Shape;

use crate::chart::alt;
use crate::chart::ranks;
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, Mark, Role};
use crate::chart::view;

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct ImportanceBar;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features get a bar of their own; the rest share one bar",
    kind: KnobKind::Count { default: 15, min: 1, max: 200 },
}];

impl Entry for ImportanceBar {
    fn id(&self) -> &'static str {
        "importance-bar"
    }

    fn title(&self) -> &'static str {
        "Feature importance"
    }

    fn summary(&self) -> &'static str {
        "Mean absolute contribution of every feature over the explained rows"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Lundberg et al., From local explanations to global understanding with explainable AI for trees, 2020"]
    }
}

impl Kind for ImportanceBar {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let order = view.order();
        let shown = super::split(order.len(), knobs.count("features"));
        let (named, rest) = order.split_at(shown);
        let mut entries: Vec<(String, f64, Option<usize>)> =
            named.iter().map(|&(j, value)| (view.name(j).to_owned(), value, Some(j))).collect();
        if !rest.is_empty() {
            let features: Vec<usize> = rest.iter().map(|r| r.0).collect();
            let sums = view.sums(&features);
            let mean = sums.iter().map(|s| s.abs()).sum::<f64>() / sums.len() as f64;
            entries.push((format!("{} other features", text::count(rest.len())), mean, None));
        }
        let largest = entries.iter().map(|e| e.1).fold(0.0, f64::max);
        let ranks = ranks::of_contributions(&view, &order, shown);
        let mut notes = vec![view.order_note("first")];
        notes.extend(ranks.iter().flat_map(|ranks| ranks.notes(|place| view.name(order[place].0))));
        if !rest.is_empty() {
            notes.push("The last bar is the mean absolute value of the other features’ summed contributions.".into());
        }
        notes.extend(view.notes());
        let own = view.own_order();
        let top: Vec<(&str, f64)> = own.iter().take(shown).map(|&(j, value)| (view.name(j), value)).collect();
        let brackets = ranks.iter().flat_map(|r| r.brackets(entries.len(), (1.16 * largest, 1.2 * largest)));
        let mut marks = vec![Mark::Bars { bars: bars(&entries, view.unit), lying: true }];
        marks.extend(brackets);
        let room = if marks.len() > 1 { 1.18 } else { 1.12 };
        Ok(Chart {
            kind: self.id(),
            title: format!("Mean absolute contribution{}", view.to_output()),
            x: Axis {
                label: format!("mean |contribution| ({})", view.unit),
                range: (0.0, if largest > 0.0 { room * largest } else { 1.0 }),
                kind: AxisKind::Linear,
                second: None,
            },
            y: super::lanes(entries.iter().map(|e| e.0.clone())),
            marks,
            notes,
            legend: Vec::new(),
            sentence: sentence(&top, order.iter().map(|o| o.1).sum(), view.unit),
            alt: format!(
                "Bar chart of the mean absolute contribution of {} to {}, in {}, over {}. Largest: {}.",
                text::counted(order.len(), "feature"),
                super::output_words(view.output_name()),
                view.unit,
                text::counted(view.row_count(), "row"),
                alt::top(&top, 5),
            ),
            table: alt::table(
                &["feature", "mean absolute contribution"],
                order.iter().map(|&(j, value)| vec![alt::words(view.name(j)), alt::number(value)]).collect(),
            ),
        })
    }
}

fn bars(entries: &[(String, f64, Option<usize>)], unit: &str) -> Vec<Bar> {
    entries
        .iter()
        .enumerate()
        .map(|(i, (name, value, feature))| Bar {
            at: (entries.len() - 1 - i) as f64,
            from: 0.0,
            to: *value,
            thickness: 0.68,
            role: if feature.is_some() { Role::Accent } else { Role::Neutral },
            label: text::number(*value),
            hover: format!("{name}: {} {unit}", text::exact(*value)),
            whisker: None,
            feature: *feature,
            pointed: false,
            query: None,
        })
        .collect()
}

fn sentence(top: &[(&str, f64)], total: f64, unit: &str) -> String {
    let Some((name, most)) = top.first().filter(|t| t.1 > 0.0) else {
        return "No feature moves any prediction".to_owned();
    };
    let three: f64 = top.iter().take(3).map(|t| t.1).sum();
    let share = if top.len() > 3 {
        format!("; the first three make up {} of all mean absolute contributions", text::percent(three / total))
    } else {
        String::new()
    };
    format!("{name} moves the prediction most, by {} {unit} on average{share}", text::number(*most))
}
