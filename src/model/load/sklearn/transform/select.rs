//! Selectors of columns: the values that are kept stay as they are.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::importances::importances;
use super::super::part::not_fitted;
use super::super::reading::{Reading, unsupported};
use super::spread::Spread;
use super::{Step, Transformer, numbers};

const PACKAGE: &str = "sklearn.feature_selection";

/// The family.
pub static STEP: Transformer = Transformer {
    classes: &[
        (PACKAGE, "SelectKBest"),
        (PACKAGE, "SelectPercentile"),
        (PACKAGE, "SelectFpr"),
        (PACKAGE, "SelectFdr"),
        (PACKAGE, "SelectFwe"),
        (PACKAGE, "SelectFromModel"),
        (PACKAGE, "VarianceThreshold"),
        (PACKAGE, "RFE"),
        (PACKAGE, "RFECV"),
        (PACKAGE, "SequentialFeatureSelector"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    reading.charge(width.saturating_mul(3), at)?;
    let needed = |key: &str| numbers(at, key, width)?.ok_or_else(|| not_fitted(at));
    let kept = match at.class().map_or("", |(_, name)| name) {
        "SelectKBest" => best(at, &needed("scores_")?)?,
        "SelectPercentile" => percentile(&needed("scores_")?, at.field("percentile")?.real()?),
        "VarianceThreshold" => above(&needed("variances_")?, at.field("threshold")?.real()?),
        "SelectFromModel" => from_model(reading, at, width)?,
        name @ ("SelectFpr" | "SelectFdr" | "SelectFwe") => {
            probable(name, &needed("pvalues_")?, at.field("alpha")?.real()?)
        }
        _ => needed("support_")?.iter().map(|mark| *mark != 0.0).collect(),
    };
    let kept = (0..width).filter(|column| kept.get(*column) == Some(&true)).map(Some).collect();
    Ok(Box::new(Spread { places: kept, kinds: vec![InputKind::Number; width] }))
}

fn above(values: &[f64], limit: f64) -> Vec<bool> {
    values.iter().map(|value| *value > limit).collect()
}

/// The `k` largest scores; of equal ones the last.
fn best(at: &At<'_>, scores: &[f64]) -> Result<Vec<bool>, ModelError> {
    let k = at.field("k")?;
    if k.text().is_ok_and(|word| word == "all") {
        return Ok(vec![true; scores.len()]);
    }
    let left_out = scores.len().saturating_sub(k.count()?);
    let scores = without_gaps(scores);
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores.get(*a).partial_cmp(&scores.get(*b)).unwrap_or(std::cmp::Ordering::Equal));
    Ok(marked(scores.len(), order.into_iter().skip(left_out)))
}

fn marked(count: usize, places: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut marks = vec![false; count];
    for place in places {
        if let Some(mark) = marks.get_mut(place) {
            *mark = true;
        }
    }
    marks
}

/// A score that could not be computed counts as the smallest number.
fn without_gaps(scores: &[f64]) -> Vec<f64> {
    scores.iter().map(|score| if score.is_nan() { f64::MIN } else { *score }).collect()
}

/// The scores above numpy's percentile `100 − percent`, and the first of those on it as far as there is room.
fn percentile(scores: &[f64], percent: f64) -> Vec<bool> {
    let count = scores.len();
    if percent >= 100.0 || percent <= 0.0 || count == 0 {
        return vec![percent >= 100.0; count];
    }
    let scores = without_gaps(scores);
    let mut sorted = scores.clone();
    sorted.sort_by(f64::total_cmp);
    let place = (100.0 - percent) / 100.0 * (count - 1) as f64;
    let (low, share) = (place.floor(), place - place.floor());
    let at = |place: f64| sorted.get(place as usize).or(sorted.last()).copied().unwrap_or(f64::NAN);
    let (a, b) = (at(low), at(low + 1.0));
    let limit = if share >= 0.5 { b - (b - a) * (1.0 - share) } else { a + (b - a) * share };
    let mut marks = above(&scores, limit);
    let room = (count as f64 * percent / 100.0).floor() - marks.iter().filter(|mark| **mark).count() as f64;
    let ties: Vec<usize> = (0..count).filter(|k| scores.get(*k) == Some(&limit)).collect();
    // A slice with a negative end leaves out that many from the end.
    let kept = if room < 0.0 { (ties.len() as f64 + room).max(0.0) } else { room };
    for tie in ties.into_iter().take(kept as usize) {
        if let Some(mark) = marks.get_mut(tie) {
            *mark = true;
        }
    }
    marks
}

/// p-values that a test takes for significant.
fn probable(name: &str, values: &[f64], alpha: f64) -> Vec<bool> {
    let count = values.len() as f64;
    match name {
        "SelectFpr" => values.iter().map(|p| *p < alpha).collect(),
        "SelectFwe" => values.iter().map(|p| *p < alpha / count).collect(),
        _ => {
            let mut sorted: Vec<f64> = values.iter().copied().filter(|p| !p.is_nan()).collect();
            sorted.sort_by(f64::total_cmp);
            let limit = |k: usize| alpha / count * (k + 1) as f64;
            let last = sorted.iter().enumerate().filter(|(k, p)| **p <= limit(*k)).map(|(_, p)| *p).next_back();
            values.iter().map(|p| last.is_some_and(|last| *p <= last)).collect()
        }
    }
}

/// Importances of the estimator inside that reach the threshold, the largest ones first where their number is limited.
fn from_model(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Vec<bool>, ModelError> {
    let estimator = at.optional("estimator_").or_else(|| at.optional("estimator")).ok_or_else(|| not_fitted(at))?;
    let plain = at.optional("importance_getter").is_none_or(|getter| getter.text().is_ok_and(|word| word == "auto"));
    let ones = at.optional("norm_order").map_or(Ok(1.0), |order| order.real())?;
    if !plain || ones != 1.0 {
        return Err(unsupported(at, "it measures importance in a way of its own", SELF_CHOSEN));
    }
    let scores = importances(reading, &estimator, width)?;
    let limit = threshold(at, &estimator, &scores)?;
    // Sums in another order can differ in the last places.
    if scores.iter().any(|score| *score != limit && (score - limit).abs() <= 1e-12 * limit.abs()) {
        return Err(unsupported(at, "an importance is too close to the threshold to tell its side", SELF_CHOSEN));
    }
    let mut marks = vec![true; width];
    if let Some(most) = at.optional("max_features_").or_else(|| at.optional("max_features")) {
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|a, b| scores.get(*b).partial_cmp(&scores.get(*a)).unwrap_or(std::cmp::Ordering::Equal));
        marks = marked(width, order.into_iter().take(most.count()?));
    }
    marks.iter_mut().zip(&scores).for_each(|(mark, score)| *mark &= *score >= limit || score.is_nan());
    Ok(marks)
}

const SELF_CHOSEN: &str = "Choose the columns yourself: a ColumnTransformer of the names in get_feature_names_out()";

/// The threshold that `SelectFromModel` uses: a number, or a multiple of the mean or median.
fn threshold(at: &At<'_>, estimator: &At<'_>, scores: &[f64]) -> Result<f64, ModelError> {
    let stored = at.optional("threshold");
    if let Some(number) = stored.as_ref().and_then(|stored| stored.real().ok()) {
        return Ok(number);
    }
    let word = match &stored {
        Some(stored) => stored.text()?,
        None if sparse(estimator) => return Ok(1e-5),
        None => "mean",
    };
    let (factor, reference) = word.split_once('*').unwrap_or(("1", word));
    let wrong = || at.refuse("the threshold is no number, mean or median");
    let factor: f64 = factor.trim().parse().map_err(|_error| wrong())?;
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = |back: usize| sorted.get((sorted.len() / 2).saturating_sub(back)).copied().unwrap_or(f64::NAN);
    match reference.trim() {
        "mean" => Ok(factor * (scores.iter().sum::<f64>() / scores.len() as f64)),
        "median" if sorted.len() % 2 == 1 => Ok(factor * middle(0)),
        "median" => Ok(factor * ((middle(1) + middle(0)) / 2.0)),
        _ => Err(wrong()),
    }
}

/// Whether the estimator makes weights zero, so that the threshold is a small number.
fn sparse(estimator: &At<'_>) -> bool {
    let name = estimator.class().map_or("", |(_, name)| name);
    let whole = |key: &str| {
        let shares = estimator.optional(key).and_then(|share| match share.real() {
            Ok(share) => Some(vec![share]),
            Err(_) => share.array().ok()?.reals().ok(),
        });
        shares.is_some_and(|shares| shares.iter().all(|share| (share - 1.0).abs() <= 1e-8 + 1e-5))
    };
    // Since 1.8 the share alone says it of logistic regressions; before, it goes with another penalty.
    let logistic = estimator.any("penalty").is_none_or(|p| p.text().is_ok_and(|word| word == "deprecated"));
    estimator.optional("penalty").is_some_and(|p| p.text().is_ok_and(|word| word == "l1"))
        || name.contains("Lasso")
        || (name == "ElasticNet" && whole("l1_ratio"))
        || (name == "ElasticNetCV" && whole("l1_ratio_"))
        || (name == "LogisticRegression" && logistic && whole("l1_ratio"))
        || (name == "LogisticRegressionCV" && logistic && whole("l1_ratio_"))
}
