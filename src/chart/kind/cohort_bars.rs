//! Importance by cohort: the mean absolute contribution of each feature in each group of rows, with intervals and counts.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::Shape;
use crate::num::stats;

use crate::chart::alt;
use crate::chart::spec::{Axis, AxisKind, Bar, Cell, Chart, Legend, Mark, Role};
use crate::chart::view::{self, View};

use super::{ChartError, CohortRows, Kind, Needs, Subject};

/// The chart.
pub struct CohortBars;

/// Cohorts that are told apart by colour.
const MOST: usize = 6;
/// Share of a lane that its bars take.
const LANE: f64 = 0.8;
/// Half the width of a 95 % interval of a normal distribution, in standard errors.
const NORMAL: f64 = 1.959_963_984_540_054;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features get bars; the table lists all",
    kind: KnobKind::Count { default: 10, min: 1, max: 100 },
}];

impl Entry for CohortBars {
    fn id(&self) -> &'static str {
        "cohort-bars"
    }

    fn title(&self) -> &'static str {
        "Importance by cohort"
    }

    fn summary(&self) -> &'static str {
        "Mean absolute contribution of each feature in each cohort, with 95 % intervals"
    }
}

/// Mean absolute contributions of one cohort.
struct Group {
    name: String,
    rows: usize,
    /// Per feature: mean, and half of its interval's width (NaN for a single row).
    means: Vec<(f64, f64)>,
}

impl Kind for CohortBars {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), cohorts: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let found: Vec<Group> = subject.cohorts.iter().map(|cohort| group(&view, cohort)).collect();
        let empty: Vec<String> =
            found.iter().filter(|g| g.rows == 0).map(|g| format!("“{}” has no explained row.", g.name)).collect();
        let mut groups: Vec<Group> = found.into_iter().filter(|g| g.rows > 0).collect();
        let left_out = groups.len().saturating_sub(MOST);
        groups.truncate(MOST);
        if groups.is_empty() {
            return Err(ChartError::Missing("No row of a cohort was explained; explain more rows"));
        }
        let order = view.order();
        let shown = super::split(order.len(), knobs.count("features"));
        let features: Vec<usize> = order[..shown].iter().map(|o| o.0).collect();
        let bars: Vec<Bar> =
            groups.iter().enumerate().flat_map(|(k, g)| bars(&view, &features, (k, g), groups.len())).collect();
        let largest = bars.iter().map(|b| b.whisker.map_or(b.to, |w| w.1)).fold(0.0, f64::max);
        let mut notes = vec![
            "Order: largest mean absolute contribution over all explained rows first. Whiskers: 95 % interval of the mean."
                .to_owned(),
        ];
        if shown < order.len() {
            notes.push(format!("{shown} of {} features are shown.", text::count(order.len())));
        }
        if left_out > 0 {
            notes.push(format!("{} not shown; the first {MOST} are.", text::counted(left_out, "further cohort is")));
        }
        notes.extend(empty);
        notes.extend(view.notes());
        let counted = |g: &Group| format!("{} ({})", g.name, text::counted(g.rows, "row"));
        let legend = groups.iter().enumerate().map(|(k, g)| Legend::Key(Role::Group(k as u8), counted(g))).collect();
        Ok(Chart {
            kind: self.id(),
            title: format!("Mean absolute contribution{} by cohort", view.to_output()),
            x: Axis {
                label: format!("mean |contribution| ({})", view.unit),
                range: (0.0, if largest > 0.0 { 1.12 * largest } else { 1.0 }),
                kind: AxisKind::Linear,
                second: None,
            },
            y: super::lanes(features.iter().map(|j| view.name(*j).to_owned())),
            marks: vec![Mark::Bars { bars, lying: true }],
            notes,
            legend,
            sentence: sentence(&view, &groups),
            alt: paragraph(&view, &groups, &features),
            table: table(&view, &groups, &order),
        })
    }
}

/// The means of a cohort's explained rows. Cost O(rows · features).
fn group(view: &View<'_>, cohort: &CohortRows) -> Group {
    let inside: Vec<&[f64]> = view
        .values()
        .chunks_exact(view.width())
        .zip(view.attribution.rows.iter())
        .filter(|(_, row)| cohort.rows.contains(**row))
        .map(|(values, _)| values)
        .collect();
    let of_feature = |j: usize| {
        let sizes: Vec<f64> = inside.iter().map(|row| row[j].abs()).collect();
        let error = if sizes.len() > 1 { (stats::variance(&sizes) / sizes.len() as f64).sqrt() } else { f64::NAN };
        (stats::mean(&sizes), NORMAL * error)
    };
    let means = if inside.is_empty() { Vec::new() } else { (0..view.width()).map(of_feature).collect() };
    Group { name: cohort.name.clone(), rows: inside.len(), means }
}

fn bars(view: &View<'_>, features: &[usize], (k, group): (usize, &Group), count: usize) -> Vec<Bar> {
    let thickness = LANE / count as f64;
    features
        .iter()
        .enumerate()
        .map(|(i, &j)| {
            let (mean, half) = group.means[j];
            let lane = (features.len() - 1 - i) as f64;
            Bar {
                at: lane + LANE / 2.0 - (k as f64 + 0.5) * thickness,
                from: 0.0,
                to: mean,
                thickness: 0.9 * thickness,
                role: Role::Group(k as u8),
                label: if count <= 2 { text::number(mean) } else { String::new() },
                hover: format!(
                    "{} in “{}”: {} {} (95 % interval {}–{}, {})",
                    view.name(j),
                    group.name,
                    text::exact(mean),
                    view.unit,
                    text::number((mean - half).max(0.0)),
                    text::number(mean + half),
                    text::counted(group.rows, "row")
                ),
                whisker: (half > 0.0).then_some(((mean - half).max(0.0), mean + half)),
                feature: Some(j),
                pointed: false,
                query: None,
            }
        })
        .collect()
}

/// Where the cohorts differ most.
fn sentence(view: &View<'_>, groups: &[Group]) -> String {
    let ends = |j: usize| {
        let by_mean = |a: &&Group, b: &&Group| a.means[j].0.total_cmp(&b.means[j].0);
        groups.iter().max_by(by_mean).zip(groups.iter().min_by(by_mean))
    };
    let spread = |j: usize| ends(j).map_or(0.0, |(most, least)| most.means[j].0 - least.means[j].0);
    let widest = (0..view.width()).max_by(|a, b| spread(*a).total_cmp(&spread(*b)).then(b.cmp(a)));
    match widest.and_then(|j| ends(j).map(|ends| (j, ends))) {
        Some((j, (most, least))) if groups.len() > 1 => format!(
            "Cohorts differ most in {}: {} {} in “{}”, {} in “{}”",
            view.name(j),
            text::number(most.means[j].0),
            view.unit,
            most.name,
            text::number(least.means[j].0),
            least.name
        ),
        _ => String::new(),
    }
}

fn paragraph(view: &View<'_>, groups: &[Group], features: &[usize]) -> String {
    let parts: Vec<String> = groups
        .iter()
        .map(|g| {
            let top: Vec<(&str, f64)> = features.iter().map(|&j| (view.name(j), g.means[j].0)).collect();
            format!("“{}”, {}: {}", g.name, text::counted(g.rows, "row"), alt::top(&top, 3))
        })
        .collect();
    format!(
        "Bars of the mean absolute contribution{} in {}, side by side for {}. {}.",
        view.to_output(),
        view.unit,
        text::counted(groups.len(), "cohort"),
        parts.join(". ")
    )
}

fn table(view: &View<'_>, groups: &[Group], order: &[(usize, f64)]) -> crate::chart::ChartTable {
    let rows: Vec<Vec<Cell>> = order
        .iter()
        .flat_map(|&(j, _)| {
            groups.iter().map(move |g| {
                let (mean, half) = g.means[j];
                let numbers = [mean, mean - half, mean + half, g.rows as f64].map(alt::number);
                [alt::words(view.name(j)), alt::words(&g.name)].into_iter().chain(numbers).collect()
            })
        })
        .collect();
    alt::table(&["feature", "cohort", "mean absolute contribution", "ci low", "ci high", "rows"], rows)
}
