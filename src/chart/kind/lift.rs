//! How much denser the positives are among the rows with the highest probabilities.

use crate::base::{Entry, Knobs, text};

use crate::chart::alt;
use crate::chart::quality::{self, Taken, captured};
use crate::chart::spec::{Axis, AxisKind, Chart, Role};

use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct Lift;

impl Entry for Lift {
    fn id(&self) -> &'static str {
        "lift"
    }

    fn title(&self) -> &'static str {
        "Lift"
    }

    fn summary(&self) -> &'static str {
        "How many times more of the positive class the rows with the highest probabilities hold than all rows"
    }
}

impl Kind for Lift {
    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Binary), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let (performance, detail) = quality::binary(subject)?;
        let (steps, rate) = quality::taken(detail)?;
        let positive = &detail.classes[1];
        let lift = |s: &Taken| if s.rows > 0.0 { s.positives / s.rows } else { f64::NAN };
        let curve: Vec<[f64; 3]> = steps.iter().skip(1).map(|s| [s.rows, lift(s), s.from]).collect();
        let curve = quality::taking_curve(&curve);
        let best = |share: f64| (1.0 / rate).min(1.0 / share);
        let perfect: Vec<[f64; 2]> = (1..=200).map(|i| f64::from(i) / 200.0).map(|x| [x, best(x)]).collect();
        let top = curve.iter().map(|p| p[1]).fold(1.0 / rate, f64::max);
        let at = |share: f64| captured(&steps, share) / share;
        let mut notes = vec![
            "Lift: share of positives among the rows taken so far, divided by their share in all rows.".to_owned(),
            "The first few rows make the curve jump; there it says little.".to_owned(),
        ];
        notes.extend(quality::notes(performance));
        Ok(Chart {
            kind: self.id(),
            title: format!("Lift for “{positive}”"),
            x: super::share_axis("share of rows, highest probability first"),
            y: Axis { label: "lift".to_owned(), range: (0.0, 1.06 * top), kind: AxisKind::Linear, second: None },
            marks: vec![
                quality::taking_line(vec![[0.0, 1.0], [1.0, 1.0]], Role::Muted, 1.2, "random"),
                quality::taking_line(perfect, Role::Group(2), 1.4, "perfect"),
                quality::taking_line(curve, Role::Accent, 2.0, "model"),
            ],
            notes,
            legend: quality::taking_legend(),
            sentence: format!(
                "Among the tenth of the rows with the highest probabilities, “{positive}” is {} times as frequent as among \
                 all rows; at best it would be {} times",
                text::number(at(0.1)),
                text::number(best(0.1))
            ),
            alt: format!(
                "Lift curve of “{positive}” over {}: {} in the first tenth of the rows, {} in the first fifth, {} in the \
                 first half; {} of all rows are positive.",
                text::counted(performance.rows, "row"),
                text::number(at(0.1)),
                text::number(at(0.2)),
                text::number(at(0.5)),
                text::percent(rate)
            ),
            table: alt::table(
                &["share of rows", "lift", "perfect", "probability from"],
                steps
                    .iter()
                    .skip(1)
                    .map(|s| [s.rows, lift(s), best(s.rows), s.from].map(alt::number).to_vec())
                    .collect(),
            ),
        })
    }
}
