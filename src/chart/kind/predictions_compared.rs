//! Every row's prediction by the champion against that by the challenger; rows whose decision changes stand out.

use std::collections::BTreeMap;

use crate::base::{Entry, Knob, Knobs, RowId, text};
use crate::model::Scale;
use crate::model::measure::TwoPredictions;
use crate::num::stats;

use crate::chart::alt;
use crate::chart::compared::{self, Directions};
use crate::chart::scale;
use crate::chart::spec::{Chart, Legend, Mark, Paint, Role};
use crate::chart::swarm;
use crate::chart::view;

use super::residuals::linear;
use super::{ChallengerNeed, ChartError, Kind, Needs, Subject};

/// The chart.
pub struct PredictionsCompared;

impl Entry for PredictionsCompared {
    fn id(&self) -> &'static str {
        "predictions-compared"
    }

    fn title(&self) -> &'static str {
        "Predictions compared"
    }

    fn summary(&self) -> &'static str {
        "The challenger’s prediction of every row against the champion’s, with the rows whose decision changes"
    }
}

impl Kind for PredictionsCompared {
    fn knobs(&self) -> &'static [Knob] {
        const { &[swarm::DOTS] }
    }

    fn needs(&self) -> Needs {
        Needs { challenger: Some(ChallengerNeed::Predictions), predictions: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let two = compared::predictions(subject)?;
        let (x, y) = columns(&two, subject.output);
        let usable: Vec<usize> = (0..x.len()).filter(|&i| x[i].is_finite() && y[i].is_finite()).collect();
        let range = scale::extent(usable.iter().flat_map(|&i| [x[i], y[i]]));
        let range = range.ok_or(ChartError::Missing("No row is predicted by both models"))?;
        let directions = compared::directions(subject).ok();
        let (groups, note) = groups(
            &(x.as_slice(), y.as_slice()),
            &usable,
            directions.as_ref(),
            (knobs.count(swarm::DOTS.id), subject),
        )?;
        let mut marks = vec![super::diagonal(range, "both predict the same")];
        marks.extend(lines(subject, &two));
        marks.extend(groups.iter().filter(|g| !g.rows.is_empty()).map(|group| group.mark(&x, &y)));
        let gaps: Vec<f64> = usable.iter().map(|&i| y[i] - x[i]).collect();
        let correlation = stats::correlation(&pick(&x, &usable), &pick(&y, &usable));
        let own = subject.predictions.map_or(Scale::Margin, |p| p.scale);
        let unit = view::unit(subject, own);
        let output = subject.card.and_then(|c| c.outputs.get(subject.output)).map_or("", String::as_str);
        let mut notes = vec![note, format!("Correlation {}; {}.", text::number(correlation), compared::who(subject))];
        notes.extend(directions.as_ref().and_then(Directions::note));
        let flips = directions.as_ref().map_or(0, |d| d.into.len() + d.out.len());
        Ok(Chart {
            kind: self.id(),
            title: format!("Predictions{} by two models", view::of_output(output)),
            x: linear(&format!("champion’s prediction ({unit})"), scale::padded(range, 0.04)),
            y: linear(&format!("challenger’s prediction ({unit})"), scale::padded(range, 0.04)),
            marks,
            notes,
            legend: legend(&groups),
            sentence: format!(
                "The predictions are at most {} apart, with a correlation of {}",
                text::number(gaps.iter().fold(0.0f64, |most, gap| most.max(gap.abs()))),
                text::number(correlation),
            ),
            alt: format!(
                "Scatter chart of two predictions of {}: {}. Correlation {}; the challenger’s prediction is {} larger on \
                 average, at most {} apart. {} decided differently.",
                text::counted(usable.len(), "row"),
                compared::who(subject),
                text::number(correlation),
                text::signed(stats::mean(&gaps)),
                text::number(gaps.iter().fold(0.0f64, |most, gap| most.max(gap.abs()))),
                if flips == 1 { "1 row is".to_owned() } else { format!("{} are", text::counted(flips, "row")) },
            ),
            table: table(&x, &y, &usable, directions.as_ref()),
        })
    }
}

/// Rows of one colour.
struct Group {
    name: String,
    role: Role,
    rows: Vec<usize>,
    /// Rows of this kind, shown or not.
    total: usize,
}

impl Group {
    fn mark(&self, x: &[f64], y: &[f64]) -> Mark {
        Mark::Points {
            xy: self.rows.iter().map(|&i| [x[i] as f32, y[i] as f32]).collect(),
            paint: Paint::Role(self.role),
            rows: self.rows.iter().map(|&i| RowId(i as u32)).collect(),
            radius: if self.role == Role::Neutral || self.rows.len() > 2_000 { 1.8 } else { 3.0 },
        }
    }
}

fn legend(groups: &[Group]) -> Vec<Legend> {
    let key = |g: &Group| Legend::Key(g.role, format!("{} ({})", g.name, text::counted(g.total, "row")));
    let diagonal = Legend::Key(Role::Muted, "both predict the same (dashed)".to_owned());
    groups.iter().map(key).chain([diagonal]).collect()
}

fn pick(values: &[f64], at: &[usize]) -> Vec<f64> {
    at.iter().map(|&i| values[i]).collect()
}

/// The chosen output of both models.
fn columns(two: &TwoPredictions<'_>, output: usize) -> (Vec<f64>, Vec<f64>) {
    let of = |values: &[f64]| values.iter().skip(output).step_by(two.outputs.max(1)).copied().collect();
    (of(two.champion), of(two.challenger))
}

/// Rows by what happens to their decision, thinned to the dots allowed: flipped rows may take half of them.
fn groups(
    (x, y): &(&[f64], &[f64]),
    usable: &[usize],
    directions: Option<&Directions>,
    (dots, subject): (u64, &Subject<'_>),
) -> Result<(Vec<Group>, String), ChartError> {
    let dots = dots as usize;
    let flips = |of: fn(&Directions) -> &[crate::model::measure::Flip]| -> Vec<usize> {
        directions.map_or_else(Vec::new, |d| of(d).iter().map(|f| f.row.index()).collect())
    };
    let (into, out) = (flips(|d| &d.into), flips(|d| &d.out));
    let flipped: std::collections::BTreeSet<usize> = into.iter().chain(&out).copied().collect();
    let stay: Vec<usize> = usable.iter().copied().filter(|i| !flipped.contains(i)).collect();
    let task = subject.task();
    let thin = |rows: &[usize], most: usize| -> Result<Vec<usize>, ChartError> {
        let gaps: Vec<f64> = rows.iter().map(|&i| y[i] - x[i]).collect();
        let kept = swarm::subset(&[&gaps], &pick(x, rows), most, &task)?;
        Ok(kept.into_iter().map(|k| rows[k]).collect())
    };
    let each = dots / 4;
    let (into_kept, out_kept) = (thin(&into, each)?, thin(&out, each)?);
    let stay_kept = thin(&stay, dots - into_kept.len() - out_kept.len())?;
    let shown = into_kept.len() + out_kept.len() + stay_kept.len();
    let note = if shown == usable.len() {
        swarm::all_shown(shown)
    } else {
        format!(
            "{} of {} rows are shown: a fixed subset spread evenly over the champion’s prediction that keeps the largest \
             differences and, as far as a quarter of the dots each, the rows whose decision changes.",
            text::count(shown),
            text::count(usable.len())
        )
    };
    let plain = if directions.is_some() { "same decision" } else { "row" };
    let role = if directions.is_some() { Role::Neutral } else { Role::Accent };
    let mut groups = vec![Group { name: plain.to_owned(), role, total: stay.len(), rows: stay_kept }];
    if let Some(d) = directions {
        let name = format!("flips to “{}”", text::shorten(&d.name, 24));
        groups.push(Group { name, role: super::decision_flips::INTO, total: into.len(), rows: into_kept });
        let name = format!("flips {}", text::shorten(&d.away(), 30));
        groups.push(Group { name, role: super::decision_flips::OUT, total: out.len(), rows: out_kept });
    }
    Ok((groups, note))
}

/// The decision threshold on both axes, where one probability is compared with it.
fn lines(subject: &Subject<'_>, two: &TwoPredictions<'_>) -> Vec<Mark> {
    let decides = subject.card.is_some_and(|c| c.task.is_classification()) && two.outputs == 1;
    let Some(threshold) = subject.challenger.map(|c| c.threshold).filter(|_| decides) else { return Vec::new() };
    let rule = |upright: bool, label: String| Mark::Rule { at: threshold, upright, role: Role::Reference, label };
    vec![rule(true, format!("threshold {}", text::number(threshold))), rule(false, String::new())]
}

fn table(x: &[f64], y: &[f64], usable: &[usize], directions: Option<&Directions>) -> crate::chart::ChartTable {
    let mut flips: BTreeMap<usize, String> = BTreeMap::new();
    if let Some(d) = directions {
        flips.extend(d.into.iter().map(|f| (f.row.index(), format!("to “{}”", d.name))));
        flips.extend(d.out.iter().map(|f| (f.row.index(), d.away())));
    }
    let rows = usable
        .iter()
        .map(|&i| {
            let mut cells: Vec<_> = [i as f64, x[i], y[i], y[i] - x[i]].map(alt::number).to_vec();
            cells.push(alt::words(flips.get(&i).cloned().unwrap_or_default()));
            cells
        })
        .collect();
    alt::table(&["row", "champion", "challenger", "difference", "flip"], rows)
}
