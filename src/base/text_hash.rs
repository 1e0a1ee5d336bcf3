//! The hash by which CatBoost knows a category: the lower half of `CityHash64` in its version 1.0.
//!
//! Files of that library hold no texts of categories, so tables must be hashed to meet a model. Written here because the
//! crates for this version read through raw pointers, and one function is all that is needed. Algorithm: Pike and
//! Alakuijala 2011 (Google, MIT licence).

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;
const K3: u64 = 0xc949_d7c7_509e_6557;
const MIX: u64 = 0x9ddf_ea08_eb38_2d69;

/// The hash of a category's text. Cost O(bytes).
pub fn category_hash(text: &str) -> u32 {
    city_hash(text.as_bytes()) as u32
}

fn city_hash(s: &[u8]) -> u64 {
    match s.len() {
        0..=16 => short(s),
        17..=32 => {
            let a = word(s, 0).wrapping_mul(K1);
            let b = word(s, 8);
            let c = back(s, 8).wrapping_mul(K2);
            let d = back(s, 16).wrapping_mul(K0);
            let high = a.wrapping_add((b ^ K3).rotate_right(20)).wrapping_sub(c).wrapping_add(length(s));
            join(a.wrapping_sub(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d), high)
        }
        33..=64 => medium(s),
        _ => long(s),
    }
}

fn length(s: &[u8]) -> u64 {
    s.len() as u64
}

/// Eight bytes from `at`, the first one lowest; zeros beyond the end.
fn word(s: &[u8], at: usize) -> u64 {
    s.get(at..at + 8).and_then(|part| part.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// The eight bytes that begin `distance` before the end.
fn back(s: &[u8], distance: usize) -> u64 {
    word(s, s.len().saturating_sub(distance))
}

fn half(s: &[u8], at: usize) -> u64 {
    s.get(at..at + 4).and_then(|part| part.try_into().ok()).map_or(0, |part| u64::from(u32::from_le_bytes(part)))
}

fn fold(v: u64) -> u64 {
    v ^ (v >> 47)
}

fn join(low: u64, high: u64) -> u64 {
    let a = fold((low ^ high).wrapping_mul(MIX));
    fold((high ^ a).wrapping_mul(MIX)).wrapping_mul(MIX)
}

fn short(s: &[u8]) -> u64 {
    let n = length(s);
    match *s {
        [] => K2,
        [first, .., last] | [first @ last] if s.len() < 4 => {
            let middle = s.get(s.len() / 2).copied().unwrap_or(first);
            let y = u64::from(first) + (u64::from(middle) << 8);
            let z = n + (u64::from(last) << 2);
            fold(y.wrapping_mul(K2) ^ z.wrapping_mul(K3)).wrapping_mul(K2)
        }
        _ if s.len() <= 8 => join(n + (half(s, 0) << 3), half(s, s.len() - 4)),
        _ => {
            let b = back(s, 8);
            join(word(s, 0), b.wrapping_add(n).rotate_right(s.len() as u32)) ^ b
        }
    }
}

fn medium(s: &[u8]) -> u64 {
    let half = |start: u64, z: u64, next: u64, after: u64| {
        let mut a = start;
        let b = a.wrapping_add(z).rotate_right(52);
        let mut c = a.rotate_right(37);
        a = a.wrapping_add(next);
        c = c.wrapping_add(a.rotate_right(7));
        a = a.wrapping_add(after);
        (a.wrapping_add(z), b.wrapping_add(a.rotate_right(31)).wrapping_add(c))
    };
    let start = word(s, 0).wrapping_add(length(s).wrapping_add(back(s, 16)).wrapping_mul(K0));
    let (vf, vs) = half(start, word(s, 24), word(s, 8), word(s, 16));
    let (wf, ws) = half(word(s, 16).wrapping_add(back(s, 32)), back(s, 8), back(s, 24), back(s, 16));
    let r = fold(vf.wrapping_add(ws).wrapping_mul(K2).wrapping_add(wf.wrapping_add(vs).wrapping_mul(K0)));
    fold(r.wrapping_mul(K0).wrapping_add(vs)).wrapping_mul(K2)
}

/// Thirty-two bytes from `at` and two seeds.
fn weak(s: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let [w, x, y, z] = [0, 8, 16, 24].map(|offset| word(s, at + offset));
    let a = a.wrapping_add(w);
    let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let sum = a.wrapping_add(x).wrapping_add(y);
    (sum.wrapping_add(z), b.wrapping_add(sum.rotate_right(44)).wrapping_add(a))
}

fn long(s: &[u8]) -> u64 {
    let n = length(s);
    let mut x = word(s, 0);
    let mut y = back(s, 16) ^ K1;
    let mut z = back(s, 56) ^ K0;
    let mut v = weak(s, s.len() - 64, n, y);
    let mut w = weak(s, s.len() - 32, n.wrapping_mul(K1), K0);
    z = z.wrapping_add(fold(v.1).wrapping_mul(K1));
    x = z.wrapping_add(x).rotate_right(39).wrapping_mul(K1);
    y = y.rotate_right(33).wrapping_mul(K1);
    for at in (0..(s.len() - 1) / 64).map(|block| block * 64) {
        x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(word(s, at + 16)).rotate_right(37).wrapping_mul(K1) ^ w.1;
        y = y.wrapping_add(v.1).wrapping_add(word(s, at + 48)).rotate_right(42).wrapping_mul(K1) ^ v.0;
        z = (z ^ w.0).rotate_right(33);
        v = weak(s, at, v.1.wrapping_mul(K1), x.wrapping_add(w.0));
        w = weak(s, at + 32, z.wrapping_add(w.1), y);
        std::mem::swap(&mut z, &mut x);
    }
    let low = join(v.0, w.0).wrapping_add(fold(y).wrapping_mul(K1)).wrapping_add(z);
    join(low, join(v.1, w.1).wrapping_add(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cat_features_hash` of a model that CatBoost 1.2.10 saved as JSON.
    #[test]
    fn hashes_are_those_that_catboost_writes() {
        for (text, hash) in [
            ("", 797_982_799),
            ("7", 4_277_023_987),
            ("-1", 288_298_918),
            ("n", 239_748_506),
            ("ab", 4_090_249_022),
            ("Oslo", 4_260_450_586),
            ("Rīga", 3_766_096_690),
            ("eight by", 1_711_291_386),
            ("nine byte", 1_134_226_341),
            ("exactly sixteen!", 2_328_214_316),
            ("seventeen bytes, ", 220_994_201),
            ("thirty-two bytes are a whole one", 901_072_956),
            ("Llanfairpwllgwyngyll in the north of Wales", 106_481_186),
            ("sixty-four bytes are the most that the medium branch reads, ok??", 1_251_660_707),
            (
                "a name of more than sixty-four bytes, which the hash treats in blocks of its own: Krung Thep",
                3_055_335_818,
            ),
            (&"x".repeat(128), 1_142_986_461),
            (&"y".repeat(200), 3_186_265_086),
        ] {
            assert_eq!(category_hash(text), hash, "{text}");
        }
    }
}
