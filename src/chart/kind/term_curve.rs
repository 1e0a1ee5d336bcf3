//! What the term of one feature adds to predictions of an explainable boosting machine, bin by bin.

use crate::base::{Entry, Knob, Knobs, text};
use crate::explain::Place;
use crate::model::{Bins, Term};

use crate::chart::alt;
use crate::chart::places::{BELOW, Places, Stage, short};
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark, Role};
use crate::chart::view::{self, Terms};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct TermCurve;

impl Entry for TermCurve {
    fn id(&self) -> &'static str {
        "term-curve"
    }

    fn title(&self) -> &'static str {
        "Term of a feature"
    }

    fn summary(&self) -> &'static str {
        "What one feature adds to the prediction for each of its values, read from the model itself"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Nori, Jenkins, Koch and Caruana, InterpretML: a unified framework for machine learning interpretability, 2019",
        ]
    }
}

impl Kind for TermCurve {
    fn knobs(&self) -> &'static [Knob] {
        &[]
    }

    fn needs(&self) -> Needs {
        Needs { terms: Some(1), feature: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let all = view::terms(subject)?;
        let feature = subject.feature.ok_or(ChartError::Missing("Choose a feature first"))?;
        let alone = |term: &&Term| matches!(term.axes.as_slice(), [axis] if axis.input == feature);
        let term =
            all.terms.iter().find(alone).ok_or(ChartError::Missing("The model has no term of this feature alone"))?;
        let curve = Curve::new(&all, term, feature);
        let places = Places { feature, places: &curve.places, counts: &curve.weights };
        let stage = places.stage(subject);
        let seen = |values: &[f64]| stage.spans.iter().map(|s| values[s.place]).collect::<Vec<f64>>();
        let ends = curve.low.iter().chain(&curve.high).flat_map(|ends| seen(ends));
        let reach = scale::extent(seen(&curve.scores).into_iter().chain(ends).chain([0.0])).unwrap_or((0.0, 0.0));
        let (low, high) = scale::padded(reach, 0.06);
        let y_range = (low - BELOW * (high - low), high);
        let mut marks = vec![Mark::Rule { at: 0.0, upright: false, role: Role::Muted, label: String::new() }];
        let mut notes = Vec::new();
        if term.weights.is_some() {
            marks.push(stage.counts(&curve.weights, y_range));
            notes.push("Below: the training weight in each bin.".to_owned());
        }
        if let (Some(low), Some(high)) = (&curve.low, &curve.high) {
            marks.push(stage.band(low, high, Role::Accent));
            notes.push("The band is one standard deviation of the score between the bags of the training.".to_owned());
        }
        marks.push(stage.line(&curve.scores, (Role::Accent, 2.4), "score".to_owned()));
        notes.extend(stage.note.clone());
        notes.push(all.passport());
        Ok(Chart {
            kind: self.id(),
            title: format!("What {} adds{}", curve.name, all.to_output()),
            x: Axis { label: curve.name.clone(), range: stage.range, kind: stage.kind.clone(), second: None },
            y: Axis { label: format!("score ({})", all.unit), range: y_range, kind: AxisKind::Linear, second: None },
            marks,
            notes,
            legend: vec![Legend::Key(Role::Accent, "score".to_owned())],
            sentence: curve.sentence(&all, &stage),
            alt: curve.paragraph(&all, &stage),
            table: curve.table(),
        })
    }
}

/// The term of one feature, place by place.
struct Curve {
    name: String,
    places: Vec<Place>,
    scores: Vec<f64>,
    /// One standard deviation below and above, where the file holds them.
    low: Option<Vec<f64>>,
    high: Option<Vec<f64>>,
    /// Training weight, where the file holds it; else 1, and 0 of what training never saw.
    weights: Vec<f64>,
}

impl Curve {
    fn new(all: &Terms<'_>, term: &Term, feature: usize) -> Self {
        let axis = &term.axes[0];
        let bins = &*axis.bins;
        let last = bins.count() - 1;
        let input = &all.card.inputs[feature];
        let place = |bin: usize| match (bins, bins.interval(bin)) {
            _ if bin == 0 => Place::Missing,
            (_, Some((low, high))) => Place::Between(low, high),
            (_, None) => Place::Category(bins.title(bin, input)),
        };
        let score = |bin: usize| term.scores_of(bin).map_or(f64::NAN, |scores| scores[all.output]);
        let weight = |bin: usize| match &term.weights {
            Some(weights) => weights.get(bin).copied().unwrap_or(0.0),
            None => f64::from(u8::from(bin > 0 && bin < last)),
        };
        // The last bin of numbers is empty; that of categories is what training never saw.
        let kept: Vec<usize> = (0..last + usize::from(matches!(bins, Bins::Groups(_)))).collect();
        let scores: Vec<f64> = kept.iter().map(|bin| score(*bin)).collect();
        let around = |sign: f64| {
            let moved = |(bin, score): (&usize, &f64)| term.deviations_of(*bin).map(|d| score + sign * d[all.output]);
            kept.iter().zip(&scores).map(moved).collect::<Option<Vec<f64>>>()
        };
        Self {
            name: input.name.clone(),
            places: kept.iter().map(|bin| place(*bin)).collect(),
            low: around(-1.0),
            high: around(1.0),
            weights: kept.iter().map(|bin| weight(*bin)).collect(),
            scores,
        }
    }

    fn sentence(&self, all: &Terms<'_>, stage: &Stage) -> String {
        let by = |a: &usize, b: &usize| self.scores[*a].total_cmp(&self.scores[*b]);
        let places = || stage.spans.iter().map(|span| span.place);
        let (Some(low), Some(high)) = (places().min_by(by), places().max_by(by)) else { return String::new() };
        format!(
            "{} adds least, {} {}, where it is {}, and most, {}, where it is {}",
            self.name,
            text::signed(self.scores[low]),
            all.unit,
            short(&self.places[low]),
            text::signed(self.scores[high]),
            short(&self.places[high])
        )
    }

    fn paragraph(&self, all: &Terms<'_>, stage: &Stage) -> String {
        let at = |place: Option<usize>| match place {
            Some(k) => format!("{} where {} is {}", text::number(self.scores[k]), self.name, short(&self.places[k])),
            None => text::MISSING.to_owned(),
        };
        let by = |a: &usize, b: &usize| self.scores[*a].total_cmp(&self.scores[*b]);
        let places = || stage.spans.iter().map(|span| span.place);
        format!(
            "Step chart of what the term of {} adds{} in {}, over {}. Lowest: {}. Highest: {}.",
            self.name,
            all.to_output(),
            all.unit,
            text::counted(self.places.len(), "bin"),
            at(places().min_by(by)),
            at(places().max_by(by)),
        )
    }

    fn table(&self) -> ChartTable {
        let deviation = |k: usize| self.high.as_ref().map_or(f64::NAN, |high| high[k] - self.scores[k]);
        let row = |(k, place): (usize, &Place)| {
            let (low, high) = place.ends();
            let numbers = [low, high, self.scores[k], deviation(k), self.weights[k]].map(alt::number);
            [alt::words(place.words())].into_iter().chain(numbers).collect()
        };
        let header = ["value", "low", "high", "score", "standard deviation", "training weight"];
        alt::table(&header, self.places.iter().enumerate().map(row).collect())
    }
}
