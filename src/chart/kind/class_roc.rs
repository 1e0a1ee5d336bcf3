//! ROC curves of several classes, each against the rest.

use crate::base::{Entry, Knobs, text};

use crate::chart::alt;
use crate::chart::quality;
use crate::chart::spec::{Chart, Legend, Mark, Paint, Role};

use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct ClassRoc;

/// Classes drawn at most: a theme tells six groups apart.
const MOST: usize = 6;

impl Entry for ClassRoc {
    fn id(&self) -> &'static str {
        "class-roc"
    }

    fn title(&self) -> &'static str {
        "ROC curve of every class"
    }

    fn summary(&self) -> &'static str {
        "One ROC curve per class, that class against all others"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Fawcett, An introduction to ROC analysis, 2006"]
    }
}

impl Kind for ClassRoc {
    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Multiclass), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let (performance, detail) = quality::multiclass(subject)?;
        let area = |k: usize| detail.roc_area.get(k).copied().unwrap_or(f64::NAN);
        let drawn: Vec<usize> =
            (0..detail.classes.len().min(detail.roc.len())).filter(|&k| !area(k).is_nan()).collect();
        if drawn.is_empty() {
            return Err(ChartError::Missing("A ROC curve needs rows inside and outside a class"));
        }
        let shown = drawn.len().min(MOST);
        let (mut marks, mut legend) = (vec![super::diagonal((0.0, 1.0), "no better than chance")], Vec::new());
        for (g, &k) in drawn[..shown].iter().enumerate() {
            let name = format!("{}: area {}", detail.classes[k], text::number(area(k)));
            let curve = &detail.roc[k];
            marks.push(Mark::Line {
                xy: curve.iter().map(|p| [p[0], p[1]]).collect(),
                role: Role::Group(g as u8),
                width: 1.8,
                dashed: false,
                name: name.clone(),
            });
            // Markers along the curve, so that classes differ by more than colour.
            let spots = quality::thinned(curve, 9);
            let inner = spots.get(1..spots.len().saturating_sub(1)).unwrap_or_default();
            marks.push(Mark::Points {
                xy: inner.iter().map(|p| [p[0] as f32, p[1] as f32]).collect(),
                paint: Paint::Groups(vec![g as u8; inner.len()].into()),
                rows: [].into(),
                radius: 4.0,
            });
            legend.push(Legend::Key(Role::Group(g as u8), name));
        }
        let mut notes = vec!["Each class against all others; area 0.5 is no better than chance.".to_owned()];
        if shown < detail.classes.len() {
            notes.push(format!(
                "{shown} of {} classes are shown, in the model’s order; classes without rows, or beyond six, are in the \
                 table.",
                detail.classes.len()
            ));
        }
        notes.extend(quality::notes(performance));
        let areas: Vec<(&str, f64)> = drawn.iter().map(|&k| (detail.classes[k].as_str(), area(k))).collect();
        let rows = detail.classes.iter().enumerate().flat_map(|(k, class)| {
            let points = detail.roc.get(k).map_or(&[][..], Vec::as_slice);
            points.iter().map(move |p| {
                let numbers = [area(k), p[0], p[1], p[2]].map(alt::number);
                [alt::words(class)].into_iter().chain(numbers).collect::<Vec<_>>()
            })
        });
        Ok(Chart {
            kind: self.id(),
            title: "ROC curves, each class against the rest".to_owned(),
            x: super::share_axis("false positive rate"),
            y: super::share_axis("true positive rate"),
            marks,
            notes,
            legend,
            sentence: sentence(&areas),
            alt: format!(
                "ROC curves of {} classes over {}. Areas: {}.",
                drawn.len(),
                text::counted(performance.rows, "row"),
                alt::top(&areas, 10)
            ),
            table: alt::table(
                &["class", "area", "false positive rate", "true positive rate", "threshold"],
                rows.collect(),
            ),
        })
    }
}

fn sentence(areas: &[(&str, f64)]) -> String {
    let by = |a: &&(&str, f64), b: &&(&str, f64)| a.1.total_cmp(&b.1);
    let (Some(low), Some(high)) = (areas.iter().min_by(by), areas.iter().max_by(by)) else { return String::new() };
    format!(
        "“{}” is told apart best, area {}, and “{}” worst, {}; 0.5 is no better than chance",
        high.0,
        text::number(high.1),
        low.0,
        text::number(low.1)
    )
}
