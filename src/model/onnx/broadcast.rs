//! Shapes that meet: where each element of a result comes from.

use super::tensor::{Tensor, elements};

/// The common shape of two. Refuses shapes that do not fit each other or are too large.
pub fn common(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let rank = a.len().max(b.len());
    let size =
        |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).and_then(|i| shape.get(i).copied());
    let mut shape = Vec::with_capacity(rank);
    for axis in 0..rank {
        let (x, y) = (size(a, axis).unwrap_or(1), size(b, axis).unwrap_or(1));
        match (x, y) {
            _ if x == y => shape.push(x),
            (1, _) => shape.push(y),
            (_, 1) => shape.push(x),
            _ => return Err(format!("the shapes {a:?} and {b:?} do not fit each other")),
        }
    }
    elements(&shape).map(|_count| shape)
}

/// For every element of `to` its place in `from`; `None` when both shapes are the same. `to` must be wide enough.
pub fn places(from: &[usize], to: &[usize]) -> Option<Vec<usize>> {
    if from == to {
        return None;
    }
    let own = strides(from);
    let gap = to.len().saturating_sub(from.len());
    let step = |axis: usize| match axis.checked_sub(gap) {
        Some(i) if from.get(i).is_some_and(|size| *size > 1) => own.get(i).copied().unwrap_or(0),
        _ => 0,
    };
    Some(walk(to, &(0..to.len()).map(step).collect::<Vec<_>>(), 0))
}

/// Places of all elements of `shape`, when axis `i` advances by `steps[i]`, beginning at `start`.
pub fn walk(shape: &[usize], steps: &[usize], start: usize) -> Vec<usize> {
    let count: usize = shape.iter().product();
    let mut found = Vec::with_capacity(count);
    let mut counters = vec![0_usize; shape.len()];
    let mut place = start;
    for _element in 0..count {
        found.push(place);
        for axis in (0..shape.len()).rev() {
            counters[axis] += 1;
            place += steps[axis];
            if counters[axis] < shape[axis] {
                break;
            }
            place -= steps[axis] * shape[axis];
            counters[axis] = 0;
        }
    }
    found
}

/// How far apart neighbours along each axis lie.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// The parts before, at and behind `axis`: how many, how long, how far apart.
pub fn around(shape: &[usize], axis: usize) -> (usize, usize, usize) {
    let product = |part: &[usize]| part.iter().product::<usize>();
    let (before, rest) = shape.split_at(axis.min(shape.len()));
    let length = rest.first().copied().unwrap_or(1);
    (product(before), length, product(rest.get(1..).unwrap_or_default()))
}

/// A tensor with the elements of `tensor` at `places`.
pub fn picked(tensor: &Tensor, shape: Vec<usize>, places: &[usize]) -> Result<Tensor, String> {
    Tensor::new(shape, tensor.data.pick(places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_of_length_one_is_repeated() {
        assert_eq!(common(&[2, 1], &[3]), Ok(vec![2, 3]));
        assert_eq!(places(&[2, 1], &[2, 3]), Some(vec![0, 0, 0, 1, 1, 1]));
        assert_eq!(places(&[3], &[2, 3]), Some(vec![0, 1, 2, 0, 1, 2]));
        assert!(common(&[2], &[3]).is_err());
        assert!(common(&[1 << 20, 1], &[1 << 20]).is_err());
    }
}
