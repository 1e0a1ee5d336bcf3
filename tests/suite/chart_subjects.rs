//! Hand-made subjects for the charts: a table, a link, a card and answers with known numbers.

use std::sync::Arc;

use candor::base::{Fingerprint, Knobs, RowId, RowSet, Seed};
use candor::chart::{CohortRows, Subject};
use candor::data::TableProfile;
use candor::data::profile::{ColumnProfile, Histogram, NumberProfile};
use candor::data::{Column, Dataset, Input, InputKind, Link, Source, Values, link};
use candor::explain::{
    Answers, Attribution, Body, Challenge, Curves, Explanation, FeatureCurve, FeatureImportance, Fidelity, Importance,
    Place, Provenance, Shape, SharedColumn,
};
use candor::model::performance::{
    BinaryDetail, CalibrationBin, Detail, MetricValue, MulticlassDetail, RegressionDetail,
};
use candor::model::{ModelCard, Performance, Scale, TaskKind, Term};

use super::chart_pairs::{interactions, strengths};
use super::common::terms::terms;

/// Everything a subject borrows.
pub struct Parts {
    pub data: Dataset,
    pub card: ModelCard,
    pub link: Link,
    pub answers: Answers,
    pub terms: Vec<Term>,
    pub cohorts: Vec<CohortRows>,
}

impl Parts {
    /// The subject with everything there is, looking at row 0 and the first feature.
    pub fn subject<'a>(&'a self, performance: Option<&'a Performance>) -> Subject<'a> {
        Subject {
            data: Some(&self.data),
            card: Some(&self.card),
            link: Some(&self.link),
            answers: Some(&self.answers),
            terms: Some(&self.terms),
            cohorts: &self.cohorts,
            performance,
            row: Some(RowId(0)),
            feature: Some(0),
            ..Subject::default()
        }
    }

    /// The contributions.
    pub fn contributions(&self) -> &Attribution {
        match &self.answers.get(Shape::Attribution).expect("this fixture attributes").body {
            Body::Attribution(attribution) => attribution,
            _ => unreachable!("answers are kept by shape"),
        }
    }
}

/// How a fixture differs from the plain one.
#[derive(Clone, Copy)]
pub struct Plan {
    pub rows: usize,
    pub features: usize,
    pub missing: bool,
    pub long_names: bool,
    pub zero: bool,
    pub sampled: bool,
}

impl Plan {
    pub fn plain(rows: usize, features: usize) -> Self {
        Self { rows, features, missing: false, long_names: false, zero: false, sampled: false }
    }
}

const NAMES: [&str; 12] = [
    "income",
    "purpose",
    "age",
    "years employed",
    "loan amount",
    "has guarantor",
    "credit history",
    "debt ratio",
    "savings",
    "housing",
    "instalments",
    "constant",
];

/// The name of feature `j`.
pub fn name(plan: &Plan, j: usize) -> String {
    let short = NAMES.get(j).map_or_else(|| format!("feature {j}"), |n| (*n).to_owned());
    if plan.long_names {
        format!("{short}_averaged_over_the_last_twenty_four_months_before_application")
    } else {
        short
    }
}

fn column(plan: &Plan, j: usize) -> Column {
    let mut draws = Seed(7).child("column", j as u64);
    let gap = |i: usize| plan.missing && (i * 7 + j).is_multiple_of(9);
    let values = match j {
        1 => Values::Category {
            codes: (0..plan.rows)
                .map(|i| if gap(i) { u32::MAX } else { (draws.unit() * draws.unit() * 8.0) as u32 })
                .collect(),
            levels: ["car", "furniture", "education", "repairs", "business", "travel", "other", "retraining"]
                .map(str::to_owned)
                .into_iter()
                .collect(),
        },
        3 => Values::Number {
            values: (0..plan.rows).map(|i| if gap(i) { f64::NAN } else { 40.0 * draws.unit() }).collect(),
            whole: false,
        },
        5 => Values::YesNo((0..plan.rows).map(|i| if gap(i) { 2 } else { u8::from(draws.unit() > 0.7) }).collect()),
        11 => Values::Number { values: vec![3.0; plan.rows].into(), whole: true },
        _ => Values::Number {
            values: (0..plan.rows)
                .map(|i| if gap(i) { f64::NAN } else { (1_000.0 * draws.normal().exp()).round() })
                .collect(),
            whole: true,
        },
    };
    Column { name: name(plan, j).into(), values }
}

fn input(column: &Column) -> Input {
    let kind = match &column.values {
        Values::Category { levels, .. } => InputKind::Levels(levels.clone()),
        _ => InputKind::Number,
    };
    Input { name: column.name.to_string(), kind }
}

/// A card of a two-class booster with these inputs.
pub fn card(inputs: Vec<Input>) -> ModelCard {
    ModelCard {
        name: "credit".to_owned(),
        path: None,
        sha256: Fingerprint::of(b"model"),
        bytes: 1,
        format: "XGBoost JSON".to_owned(),
        library: None,
        algorithm: "gradient-boosted trees".to_owned(),
        objective: None,
        task: TaskKind::Binary,
        inputs,
        outputs: vec!["default".to_owned()],
        classes: vec!["paid".to_owned(), "default".to_owned()],
        native_scale: Scale::Margin,
        log_odds: true,
        scales: vec![Scale::Margin, Scale::Probability],
        steps: None,
        facts: Vec::new(),
        notes: Vec::new(),
    }
}

/// A passport for hand-made answers.
fn explanation(body: Body, method: &str, sampled: bool) -> Explanation {
    Explanation {
        fidelity: Fidelity {
            gap: matches!(body, Body::Attribution(_)).then_some(3.1e-12),
            relative_gap: Some(1e-12),
            source_rounding: 0.0,
            exact: !sampled,
            largest_error: sampled.then_some(0.08),
            converged: sampled.then_some(true),
            evaluations: 0,
        },
        body,
        predictions: Arc::from([]),
        provenance: Provenance {
            method: "tree-shap".to_owned(),
            method_title: method.to_owned(),
            program: "Candor".to_owned(),
            model: Fingerprint::of(b"model"),
            data: Fingerprint::of(b"data"),
            background: Some(Fingerprint::of(b"background")),
            background_text: "200 of 1 000 rows drawn with seed 42".to_owned(),
            knobs: Knobs::default(),
            seed: Seed(42),
            scale: Scale::Margin,
            notes: Vec::new(),
        },
    }
}

/// A fixture after `plan`.
/// The first third of the rows, and the rest.
fn cohorts(rows: usize) -> Vec<CohortRows> {
    let first = RowSet::of(rows, (0..rows as u32 / 3).map(RowId));
    let rest = first.complement();
    let named = |(name, rows): (&str, RowSet)| CohortRows { name: name.to_owned(), rows: Arc::new(rows) };
    [("first", first), ("rest", rest)].map(named).to_vec()
}

pub fn parts(plan: &Plan) -> Parts {
    let columns: Vec<Column> = (0..plan.features).map(|j| column(plan, j)).collect();
    let inputs: Vec<Input> = columns.iter().map(input).collect();
    let (rows, width) = (plan.rows, plan.features);
    let mut values = vec![0.0; rows * width];
    if !plan.zero {
        for (j, column) in columns.iter().enumerate() {
            let weight = 1.2 / (1.0 + j as f64);
            let mut draws = Seed(3).child("contribution", j as u64);
            for i in 0..rows {
                values[i * width + j] = weight * effect(&column.values, i, j) + 0.15 * weight * draws.normal();
            }
            if j == 0 && width > 2 {
                let other = &columns[2].values;
                for i in 0..rows {
                    let push = if other.position(i) > 1000.0 { 1.0 } else { -1.0 };
                    values[i * width] += 0.35 * push * values[i * width].signum();
                }
            }
        }
    }
    let errors: Option<Arc<[f64]>> = plan.sampled.then(|| values.iter().map(|v| 0.02 + 0.05 * v.abs()).collect());
    let names: Arc<[String]> = (0..width).map(|j| name(plan, j)).collect();
    let attribution = Attribution {
        features: names,
        outputs: vec!["default".to_owned()].into(),
        values: values.into(),
        base: vec![-0.85],
        std_error: errors,
        rows: (0..rows).map(|i| RowId(i as u32)).collect(),
        scale: Scale::Margin,
    };
    let title = if plan.sampled { "Permutation SHAP" } else { "Tree SHAP (path-dependent)" };
    let data = Dataset::new(Source::default(), columns.clone()).expect("columns of equal length");
    Parts {
        link: link(&inputs, &data).expect("the columns are the inputs"),
        data,
        terms: terms(&inputs, plan.sampled),
        cohorts: cohorts(plan.rows),
        card: card(inputs),
        answers: [
            explanation(Body::Importance(permutation(plan)), "Permutation importance", true),
            explanation(Body::Curves(curves(plan, &columns)), "Partial dependence", false),
            explanation(Body::Interactions(interactions(plan)), "Interaction values", false),
            explanation(Body::Strengths(strengths(plan)), "Friedman’s H", false),
            explanation(Body::Attribution(attribution), title, plan.sampled),
        ]
        .into_iter()
        .map(Arc::new)
        .collect(),
    }
}

fn effect(values: &Values, i: usize, j: usize) -> f64 {
    if values.is_missing(i) {
        return -0.4;
    }
    let v = values.position(i);
    match (values, j) {
        (Values::Category { .. }, _) => [0.6, -0.2, 0.9, -0.7, 0.1, 0.4, -0.3, 0.0][v as usize % 8],
        (Values::YesNo(_), _) => {
            if v > 0.5 {
                -0.8
            } else {
                0.25
            }
        }
        (_, 3) => v / 20.0 - 1.0,
        (_, 11) => 0.0,
        _ => ((v / 1000.0).ln()).tanh() * if j.is_multiple_of(2) { -1.0 } else { 1.0 },
    }
}

/// Curves that rise by one from place to place; of numbers in four pieces with a missing one, else one per level.
fn curves(plan: &Plan, columns: &[Column]) -> Curves {
    let individual = plan.rows.min(3);
    let curve = |(j, column): (usize, &Column)| {
        let places: Vec<Place> = match &column.values {
            Values::Category { levels, .. } => {
                std::iter::once(Place::Missing).chain(levels.iter().cloned().map(Place::Category)).collect()
            }
            Values::YesNo(_) => vec![Place::At(0.0), Place::At(1.0)],
            _ => {
                let ends = [f64::NEG_INFINITY, 500.0, 1000.0, 2000.0, f64::INFINITY];
                std::iter::once(Place::Missing).chain(ends.windows(2).map(|e| Place::Between(e[0], e[1]))).collect()
            }
        };
        let line = |start: f64| (0..places.len()).map(move |k| if plan.zero { 0.0 } else { start + k as f64 });
        FeatureCurve {
            feature: j,
            name: name(plan, j),
            counts: (0..places.len() as u64).map(|k| if k == 0 { u64::from(plan.missing) } else { 10 * k }).collect(),
            mean: line(0.0).collect(),
            individual: (0..individual).flat_map(|row| line(row as f64 - 1.0)).collect(),
            places,
        }
    };
    Curves {
        outputs: vec!["default".to_owned()].into(),
        features: columns.iter().enumerate().map(curve).collect(),
        individual: (0..individual as u32).map(RowId).collect(),
        rows: plan.rows,
        centred: false,
        scale: Scale::Margin,
    }
}

fn permutation(plan: &Plan) -> Importance {
    let entries: Vec<FeatureImportance> = (0..plan.features)
        .map(|j| {
            let value = if plan.zero { 0.0 } else { 0.09 / (1.0 + j as f64) - 0.004 };
            let spread = if plan.zero { 0.0 } else { 0.006 };
            FeatureImportance {
                feature: name(plan, j),
                value,
                std_error: spread / 2.0,
                over_repeats: (value - spread / 2.0, value + spread / 2.0),
                over_rows: (value - spread, value + spread),
            }
        })
        .collect();
    let spread = if plan.zero { 0.0 } else { 0.004 };
    let gap = |pair: &[FeatureImportance]| pair[0].value - pair[1].value;
    Importance {
        measure: "increase in log loss when the column is shuffled".to_owned(),
        gaps: entries.windows(2).map(|pair| (gap(pair) - spread, gap(pair) + spread)).collect(),
        entries,
        baseline: 0.41,
        rows: plan.rows,
    }
}

/// A second model that reads every column but the last and gives a little more to the first and less to the others.
pub fn challenge(parts: &Parts) -> Challenge {
    let known = parts.answers.get(Shape::Attribution).expect("this fixture attributes");
    let own = parts.contributions();
    let (width, kept) = (own.features.len(), (own.features.len() - 1).max(1));
    let change = |j: usize, value: f64| if j == 0 { 1.3 * value + 0.1 } else { 0.8 * value };
    let rows = own.values.chunks(width);
    let values = rows.flat_map(|row| row[..kept].iter().enumerate().map(|(j, v)| change(j, *v))).collect();
    let body = Body::Attribution(Attribution {
        features: own.features[..kept].into(),
        values,
        base: vec![-0.7],
        std_error: None,
        ..own.clone()
    });
    let columns = (0..width).map(|j| SharedColumn {
        name: own.features[j].clone(),
        column: j,
        champion: Some(j),
        challenger: (j < kept).then_some(j),
    });
    let other = Explanation { body, ..(**known).clone() };
    Challenge::new(Arc::clone(known), Arc::new(other), columns.collect()).expect("the same rows and scale")
}

/// Performance of two classes whose scores separate them imperfectly.
pub fn binary(rows: usize) -> Performance {
    let mut draws = Seed(11).child("scores", 0);
    let mut pairs: Vec<(f64, f64)> = (0..rows)
        .map(|_| {
            let score = draws.unit() * draws.unit();
            (score, f64::from(u8::from(draws.unit() < 0.1 + 0.85 * score)))
        })
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let above = |wanted: f64| -> Vec<f64> {
        let mut sums = vec![0.0; rows + 1];
        for i in (0..rows).rev() {
            sums[i] = sums[i + 1] + f64::from(u8::from((pairs[i].1 - wanted).abs() < 0.5));
        }
        sums
    };
    let (positives, negatives) = (above(1.0), above(0.0));
    let curve = |point: &dyn Fn(usize) -> [f64; 3]| (0..=rows).rev().map(point).collect::<Vec<_>>();
    let score = |i: usize| pairs.get(i).map_or(1.0, |p| p.0);
    let roc = curve(&|i| [negatives[i] / negatives[0], positives[i] / positives[0], score(i)]);
    let precision_recall =
        curve(&|i| [positives[i] / positives[0], positives[i] / (positives[i] + negatives[i]).max(1.0), score(i)]);
    let calibration = pairs
        .chunks(rows.div_ceil(10))
        .map(|bin| {
            let n = bin.len() as f64;
            let observed = bin.iter().map(|b| b.1).sum::<f64>() / n;
            let spread = 1.96 * (observed * (1.0 - observed) / n).sqrt() + 0.01;
            CalibrationBin {
                predicted: bin.iter().map(|b| b.0).sum::<f64>() / n,
                observed,
                interval: ((observed - spread).max(0.0), (observed + spread).min(1.0)),
                rows: bin.len(),
            }
        })
        .collect();
    let auc = MetricValue {
        id: "auc",
        title: "ROC AUC",
        value: 0.71,
        interval: Some((0.66, 0.75)),
        good: candor::model::performance::Good::High,
        unit: "0–1",
    };
    performance(
        rows,
        Detail::Binary(BinaryDetail {
            classes: ["paid".to_owned(), "default".to_owned()],
            scores: pairs.iter().map(|p| p.0).collect(),
            positives_above: positives.into(),
            negatives_above: negatives.into(),
            roc,
            precision_recall: precision_recall[1..].to_vec(),
            calibration,
        }),
        vec![auc],
    )
}

fn performance(rows: usize, detail: Detail, metrics: Vec<MetricValue>) -> Performance {
    Performance { rows, skipped: 3, weighted: false, metrics, detail, notes: Vec::new() }
}

/// Performance of four classes.
pub fn multiclass() -> Performance {
    let classes =
        ["setosa", "versicolor", "virginica", "a very long name of a rare species"].map(str::to_owned).to_vec();
    let confusion =
        vec![vec![48.0, 1.0, 0.0, 1.0], vec![2.0, 40.0, 7.0, 1.0], vec![0.0, 9.0, 41.0, 0.0], vec![0.0, 2.0, 1.0, 3.0]];
    let bend = |k: usize| -> Vec<[f64; 3]> {
        (0..=60)
            .map(|i| {
                let x = f64::from(i) / 60.0;
                [x, x.powf(0.15 + 0.12 * k as f64), 1.0 - x]
            })
            .collect()
    };
    let detail = MulticlassDetail {
        classes,
        confusion,
        roc: (0..4).map(bend).collect(),
        roc_area: vec![0.87, 0.79, 0.72, 0.66],
    };
    performance(156, Detail::Multiclass(detail), Vec::new())
}

/// Performance of a regression whose errors grow with the prediction.
pub fn regression(rows: usize) -> Performance {
    let mut draws = Seed(5).child("regression", 0);
    let predicted: Vec<f64> = (0..rows).map(|_| 120_000.0 + 60_000.0 * draws.normal()).collect();
    let actual: Vec<f64> =
        predicted.iter().map(|p| p + 0.12 * p * draws.normal() + 2e-7 * (p - 120_000.0) * (p - 120_000.0)).collect();
    let detail = RegressionDetail {
        rows: (0..rows).map(|i| RowId(i as u32)).collect(),
        predicted: predicted.into(),
        actual: actual.into(),
    };
    performance(rows, Detail::Regression(detail), Vec::new())
}

/// A profile of the fixture's table, counted here.
pub fn profile(data: &Dataset) -> TableProfile {
    let columns = data.columns().iter().map(|column| {
        let values: Vec<f64> = (0..column.values.len()).map(|i| column.values.position(i)).collect();
        let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        let mut profile =
            ColumnProfile { present: present.len(), missing: values.len() - present.len(), ..ColumnProfile::default() };
        match &column.values {
            Values::Number { .. } | Values::Date { .. } => {
                let low = present.iter().copied().fold(f64::INFINITY, f64::min);
                let high = present.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let mut counts = vec![0; 24];
                for v in &present {
                    counts[(((v - low) / (high - low) * 24.0) as usize).min(23)] += 1;
                }
                let mut sorted = present.clone();
                sorted.sort_by(f64::total_cmp);
                let at = |q: f64| sorted[((sorted.len() - 1) as f64 * q) as usize];
                profile.numbers = Some(NumberProfile {
                    min: low,
                    max: high,
                    mean: present.iter().sum::<f64>() / present.len() as f64,
                    deviation: 1.0,
                    quantiles: [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map(at),
                    zeros: 0,
                    infinite: 0,
                });
                profile.histogram = Some(Histogram { low, high, counts });
            }
            Values::Category { levels, .. } => {
                let count = |k: usize| present.iter().filter(|v| **v as usize == k).count();
                profile.levels = levels.iter().enumerate().map(|(k, l)| (l.clone(), count(k))).collect();
                profile.levels.sort_by_key(|l| std::cmp::Reverse(l.1));
            }
            _ => {
                let yes = present.iter().filter(|v| **v > 0.5).count();
                profile.levels = vec![("no".to_owned(), present.len() - yes), ("yes".to_owned(), yes)];
            }
        }
        profile
    });
    TableProfile { columns: columns.collect() }
}
