//! Charts on paper hold fewer dots than charts in the window: a file of a million dots helps nobody.

use std::borrow::Cow;

use crate::base::{Task, text};

use super::spec::{Chart, ChartTable, Mark, Paint};
use super::swarm;

/// Dots that a painted chart holds at most.
pub const MOST_DOTS: usize = 20_000;

/// The chart as it is painted: itself or, where it has more than [`MOST_DOTS`] dots, one with a fixed subset of them
/// that keeps the extremes, that says so in its notes and has no table. Marks of the same rows keep the same rows.
/// Cost O(dots).
pub fn thinned(chart: &Chart) -> Cow<'_, Chart> {
    let total: usize = chart.marks.iter().map(dots).sum();
    if total <= MOST_DOTS {
        return Cow::Borrowed(chart);
    }
    let mut marks = chart.marks.clone();
    let mut shown = 0;
    let mut k = 0;
    while k < marks.len() {
        let same = (k + 1..marks.len()).take_while(|&j| same_rows(&marks[k], &marks[j])).count() + 1;
        // Every group of marks has its share of all dots.
        let group = &mut marks[k..k + same];
        let budget = group.iter().map(dots).sum::<usize>() as f64 / total as f64 * MOST_DOTS as f64;
        let kept = positions(group, (budget / same as f64) as usize);
        group.iter_mut().for_each(|mark| keep(mark, &kept));
        shown += group.iter().map(dots).sum::<usize>();
        k += same;
    }
    let largest = chart.marks.iter().map(dots).max().unwrap_or(0);
    let mut notes = chart.notes.clone();
    notes.retain(|note| *note != swarm::all_shown(largest));
    let note = format!(
        "{} of {} dots are shown: a fixed subset spread evenly that keeps the extremes.",
        text::count(shown),
        text::count(total)
    );
    notes.insert(0, note);
    Cow::Owned(Chart { marks, notes, table: ChartTable::default(), ..without_table(chart) })
}

/// Everything but the table, which no picture shows.
fn without_table(chart: &Chart) -> Chart {
    Chart {
        kind: chart.kind,
        title: chart.title.clone(),
        x: chart.x.clone(),
        y: chart.y.clone(),
        marks: Vec::new(),
        notes: Vec::new(),
        legend: chart.legend.clone(),
        sentence: chart.sentence.clone(),
        alt: chart.alt.clone(),
        table: ChartTable::default(),
    }
}

fn dots(mark: &Mark) -> usize {
    if let Mark::Points { xy, .. } = mark { xy.len() } else { 0 }
}

fn same_rows(a: &Mark, b: &Mark) -> bool {
    match (a, b) {
        (Mark::Points { rows: a, .. }, Mark::Points { rows: b, .. }) => !a.is_empty() && a == b,
        _ => false,
    }
}

/// Positions kept in each mark of a group of equal rows.
fn positions(group: &[Mark], budget: usize) -> Vec<usize> {
    let axis = |k: usize| {
        group.iter().filter_map(move |mark| match mark {
            Mark::Points { xy, .. } => Some(xy.iter().map(|p| f64::from(p[k])).collect::<Vec<f64>>()),
            _ => None,
        })
    };
    let (x, y): (Vec<_>, Vec<_>) = (axis(0).collect(), axis(1).collect());
    let Some(totals) = x.first().filter(|x| !x.is_empty()) else { return Vec::new() };
    // Lanes of a swarm have no extremes across; a single cloud has them along both axes.
    let lanes: Vec<&[f64]> = if x.len() > 1 { x.iter().map(Vec::as_slice).collect() } else { vec![&x[0], &y[0]] };
    swarm::subset(&lanes, totals, budget.max(1), &Task::silent()).expect("nobody can cancel a silent task")
}

fn keep(mark: &mut Mark, kept: &[usize]) {
    let Mark::Points { xy, paint, rows, .. } = mark else { return };
    *xy = kept.iter().map(|&i| xy[i]).collect();
    if !rows.is_empty() {
        *rows = kept.iter().map(|&i| rows[i]).collect();
    }
    match paint {
        Paint::Role(_) => {}
        Paint::Ramp(shares) => *shares = kept.iter().map(|&i| shares.get(i).copied().unwrap_or(f32::NAN)).collect(),
        Paint::Groups(groups) => *groups = kept.iter().map(|&i| groups.get(i).copied().unwrap_or(255)).collect(),
    }
}
