//! The steps of pipelines as cards show them.

use std::path::Path;

use candor::base::Task;
use candor::model::load::load;
use candor::model::{ModelCard, StepCard};

fn card(file: &str) -> ModelCard {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(file);
    load(&path, &Task::silent()).unwrap_or_else(|e| panic!("{file}: {e:?}")).card().clone()
}

fn outline(file: &str) -> (Vec<String>, usize) {
    let (steps, values) = card(file).steps.unwrap_or_else(|| panic!("{file}: no steps"));
    let lines = StepCard::outline(&steps);
    (lines.into_iter().map(|(depth, line)| format!("{}{line}", ">".repeat(depth))).collect(), values)
}

#[test]
fn parts_of_a_column_transformer_show_their_columns_and_steps() {
    let (lines, values) = outline("sklearn-1.9/steps_columns.xz.joblib");
    let wanted = [
        "ColumnTransformer",
        ">n: c, a",
        ">>SimpleImputer (strategy mean)",
        ">>RobustScaler",
        ">t: town",
        ">>OneHotEncoder (handle unknown ignore)",
    ];
    assert_eq!(lines, wanted);
    // Two numbers, and the levels of one column.
    assert!(values > 3, "{values}");
    assert_eq!(outline("sklearn-1.9/steps_columns.skops"), (lines, values));
}

#[test]
fn columns_by_place_or_slice_get_their_names_and_dropped_ones_are_left_out() {
    let (lines, _) = outline("sklearn-1.9/steps_texts.zlib.joblib");
    assert_eq!(lines[1], ">t: town");
    assert_eq!(lines[2], ">>SimpleImputer (strategy most_frequent)");
    assert!(lines.iter().any(|line| line.starts_with(">n: ") && line.matches(", ").count() == 1), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("remainder")), "{lines:?}");
}

#[test]
fn what_passes_unchanged_and_what_does_nothing() {
    let (lines, _) = outline("sklearn-1.9/steps_ordinal.lzma.joblib");
    let rest = lines.iter().position(|line| line.starts_with(">remainder: ")).expect("the rest is shown");
    assert_eq!(rest + 1, lines.len(), "nothing is done with the rest: {lines:?}");
    let (lines, _) = outline("sklearn-1.9/steps_plain.gz.joblib");
    assert_eq!(lines, ["StandardScaler"]);
    assert_eq!(outline("sklearn-1.9/function_log1p.lzma.joblib").0, ["FunctionTransformer (log1p)"]);
}

#[test]
fn searches_show_the_steps_of_their_best_and_estimators_have_none() {
    assert_eq!(outline("sklearn-1.9/steps_searched.bz2.joblib").0, ["StandardScaler"]);
    assert!(card("sklearn-1.9/tree_targets.joblib").steps.is_none());
}
