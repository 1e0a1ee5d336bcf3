//! Two classes.

use crate::base::text::counted;
use crate::base::{Cancelled, Task};

use super::super::performance::{BinaryDetail, CalibrationBin, Confusion, Detail, Good, MetricValue};
use super::interval::{effective_rows, logit, standard_error, symmetric, wilson};
use super::ranked::{Ranked, Scored};
use super::{Measured, Sample, Shape, mean_metric, share_metric};

/// Calibration bins; fewer when there are less than ten rows for each.
const BINS: usize = 10;

const AUC: Shape = Shape::rising("auc", "ROC AUC", "0–1");
const AVERAGE_PRECISION: Shape = Shape::rising("average-precision", "Average precision", "0–1");
const LOG_LOSS: Shape = Shape::falling("log-loss", "Log loss", "0 and up, natural logarithm");
const BRIER: Shape = Shape::falling("brier", "Brier score", "0–1");
const ACCURACY: Shape = Shape::rising("accuracy", "Accuracy at 0.5", "0–1");
const PRECISION: Shape = Shape::rising("precision", "Precision at 0.5", "0–1");
const RECALL: Shape = Shape::rising("recall", "Recall at 0.5", "0–1");
const F1: Shape = Shape::rising("f1", "F1 at 0.5", "0–1");
const BASE_RATE: Shape =
    Shape { good: Good::Neither, ..Shape::rising("base-rate", "Base rate", "share of the positive class") };

pub(super) fn measure(
    input: &Measured<'_>,
    sample: &Sample,
    notes: &mut Vec<String>,
    task: &Task,
) -> Result<(Vec<MetricValue>, Detail), Cancelled> {
    let column = input.predicted.cols().saturating_sub(1); // a second column, when there is one, is the positive class
    let scores: Vec<f64> = sample.index.iter().map(|&i| input.predicted.row(i)[column]).collect();
    let scored = scores.iter().zip(&sample.truth).zip(&sample.weights);
    let ranked =
        Ranked::new(scored.map(|((&score, &y), &weight)| Scored { score, positive: y > 0.5, weight }).collect());
    task.advance(1)?;
    let mut metrics = vec![area(&ranked, notes), average_precision(&ranked, sample)];
    metrics.extend(probability_metrics(&scores, sample, notes));
    task.advance(1)?;
    metrics.extend(called_metrics(&scores, sample));
    let total = ranked.positives() + ranked.negatives();
    metrics.push(share_metric(&BASE_RATE, ranked.positives() / total, sample.effective));
    say_what_is_undefined(&ranked, &metrics, notes);
    let detail = detail(input, &ranked);
    task.advance(1)?;
    Ok((metrics, Detail::Binary(detail)))
}

fn area(ranked: &Ranked, notes: &mut Vec<String>) -> MetricValue {
    let area = ranked.area();
    let interval = logit(area, ranked.area_error(area));
    let reversed = area <= 0.0 && ranked.rows().len() >= 10; // no interval at the very end of the scale
    if reversed || interval.is_some_and(|(_, high)| high < 0.5) {
        notes.push(
            "The model ranks the classes the wrong way round: its ROC AUC is below one half; check which class counts \
             as positive"
                .to_owned(),
        );
    }
    AUC.value(area, interval)
}

fn average_precision(ranked: &Ranked, sample: &Sample) -> MetricValue {
    let value = ranked.average_precision();
    let weights = sample.weights.iter().zip(&sample.truth).filter(|(_, y)| **y > 0.5).map(|(w, _)| *w);
    let positives = effective_rows(&weights.collect::<Vec<_>>());
    let interval =
        if ranked.negatives() > 0.0 { logit(value, (value * (1.0 - value) / positives).sqrt()) } else { None };
    AVERAGE_PRECISION.value(value, interval)
}

fn probability_metrics(scores: &[f64], sample: &Sample, notes: &mut Vec<String>) -> [MetricValue; 2] {
    let outside = scores.iter().filter(|p| !(0.0..=1.0).contains(*p)).count();
    if outside > 0 {
        notes.push(format!(
            "{} predicted outside 0–1, so log loss, Brier score and calibration are not defined",
            if outside == 1 { "1 row is".to_owned() } else { format!("{} are", counted(outside, "row")) }
        ));
        return [LOG_LOSS.value(f64::NAN, None), BRIER.value(f64::NAN, None)];
    }
    let mut certain = 0;
    let given = |(p, y): (&f64, &f64)| if *y > 0.5 { *p } else { 1.0 - *p };
    let losses: Vec<f64> = scores
        .iter()
        .zip(&sample.truth)
        .map(|pair| {
            let p = given(pair);
            certain += usize::from(p < f64::EPSILON);
            -libm::log(p.clamp(f64::EPSILON, 1.0 - f64::EPSILON))
        })
        .collect();
    if certain > 0 {
        notes.push(format!(
            "{} got a probability of 0 for what came true; log loss counts it as 2.2e−16",
            counted(certain, "row")
        ));
    }
    let squares: Vec<f64> = scores.iter().zip(&sample.truth).map(|(p, y)| (p - y) * (p - y)).collect();
    [mean_metric(&LOG_LOSS, sample, &losses, 0.0), mean_metric(&BRIER, sample, &squares, 0.0)]
}

fn called_metrics(scores: &[f64], sample: &Sample) -> [MetricValue; 4] {
    let mut c = Confusion { true_positive: 0.0, false_positive: 0.0, true_negative: 0.0, false_negative: 0.0 };
    // Effective rows of each denominator: all, called positive, truly positive.
    let (mut called, mut actual) = ((0.0, 0.0), (0.0, 0.0));
    for ((p, y), w) in scores.iter().zip(&sample.truth).zip(&sample.weights) {
        let (yes, truth) = (*p >= 0.5, *y > 0.5);
        let cell = match (yes, truth) {
            (true, true) => &mut c.true_positive,
            (true, false) => &mut c.false_positive,
            (false, true) => &mut c.false_negative,
            (false, false) => &mut c.true_negative,
        };
        *cell += w;
        for (used, sums) in [(yes, &mut called), (truth, &mut actual)] {
            if used {
                *sums = (sums.0 + w, sums.1 + w * w);
            }
        }
    }
    let kish = |(sum, squares): (f64, f64)| if squares > 0.0 { sum * sum / squares } else { 0.0 };
    let total = c.true_positive + c.false_positive + c.true_negative + c.false_negative;
    [
        share_metric(&ACCURACY, (c.true_positive + c.true_negative) / total, sample.effective),
        share_metric(&PRECISION, c.true_positive / (c.true_positive + c.false_positive), kish(called)),
        share_metric(&RECALL, c.true_positive / (c.true_positive + c.false_negative), kish(actual)),
        f1(scores, sample, &c, total),
    ]
}

/// F1 is a ratio of two means, 2·tp over (called + actual); its error follows by linearisation.
fn f1(scores: &[f64], sample: &Sample, c: &Confusion, total: f64) -> MetricValue {
    let both = 2.0 * c.true_positive + c.false_positive + c.false_negative;
    let value = 2.0 * c.true_positive / both;
    let mean = both / total;
    let influence = scores.iter().zip(&sample.truth).map(|(p, y)| {
        let (yes, truth) = (f64::from(u8::from(*p >= 0.5)), f64::from(u8::from(*y > 0.5)));
        (2.0 * yes * truth - value * (yes + truth)) / mean
    });
    let error = standard_error(influence, &sample.weights);
    F1.value(value, symmetric(value, error, (0.0, 1.0)))
}

fn say_what_is_undefined(ranked: &Ranked, metrics: &[MetricValue], notes: &mut Vec<String>) {
    if ranked.rows().is_empty() {
        return;
    }
    match (ranked.positives() > 0.0, ranked.negatives() > 0.0) {
        (false, _) => notes.push(
            "No measured row is of the positive class, so ROC AUC, average precision and recall are not defined"
                .to_owned(),
        ),
        (_, false) => {
            notes.push("All measured rows are of the positive class, so ROC AUC is not defined".to_owned());
        }
        _ => {}
    }
    if metrics.iter().any(|m| m.id == "precision" && m.value.is_nan()) {
        notes.push("No row is predicted positive at a threshold of 0.5, so precision is not defined".to_owned());
    }
    let (first, last) = (ranked.rows().first(), ranked.rows().last());
    if ranked.rows().len() > 1 && first.map(|r| r.score) == last.map(|r| r.score) {
        notes.push("All rows have the same predicted probability".to_owned());
    }
}

fn detail(input: &Measured<'_>, ranked: &Ranked) -> BinaryDetail {
    let (positives_above, negatives_above) = ranked.above();
    let name = |k: usize, fallback: &str| {
        let known = input.classes.get(k).or_else(|| input.card.classes.get(k));
        known.cloned().unwrap_or_else(|| fallback.to_owned())
    };
    BinaryDetail {
        classes: [name(0, "0"), name(1, "1")],
        scores: ranked.rows().iter().map(|r| r.score).collect(),
        positives_above: positives_above.into(),
        negatives_above: negatives_above.into(),
        roc: ranked.roc(),
        precision_recall: ranked.precision_recall(),
        calibration: calibration(ranked.rows()),
    }
}

/// Bins of equal row counts, ascending; rows of equal score stay in one bin. Empty when scores leave 0–1.
fn calibration(rows: &[Scored]) -> Vec<CalibrationBin> {
    if rows.iter().any(|r| !(0.0..=1.0).contains(&r.score)) {
        return Vec::new();
    }
    let bins = (rows.len() / BINS).clamp(1, BINS);
    let mut out = Vec::new();
    let mut start = 0;
    for bin in 0..bins {
        let mut end = (bin + 1) * rows.len() / bins;
        while end > start && end < rows.len() && rows[end].score == rows[end - 1].score {
            end += 1;
        }
        if end > start {
            out.push(calibration_bin(&rows[start..end]));
            start = end;
        }
    }
    out
}

fn calibration_bin(rows: &[Scored]) -> CalibrationBin {
    let weights: Vec<f64> = rows.iter().map(|r| r.weight).collect();
    let total: f64 = weights.iter().sum();
    let predicted = rows.iter().map(|r| r.weight * r.score).sum::<f64>() / total;
    let observed = rows.iter().filter(|r| r.positive).map(|r| r.weight).sum::<f64>() / total;
    let interval = wilson(observed, effective_rows(&weights));
    CalibrationBin { predicted, observed, interval, rows: rows.len() }
}
