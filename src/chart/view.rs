//! A subject's attributions as charts read them: one output, its unit, the values and texts of the features.

use std::cmp::Ordering;

use crate::base::{RowId, text};
use crate::data::{Column, Values};
use crate::explain::method::changed_settings;
use crate::explain::{
    Attribution, Body, Curves, Explanation, FeatureCurve, Importance, Interactions, Shape, Strengths,
};
use crate::model::{ModelCard, Scale, Term};

use super::kind::{ChartError, Subject};
use super::scale;

/// Attributions to one output of the model.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The whole answer with its passport.
    pub explanation: &'a Explanation,
    /// Its contributions.
    pub attribution: &'a Attribution,
    /// The chosen output.
    pub output: usize,
    /// Unit of every contribution, in words.
    pub unit: &'static str,
    subject: Subject<'a>,
}

/// The attributions of `subject`, checked: the chosen output exists and there is at least one row and one feature.
pub fn attribution<'a>(subject: &Subject<'a>) -> Result<View<'a>, ChartError> {
    let explanation = answer(subject, Shape::Attribution)?;
    let Body::Attribution(attribution) = &explanation.body else {
        return Err(ChartError::Missing(Shape::Attribution.missing()));
    };
    if subject.output >= attribution.outputs.len() {
        return Err(ChartError::Missing("The chosen output is not part of this explanation"));
    }
    if attribution.rows.is_empty() || attribution.features.is_empty() {
        return Err(ChartError::Missing("The explanation holds no rows or no features"));
    }
    let unit = unit(subject, attribution.scale);
    Ok(View { explanation, attribution, output: subject.output, unit, subject: *subject })
}

/// The permutation importance of `subject`.
pub fn importance<'a>(subject: &Subject<'a>) -> Result<(&'a Explanation, &'a Importance), ChartError> {
    let explanation = answer(subject, Shape::Importance)?;
    match &explanation.body {
        Body::Importance(importance) if !importance.entries.is_empty() => Ok((explanation, importance)),
        _ => Err(ChartError::Missing("This answer holds no importance; run permutation importance")),
    }
}

/// The curves of `subject`, and the one of the chosen feature; the chosen output exists.
pub fn curve<'a>(subject: &Subject<'a>) -> Result<(&'a Explanation, &'a Curves, &'a FeatureCurve), ChartError> {
    let explanation = answer(subject, Shape::Curves)?;
    let Body::Curves(curves) = &explanation.body else { return Err(ChartError::Missing(Shape::Curves.missing())) };
    if subject.output >= curves.outputs.len() {
        return Err(ChartError::Missing("The chosen output is not part of this explanation"));
    }
    let feature = subject.feature.ok_or(ChartError::Missing("Choose a feature first"))?;
    match curves.features.iter().find(|curve| curve.feature == feature) {
        Some(curve) if !curve.places.is_empty() => Ok((explanation, curves, curve)),
        _ => Err(ChartError::Missing("The chosen feature is not part of this explanation")),
    }
}

/// The interaction values of `subject`; the chosen output exists and there is at least one feature.
pub fn interactions<'a>(subject: &Subject<'a>) -> Result<(&'a Explanation, &'a Interactions), ChartError> {
    let explanation = answer(subject, Shape::Interactions)?;
    let Body::Interactions(interactions) = &explanation.body else {
        return Err(ChartError::Missing(Shape::Interactions.missing()));
    };
    if subject.output >= interactions.outputs.len() {
        return Err(ChartError::Missing("The chosen output is not part of this explanation"));
    }
    if interactions.pairs.is_empty() {
        return Err(ChartError::Missing("The model uses no feature, so that there are no effects to show"));
    }
    Ok((explanation, interactions))
}

/// The strengths of interactions of `subject`; the chosen output exists.
pub fn strengths<'a>(subject: &Subject<'a>) -> Result<(&'a Explanation, &'a Strengths), ChartError> {
    let explanation = answer(subject, Shape::Strengths)?;
    match &explanation.body {
        Body::Strengths(strengths) if subject.output < strengths.outputs.len() => Ok((explanation, strengths)),
        Body::Strengths(_) => Err(ChartError::Missing("The chosen output is not part of this explanation")),
        _ => Err(ChartError::Missing(Shape::Strengths.missing())),
    }
}

/// The terms of an explainable boosting machine, for one output.
pub struct Terms<'a> {
    /// The model's card.
    pub card: &'a ModelCard,
    /// Its terms; their inputs and outputs are in range of the card.
    pub terms: &'a [Term],
    /// The chosen output.
    pub output: usize,
    /// Unit of scores.
    pub unit: &'static str,
}

impl Terms<'_> {
    /// Title suffix that names the output: ` to “default”`; empty when it has no name.
    pub fn to_output(&self) -> String {
        let name = self.card.outputs.get(self.output).map_or("", String::as_str);
        if name.is_empty() { String::new() } else { format!(" to “{name}”") }
    }

    /// Where the numbers come from.
    pub fn passport(&self) -> String {
        format!("Read from the model file, nothing is estimated · model {}.", self.card.sha256.short())
    }
}

/// The terms of `subject`'s model; the chosen output exists.
pub fn terms<'a>(subject: &Subject<'a>) -> Result<Terms<'a>, ChartError> {
    let (Some(card), Some(terms)) = (subject.card, subject.terms) else {
        return Err(ChartError::Missing(super::kind::NO_TERMS));
    };
    if subject.output >= card.outputs.len() {
        return Err(ChartError::Missing("The chosen output is not part of this model"));
    }
    Ok(Terms { card, terms, output: subject.output, unit: unit(subject, card.native_scale) })
}

fn answer<'a>(subject: &Subject<'a>, shape: Shape) -> Result<&'a Explanation, ChartError> {
    subject.answer(shape).ok_or(ChartError::Missing(shape.missing()))
}

/// The unit of numbers on a scale, in words.
pub fn unit(subject: &Subject<'_>, scale: Scale) -> &'static str {
    subject.card.map_or_else(|| plain_unit(scale), |card| card.unit(scale))
}

/// Title suffix that names an output: ` of “default”`; empty when it has no name.
pub fn of_output(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" of “{name}”") }
}

fn plain_unit(scale: Scale) -> &'static str {
    match scale {
        Scale::Margin => "margin",
        Scale::Probability => "probability",
        Scale::Target => "target units",
    }
}

impl<'a> View<'a> {
    /// Number of explained rows.
    pub fn row_count(&self) -> usize {
        self.attribution.rows.len()
    }

    /// The chosen row and its place among the explained ones.
    pub fn chosen_row(&self) -> Result<(RowId, usize), ChartError> {
        let row = self.subject.row.ok_or(ChartError::Missing("Choose a row first"))?;
        let position = self.attribution.position(row);
        position
            .map(|position| (row, position))
            .ok_or(ChartError::Missing("The chosen row is not among the explained rows; explain it first"))
    }

    /// Number of features.
    pub fn width(&self) -> usize {
        self.attribution.features.len()
    }

    /// Contributions, shape (rows, features), row-major.
    pub fn values(&self) -> &'a [f64] {
        self.attribution.of_output(self.output)
    }

    /// Contributions of one feature, in row order.
    pub fn column_values(&self, feature: usize) -> impl Iterator<Item = f64> + 'a {
        self.values().chunks_exact(self.width()).map(move |row| row[feature])
    }

    /// Expected prediction over the reference set.
    pub fn base(&self) -> f64 {
        self.attribution.base.get(self.output).copied().unwrap_or(0.0)
    }

    /// What a row is called: `Row 12`, or the name of an edited one.
    pub fn row_name(&self, row: RowId) -> String {
        self.subject.row_name(row)
    }

    /// What a row is called inside a sentence: `row 12`.
    pub fn row_in_sentence(&self, row: RowId) -> String {
        let name = self.row_name(row);
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    }

    /// A row in a few letters: `row 12`, or `edited row`.
    pub fn row_label(&self, row: RowId) -> String {
        if self.subject.name.is_some() { "edited row".to_owned() } else { self.row_in_sentence(row) }
    }

    /// Name of a feature.
    pub fn name(&self, feature: usize) -> &'a str {
        &self.attribution.features[feature]
    }

    /// Name of the chosen output.
    pub fn output_name(&self) -> &'a str {
        self.attribution.outputs.get(self.output).map_or("", String::as_str)
    }

    /// Whether the scale is the log-odds of one class against its complement, so that it can be read as probability.
    pub fn is_log_odds(&self) -> bool {
        self.unit == "log-odds" && self.attribution.outputs.len() == 1
    }

    /// The column that feeds a feature, when table and link are known.
    pub fn column(&self, feature: usize) -> Option<&'a Column> {
        let column = *self.subject.link?.columns.get(feature)?;
        self.subject.data?.columns().get(column)
    }

    /// The feature's value in a table row as a number to place or rank; NaN when missing or unknown.
    pub fn value(&self, feature: usize, row: RowId) -> f64 {
        self.column(feature).map_or(f64::NAN, |c| c.values.position(row.index()))
    }

    /// The feature's value in a table row in words; `None` when the table is not known.
    pub fn value_text(&self, feature: usize, row: RowId) -> Option<String> {
        self.column(feature).map(|c| value_text(&c.values, row.index()))
    }

    /// Features by mean absolute contribution, largest first; ties by input order.
    pub fn own_order(&self) -> Vec<(usize, f64)> {
        ranked(&self.attribution.mean_absolute(self.output))
    }

    /// Features in the order in which they are shown, with their mean absolute contribution: by its size, or in the order of
    /// all rows where charts of cohorts stand beside each other.
    pub fn order(&self) -> Vec<(usize, f64)> {
        let Some(whole) = self.whole() else { return self.own_order() };
        let own = self.attribution.mean_absolute(self.output);
        ranked(&whole.mean_absolute(self.output)).into_iter().map(|(j, _)| (j, own[j])).collect()
    }

    /// In words, `Order: largest mean absolute contribution` with `place`, or that it is the one of all rows.
    pub fn order_note(&self, place: &str) -> String {
        match self.whole() {
            Some(_) => "Order: that of all explained rows, the same in all charts beside each other.".to_owned(),
            None => format!("Order: largest mean absolute contribution {place}."),
        }
    }

    /// The attributions of all rows, where these are those of a cohort whose chart stands beside others.
    fn whole(&self) -> Option<&'a Attribution> {
        let Body::Attribution(whole) = &self.subject.whole?.get(Shape::Attribution)?.body else { return None };
        (whole.features.len() == self.width() && self.output < whole.outputs.len()).then_some(whole)
    }

    /// Whether its chart stands beside those of other cohorts.
    pub fn is_beside(&self) -> bool {
        self.whole().is_some()
    }

    /// The mean standard error of every feature's contributions; `None` for exact ones.
    pub fn mean_errors(&self) -> Option<Vec<f64>> {
        let size = self.values().len();
        let errors = self.attribution.std_error.as_ref()?.get(self.output * size..(self.output + 1) * size)?;
        let mut means = vec![0.0; self.width()];
        for row in errors.chunks_exact(self.width()) {
            means.iter_mut().zip(row).for_each(|(mean, error)| *mean += error / self.row_count() as f64);
        }
        Some(means)
    }

    /// What axes and colours are made for: all explained rows where charts of cohorts stand beside each other, else these.
    #[must_use]
    pub fn reference(&self) -> Self {
        Self { attribution: self.whole().unwrap_or(self.attribution), ..*self }
    }

    /// For every row the sum of the contributions of `features`.
    pub fn sums(&self, features: &[usize]) -> Vec<f64> {
        self.values().chunks_exact(self.width()).map(|row| features.iter().map(|&j| row[j]).sum()).collect()
    }

    /// Title suffix that names the output: ` to “default”`; empty when it has no name.
    pub fn to_output(&self) -> String {
        if self.output_name().is_empty() { String::new() } else { format!(" to “{}”", self.output_name()) }
    }

    /// `1 000 rows explained`, and the passport of the numbers.
    pub fn notes(&self) -> Vec<String> {
        vec![format!("{} explained.", text::counted(self.row_count(), "row")), passport(self.explanation, self.unit)]
    }
}

/// Indices and values by size, largest first; ties by index; NaN last.
pub fn ranked(values: &[f64]) -> Vec<(usize, f64)> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| match (a.1.is_nan(), b.1.is_nan()) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)),
    });
    order
}

/// One value of a column in words.
pub fn value_text(values: &Values, row: usize) -> String {
    if values.is_missing(row) {
        return text::MISSING.to_owned();
    }
    match values {
        Values::Number { values, whole } => number_text(values[row], *whole),
        Values::Category { codes, levels } => {
            levels.get(codes[row] as usize).cloned().unwrap_or_else(|| text::MISSING.to_owned())
        }
        Values::Text(texts) => text::shorten(texts.get(row).unwrap_or_default(), 24),
        Values::YesNo(flags) => (if flags[row] == 1 { "yes" } else { "no" }).to_owned(),
        Values::Date { millis, day } => {
            let millis = millis[row] as f64;
            if *day { scale::date(millis) } else { scale::moment(millis) }
        }
    }
}

/// A number of a column: every digit of whole numbers, four significant ones of others.
pub fn number_text(value: f64, whole: bool) -> String {
    if whole && value.abs() < 1e15 { text::fixed(value, 0) } else { text::significant(value, 4) }
}

/// Method, exactness, gap or standard error, reference set, seed and fingerprints, in one sentence.
pub fn passport(explanation: &Explanation, unit: &str) -> String {
    let (fidelity, provenance) = (&explanation.fidelity, &explanation.provenance);
    let mut parts = vec![format!("Method: {}", provenance.method_title)];
    parts.push(if fidelity.exact { "exact".to_owned() } else { "sampled".to_owned() });
    if let Some(gap) = fidelity.gap {
        parts.push(format!("largest additivity gap {} {unit}", text::number(gap)));
    }
    if let Some(error) = fidelity.largest_error {
        parts.push(format!("largest standard error {} {unit}", text::number(error)));
    }
    if fidelity.converged == Some(false) {
        parts.push("stopped by its budget before it converged".to_owned());
    }
    if provenance.background.is_some() && !provenance.background_text.is_empty() {
        parts.push(format!("reference set: {}", provenance.background_text));
    }
    parts.extend(changed_settings(provenance));
    parts.push(format!("seed {}", provenance.seed.0));
    if !provenance.model.0.is_empty() {
        parts.push(format!("model {}", provenance.model.short()));
    }
    if !provenance.data.0.is_empty() {
        parts.push(format!("data {}", provenance.data.short()));
    }
    // Short parts stay whole when the note is broken into lines.
    let whole = |p: &String| if p.chars().count() < 24 { p.replace(' ', "\u{a0}") } else { p.clone() };
    format!("{}.", parts.iter().map(whole).collect::<Vec<_>>().join(" · "))
}
