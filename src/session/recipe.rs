//! The command lines that do again what is seen: words quoted for a shell.

use crate::data::Role;
use crate::model::TaskKind;

use super::cohort::Cohort;
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
            RowChoice::All | RowChoice::Draw(_) => {}
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
    /// The command line that draws a chart again; `None` where table or model came from no file, or where the chart is
    /// about rows that were selected by hand.
    pub fn chart_command(&self, request: &ChartRequest) -> Option<String> {
        let scene = self.scene();
        scene.data.as_ref()?.source().path.as_ref()?;
        let card = scene.model.as_ref()?.card();
        card.path.as_ref()?;
        let mut words = Words::new("chart", &scene);
        words.option("--kind", request.kind);
        words.plan(&self.decided.plan);
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
        if let Some(within) = &request.within {
            let Some(Cohort { by: CohortBy::Query(query), .. }) = self.cohort(within) else { return None };
            words.option("--where", query);
        }
        for other in request.beside.iter().filter(|name| Some(*name) != request.within.as_ref()) {
            let Some(Cohort { by: CohortBy::Query(query), .. }) = self.cohort(other) else { return None };
            words.option("--beside", query);
        }
        for (name, value) in &request.knobs {
            words.option("--set", &format!("{name}={value}"));
        }
        words.option("--out", &format!("{}.svg", request.kind));
        Some(words.line())
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
