//! Comparing a recorded report with one computed afresh: the verdict of `candor verify`.

use serde_json::{Map, Value};

/// Deviations up to this share of the larger magnitude pass: recomputation uses the same arithmetic, so anything
/// above the last few bits of f64 means that an input changed. 1e-9 leaves room for another processor's `fma`.
pub const TOLERANCE: f64 = 1e-9;

/// Fields that say when and where, not what; they may differ.
const FREE: &[&str] = &["created_at", "environment", "command_line", "path", "program"];

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Numbers compared.
    pub numbers: usize,
    /// Largest relative deviation, |a − b| / max(|a|, |b|, 1).
    pub largest: f64,
    /// Where the largest deviation stands, as a path into the twin; empty when all are equal.
    pub place: String,
    /// Texts, hashes and structure that differ, by path; at most 20 are kept.
    pub differences: Vec<String>,
    /// Number of differences, kept or not.
    pub difference_count: usize,
}

impl Verdict {
    /// Whether the recorded report holds.
    pub fn passes(&self) -> bool {
        self.difference_count == 0 && self.numbers > 0 && self.largest <= TOLERANCE
    }
}

/// Compares every number, text and hash of two JSON twins.
pub fn compare(recorded: &Value, fresh: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    walk(recorded, fresh, "", &mut verdict);
    verdict
}

fn walk(recorded: &Value, fresh: &Value, path: &str, verdict: &mut Verdict) {
    match (recorded, fresh) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            verdict.numbers += 1;
            let deviation = (a - b).abs() / a.abs().max(b.abs()).max(1.0);
            if deviation > verdict.largest || deviation.is_nan() {
                verdict.largest = if deviation.is_nan() { f64::INFINITY } else { deviation };
                path.clone_into(&mut verdict.place);
            }
        }
        (Value::Object(a), Value::Object(b)) => objects(a, b, path, verdict),
        (Value::Array(a), Value::Array(b)) => {
            if a.len() != b.len() {
                differ(verdict, path, &format!("{} entries, now {}", a.len(), b.len()));
            }
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                walk(a, b, &format!("{path}[{i}]"), verdict);
            }
        }
        (a, b) if a == b => {}
        (a, b) => differ(verdict, path, &format!("{}, now {}", brief(a), brief(b))),
    }
}

fn objects(a: &Map<String, Value>, b: &Map<String, Value>, path: &str, verdict: &mut Verdict) {
    for (name, value) in a {
        if FREE.contains(&name.as_str()) {
            continue;
        }
        let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match b.get(name) {
            Some(fresh) => walk(value, fresh, &place, verdict),
            None => differ(verdict, &place, "no longer there"),
        }
    }
    for name in b.keys().filter(|n| !a.contains_key(*n) && !FREE.contains(&n.as_str())) {
        differ(verdict, &format!("{path}.{name}"), "not in the recorded report");
    }
}

fn differ(verdict: &mut Verdict, path: &str, how: &str) {
    verdict.difference_count += 1;
    if verdict.differences.len() < 20 {
        verdict.differences.push(format!("{path}: {how}"));
    }
}

fn brief(value: &Value) -> String {
    crate::base::text::shorten(&value.to_string(), 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_twins_pass_whatever_their_date() {
        let a = json!({ "header": { "created_at": "2026-01-01" }, "x": [1.0, 2.5] });
        let b = json!({ "header": { "created_at": "2026-02-01" }, "x": [1.0, 2.5] });
        assert!(compare(&a, &b).passes());
    }

    #[test]
    fn a_changed_number_fails_and_is_named() {
        let verdict = compare(&json!({ "x": [1.0, 2.5] }), &json!({ "x": [1.0, 2.500_001] }));
        assert!(!verdict.passes());
        assert_eq!(verdict.place, "x[1]");
    }

    #[test]
    fn a_changed_hash_or_an_absent_field_fails() {
        assert!(!compare(&json!({ "n": 1, "h": "ab" }), &json!({ "n": 1, "h": "ac" })).passes());
        assert!(!compare(&json!({ "n": 1, "h": "ab" }), &json!({ "n": 1 })).passes());
        assert!(!compare(&json!({}), &json!({})).passes(), "a report without numbers proves nothing");
    }
}
