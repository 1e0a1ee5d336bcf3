//! Sets every number that a model file holds to hostile values: numbers of texts, of UBJSON, of protocol buffers, of
//! pickles and the arrays in them, of archives, and every word of CatBoost's binary form.

mod archive;
mod npy;
mod pickle;
mod protobuf;
mod text;
mod ubjson;

/// A damaged file.
#[derive(Clone, Debug)]
pub struct Hurt {
    /// What was changed: a place and a value.
    pub what: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Whole numbers that counts, indices and links may not be; `index` is that of the number among its neighbours, so that
/// a link may point to its own node, to the one before or to the root.
pub fn integers(index: usize) -> [i64; 14] {
    let own = i64::try_from(index).unwrap_or(0);
    let far = [1 << 31, 1 << 32, 1 << 53, i64::MAX, i64::MIN, i64::from(i32::MIN), 200, 65_535];
    let near = [-1, 0, 1, own, own.wrapping_sub(1), i64::from(i32::MAX)];
    let mut all = [0; 14];
    all.iter_mut().zip(near.into_iter().chain(far)).for_each(|(to, from)| *to = from);
    all
}

/// Real numbers at the edges.
pub const REALS: [f64; 11] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -0.0,
    -1.0,
    0.5,
    1e308,
    -1e308,
    5e-324,
    2_147_483_648.0,
    9_007_199_254_740_992.0,
];

/// About `most` of `all`, spread evenly; a prime step meets all values at every kind of place.
pub fn spread<T>(all: Vec<T>, most: usize) -> impl Iterator<Item = T> {
    let least = all.len().div_ceil(most.max(1)).max(1);
    let prime = |n: &usize| (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    let step = (least..).find(|n| *n == 1 || (*n > 14 && prime(n)) || (*n <= 14 && matches!(n, 3 | 5 | 9 | 13)));
    all.into_iter().step_by(step.unwrap_or(least))
}

/// At most about `most` damaged files made of one of the format that `loader` reads.
pub fn hurt(loader: &str, bytes: &[u8], most: usize) -> Vec<Hurt> {
    match loader {
        "xgboost" if bytes.get(1).is_some_and(|second| matches!(second, b'L' | b'U' | b'i' | b'$' | b'#')) => {
            ubjson::hurt(bytes, most)
        }
        "catboost" if bytes.starts_with(b"CBM1") => words(bytes, 4, most),
        "scikit-learn" => pickle::hurt(bytes, most),
        "skops" => archive::hurt(bytes, most),
        "onnx" => protobuf::hurt(bytes, most),
        _ => text::hurt(bytes, most),
    }
}

/// Every aligned word of four and of eight bytes from `start` on: that meets each field of a flat buffer.
fn words(bytes: &[u8], start: usize, most: usize) -> Vec<Hurt> {
    let mut places = Vec::new();
    for at in (start..bytes.len()).step_by(4) {
        for width in [4, 8] {
            if at + width <= bytes.len() {
                places.extend(values(width, at / 4).into_iter().map(|value| (at, value)));
            }
        }
    }
    spread(places, most).map(|(at, value)| set(bytes, at, &value, "word")).collect()
}

/// The hostile values of a little-endian number of `width` bytes.
fn values(width: usize, index: usize) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> =
        integers(index).iter().filter_map(|value| value.to_le_bytes().get(..width).map(<[u8]>::to_vec)).collect();
    match width {
        4 => all.extend(REALS.iter().map(|value| (*value as f32).to_le_bytes().to_vec())),
        8 => all.extend(REALS.iter().map(|value| value.to_le_bytes().to_vec())),
        _ => {}
    }
    all.sort();
    all.dedup();
    all
}

/// `bytes` with `value` at `at`.
fn set(bytes: &[u8], at: usize, value: &[u8], what: &str) -> Hurt {
    let mut hurt = bytes.to_vec();
    hurt[at..at + value.len()].copy_from_slice(value);
    Hurt { what: format!("{what} at byte {at} set to {value:02x?}"), bytes: hurt }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_met_by_a_spread() {
        let all: Vec<usize> = (0..1000).flat_map(|_| 0..22).collect();
        let mut met: Vec<usize> = spread(all, 300).collect();
        assert!((200..=300).contains(&met.len()), "{}", met.len());
        met.sort_unstable();
        met.dedup();
        assert_eq!(met.len(), 22);
    }
}
