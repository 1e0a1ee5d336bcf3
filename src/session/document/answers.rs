//! Answers as two members of a session file: a head of names and sizes in JSON, and all numbers as f64 in one block.
//! Numbers keep every bit, infinite and missing ones included, which JSON could not.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::RowId;
use crate::explain::answer::{
    Attribution, Curves, FeatureCurve, FeatureImportance, Importance, Interactions, Place, Strength, Strengths,
};
use crate::explain::{Body, Explanation, Fidelity, Provenance};
use crate::model::Scale;

use super::rows::runs;

/// An answer as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// JSON of the head: what is not numbers.
    pub head: Vec<u8>,
    /// Numbers, little-endian.
    pub numbers: Vec<u8>,
}

/// What an answer must fit to be taken over.
#[derive(Clone, Copy, Debug)]
pub struct Fits<'k> {
    /// Rows of the table.
    pub rows: usize,
    /// The model's inputs.
    pub inputs: usize,
    /// The model's outputs.
    pub outputs: usize,
    /// SHA-256 of the model file.
    pub model: &'k str,
}

/// Everything but numbers.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    key: String,
    provenance: Provenance,
    fidelity: Fidelity,
    body: Shaped,
}

type Runs = Vec<(u32, u32)>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shaped {
    Attribution {
        features: Vec<String>,
        outputs: Vec<String>,
        rows: Runs,
        scale: Scale,
        sampled: bool,
    },
    Importance {
        measure: String,
        features: Vec<String>,
        rows: usize,
    },
    Curves {
        outputs: Vec<String>,
        features: Vec<Curve>,
        individual: Runs,
        rows: usize,
        centred: bool,
        scale: Scale,
    },
    Interactions(Paired),
    Strengths {
        features: Vec<String>,
        outputs: Vec<String>,
        entries: Vec<(usize, Option<usize>)>,
        rows: usize,
        scale: Scale,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Paired {
    features: Vec<String>,
    outputs: Vec<String>,
    pairs: Vec<(u32, u32)>,
    complete: bool,
    rows: Runs,
    row_count: usize,
    scale: Scale,
}

#[derive(Debug, Serialize, Deserialize)]
struct Curve {
    feature: usize,
    name: String,
    places: Vec<Spot>,
    counts: Vec<u64>,
}

/// A [`Place`] whose numbers stand in the block.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Spot {
    Missing,
    Between,
    At,
    Category(String),
}

/// Writes an answer; `key` names the question, so that asking again costs nothing. `None` where a number of the head
/// cannot be written.
pub fn store(explanation: &Explanation, key: &str) -> Option<Stored> {
    let mut block = Block::default();
    let body = shaped(&explanation.body, &mut block);
    block.put(&explanation.predictions);
    let head = Head {
        key: key.to_owned(),
        provenance: explanation.provenance.clone(),
        fidelity: explanation.fidelity.clone(),
        body,
    };
    Some(Stored { head: serde_json::to_vec(&head).ok()?, numbers: block.bytes })
}

/// Reads an answer and its key; `None` where it is damaged or does not fit the table and the model.
pub fn restore(stored: &Stored, fits: Fits<'_>) -> Option<(String, Explanation)> {
    let head: Head = serde_json::from_slice(&stored.head).ok()?;
    if head.provenance.model.0 != fits.model || !stored.numbers.len().is_multiple_of(8) {
        return None;
    }
    let mut numbers = Numbers { rest: &stored.numbers };
    let body = body(head.body, fits, &mut numbers)?;
    let predictions: Arc<[f64]> = numbers.all().into();
    let expected = body.addends().map_or(0, |a| a.rows.saturating_mul(a.base.len()));
    let complete = predictions.len() == expected || predictions.is_empty();
    let (provenance, fidelity) = (head.provenance, head.fidelity);
    complete.then_some((head.key, Explanation { body, predictions, fidelity, provenance }))
}

#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
}

impl Block {
    fn put(&mut self, numbers: &[f64]) {
        self.bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
    }
}

struct Numbers<'n> {
    rest: &'n [u8],
}

impl Numbers<'_> {
    /// The next so many numbers; `None` where there are fewer.
    fn take(&mut self, count: Option<usize>) -> Option<Vec<f64>> {
        let (now, rest) = self.rest.split_at_checked(count?.checked_mul(8)?)?;
        self.rest = rest;
        Some(now.chunks_exact(8).filter_map(|b| b.try_into().ok()).map(f64::from_le_bytes).collect())
    }

    fn all(&mut self) -> Vec<f64> {
        self.take(Some(self.rest.len() / 8)).unwrap_or_default()
    }

    fn left(&self) -> usize {
        self.rest.len() / 8
    }
}

fn shaped(body: &Body, block: &mut Block) -> Shaped {
    match body {
        Body::Attribution(a) => {
            block.put(&a.base);
            block.put(&a.values);
            a.std_error.iter().for_each(|errors| block.put(errors));
            Shaped::Attribution {
                features: a.features.to_vec(),
                outputs: a.outputs.to_vec(),
                rows: runs(a.rows.iter().copied()),
                scale: a.scale,
                sampled: a.std_error.is_some(),
            }
        }
        Body::Importance(i) => {
            block.put(&[i.baseline]);
            for e in &i.entries {
                let (repeats, rows) = (e.over_repeats, e.over_rows);
                block.put(&[e.value, e.std_error, repeats.0, repeats.1, rows.0, rows.1]);
            }
            i.gaps.iter().for_each(|gap| block.put(&[gap.0, gap.1]));
            let features = i.entries.iter().map(|e| e.feature.clone()).collect();
            Shaped::Importance { measure: i.measure.clone(), features, rows: i.rows }
        }
        Body::Curves(c) => Shaped::Curves {
            outputs: c.outputs.to_vec(),
            features: c.features.iter().map(|curve| shaped_curve(curve, block)).collect(),
            individual: runs(c.individual.iter().copied()),
            rows: c.rows,
            centred: c.centred,
            scale: c.scale,
        },
        Body::Interactions(i) => {
            for part in [&i.base[..], &i.mean, &i.mean_absolute, &i.values] {
                block.put(part);
            }
            Shaped::Interactions(Paired {
                features: i.features.to_vec(),
                outputs: i.outputs.to_vec(),
                pairs: i.pairs.to_vec(),
                complete: i.complete,
                rows: runs(i.rows.iter().copied()),
                row_count: i.row_count,
                scale: i.scale,
            })
        }
        Body::Strengths(s) => {
            for entry in &s.entries {
                block.put(&entry.h_squared);
                block.put(&entry.size);
            }
            Shaped::Strengths {
                features: s.features.to_vec(),
                outputs: s.outputs.to_vec(),
                entries: s.entries.iter().map(|e| (e.first, e.second)).collect(),
                rows: s.rows,
                scale: s.scale,
            }
        }
    }
}

fn shaped_curve(curve: &FeatureCurve, block: &mut Block) -> Curve {
    let place = |place: &Place| match place {
        Place::Missing => Spot::Missing,
        Place::Between(low, high) => {
            block.put(&[*low, *high]);
            Spot::Between
        }
        Place::At(value) => {
            block.put(&[*value]);
            Spot::At
        }
        Place::Category(name) => Spot::Category(name.clone()),
    };
    let places = curve.places.iter().map(place).collect();
    block.put(&curve.mean);
    block.put(&curve.individual);
    Curve { feature: curve.feature, name: curve.name.clone(), places, counts: curve.counts.clone() }
}

/// The rows of `runs`, each inside the table. A run is only unfolded when the file could hold numbers for its rows.
fn rows_of(runs: &Runs, fits: Fits<'_>, numbers: &Numbers<'_>) -> Option<Arc<[RowId]>> {
    let inside = |(first, length): &(u32, u32)| first.checked_add(*length).is_some_and(|end| end as usize <= fits.rows);
    let total = runs.iter().try_fold(0_usize, |sum, (_, length)| sum.checked_add(*length as usize))?;
    let fit = runs.iter().all(inside) && total <= fits.rows.max(numbers.left());
    fit.then(|| runs.iter().flat_map(|(first, length)| (*first..*first + *length).map(RowId)).collect())
}

fn product(factors: &[usize]) -> Option<usize> {
    factors.iter().try_fold(1_usize, |all, factor| all.checked_mul(*factor))
}

fn body(shaped: Shaped, fits: Fits<'_>, numbers: &mut Numbers<'_>) -> Option<Body> {
    let named =
        |features: &[String], outputs: &[String]| features.len() == fits.inputs && outputs.len() == fits.outputs;
    match shaped {
        Shaped::Attribution { features, outputs, rows, scale, sampled } if named(&features, &outputs) => {
            let rows = rows_of(&rows, fits, numbers)?;
            let size = product(&[outputs.len(), rows.len(), features.len()]);
            let base = numbers.take(Some(outputs.len()))?;
            let values = numbers.take(size)?.into();
            let std_error = if sampled { Some(numbers.take(size)?.into()) } else { None };
            let (features, outputs) = (features.into(), outputs.into());
            Some(Body::Attribution(Attribution { features, outputs, values, base, std_error, rows, scale }))
        }
        Shaped::Importance { measure, features, rows } if features.len() == fits.inputs => {
            let baseline = numbers.take(Some(1))?.first().copied()?;
            let entries: Option<Vec<FeatureImportance>> = features
                .into_iter()
                .map(|feature| match *numbers.take(Some(6))? {
                    [value, std_error, a, b, c, d] => {
                        Some(FeatureImportance { feature, value, std_error, over_repeats: (a, b), over_rows: (c, d) })
                    }
                    _ => None,
                })
                .collect();
            let gaps: Vec<(f64, f64)> = numbers.all().chunks_exact(2).map(|ends| (ends[0], ends[1])).collect();
            let known = gaps.is_empty() || gaps.len() + 1 == fits.inputs;
            known.then_some(Body::Importance(Importance { measure, entries: entries?, baseline, rows, gaps }))
        }
        Shaped::Curves { outputs, features, individual, rows, centred, scale } if outputs.len() == fits.outputs => {
            let individual = rows_of(&individual, fits, numbers)?;
            let sizes = (outputs.len(), individual.len());
            let features: Option<Vec<FeatureCurve>> =
                features.into_iter().map(|c| curve(c, sizes, fits, numbers)).collect();
            Some(Body::Curves(Curves {
                outputs: outputs.into(),
                features: features?,
                individual,
                rows,
                centred,
                scale,
            }))
        }
        Shaped::Interactions(paired) if named(&paired.features, &paired.outputs) => interactions(paired, fits, numbers),
        Shaped::Strengths { features, outputs, entries, rows, scale } if named(&features, &outputs) => {
            let width = outputs.len();
            let entry = |(first, second): (usize, Option<usize>)| {
                let inside = first < fits.inputs && second.is_none_or(|s| s < fits.inputs);
                let (h_squared, size) = (numbers.take(Some(width))?, numbers.take(Some(width))?);
                inside.then_some(Strength { first, second, h_squared, size })
            };
            let entries: Option<Vec<Strength>> = entries.into_iter().map(entry).collect();
            let (features, outputs) = (features.into(), outputs.into());
            Some(Body::Strengths(Strengths { features, outputs, entries: entries?, rows, scale }))
        }
        _ => None,
    }
}

fn curve(
    head: Curve,
    (outputs, individual): (usize, usize),
    fits: Fits<'_>,
    numbers: &mut Numbers<'_>,
) -> Option<FeatureCurve> {
    if head.feature >= fits.inputs || head.counts.len() != head.places.len() {
        return None;
    }
    let place = |spot: Spot| match spot {
        Spot::Missing => Some(Place::Missing),
        Spot::Category(name) => Some(Place::Category(name)),
        Spot::At => numbers.take(Some(1))?.first().map(|value| Place::At(*value)),
        Spot::Between => match *numbers.take(Some(2))? {
            [low, high] => Some(Place::Between(low, high)),
            _ => None,
        },
    };
    let places: Option<Vec<Place>> = head.places.into_iter().map(place).collect();
    let places = places?;
    let mean = numbers.take(product(&[outputs, places.len()]))?;
    let individual = numbers.take(product(&[individual, outputs, places.len()]))?;
    let (feature, name, counts) = (head.feature, head.name, head.counts);
    Some(FeatureCurve { feature, name, places, counts, mean, individual })
}

fn interactions(head: Paired, fits: Fits<'_>, numbers: &mut Numbers<'_>) -> Option<Body> {
    let ordered = head.pairs.iter().all(|(a, b)| a <= b && (*b as usize) < fits.inputs);
    let ascending = head.pairs.windows(2).all(|w| matches!(w, [a, b] if a < b));
    if !ordered || !ascending {
        return None;
    }
    let rows = rows_of(&head.rows, fits, numbers)?;
    let outputs = head.outputs.len();
    let base = numbers.take(Some(outputs))?;
    let mean = numbers.take(product(&[outputs, head.pairs.len()]))?;
    let mean_absolute = numbers.take(product(&[outputs, head.pairs.len()]))?;
    let values = numbers.take(product(&[outputs, rows.len(), head.pairs.len()]))?.into();
    Some(Body::Interactions(Interactions {
        features: head.features.into(),
        outputs: head.outputs.into(),
        pairs: head.pairs.into(),
        complete: head.complete,
        values,
        mean,
        mean_absolute,
        base,
        row_count: head.row_count,
        rows,
        scale: head.scale,
    }))
}
