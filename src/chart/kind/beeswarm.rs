//! Every contribution of every row as a dot, one lane per feature.

use crate::base::{Cancelled, Entry, Kind as KnobKind, Knob, Knobs, Task, text};
use crate::explain::Shape;
use crate::num::{parallel, stats};

use crate::chart::alt;
use crate::chart::ranks;
use crate::chart::scale;
use crate::chart::shade::{self, Coloured};
use crate::chart::spec::{Axis, AxisKind, Cell, Chart, ChartTable, Legend, Mark, Paint, Role};
use crate::chart::swarm::{self, Density, Shade};
use crate::chart::view::{self, View};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct Beeswarm;

const KNOBS: &[Knob] = &[
    Knob {
        id: "features",
        label: "Features shown",
        help: "How many features get a lane of their own; the rest share one lane",
        kind: KnobKind::Count { default: 12, min: 1, max: 60 },
    },
    Knob {
        id: "colour",
        label: "Colour by",
        help: "Rank of the feature’s value, or the value clipped to its 5th and 95th percentile",
        kind: KnobKind::Choice { default: "rank", of: &["rank", "value"] },
    },
    swarm::DOTS,
];

/// One lane of the swarm.
struct Lane {
    name: String,
    feature: Option<usize>,
    values: Vec<f64>,
}

impl Entry for Beeswarm {
    fn id(&self) -> &'static str {
        "beeswarm"
    }

    fn title(&self) -> &'static str {
        "Beeswarm"
    }

    fn summary(&self) -> &'static str {
        "Every row’s contributions as dots, coloured by the feature’s own value"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Lundberg et al., From local explanations to global understanding with explainable AI for trees, 2020"]
    }
}

impl Kind for Beeswarm {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let shade = if knobs.choice("colour") == "value" { Shade::Value } else { Shade::Rank };
        let order = view.order();
        let shown = super::split(order.len(), knobs.count("features"));
        let task = subject.task();
        let lanes = lanes(&view, &order, shown, &task)?;
        let every: Vec<usize> = (0..view.width()).collect();
        let columns: Vec<&[f64]> = lanes.iter().map(|l| l.values.as_slice()).collect();
        let kept =
            swarm::subset(&columns, &view.sums(&every), knobs.count(swarm::DOTS.id) as usize / lanes.len(), &task)?;
        let range =
            scale::extent(lanes.iter().flat_map(|l| l.values.iter().copied()).chain([0.0])).unwrap_or((0.0, 0.0));
        let range = scale::padded(range, 0.04);
        let ranks = ranks::of_contributions(&view, &order, shown);
        let density = |i: usize| Density::new(lanes[i].values.iter().copied(), range);
        let densities: Vec<Density> = parallel::map(lanes.len(), &task, density)?;
        let peak = densities.iter().map(Density::peak).fold(1.0, f64::max);
        let rows: std::sync::Arc<[_]> = swarm::ids(&view.attribution.rows, &kept).into();
        let place = |i: usize| {
            let middle = (lanes.len() - 1 - i) as f64;
            let values: Vec<f64> = kept.iter().map(|&k| lanes[i].values[k]).collect();
            let offsets = swarm::offsets(&values, &densities[i], peak, i as u64);
            let xy = values.iter().zip(&offsets).map(|(v, o)| [*v as f32, (middle + o) as f32]);
            (xy.collect::<Vec<[f32; 2]>>(), colour(&view, &lanes[i], &kept, shade))
        };
        let mut marks = vec![Mark::Rule { at: 0.0, upright: true, role: Role::Reference, label: String::new() }];
        let mut coloured = Vec::new();
        for (xy, colour) in parallel::map(lanes.len(), &task, place)? {
            let (paint, radius) = (colour.paint.clone(), radius(kept.len()));
            marks.push(Mark::Points { xy: xy.into(), paint, rows: rows.clone(), radius });
            coloured.push(colour);
        }
        let span = range.1 - range.0;
        // Behind the dots, which are the last marks.
        marks.splice(1..1, ranks.iter().flat_map(|r| r.brackets(lanes.len(), (range.1 + 0.012 * span, span))));
        let bracketed = ranks.as_ref().is_some_and(|ranks| !ranks.runs().is_empty());
        let range = if bracketed { (range.0, range.1 + 0.03 * span) } else { range };
        let range_x = Axis {
            label: format!("contribution{} ({})", view.to_output(), view.unit),
            range,
            kind: AxisKind::Linear,
            second: None,
        };
        let (legend, legend_notes) = legend(&view, &lanes, &coloured, shade);
        let mut notes = vec![rows_note(kept.len(), view.row_count())];
        notes.push(view.order_note("on top"));
        notes.extend(ranks.iter().flat_map(|ranks| ranks.notes(|place| view.name(order[place].0))));
        notes.extend(legend_notes);
        notes.push("Thickness shows how many rows lie there, on one scale for all features.".to_owned());
        if shown < order.len() {
            notes.push("The lowest lane is the signed sum of the other features’ contributions; it has no value to be coloured by.".to_owned());
        }
        notes.push(view::passport(view.explanation, view.unit));
        Ok(Chart {
            kind: self.id(),
            title: format!("Contributions{}, row by row", view.to_output()),
            x: range_x,
            y: super::lanes(lanes.iter().map(|l| l.name.clone())),
            marks,
            notes,
            legend,
            sentence: sentence(&view, &view.own_order()),
            alt: paragraph(&view, &view.own_order(), shown),
            table: table(&lanes, &coloured, &task)?,
        })
    }
}

fn radius(rows: usize) -> f32 {
    match rows {
        0..=300 => 2.6,
        301..=1000 => 2.2,
        _ => 1.8,
    }
}

fn rows_note(kept: usize, all: usize) -> String {
    if kept == all {
        swarm::all_shown(all)
    } else {
        format!(
            "{} of {} rows are shown: a fixed subset spread evenly over the total contribution that keeps the most \
             extreme dots of every lane; thickness counts all rows.",
            text::count(kept),
            text::count(all)
        )
    }
}

fn lanes(view: &View<'_>, order: &[(usize, f64)], shown: usize, task: &Task) -> Result<Vec<Lane>, Cancelled> {
    let (named, rest) = order.split_at(shown);
    let mut lanes = parallel::map(named.len(), task, |k| {
        let feature = named[k].0;
        let values = view.column_values(feature).collect();
        Lane { name: view.name(feature).to_owned(), feature: Some(feature), values }
    })?;
    if !rest.is_empty() {
        let features: Vec<usize> = rest.iter().map(|r| r.0).collect();
        let name = format!("sum of {} other features", text::count(rest.len()));
        lanes.push(Lane { name, feature: None, values: view.sums(&features) });
    }
    Ok(lanes)
}

fn colour(view: &View<'_>, lane: &Lane, kept: &[usize], shade: Shade) -> Coloured {
    match lane.feature {
        Some(feature) => shade::by_feature(view, feature, kept, shade),
        None => Coloured::plain(Role::Neutral),
    }
}

fn legend(view: &View<'_>, lanes: &[Lane], coloured: &[Coloured], shade: Shade) -> (Vec<Legend>, Vec<String>) {
    let (mut legend, mut notes) = (Vec::new(), Vec::new());
    if coloured.iter().any(|c| matches!(c.paint, Paint::Ramp(_))) {
        let (label, note) = match shade {
            Shade::Rank => (
                "feature value, by rank",
                "Colour of numbers: rank of the value within its feature, from its lowest to its highest value; the table lists both.",
            ),
            Shade::Value => (
                "feature value",
                "Colour of numbers: value, clipped at the feature’s 5th and 95th percentile; the table lists both.",
            ),
        };
        legend.push(Legend::Ramp(label.to_owned(), "low".to_owned(), "high".to_owned()));
        notes.push(note.to_owned());
    }
    let mut unnamed = Vec::new();
    for (lane, colour) in lanes.iter().zip(coloured) {
        let Some(levels) = &colour.levels else { continue };
        if legend.len() + levels.names.len() <= 13 {
            let keys = levels.names.iter().enumerate();
            legend.extend(keys.map(|(g, name)| Legend::Key(Role::Group(g as u8), format!("{}: {name}", lane.name))));
        } else {
            unnamed.push(format!("“{}”", lane.name));
        }
    }
    if !unnamed.is_empty() {
        notes.push(format!(
            "Levels of {} are coloured by frequency; see their dependence charts for the names.",
            alt::list(&unnamed)
        ));
    }
    let missing: usize = coloured.iter().map(|c| c.missing).sum();
    if missing > 0 {
        legend.push(Legend::Key(Role::Missing, "value missing (hollow)".to_owned()));
    }
    if lanes.iter().any(|l| l.feature.is_some_and(|j| view.column(j).is_none())) {
        notes.push("The table behind these contributions is not open, so dots are not coloured by value.".to_owned());
    }
    (legend, notes)
}

fn paragraph(view: &View<'_>, order: &[(usize, f64)], shown: usize) -> String {
    let parts: Vec<String> = order
        .iter()
        .take(shown.min(5))
        .map(|&(j, mean)| {
            let (low, high) = scale::extent(view.column_values(j)).unwrap_or((0.0, 0.0));
            format!(
                "{} from {} to {}, mean absolute {}",
                view.name(j),
                text::signed(low),
                text::signed(high),
                text::number(mean)
            )
        })
        .collect();
    format!(
        "Beeswarm chart of the contributions of {} to {}, in {}, over {}. Widest first: {}.",
        text::counted(order.len(), "feature"),
        super::output_words(view.output_name()),
        view.unit,
        text::counted(view.row_count(), "row"),
        parts.join("; "),
    )
}

fn table(lanes: &[Lane], coloured: &[Coloured], task: &Task) -> Result<ChartTable, Cancelled> {
    let header = [
        "feature",
        "mean absolute contribution",
        "smallest",
        "median",
        "largest",
        "colour from",
        "colour to",
        "rows without value",
    ];
    let row = |i: usize| {
        let values = &lanes[i].values;
        let absolute: Vec<f64> = values.iter().map(|v| v.abs()).collect();
        let sorted = stats::sorted_present(values.iter().copied());
        let at = |q| stats::quantile_sorted(&sorted, q);
        [stats::mean(&absolute), at(0.0), at(0.5), at(1.0)]
    };
    let numbers = parallel::map(lanes.len(), task, row)?;
    let rows = lanes.iter().zip(coloured).zip(numbers).map(|((lane, colour), numbers)| {
        let (low, high) = colour.limits;
        let colours = [low, high, colour.missing as f64];
        let cells = numbers.into_iter().chain(colours).map(Cell::Number);
        std::iter::once(alt::words(&lane.name)).chain(cells).collect()
    });
    Ok(alt::table(&header, rows.collect()))
}

fn sentence(view: &View<'_>, order: &[(usize, f64)]) -> String {
    let Some(&(feature, _)) = order.first() else { return String::new() };
    let sorted = stats::sorted_present(view.column_values(feature));
    let at = |q| text::signed(stats::quantile_sorted(&sorted, q));
    format!(
        "{} moves predictions most: by {} to {} {}, for half of all rows by {} to {}",
        view.name(feature),
        at(0.0),
        at(1.0),
        view.unit,
        at(0.25),
        at(0.75)
    )
}
