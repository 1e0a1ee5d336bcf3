//! Two models side by side as charts read them: their names, their attributions in one unit, and the words for both.

use crate::base::{RowId, text};
use crate::explain::{Challenge, Shape};
use crate::model::measure::{Flip, TwoPredictions};

use super::kind::{ChallengerView, ChartError, Subject};
use super::view;

/// Attributions of two models to one output.
pub struct Compared<'a> {
    /// Both answers.
    pub challenge: &'a Challenge,
    /// The chosen output.
    pub output: usize,
    /// Unit of every number.
    pub unit: &'static str,
    subject: Subject<'a>,
}

/// The attributions of two models; the chosen output exists and there is at least one row and one column.
pub fn attributions<'a>(subject: &Subject<'a>) -> Result<Compared<'a>, ChartError> {
    let known = challenger(subject)?;
    let challenge = known.challenge.ok_or(ChartError::Missing("Explain both models first"))?;
    if subject.output >= challenge.outputs() {
        return Err(ChartError::Missing("The chosen output is not part of this explanation"));
    }
    if challenge.rows().is_empty() || challenge.columns().is_empty() {
        return Err(ChartError::Missing("The explanation holds no rows or no features"));
    }
    let unit = view::unit(subject, challenge.scale());
    Ok(Compared { challenge, output: subject.output, unit, subject: *subject })
}

/// The second model.
pub fn challenger<'a>(subject: &Subject<'a>) -> Result<ChallengerView<'a>, ChartError> {
    subject.challenger.ok_or(ChartError::Missing("Open a model to compare first"))
}

/// Predictions of both models; the chosen output exists.
pub fn predictions<'a>(subject: &Subject<'a>) -> Result<TwoPredictions<'a>, ChartError> {
    let known = challenger(subject)?;
    let own = subject.predictions.ok_or(ChartError::Missing("Predict the table first"))?;
    if subject.output >= own.outputs {
        return Err(ChartError::Missing("The chosen output is not part of this model"));
    }
    if own.values.is_empty() || own.values.len() != known.predictions.len() {
        return Err(ChartError::Missing("The two models were not predicted on the same rows"));
    }
    let (champion, challenger) = (own.values, known.predictions);
    Ok(TwoPredictions { champion, challenger, outputs: own.outputs, truth: own.truth })
}

/// Flips that concern the chosen output: into its class, and out of it.
pub struct Directions {
    /// The class that the chosen output is about.
    pub class: usize,
    /// Its name.
    pub name: String,
    /// The other class of two; empty of several.
    pub other: String,
    /// Rows that the challenger, but not the champion, calls this class.
    pub into: Vec<Flip>,
    /// Rows that the champion, but not the challenger, calls this class.
    pub out: Vec<Flip>,
    /// Flips between other classes.
    pub elsewhere: usize,
}

/// The flips of `subject` by direction.
pub fn directions(subject: &Subject<'_>) -> Result<Directions, ChartError> {
    let (two, known) = (predictions(subject)?, challenger(subject)?);
    let card = subject.card.filter(|c| c.task.is_classification());
    let card = card.ok_or(ChartError::Missing("Only models of classes decide"))?;
    let class = if two.outputs == 1 { 1 } else { subject.output };
    let named = |k: usize| card.classes.get(k).cloned();
    let name = named(class).or_else(|| card.outputs.get(subject.output).cloned()).unwrap_or_default();
    let other = if two.outputs == 1 { named(0).unwrap_or_else(|| format!("not {name}")) } else { String::new() };
    let flips = two.flips(known.threshold);
    let all = flips.len();
    let into: Vec<Flip> = flips.iter().copied().filter(|f| f.to == class).collect();
    let out: Vec<Flip> = flips.into_iter().filter(|f| f.from == class).collect();
    let elsewhere = all - into.len() - out.len();
    Ok(Directions { class, name, other, into, out, elsewhere })
}

impl Directions {
    /// Where rows that leave the class go, in words.
    pub fn away(&self) -> String {
        if self.other.is_empty() {
            format!("away from “{}”", self.name)
        } else {
            format!("to “{}”", self.other)
        }
    }

    /// The rows of one direction as a query; `None` where a name cannot be quoted.
    pub fn query(&self, into: bool) -> Option<String> {
        let class = if into || self.other.is_empty() { &self.name } else { &self.other };
        let column = if into || !self.other.is_empty() { "challenger class" } else { "predicted class" };
        (!class.contains('"')).then(|| format!("\"decision flips\" = yes and \"{column}\" = \"{class}\""))
    }

    /// What a reader must know about flips between other classes.
    pub fn note(&self) -> Option<String> {
        (self.elsewhere > 0).then(|| {
            format!(
                "{} between other classes are not shown; choose another output.",
                text::counted(self.elsewhere, "flip")
            )
        })
    }
}

/// The names of champion and challenger: `champion “a”, challenger “b”`.
pub fn who(subject: &Subject<'_>) -> String {
    let name = |card: Option<&crate::model::ModelCard>| card.map_or("", |c| c.name.as_str()).to_owned();
    let other = name(subject.challenger.map(|c| c.card));
    format!("champion “{}”, challenger “{}”", text::shorten(&name(subject.card), 40), text::shorten(&other, 40))
}

impl<'a> Compared<'a> {
    /// The name of a column.
    pub fn name(&self, column: usize) -> &'a str {
        &self.challenge.columns()[column].name
    }

    /// The champion's input that a column feeds, for selecting it everywhere.
    pub fn feature(&self, column: usize) -> Option<usize> {
        self.challenge.columns()[column].champion
    }

    /// The column's value in a row in words; `None` when the table is not known.
    pub fn value_text(&self, column: usize, row: RowId) -> Option<String> {
        let column = self.subject.data?.columns().get(self.challenge.columns()[column].column)?;
        Some(view::value_text(&column.values, row.index()))
    }

    /// Title suffix that names the output: ` to “default”`; empty when it has no name.
    pub fn to_output(&self) -> String {
        let name = self.challenge.both().0.outputs.get(self.output).map_or("", String::as_str);
        if name.is_empty() { String::new() } else { format!(" to “{name}”") }
    }

    /// Title suffix that names the output: `, “default”`; empty when it has no name.
    pub fn named_output(&self) -> String {
        let name = self.challenge.both().0.outputs.get(self.output).map_or("", String::as_str);
        if name.is_empty() { String::new() } else { format!(", “{name}”") }
    }

    /// Whether the scale is the log-odds of one class against its complement.
    pub fn is_log_odds(&self) -> bool {
        self.unit == "log-odds" && self.challenge.outputs() == 1
    }

    /// What only one of the two models reads, where the reference sets differ, and both passports.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let only = |missing: fn(&crate::explain::SharedColumn) -> bool| -> Vec<&str> {
            self.challenge.columns().iter().filter(|c| missing(c)).map(|c| c.name.as_str()).collect()
        };
        for (names, who) in
            [(only(|c| c.challenger.is_none()), "champion"), (only(|c| c.champion.is_none()), "challenger")]
        {
            if !names.is_empty() {
                let shown = names.iter().take(4).map(|n| text::shorten(n, 40)).collect::<Vec<_>>().join(", ");
                let more = if names.len() > 4 { " and others" } else { "" };
                notes.push(format!("Only the {who} reads {shown}{more}."));
            }
        }
        let both = [self.challenge.champion(), self.challenge.challenger()];
        let shown = self.subject.answer(Shape::Attribution).map(|e| &e.provenance);
        let (own, other) = (&both[0].provenance, &both[1].provenance);
        if let Some(shown) = shown.filter(|shown| shown.method != own.method) {
            notes.push(format!(
                "Both models are explained by {} against the same reference set, so that the champion’s numbers differ \
                 from those of {} on other charts.",
                own.method_title, shown.method_title
            ));
        }
        if own.method != other.method {
            notes.push("Each model has its own exact method; both measure the same game.".to_owned());
        }
        if both.iter().any(|e| e.provenance.background.is_none()) {
            notes.push(
                "This method uses no reference set: each model’s expected prediction comes from its own training rows."
                    .to_owned(),
            );
        }
        notes.extend(both.map(|e| view::passport(e, self.unit)));
        notes
    }
}
