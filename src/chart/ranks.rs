//! What an order of features is worth: neighbours that the sample does not tell apart, in words and as brackets.

use crate::num::neighbours::{self, Difference, Differences};

use super::alt;
use super::spec::{Mark, Role};
use super::view::View;

/// Neighbours of an order, from the top: whether their order is uncertain.
pub struct Ranks {
    /// For each place but the last, whether the next one might stand before it.
    uncertain: Vec<bool>,
    /// Places that are shown; a comparison with the first one that is not may follow.
    shown: usize,
    /// How the intervals were made, one sentence.
    how: String,
}

/// The order of mean absolute contributions, of the places that are shown and the next one. `None` where the charts of
/// cohorts beside each other follow the order of all rows, or where nothing can be compared. Cost O(rows · features).
///
/// Intervals are paired over the explained rows. Numbers of a sampled method spread by its own error from row to row as
/// well, so that the rows hold it; but an absolute value is too large by up to √(2/π) of its standard error on average
/// (the mean of |normal|), for which each interval is widened.
pub fn of_contributions(view: &View<'_>, order: &[(usize, f64)], shown: usize) -> Option<Ranks> {
    if view.is_beside() {
        return None;
    }
    // What contributes nothing anywhere stands in the order of the columns; nobody takes that for a rank.
    let ranked: Vec<usize> = order.iter().take_while(|o| o.1 > 0.0).map(|o| o.0).collect();
    let compared = &ranked[..ranked.len().min(shown + 1)];
    if compared.len() < 2 {
        return None;
    }
    let mut found = Differences::of(compared.len());
    let mut sizes = vec![0.0; compared.len()];
    for row in view.values().chunks_exact(view.width()) {
        sizes.iter_mut().zip(compared).for_each(|(size, j)| *size = row[*j].abs());
        found.add(&sizes);
    }
    let pairs = neighbours::pairs(ranked.len());
    let bias = view.mean_errors().map(|errors| (errors, (2.0 / std::f64::consts::PI).sqrt()));
    let room = |k: usize| bias.as_ref().map_or(0.0, |(errors, share)| share * errors[compared[k]]);
    let widened = |(i, gap): (usize, Difference)| gap.widened(room(i), room(i + 1)).is_uncertain();
    let uncertain = found.found(pairs).into_iter().enumerate().map(widened).collect();
    let error = if bias.is_some() { ", widened by the method’s own standard errors" } else { "" };
    let how = format!(
        "Intervals of differences: 95 %, paired, the explained rows taken as a sample{error}; they hold for every pair of \
         features at once (Bonferroni)."
    );
    Some(Ranks { uncertain, shown, how })
}

impl Ranks {
    /// An order whose differences to the next place are known.
    pub fn new(differences: impl Iterator<Item = bool>, shown: usize, how: String) -> Self {
        Self { uncertain: differences.collect(), shown, how }
    }

    /// For each place but the last, whether the next one might stand before it.
    pub fn uncertain(&self) -> &[bool] {
        &self.uncertain
    }

    /// Runs of shown places within which each neighbour's order is uncertain: first and last place.
    pub fn runs(&self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let within = self.shown.saturating_sub(1);
        for (place, _) in self.uncertain.iter().enumerate().take(within).filter(|(_, uncertain)| **uncertain) {
            match runs.last_mut() {
                Some(run) if run.1 == place => run.1 = place + 1,
                _ => runs.push((place, place + 1)),
            }
        }
        runs
    }

    /// What a reader of the order must know; `name` gives the feature at a place.
    pub fn notes<'n>(&self, name: impl Fn(usize) -> &'n str) -> Vec<String> {
        let runs = self.runs();
        let listed = |(first, last): &(usize, usize)| {
            let names: Vec<String> = (*first..=*last).map(|place| name(place).to_owned()).collect();
            alt::list(&names)
        };
        let mut notes = Vec::new();
        match &runs[..] {
            [] => notes.push("Every feature shown differs from the next one at 95 %.".to_owned()),
            [run] if run.1 == run.0 + 1 => notes.push(format!(
                "The order of {} is uncertain (bracket): the 95 % interval of their difference includes 0.",
                listed(run)
            )),
            _ => {
                let groups: Vec<String> = runs.iter().map(listed).collect();
                notes.push(format!(
                    "The order of neighbours is uncertain within brackets: {}. The 95 % intervals of their differences \
                     include 0.",
                    groups.join("; ")
                ));
            }
        }
        if self.uncertain.get(self.shown.saturating_sub(1)) == Some(&true) {
            notes.push(format!("Whether {} belongs among the features shown is uncertain.", name(self.shown - 1)));
        }
        notes.push(self.how.clone());
        notes
    }

    /// A bracket beside each run, at `x`, open towards smaller values; `lanes` is the number of lanes, the first on top.
    pub fn brackets(&self, lanes: usize, (x, span): (f64, f64)) -> Vec<Mark> {
        let bracket = |(first, last): (usize, usize)| {
            let at = |place: usize| (lanes - 1 - place) as f64;
            let (top, bottom, tip) = (at(first) + 0.26, at(last) - 0.26, x - 0.008 * span);
            Mark::Line {
                xy: vec![[tip, top], [x, top], [x, bottom], [tip, bottom]].into(),
                role: Role::Muted,
                width: 1.2,
                dashed: false,
                name: "order uncertain".to_owned(),
            }
        };
        self.runs().into_iter().map(bracket).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_join_neighbours_and_the_notes_name_them() {
        let names = ["age", "sex", "job", "city", "rent"];
        let ranks = |uncertain: &[bool], shown| Ranks::new(uncertain.iter().copied(), shown, String::new());
        let some = ranks(&[true, true, false, true], 5);
        assert_eq!(some.runs(), [(0, 2), (3, 4)]);
        assert!(some.notes(|i| names[i])[0].contains("within brackets: age, sex and job; city and rent."));
        assert_eq!(some.brackets(5, (1.0, 1.0)).len(), 2);
        let one = ranks(&[false, true, true], 3);
        assert_eq!(one.runs(), [(1, 2)]);
        let notes = one.notes(|i| names[i]);
        assert!(notes[0].starts_with("The order of sex and job is uncertain (bracket):"), "{notes:?}");
        assert!(notes[1].starts_with("Whether job belongs"), "{notes:?}");
        assert!(ranks(&[false], 2).brackets(2, (1.0, 1.0)).is_empty());
    }
}
