//! What opens, read off the lists of readers and loaders.

use std::sync::LazyLock;

use egui::{RichText, Ui};

use crate::data::read::READERS;
use crate::model::load::LOADERS;

use crate::app::style;

use eframe::egui;

/// A format's name and its usual endings.
type Format = (&'static str, &'static [&'static str]);

static TABLES: LazyLock<String> = LazyLock::new(|| line(READERS.iter().rev().map(|r| (r.title(), r.endings()))));
static MODELS: LazyLock<String> = LazyLock::new(|| line(LOADERS.iter().map(|l| (l.title(), l.endings()))));

/// `XGBoost .json .ubj, MLflow folder`.
fn line(formats: impl Iterator<Item = Format>) -> String {
    let words = |(title, endings): Format| {
        // “Models: …” says it once for all of them; the same goes for what stands in brackets beside its ending.
        let title = title.strip_suffix(" model").unwrap_or(title);
        let title = title.split(" (").next().unwrap_or(title);
        let endings: Vec<String> = endings.iter().map(|ending| format!(".{ending}")).collect();
        if endings.is_empty() { format!("{title} folder") } else { format!("{title} {}", endings.join(" ")) }
    };
    formats.map(words).collect::<Vec<_>>().join(", ")
}

/// Formats of models with their endings, as a list in words.
pub(crate) fn models() -> &'static str {
    &MODELS
}

/// Draws one line for tables and one for models.
pub(crate) fn ui(ui: &mut Ui) {
    for (what, formats) in [("Tables", &*TABLES), ("Models", &*MODELS)] {
        let text = format!("{what}: {formats}");
        ui.add(egui::Label::new(style::small(text)).wrap());
    }
    ui.add(egui::Label::new(RichText::new("Opening a file never runs code").small().weak()).wrap());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_that_opens_is_named() {
        for title in ["Scikit-learn .pkl", "Skops", "CatBoost", "ONNX", "EBM", "MLflow folder", "Candor .json"] {
            assert!(MODELS.contains(title), "{title} is missing in {}", *MODELS);
        }
        for loader in LOADERS {
            assert!(MODELS.contains(loader.title().trim_end_matches(" model")), "{}", loader.id());
        }
        assert!(TABLES.contains("Delimited text .csv .tsv .txt"), "{}", *TABLES);
    }
}
