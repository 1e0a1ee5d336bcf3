//! How much pairs of features act together, as a triangle of shaded cells.

use std::collections::BTreeMap;

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::{Interactions, Shape};

use crate::chart::alt;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark, Role};
use crate::chart::together::{self, Reading};
use crate::chart::view;

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct InteractionMatrix;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features get a line, those with the largest interactions first; the table lists all pairs",
    kind: KnobKind::Count { default: 10, min: 2, max: 60 },
}];

/// Side of a cell.
const SIDE: f64 = 1.0;

impl Entry for InteractionMatrix {
    fn id(&self) -> &'static str {
        "interaction-matrix"
    }

    fn title(&self) -> &'static str {
        "Interaction matrix"
    }

    fn summary(&self) -> &'static str {
        "Mean absolute effect of every pair of features beyond what each does on its own"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Lundberg et al., From local explanations to global understanding with explainable AI for trees, 2020"]
    }
}

impl Kind for InteractionMatrix {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Interactions), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let (explanation, interactions) = view::interactions(subject)?;
        let unit = view::unit(subject, interactions.scale);
        let sizes = Sizes::new(interactions, subject.output);
        let order = sizes.order();
        let shown = super::split(order.len(), knobs.count("features")).min(order.len());
        let names: Vec<String> = order[..shown].iter().map(|f| interactions.features[*f as usize].clone()).collect();
        let (marks, gaps) = sizes.marks(&order[..shown]);
        let output = &interactions.outputs[subject.output];
        let mut notes = vec![format!(
            "{}; every pair stands once, with its whole effect. Outlined on the diagonal: what a feature does on its own.",
            text::counted(interactions.row_count, "row")
        )];
        let features: Vec<usize> = order[..shown].iter().map(|f| *f as usize).collect();
        notes.splice(0..0, together::of_features(subject, &features, Reading::of(explanation)));
        if gaps {
            notes.push(if interactions.complete {
                "Empty: the two features meet on no path of any tree, so that they have no interaction at all."
                    .to_owned()
            } else {
                "Empty: the pair is not part of this answer, or the two features meet on no path of any tree."
                    .to_owned()
            });
        }
        if shown < order.len() {
            let all = text::count(order.len());
            notes.push(format!("{shown} of {all} features are shown, those with the largest interactions."));
        }
        notes.push(view::passport(explanation, unit));
        let axis = |names: Vec<(f64, String)>| Axis {
            label: String::new(),
            range: (-0.5, shown as f64 - 0.5),
            kind: AxisKind::Names(names),
            second: None,
        };
        let across = names.iter().enumerate().map(|(i, name)| (i as f64, name.clone())).collect();
        let down = names.iter().enumerate().rev().map(|(i, name)| ((shown - 1 - i) as f64, name.clone())).collect();
        let label = format!("mean absolute interaction ({unit})");
        Ok(Chart {
            kind: self.id(),
            title: format!("Effects of pairs of features on {}", named(output)),
            x: axis(across),
            y: axis(down),
            marks,
            notes,
            legend: vec![Legend::Ramp(label, "0".to_owned(), text::number(sizes.largest))],
            sentence: sizes.sentence(unit),
            alt: sizes.paragraph(unit, output),
            table: sizes.table(),
        })
    }
}

/// The mean absolute effects on one output.
struct Sizes<'a> {
    interactions: &'a Interactions,
    output: usize,
    of: BTreeMap<(u32, u32), f64>,
    /// Of two different features.
    largest: f64,
}

impl<'a> Sizes<'a> {
    fn new(interactions: &'a Interactions, output: usize) -> Self {
        let sizes = interactions.mean_absolute_of(output).iter().copied();
        let of: BTreeMap<(u32, u32), f64> = interactions.pairs.iter().copied().zip(sizes).collect();
        let largest = of.iter().filter(|((a, b), _)| a != b).fold(0.0f64, |most, (_, size)| most.max(*size));
        Self { interactions, output, of, largest }
    }

    /// All features with any effect, the largest sum of interactions first, then the largest main effect.
    fn order(&self) -> Vec<u32> {
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for (&(a, b), &size) in &self.of {
            if a == b {
                sums.entry(a).or_default().1 += size;
            } else {
                sums.entry(a).or_default().0 += size;
                sums.entry(b).or_default().0 += size;
            }
        }
        let mut order: Vec<(u32, (f64, f64))> = sums.into_iter().collect();
        order.sort_by(|(a, x), (b, y)| y.0.total_cmp(&x.0).then(y.1.total_cmp(&x.1)).then(a.cmp(b)));
        order.into_iter().map(|(feature, _)| feature).collect()
    }

    /// The triangle below the diagonal, shaded by size, and the outlined diagonal; whether places stay empty.
    fn marks(&self, order: &[u32]) -> (Vec<Mark>, bool) {
        let (mut cells, mut own, mut marks) = (Vec::new(), Vec::new(), Vec::new());
        let mut gaps = false;
        for (i, &a) in order.iter().enumerate() {
            let y = (order.len() - 1 - i) as f64;
            for (j, &b) in order.iter().enumerate().take(i + 1) {
                let Some(&size) = self.of.get(&(a.min(b), a.max(b))) else {
                    gaps = true;
                    continue;
                };
                if i == j {
                    own.push((j as f64, y, 0.0, format!("{}\nalone", text::number(size))));
                    marks.push(frame(j as f64, y));
                } else {
                    let share = if self.largest > 0.0 { size / self.largest } else { 0.0 };
                    cells.push((j as f64, y, share as f32, text::number(size)));
                }
            }
        }
        // Main effects are no interactions: on the same scale they would leave the pairs pale.
        marks.insert(0, Mark::Cells { cells, size: (SIDE, SIDE), signed: false, queries: Vec::new() });
        marks.insert(1, Mark::Cells { cells: own, size: (SIDE, SIDE), signed: false, queries: Vec::new() });
        (marks, gaps)
    }

    fn name(&self, feature: u32) -> &str {
        &self.interactions.features[feature as usize]
    }

    /// Pairs of two features, or single features, by size, the largest first.
    fn ranked(&self, different: bool) -> Vec<((u32, u32), f64)> {
        let chosen = self.of.iter().filter(|((a, b), _)| (a != b) == different);
        let mut ranked: Vec<((u32, u32), f64)> = chosen.map(|(pair, size)| (*pair, *size)).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked
    }

    fn sentence(&self, unit: &str) -> String {
        let pairs = self.ranked(true);
        let Some(((a, b), size)) = pairs.first().filter(|p| p.1 > 0.0) else {
            return "No two features interact".to_owned();
        };
        format!(
            "{} and {} interact most, by {} {unit} on average; the largest effect of a feature alone is {}",
            self.name(*a),
            self.name(*b),
            text::number(*size),
            self.ranked(false).first().map_or_else(|| text::MISSING.to_owned(), |f| text::number(f.1))
        )
    }

    fn paragraph(&self, unit: &str, output: &str) -> String {
        let pairs = self.ranked(true);
        let names: Vec<String> =
            pairs.iter().take(5).map(|((a, b), _)| format!("{} with {}", self.name(*a), self.name(*b))).collect();
        let top: Vec<(&str, f64)> = names.iter().map(String::as_str).zip(pairs.iter().map(|(_, size)| *size)).collect();
        let alone: Vec<(&str, f64)> =
            self.ranked(false).into_iter().map(|((a, _), size)| (self.name(a), size)).collect();
        let strongest = if top.is_empty() {
            "No two features interact".to_owned()
        } else {
            format!("Strongest: {}", alt::top(&top, 5))
        };
        format!(
            "Matrix of the mean absolute effects of pairs of features on {}, in {unit}, over {}. {strongest}. Largest \
             effects of features alone: {}.",
            super::output_words(output),
            text::counted(self.interactions.row_count, "row"),
            alt::top(&alone, 3),
        )
    }

    fn table(&self) -> ChartTable {
        let means: BTreeMap<(u32, u32), f64> = self
            .interactions
            .pairs
            .iter()
            .copied()
            .zip(self.interactions.mean_of(self.output).iter().copied())
            .collect();
        let all = self.ranked(true).into_iter().chain(self.ranked(false));
        let rows = all.map(|((a, b), size)| {
            let mean = means.get(&(a, b)).copied().unwrap_or(f64::NAN);
            vec![alt::words(self.name(a)), alt::words(self.name(b)), alt::number(size), alt::number(mean)]
        });
        alt::table(&["feature_a", "feature_b", "mean absolute effect", "mean effect"], rows.collect())
    }
}

/// An output in a title.
fn named(output: &str) -> String {
    if output.is_empty() { "the prediction".to_owned() } else { format!("“{output}”") }
}

/// The outline of a cell, a little inside its edge.
fn frame(x: f64, y: f64) -> Mark {
    const HALF: f64 = 0.47 * SIDE;
    let corners = [(-HALF, -HALF), (HALF, -HALF), (HALF, HALF), (-HALF, HALF), (-HALF, -HALF)];
    Mark::Line {
        xy: corners.map(|(dx, dy)| [x + dx, y + dy]).to_vec().into(),
        role: Role::Muted,
        width: 1.0,
        dashed: false,
        name: String::new(),
    }
}
