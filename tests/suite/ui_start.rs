//! The Start screen: what opens is named, files that are gone are told.

use candor::app::{RunOptions, ViewState};
use candor::model::load::LOADERS;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::ui_tree::{Window, window_of};

/// Frames in which something computed aside must have arrived.
const PATIENCE: usize = 2_000;

fn window(home: &std::path::Path) -> Window {
    window_of([1280.0, 1400.0], RunOptions::default(), ViewState::in_folder(home))
}

#[test]
fn every_format_that_opens_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    let harness = window(home.path());
    let models = harness.get_by_label_contains("Models: ");
    let text = models.accesskit_node().label().or_else(|| models.accesskit_node().value()).expect("a text");
    for loader in LOADERS {
        let name = loader.title().trim_end_matches(" model");
        assert!(text.contains(name), "{name} is missing in {text}");
        assert!(loader.endings().iter().all(|ending| text.contains(&format!(".{ending}"))), "{text}");
    }
    assert!(text.contains("Scikit-learn .pkl .pickle .joblib"), "{text}");
}

#[test]
fn a_recent_file_that_is_gone_is_told_and_can_be_forgotten() {
    let home = tempfile::tempdir().expect("a folder");
    let (here, gone) = (home.path().join("here.csv"), home.path().join("gone.csv"));
    std::fs::write(&here, "a,b\n1,2\n3,4\n").expect("written");
    let view = serde_json::json!({ "recent": [gone, here] });
    std::fs::write(home.path().join("view.json"), view.to_string()).expect("written");
    let mut harness = window(home.path());
    for _ in 0..PATIENCE {
        if harness.query_by_label("Open gone.csv, not found").is_some() {
            break;
        }
        harness.step();
        std::thread::yield_now();
    }
    assert!(harness.query_by_label("Open here.csv").is_some(), "what is there is not marked");
    harness.get_by_label("Forget gone.csv").click();
    harness.run_steps(4);
    assert!(harness.query_by_label_contains("gone.csv").is_none());
    assert_eq!(harness.state().as_ref().expect("the window is there").view().recent, [here]);
}
