//! Settings, declared once: form, flag, report row, session file and range check all read the declaration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One declared setting.
#[derive(Clone, Copy, Debug)]
pub struct Knob {
    /// Stable kebab-case name, used on the command line and in files.
    pub id: &'static str,
    /// Form label in sentence case.
    pub label: &'static str,
    /// What it does, in one sentence.
    pub help: &'static str,
    /// Type, default and range.
    pub kind: Kind,
}

/// Type, default and range of a setting.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number.
    Count {
        /// Value when nothing is given.
        default: u64,
        /// Smallest allowed value.
        min: u64,
        /// Largest allowed value.
        max: u64,
    },
    /// A real number; NaN is out of range by construction.
    Real {
        /// Value when nothing is given.
        default: f64,
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// One of a fixed list.
    Choice {
        /// Value when nothing is given.
        default: &'static str,
        /// What may be chosen.
        of: &'static [&'static str],
    },
    /// On or off.
    Switch {
        /// Value when nothing is given.
        default: bool,
    },
}

/// A checked value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KnobValue {
    /// On or off.
    Switch(bool),
    /// A whole number.
    Count(u64),
    /// A real number.
    Real(f64),
    /// One of a list.
    Choice(String),
}

impl std::fmt::Display for KnobValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Switch(on) => f.write_str(if *on { "on" } else { "off" }),
            Self::Count(n) => write!(f, "{n}"),
            Self::Real(x) => write!(f, "{x}"),
            Self::Choice(text) => f.write_str(text),
        }
    }
}

/// A setting that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("setting “{knob}”: {reason}")]
pub struct KnobError {
    /// The setting's name as given.
    pub knob: String,
    /// Why, with the allowed range.
    pub reason: String,
}

/// Checked settings: every declared knob has a value inside its range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Knobs {
    values: BTreeMap<String, KnobValue>,
}

impl Knobs {
    /// Checks `given` (name, text) against `declared`; what is not given takes its default.
    pub fn check<'g>(
        declared: &[Knob],
        given: impl IntoIterator<Item = (&'g str, &'g str)>,
    ) -> Result<Self, KnobError> {
        let mut knobs = Self::defaults(declared);
        for (name, text) in given {
            let Some(knob) = declared.iter().find(|k| k.id == name) else {
                let known: Vec<&str> = declared.iter().map(|k| k.id).collect();
                let reason = if known.is_empty() {
                    "this method has no settings".to_owned()
                } else {
                    format!("not known here; known are {}", known.join(", "))
                };
                return Err(KnobError { knob: name.to_owned(), reason });
            };
            let value = knob.parse(text)?;
            knobs.values.insert(knob.id.to_owned(), value);
        }
        Ok(knobs)
    }

    /// Every declared knob at its default.
    pub fn defaults(declared: &[Knob]) -> Self {
        let values = declared.iter().map(|k| (k.id.to_owned(), k.default())).collect();
        Self { values }
    }

    /// All settings by name, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KnobValue)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The whole number called `id`; 0 when no such knob was declared.
    pub fn count(&self, id: &str) -> u64 {
        match self.values.get(id) {
            Some(KnobValue::Count(n)) => *n,
            _ => 0,
        }
    }

    /// The real number called `id`; 0 when no such knob was declared.
    pub fn real(&self, id: &str) -> f64 {
        match self.values.get(id) {
            Some(KnobValue::Real(x)) => *x,
            _ => 0.0,
        }
    }

    /// The choice called `id`; empty when no such knob was declared.
    pub fn choice(&self, id: &str) -> &str {
        match self.values.get(id) {
            Some(KnobValue::Choice(text)) => text,
            _ => "",
        }
    }

    /// The switch called `id`; off when no such knob was declared.
    pub fn switch(&self, id: &str) -> bool {
        matches!(self.values.get(id), Some(KnobValue::Switch(true)))
    }
}

impl Knob {
    /// The value when nothing is given.
    pub fn default(&self) -> KnobValue {
        match self.kind {
            Kind::Count { default, .. } => KnobValue::Count(default),
            Kind::Real { default, .. } => KnobValue::Real(default),
            Kind::Choice { default, .. } => KnobValue::Choice(default.to_owned()),
            Kind::Switch { default } => KnobValue::Switch(default),
        }
    }

    /// The allowed values in words, for help pages and refusals.
    pub fn range(&self) -> String {
        match self.kind {
            Kind::Count { min, max, .. } => format!("a whole number from {min} to {max}"),
            Kind::Real { min, max, .. } => format!("a number from {min} to {max}"),
            Kind::Choice { of, .. } => format!("one of {}", of.join(", ")),
            Kind::Switch { .. } => "on or off".to_owned(),
        }
    }

    fn parse(&self, text: &str) -> Result<KnobValue, KnobError> {
        let text = text.trim();
        let value = match self.kind {
            Kind::Count { min, max, .. } => {
                text.parse::<u64>().ok().filter(|n| (min..=max).contains(n)).map(KnobValue::Count)
            }
            Kind::Real { min, max, .. } => {
                text.parse::<f64>().ok().filter(|x| (min..=max).contains(x)).map(KnobValue::Real)
            }
            Kind::Choice { of, .. } => of.iter().find(|o| **o == text).map(|o| KnobValue::Choice((*o).to_owned())),
            Kind::Switch { .. } => match text {
                "on" | "true" | "yes" | "1" => Some(KnobValue::Switch(true)),
                "off" | "false" | "no" | "0" => Some(KnobValue::Switch(false)),
                _ => None,
            },
        };
        value.ok_or_else(|| KnobError {
            knob: self.id.to_owned(),
            reason: format!("expected {}, found “{text}”", self.range()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &[Knob] = &[
        Knob { id: "draws", label: "Draws", help: "", kind: Kind::Count { default: 10, min: 1, max: 99 } },
        Knob { id: "width", label: "Width", help: "", kind: Kind::Real { default: 0.5, min: 0.0, max: 1.0 } },
    ];

    #[test]
    fn what_is_not_given_takes_its_default() {
        let knobs = Knobs::check(DECLARED, [("draws", "3")]).expect("3 is in range");
        assert_eq!(knobs.count("draws"), 3);
        assert!((knobs.real("width") - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn nan_and_unknown_names_are_refused_with_the_range() {
        let error = Knobs::check(DECLARED, [("width", "NaN")]).expect_err("NaN is no width");
        assert!(error.reason.contains("from 0 to 1"), "{error}");
        let error = Knobs::check(DECLARED, [("depth", "3")]).expect_err("no such knob");
        assert!(error.reason.contains("draws, width"), "{error}");
    }
}
