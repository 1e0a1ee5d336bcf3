//! Charts that stand beside each other share their axes, so that the eye may compare them.

use super::scale;
use super::spec::{Axis, AxisKind, Chart};

/// What is said where charts share their axes.
const SHARED: &str = "All charts beside each other share their axes.";
/// What is said where an axis of names cannot be shared.
const OWN_NAMES: &str =
    "Names along an axis stand in this cohort’s own order; those of the charts beside it may differ.";

/// Gives all charts the same numeric axes: from the smallest to the largest value that one of them shows. Axes of names are
/// the same already where they come from all rows; where they are not, every chart says so.
pub fn share_axes(charts: &mut [&mut Chart]) {
    if charts.len() < 2 {
        return;
    }
    let same = [share(charts, |chart| &mut chart.x), share(charts, |chart| &mut chart.y)];
    for chart in charts {
        let note = if same == [true; 2] { SHARED } else { OWN_NAMES };
        chart.notes.insert(0, note.to_owned());
    }
}

/// Whether the axes are the same now.
fn share(charts: &mut [&mut Chart], axis: impl Fn(&mut Chart) -> &mut Axis) -> bool {
    let mut kinds = charts.iter_mut().map(|chart| axis(chart).kind.clone());
    let Some(first) = kinds.next() else { return true };
    let names = |kind: &AxisKind| match kind {
        AxisKind::Names(names) => names.iter().map(|n| n.1.clone()).collect(),
        _ => Vec::new(),
    };
    let listed: Vec<String> = names(&first);
    let alike = |kind: &AxisKind| std::mem::discriminant(kind) == std::mem::discriminant(&first);
    if !kinds.all(|kind| alike(&kind) && names(&kind) == listed) {
        return false;
    }
    let ends = charts.iter_mut().map(|chart| axis(chart).range);
    let whole = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (a, b)| (low.min(a), high.max(b)));
    if !(whole.0.is_finite() && whole.1.is_finite()) {
        return false;
    }
    for chart in charts {
        let axis = axis(chart);
        axis.range = whole;
        if axis.second.is_some() {
            axis.second = Some(scale::probability_axis(whole));
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(x: (f64, f64), names: &[&str]) -> Chart {
        let names = names.iter().enumerate().map(|(i, n)| (i as f64, (*n).to_owned())).collect();
        let axis = |range, kind| Axis { label: String::new(), range, kind, second: None };
        Chart {
            kind: "test",
            x: axis(x, AxisKind::Linear),
            y: axis((0.0, 1.0), AxisKind::Names(names)),
            marks: Vec::new(),
            ..Chart::default()
        }
    }

    #[test]
    fn numbers_are_shared_and_other_names_are_said() {
        let (mut a, mut b) = (chart((-2.0, 1.0), &["age", "sex"]), chart((-1.0, 3.0), &["age", "sex"]));
        share_axes(&mut [&mut a, &mut b]);
        assert_eq!((a.x.range, b.x.range), ((-2.0, 3.0), (-2.0, 3.0)));
        assert_eq!((a.notes[0].as_str(), b.notes.len()), (SHARED, 1));
        let (mut a, mut b) = (chart((-2.0, 1.0), &["age", "sex"]), chart((-1.0, 3.0), &["sex", "age"]));
        share_axes(&mut [&mut a, &mut b]);
        assert_eq!((a.x.range, a.notes[0].as_str(), b.notes[0].as_str()), ((-2.0, 3.0), OWN_NAMES, OWN_NAMES));
    }
}
