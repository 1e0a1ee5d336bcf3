//! Friedman's H: how much of the prediction is interaction, pair by pair or feature by feature, as bars.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::{Explanation, Shape, Strength, Strengths};

use crate::chart::alt;
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, ChartTable, Mark, Role};
use crate::chart::together::{self, Reading};
use crate::chart::view;

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct InteractionStrength;

const PAIRS: &str = "pairs";
const FEATURES: &str = "features";
const KNOBS: &[Knob] = &[
    Knob {
        id: "of",
        label: "Interactions of",
        help: "Pairs of features, or each feature with all others together",
        kind: KnobKind::Choice { default: PAIRS, of: &[PAIRS, FEATURES] },
    },
    Knob {
        id: "bars",
        label: "Bars",
        help: "How many interactions are shown, the largest first; the table lists all",
        kind: KnobKind::Count { default: 15, min: 1, max: 200 },
    },
];

impl Entry for InteractionStrength {
    fn id(&self) -> &'static str {
        "interaction-strength"
    }

    fn title(&self) -> &'static str {
        "Interaction strength (H)"
    }

    fn summary(&self) -> &'static str {
        "How far the prediction varies by interaction, and Friedman’s H: the share of the variation that it makes up"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Friedman and Popescu 2008, Predictive learning via rule ensembles, section 8.1"]
    }
}

impl Kind for InteractionStrength {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Strengths), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let (explanation, strengths) = view::strengths(subject)?;
        let unit = view::unit(subject, strengths.scale);
        let ranked = Ranked::new(strengths, subject.output, knobs.choice("of") == PAIRS);
        let limit = usize::try_from(knobs.count("bars")).unwrap_or(usize::MAX);
        let shown = &ranked.entries[..ranked.entries.len().min(limit)];
        let largest = shown.iter().map(|entry| ranked.size(entry)).fold(0.0, f64::max);
        let name = &strengths.outputs[subject.output];
        let of = if name.is_empty() { "the prediction".to_owned() } else { format!("“{name}”") };
        let features: Vec<usize> =
            shown.iter().flat_map(|entry| std::iter::once(entry.first).chain(entry.second)).collect();
        let together = together::of_features(subject, &features, Reading::of(explanation));
        let by = if ranked.is_of_pairs { "pair by pair" } else { "feature by feature" };
        Ok(Chart {
            kind: self.id(),
            title: format!("Interactions in {of}, {by}"),
            x: Axis {
                label: format!("root mean square of the interaction ({unit})"),
                range: (0.0, if largest > 0.0 { 1.3 * largest } else { 1.0 }),
                kind: AxisKind::Linear,
                second: None,
            },
            y: super::lanes(shown.iter().map(|entry| ranked.name(entry))),
            marks: vec![Mark::Bars { bars: ranked.bars(shown, unit), lying: true }],
            notes: together.into_iter().chain(ranked.notes(shown.len(), explanation, unit)).collect(),
            legend: Vec::new(),
            sentence: ranked.sentence(unit),
            alt: ranked.paragraph(unit),
            table: ranked.table(),
        })
    }
}

/// The interactions shown, the largest first.
struct Ranked<'a> {
    strengths: &'a Strengths,
    output: usize,
    is_of_pairs: bool,
    entries: Vec<&'a Strength>,
}

impl<'a> Ranked<'a> {
    fn new(strengths: &'a Strengths, output: usize, is_of_pairs: bool) -> Self {
        let wanted = strengths.entries.iter().filter(|entry| entry.second.is_some() == is_of_pairs);
        let mut ranked = Self { strengths, output, is_of_pairs, entries: wanted.collect() };
        let by = |a: &&Strength, b: &&Strength| b.size[output].total_cmp(&a.size[output]);
        ranked.entries.sort_by(by);
        ranked
    }

    fn size(&self, entry: &Strength) -> f64 {
        entry.size[self.output]
    }

    /// H, the root of the share; NaN where there is nothing to be a share of.
    fn h(&self, entry: &Strength) -> f64 {
        entry.h_squared[self.output].sqrt()
    }

    fn name(&self, entry: &Strength) -> String {
        let name = |feature: usize| &self.strengths.features[feature];
        entry
            .second
            .map_or_else(|| name(entry.first).clone(), |second| format!("{} × {}", name(entry.first), name(second)))
    }

    fn bars(&self, shown: &[&Strength], unit: &str) -> Vec<Bar> {
        let bar = |(i, entry): (usize, &&Strength)| {
            let (size, h) = (self.size(entry), self.h(entry));
            let share = if h.is_nan() { "H unknown".to_owned() } else { format!("H {}", text::fixed(h, 2)) };
            Bar {
                at: (shown.len() - 1 - i) as f64,
                from: 0.0,
                to: size,
                thickness: 0.68,
                role: Role::Accent,
                hover: format!("{}: {} {unit}, {share}", self.name(entry), text::exact(size)),
                label: format!("{} · {share}", text::number(size)),
                whisker: None,
                feature: entry.second.is_none().then_some(entry.first),
                pointed: false,
                query: None,
            }
        };
        shown.iter().enumerate().map(bar).collect()
    }

    fn notes(&self, shown: usize, explanation: &Explanation, unit: &str) -> Vec<String> {
        let of = if self.is_of_pairs { "the two features’ joint effect" } else { "the prediction" };
        let mut notes = vec![format!(
            "H is the root of the share of the variation of {of} that is interaction: large H at a short bar matters little."
        )];
        if self.entries.is_empty() {
            notes
                .push("No two features meet on a path of any tree, so that there is no interaction at all.".to_owned());
        }
        if shown < self.entries.len() {
            notes.push(format!("{shown} of {} are shown, the largest first.", text::count(self.entries.len())));
        }
        notes.extend(explanation.provenance.notes.iter().map(|note| format!("{note}.")));
        notes.push(view::passport(explanation, unit));
        notes
    }

    fn sentence(&self, unit: &str) -> String {
        let Some(entry) = self.entries.first().filter(|entry| self.size(entry) > 0.0) else {
            return "No interaction moves any prediction".to_owned();
        };
        let with = if entry.second.is_none() { " with all others together" } else { "" };
        format!(
            "The interaction of {}{with} is the strongest, {} {unit} (root mean square), {} of the variation it is part of",
            self.name(entry),
            text::number(self.size(entry)),
            text::percent(entry.h_squared[self.output])
        )
    }

    fn paragraph(&self, unit: &str) -> String {
        let names: Vec<String> = self.entries.iter().take(5).map(|entry| self.name(entry)).collect();
        let top: Vec<(&str, f64)> =
            names.iter().map(String::as_str).zip(self.entries.iter().map(|entry| self.size(entry))).collect();
        format!(
            "Bar chart of how far {} varies by interaction, in {unit}, over {}. Largest: {}.",
            super::output_words(&self.strengths.outputs[self.output]),
            text::counted(self.strengths.rows, "row"),
            alt::top(&top, 5),
        )
    }

    fn table(&self) -> ChartTable {
        let name = |feature: Option<usize>| feature.map_or("all others", |f| self.strengths.features[f].as_str());
        let row = |entry: &&Strength| {
            let words = [Some(entry.first), entry.second].map(|feature| alt::words(name(feature)));
            let numbers = [self.size(entry), self.h(entry), entry.h_squared[self.output]].map(alt::number);
            words.into_iter().chain(numbers).collect()
        };
        let header = ["feature_a", "feature_b", "root mean square", "H", "H squared"];
        alt::table(&header, self.entries.iter().map(row).collect())
    }
}
