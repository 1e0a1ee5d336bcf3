//! The command lines that do again what is seen: words quoted for a shell.

use crate::chart::kind;
use crate::data::{Dataset, ReadOptions, Role, roles};
use crate::explain::{Shape, method};
use crate::model::TaskKind;

use super::command::{ChartRequest, CohortBy, Plan, RowChoice};
use super::scene::Scene;
use super::state::Session;

/// Words of a command, each quoted where it must be.
pub(super) struct Words(Vec<String>);

impl Words {
    /// `candor VERB --model … --data … [--target …]`.
    pub(super) fn new(verb: &str, scene: &Scene) -> Self {
        let text = |path: Option<&std::path::PathBuf>| path.map_or_else(String::new, |p| p.display().to_string());
        let data = text(scene.data.as_ref().and_then(|d| d.source().path.as_ref()));
        let model = text(scene.model.as_ref().and_then(|m| m.card().path.as_ref()));
        let target = scene.data.as_ref().and_then(|d| {
            let column = d.column_with(Role::Target)?;
            d.columns().get(column).map(|c| c.name.to_string())
        });
        Self::of(verb, [&data, &model], target.as_deref())
    }

    /// The same from paths and a target as texts.
    pub(super) fn of(verb: &str, [data, model]: [&str; 2], target: Option<&str>) -> Self {
        let mut words = Self(["candor", verb, "--model", model, "--data", data].map(quoted).to_vec());
        if let Some(target) = target {
            words.option("--target", target);
        }
        words
    }

    /// Adds an option with its value.
    pub(super) fn option(&mut self, name: &str, value: &str) {
        self.0.extend([name.to_owned(), quoted(value)]);
    }

    /// Adds what columns are for, where it is not what their names suggest.
    pub(super) fn roles(&mut self, data: &Dataset) {
        let guessed = roles::guessed(data);
        let all = data.columns().iter().zip(data.roles().iter().zip(guessed.roles()));
        for (column, (role, _)) in all.filter(|(_, (role, guess))| role != guess && **role != Role::Target) {
            self.option("--role", &format!("{}={}", column.name, role.id()));
        }
    }

    /// Adds the decision threshold, where it was moved and two classes are told apart by it.
    pub(super) fn threshold(&mut self, scene: &Scene) {
        let decides = scene.model.as_ref().is_some_and(|m| m.card().task == TaskKind::Binary);
        if decides && scene.threshold.to_bits() != 0.5_f64.to_bits() {
            self.option("--threshold", &scene.threshold.to_string());
        }
    }

    /// Adds how explanations are computed.
    pub(super) fn plan(&mut self, plan: &Plan) {
        self.option("--method", &plan.method);
        for (name, value) in &plan.knobs {
            self.option("--set", &format!("{name}={value}"));
        }
        if let Some(scale) = plan.scale {
            self.option("--scale", scale.id());
        }
        match &plan.rows {
            RowChoice::Range(start, end) => self.option("--rows", &format!("{start}..{end}")),
            RowChoice::List(rows) => {
                self.option("--rows", &rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
            }
            RowChoice::Draw(count) => self.option("--rows", &format!("draw:{count}")),
            RowChoice::All => {}
        }
        match &plan.background_file {
            Some(file) => self.option("--background", &file.display().to_string()),
            None if plan.background_rows != Plan::default().background_rows => {
                self.option("--background-rows", &plan.background_rows.to_string());
            }
            None => {}
        }
        if let Some(query) = &plan.background_where {
            self.option("--background-where", query);
        }
        self.option("--seed", &plan.seed.0.to_string());
    }

    /// All of them in one line.
    pub(super) fn line(self) -> String {
        self.0.join(" ")
    }
}

impl Session {
    /// The command line that draws a chart again; `None` where words cannot say what it is about: table or model came from
    /// no file, the table was read in a way of its own, rows were selected by hand, or a row was edited.
    pub fn chart_command(&self, request: &ChartRequest) -> Option<String> {
        let needs = kind::find(request.kind)?.needs();
        let scene = self.scene();
        scene.data.as_ref()?.source().path.as_ref()?;
        let card = scene.model.as_ref()?.card();
        card.path.as_ref()?;
        if request.what_if || scene.read_options != ReadOptions::default() {
            return None;
        }
        let mut words = Words::new("chart", &scene);
        words.roles(scene.data.as_ref()?);
        words.option("--kind", request.kind);
        words.plan(&self.plan_of(&scene, needs.answer.or(needs.challenger.map(|_| Shape::Attribution))));
        words.threshold(&scene);
        let name = |feature: usize| card.inputs.get(feature).map(|input| input.name.clone());
        if card.outputs.len() > 1 {
            words.option("--output", card.outputs.get(request.output)?);
        }
        if let Some(row) = request.row {
            words.option("--row", &row.to_string());
        }
        if let Some(feature) = request.feature.and_then(name) {
            words.option("--feature", &feature);
        }
        if let Some(colour) = request.colour.and_then(name) {
            words.option("--colour", &colour);
        }
        if needs.challenger.is_some() {
            let path = scene.challenger.as_ref()?.opened().card().path.clone()?;
            words.option("--with", &path.display().to_string());
        }
        if needs.cohorts || request.within.is_some() {
            self.cohort_words(&mut words, request.within.as_deref())?;
        }
        for other in request.beside.iter().filter(|name| Some(*name) != request.within.as_ref()) {
            let known = matches!(self.cohort(other)?.by, CohortBy::Query(_)) && !other.contains('=');
            words.option("--beside", known.then_some(other)?);
        }
        for (name, value) in &request.knobs {
            words.option("--set", &format!("{name}={value}"));
        }
        words.option("--out", &format!("{}.svg", request.kind));
        Some(words.line())
    }

    /// How the answer was computed that is shown: what was decided since changes no chart before it is asked again.
    fn plan_of(&self, scene: &Scene, shape: Option<Shape>) -> Plan {
        let decided = Plan::clone(&self.decided.plan);
        let Some(answer) = shape.and_then(|shape| self.answer(shape)) else {
            return Plan { knobs: Vec::new(), method: "auto".to_owned(), scale: None, ..decided };
        };
        if answer.body.shape() == Shape::Attribution {
            let known = self.ledger.explained_with.as_ref().filter(|(key, _)| *key == self.ledger.attribution_key);
            return known.map_or(decided, |(_, plan)| plan.clone());
        }
        let of = &answer.provenance;
        let scales = method::find(&of.method).zip(scene.model.as_ref()).map(|(m, model)| m.scales(&**model));
        Plan {
            method: of.method.clone(),
            knobs: of.knobs.iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect(),
            scale: Some(of.scale).filter(|scale| scales.is_some_and(|known| known.contains(scale))),
            seed: of.seed,
            ..decided
        }
    }

    /// Every cohort with its query, in the order in which they were made: one may ask about those before it. `None`
    /// where rows were chosen by hand.
    fn cohort_words(&self, words: &mut Words, within: Option<&str>) -> Option<()> {
        for cohort in self.cohorts() {
            match &cohort.by {
                CohortBy::Query(query) if !cohort.name.contains('=') => {
                    words.option("--cohort", &format!("{}={query}", cohort.name));
                }
                // What only other charts show may be left out.
                _ if within.is_some_and(|name| name != cohort.name) => {}
                _ => return None,
            }
        }
        if let Some(name) = within {
            words.option("--where", name);
        }
        Some(())
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_survives_spaces_and_quotes() {
        let mut words = Words::of("report", ["my table.csv", "m.json"], Some("it's"));
        words.plan(&Plan { background_where: Some("age > 3".to_owned()), ..Plan::default() });
        let line = words.line();
        assert!(line.starts_with("candor report --model m.json --data 'my table.csv' --target 'it'\\''s'"), "{line}");
        assert!(line.ends_with("--background-where 'age > 3' --seed 42"), "{line}");
    }
}
