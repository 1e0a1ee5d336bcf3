//! Share of the positives among the rows with the highest probabilities.

use crate::base::{Entry, Knobs, text};

use crate::chart::alt;
use crate::chart::quality::{self, Taken, captured};
use crate::chart::spec::{Chart, Role};

use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct Gain;

impl Entry for Gain {
    fn id(&self) -> &'static str {
        "gain"
    }

    fn title(&self) -> &'static str {
        "Cumulative gain"
    }

    fn summary(&self) -> &'static str {
        "Which share of the positive class is found when the rows with the highest probabilities are taken first"
    }
}

impl Kind for Gain {
    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Binary), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let (performance, detail) = quality::binary(subject)?;
        let (steps, rate) = quality::taken(detail)?;
        let positive = &detail.classes[1];
        let curve = steps.iter().map(|s| [s.rows, s.positives, s.from]).collect::<Vec<_>>();
        let curve = quality::taking_curve(&curve);
        let tenth = captured(&steps, 0.1);
        let mut notes = vec![
            "Rows are taken by falling probability; rows of equal probability in proportion.".to_owned(),
            format!(
                "Perfect: all positives first, {} of the rows. Random: every share of rows holds that share of positives.",
                text::percent(rate)
            ),
        ];
        notes.extend(quality::notes(performance));
        Ok(Chart {
            kind: self.id(),
            title: format!("Cumulative gain for “{positive}”"),
            x: super::share_axis("share of rows, highest probability first"),
            y: super::share_axis(&format!("share of all “{positive}” found")),
            marks: vec![
                super::diagonal((0.0, 1.0), "random"),
                quality::taking_line(vec![[0.0, 0.0], [rate, 1.0], [1.0, 1.0]], Role::Group(2), 1.4, "perfect"),
                quality::taking_line(curve, Role::Accent, 2.0, "model"),
            ],
            notes,
            legend: quality::taking_legend(),
            sentence: format!(
                "The tenth of the rows with the highest probabilities holds {} of all “{positive}”; at random it would be \
                 10.0\u{2009}%, at best {}",
                text::percent(tenth),
                text::percent((0.1 / rate).min(1.0))
            ),
            alt: format!(
                "Cumulative gain curve of “{positive}” over {}. Taking the highest probabilities first, {} of the rows hold \
                 {} of the positives, {} hold {} and half of them {}.",
                text::counted(performance.rows, "row"),
                text::percent(0.1),
                text::percent(tenth),
                text::percent(0.2),
                text::percent(captured(&steps, 0.2)),
                text::percent(captured(&steps, 0.5))
            ),
            table: table(&steps, rate),
        })
    }
}

fn table(steps: &[Taken], rate: f64) -> crate::chart::ChartTable {
    let row = |s: &Taken| {
        let best = (s.rows / rate).min(1.0);
        [s.rows, s.positives, best, s.from].map(alt::number).to_vec()
    };
    alt::table(&["share of rows", "share of positives", "perfect", "probability from"], steps.iter().map(row).collect())
}
