//! Rows on which two models decide differently.

use crate::base::RowId;

/// A row whose decision changes from the champion to the challenger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flip {
    /// The table row.
    pub row: RowId,
    /// The class the champion calls it.
    pub from: usize,
    /// The class the challenger calls it.
    pub to: usize,
    /// By how much the challenger's probability of its own choice exceeds the champion's; of two classes the challenger's
    /// probability of the positive one minus the champion's.
    pub difference: f64,
    /// The actual class, where it is known.
    pub truth: Option<usize>,
}

/// Which model decides a flipped row rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The champion.
    Champion,
    /// The challenger.
    Challenger,
    /// Neither of them: there are several classes.
    Neither,
    /// Nobody knows.
    Unknown,
}

impl Right {
    /// In words for tables; empty where nobody knows.
    pub fn words(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Challenger => "challenger",
            Self::Neither => "neither",
            Self::Unknown => "",
        }
    }
}

impl Flip {
    /// Which model is right.
    pub fn right(&self) -> Right {
        match self.truth {
            None => Right::Unknown,
            Some(class) if class == self.from => Right::Champion,
            Some(class) if class == self.to => Right::Challenger,
            Some(_) => Right::Neither,
        }
    }
}

/// Predictions of two models on the rows of one table, shape (rows, outputs), row-major, outputs in the same order.
#[derive(Clone, Copy, Debug)]
pub struct TwoPredictions<'a> {
    /// The champion's.
    pub champion: &'a [f64],
    /// The challenger's.
    pub challenger: &'a [f64],
    /// Number of outputs; one for two classes.
    pub outputs: usize,
    /// Index of the actual class of each row, NaN unknown; may be empty.
    pub truth: &'a [f64],
}

/// The class a row is called: of one probability the second class at `threshold` or more, else the first largest; `None`
/// where a probability is missing.
pub fn decision(row: &[f64], threshold: f64) -> Option<usize> {
    if row.is_empty() || row.iter().any(|p| p.is_nan()) {
        return None;
    }
    if let [p] = row {
        return Some(usize::from(*p >= threshold));
    }
    row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map(|(k, _)| k)
}

impl TwoPredictions<'_> {
    /// Both answers for each row.
    pub fn rows(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        let width = self.outputs.max(1);
        self.champion.chunks_exact(width).zip(self.challenger.chunks_exact(width))
    }

    /// Rows whose class changes, in row order. Cost O(rows · outputs).
    pub fn flips(&self, threshold: f64) -> Vec<Flip> {
        let flip = |(i, (own, other)): (usize, (&[f64], &[f64]))| {
            let (from, to) = (decision(own, threshold)?, decision(other, threshold)?);
            let shown = if self.outputs == 1 { 0 } else { to };
            let truth = self.truth.get(i).filter(|y| !y.is_nan()).map(|y| *y as usize);
            let difference = other[shown] - own[shown];
            (from != to).then_some(Flip { row: RowId(i as u32), from, to, difference, truth })
        };
        self.rows().enumerate().filter_map(flip).collect()
    }

    /// Every row by the largest difference of any output, largest first; rows without one come last. Ties by row.
    /// Cost O(rows · (outputs + log rows)).
    pub fn by_difference(&self) -> Vec<RowId> {
        let size = |(own, other): (&[f64], &[f64])| {
            let gaps = own.iter().zip(other).map(|(a, b)| (b - a).abs());
            gaps.fold(0.0f64, |most, gap| if gap.is_nan() || most.is_nan() { f64::NAN } else { most.max(gap) })
        };
        let sizes: Vec<f64> = self.rows().map(size).map(|s| if s.is_nan() { -1.0 } else { s }).collect();
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_unstable_by(|&a, &b| sizes[b].total_cmp(&sizes[a]).then(a.cmp(&b)));
        order.into_iter().map(|i| RowId(i as u32)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flip_names_its_classes_its_size_and_who_is_right() {
        let (champion, challenger) = ([0.1, 0.5, 0.9, f64::NAN], [0.7, 0.6, 0.4, 0.9]);
        let two =
            TwoPredictions { champion: &champion, challenger: &challenger, outputs: 1, truth: &[1.0, 0.0, 1.0, 1.0] };
        let flips = two.flips(0.5);
        let told: Vec<_> = flips.iter().map(|f| (f.row.0, f.from, f.to, f.right())).collect();
        assert_eq!(told, [(0, 0, 1, Right::Challenger), (2, 1, 0, Right::Champion)]);
        assert!((flips[1].difference + 0.5).abs() < 1e-12);
        assert_eq!(two.flips(0.65).iter().map(|f| f.row.0).collect::<Vec<_>>(), [0, 2]);
        assert!(two.flips(0.95).is_empty());
        assert_eq!(two.by_difference().iter().map(|r| r.0).collect::<Vec<_>>(), [0, 2, 1, 3]);
    }

    #[test]
    fn of_several_classes_the_first_largest_is_called() {
        assert_eq!(decision(&[0.4, 0.4, 0.2], 0.5), Some(0));
        let two = TwoPredictions {
            champion: &[0.6, 0.3, 0.1, 0.1, 0.8, 0.1],
            challenger: &[0.2, 0.3, 0.5, 0.2, 0.7, 0.1],
            outputs: 3,
            truth: &[1.0, 1.0],
        };
        let flips = two.flips(0.5);
        assert_eq!(flips.len(), 1);
        assert_eq!((flips[0].from, flips[0].to, flips[0].right()), (0, 2, Right::Neither));
        assert!((flips[0].difference - 0.4).abs() < 1e-12);
    }
}
