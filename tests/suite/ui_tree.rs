//! The window through its accessibility tree, without display or GPU: what a screen reader finds, a test finds.

use candor::app::{ACTIONS, CandorApp, InlineRunner, Look, RunOptions, SCREENS, ScreenId, ViewState};
use candor::base::RowId;
use candor::explain::Shape;
use candor::session::Command;
use eframe::egui;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

pub type Window = Harness<'static, Option<CandorApp>>;

/// A window of 1280 × 800 points whose jobs run at once.
pub fn window(options: RunOptions) -> Window {
    window_with(options, ViewState::default())
}

/// The same with these preferences.
pub fn window_with(options: RunOptions, view: ViewState) -> Window {
    window_of([1280.0, 800.0], options, view)
}

/// The same of this size.
pub fn window_of(size: [f32; 2], options: RunOptions, view: ViewState) -> Window {
    let frame = move |ui: &mut egui::Ui, state: &mut Option<CandorApp>| {
        let Some(app) = state else {
            // Fonts and sizes that the window installs are in use from the next frame on.
            let runner = Box::new(InlineRunner::default());
            *state = Some(CandorApp::new(ui.ctx(), runner, view.clone(), &options));
            return;
        };
        app.tick(ui.ctx());
        app.show(ui);
    };
    let mut harness = Harness::builder().with_size(size).build_ui_state(frame, None);
    harness.run_steps(8);
    harness
}

fn empty() -> Window {
    window(RunOptions::default())
}

pub fn credit(screen: ScreenId) -> Window {
    let options = RunOptions { sample: Some("credit".to_owned()), screen: Some(screen), ..RunOptions::default() };
    window(options)
}

pub fn app(harness: &Window) -> &CandorApp {
    harness.state().as_ref().expect("the window is there after the first frame")
}

pub fn command(harness: &mut Window, command: Command) {
    harness.state_mut().as_mut().expect("the window is there after the first frame").command(command);
    harness.run_steps(6);
}

pub fn press(harness: &mut Window, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(4);
}

pub fn click(harness: &mut Window, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(4);
}

/// Opens a chart by its tab, or by the list of those that do not fit beside the others.
fn open_chart(harness: &mut Window, title: &str) {
    if harness.query_by_label(title).is_none() {
        click(harness, "More charts");
    }
    click(harness, title);
}

/// Whether a chart can be opened.
fn offers(harness: &mut Window, title: &str) -> bool {
    if shows(harness, title) {
        return true;
    }
    click(harness, "More charts");
    let found = shows(harness, title);
    press(harness, Modifiers::NONE, Key::Escape);
    found
}

pub fn shows(harness: &Window, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

#[test]
fn every_screen_opens_by_its_label_and_says_what_belongs_there() {
    let mut harness = empty();
    let next = [
        "Open a table…",
        "Open a table…",
        "Open a model…",
        "Choose a sample…",
        "Choose a sample…",
        "Choose a sample…",
        "Choose a sample…",
    ];
    for (screen, step) in SCREENS.iter().zip(next) {
        click(&mut harness, screen.title());
        assert_eq!(app(&harness).view().screen, screen.id());
        assert!(shows(&harness, step), "{} offers no “{step}”", screen.title());
    }
}

#[test]
fn every_button_has_a_name_on_every_screen() {
    for screen in SCREENS {
        let harness = credit(screen.id());
        let unnamed = harness.unnamed_widgets();
        assert!(unnamed.is_empty(), "{}: {unnamed:#?}", screen.title());
    }
}

#[test]
fn a_sample_opened_with_one_click_is_explained_down_to_the_waterfall() {
    let mut harness = empty();
    click(&mut harness, "Open and explain the sample Credit applications");
    harness.run_steps(8);
    assert!(app(&harness).session().attribution().is_some());
    assert!(shows(&harness, "Bar chart of the mean absolute contribution of 8 features"));
    click(&mut harness, "Local");
    harness.run_steps(8);
    assert!(shows(&harness, "Waterfall"), "the chart's paragraph is not in the tree");
    assert!(shows(&harness, "exact"), "the passport line is missing");
}

#[test]
fn the_palette_finds_actions_columns_and_rows() {
    let mut harness = credit(ScreenId::Global);
    press(&mut harness, Modifiers::COMMAND, Key::P);
    harness.event(egui::Event::Text("duration".to_owned()));
    harness.run_steps(4);
    assert!(shows(&harness, "duration_months"));
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let feature = app(&harness).session().feature().expect("the column was chosen");
    let inputs = &app(&harness).session().model().unwrap().card().inputs;
    assert_eq!(inputs[feature].name, "duration_months");

    press(&mut harness, Modifiers::COMMAND, Key::K);
    harness.event(egui::Event::Text("row 17".to_owned()));
    harness.run_steps(4);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(app(&harness).session().row(), Some(RowId(17)));
    assert_eq!(app(&harness).view().screen, ScreenId::Local);
}

#[test]
fn shortcuts_do_what_the_table_of_actions_says() {
    let mut harness = credit(ScreenId::Start);
    for (key, screen) in [(Key::Num2, ScreenId::Data), (Key::Num3, ScreenId::Model), (Key::Num5, ScreenId::Local)] {
        press(&mut harness, Modifiers::COMMAND, key);
        assert_eq!(app(&harness).view().screen, screen);
    }
    command(&mut harness, Command::SelectRow(Some(RowId(5))));
    press(&mut harness, Modifiers::ALT, Key::ArrowRight);
    assert_eq!(app(&harness).session().row(), Some(RowId(6)));
    press(&mut harness, Modifiers::ALT, Key::ArrowLeft);
    press(&mut harness, Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(app(&harness).session().row(), Some(RowId(4)));
    press(&mut harness, Modifiers::ALT, Key::ArrowUp);
    let first = app(&harness).session().predictions().unwrap().surprising[0];
    assert_eq!(app(&harness).session().row(), Some(first), "the most confident wrong row");
}

#[test]
fn the_help_lists_every_action() {
    let mut harness = empty();
    press(&mut harness, Modifiers::NONE, Key::F1);
    for action in ACTIONS {
        assert!(shows(&harness, action.title), "{} is not in the help", action.id);
    }
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(!shows(&harness, "Keys and commands"), "Escape closes the help");
}

#[test]
fn the_look_can_be_switched() {
    let mut harness = empty();
    press(&mut harness, Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::L);
    let first = app(&harness).view().look;
    press(&mut harness, Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::L);
    let second = app(&harness).view().look;
    assert_ne!(first, second);
    assert!([first, second].contains(&Look::Dark) && [first, second].contains(&Look::Light));
    assert_eq!(harness.ctx.theme() == egui::Theme::Dark, second == Look::Dark);
}

#[test]
fn a_problem_says_what_where_and_what_to_do_and_can_be_dismissed() {
    let mut harness = empty();
    command(&mut harness, Command::Open("no/such/table.csv".into()));
    let problem = app(&harness).session().problems()[0].clone();
    assert!(shows(&harness, &problem.what) && shows(&harness, &problem.hint));
    assert!(problem.place.is_empty() || shows(&harness, &problem.place));
    click(&mut harness, "Dismiss");
    assert!(app(&harness).session().problems().is_empty());
}

#[test]
fn selecting_a_feature_in_the_values_marks_it_in_the_inspector() {
    let mut harness = credit(ScreenId::Local);
    // A low window leaves its height to the chart until the values are asked for.
    let listed = |harness: &Window| harness.query_all_by_label_contains("contribution +").next().is_some();
    assert!(!listed(&harness));
    click(&mut harness, "Show the values");
    assert!(listed(&harness));
    let line = harness.query_all_by_label_contains("age = ").next().expect("the row's values are listed");
    line.click();
    harness.run_steps(4);
    click(&mut harness, "Global");
    let feature = app(&harness).session().feature().expect("the feature was selected");
    assert_eq!(app(&harness).session().model().unwrap().card().inputs[feature].name, "age");
    assert!(shows(&harness, "Dependence"), "the inspector shows the feature");
}

#[test]
fn a_chart_can_be_read_as_a_table() {
    let mut harness = credit(ScreenId::Global);
    click(&mut harness, "Show as table");
    harness.run_steps(4);
    assert!(shows(&harness, "mean absolute contribution"));
    assert!(shows(&harness, "Show as chart"));
}

#[test]
fn saving_asks_for_a_path_and_writes_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = credit(ScreenId::Report);
    click(&mut harness, "Predictions…");
    assert!(shows(&harness, "Save"));
    let path = folder.path().join("predictions.csv");
    command(
        &mut harness,
        Command::Export(candor::session::Export::Predictions(candor::model::Scale::Probability), path.clone()),
    );
    assert!(path.is_file());
    assert!(shows(&harness, "Wrote"), "the status bar names the written file");
}

#[test]
fn roles_can_be_changed_and_taken_back() {
    let mut harness = credit(ScreenId::Data);
    let before = app(&harness).session().data().unwrap().roles().to_vec();
    command(&mut harness, Command::SetRole(1, candor::data::Role::Ignored));
    assert_ne!(app(&harness).session().data().unwrap().roles(), before);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(app(&harness).session().data().unwrap().roles(), before);
}

#[test]
fn nothing_runs_under_the_inspector() {
    for (screen, tab, label) in [
        (ScreenId::Global, "Dependence", "Save…"),
        (ScreenId::Global, "Dependence", "Export attributions…"),
        (ScreenId::Data, "Columns and roles", "Column checking_account"),
    ] {
        let mut harness = credit(screen);
        match screen {
            ScreenId::Global => open_chart(&mut harness, tab),
            _ => click(&mut harness, tab),
        }
        let panel = harness.get_by_label("Selected").rect().left();
        let widget = harness.get_by_label(label).rect();
        assert!(widget.right() < panel, "“{label}” ends at {} of {panel}", widget.right());
    }
}

#[test]
fn titles_stand_clear_of_the_buttons_beside_them() {
    let mut harness = credit(ScreenId::Local);
    harness.run_steps(4);
    let title = harness.query_all_by_label_contains("from expected to predicted").next().unwrap().rect();
    let button = harness.get_by_label("Reset view").rect();
    assert!(title.right() <= button.left(), "title ends at {}, button begins at {}", title.right(), button.left());
}

#[test]
fn permutation_importance_is_measured_from_the_global_screen() {
    let mut harness = credit(ScreenId::Global);
    open_chart(&mut harness, "Permutation importance");
    assert!(app(&harness).session().answer(Shape::Importance).is_none());
    click(&mut harness, "Compute importance");
    harness.run_steps(8);
    assert!(app(&harness).session().answer(Shape::Importance).is_some());
    assert!(shows(&harness, "Export importance…"), "the numbers shown are the ones offered");
    assert!(shows(&harness, "Permutation importance  ·  sampled"), "the passport is that of the importance");
}

#[test]
fn every_chart_of_the_global_screen_can_be_reached_from_there() {
    for (tab, button, shape, shown) in [
        ("Partial dependence", "Compute partial dependence", Shape::Curves, "Line chart of the mean prediction"),
        (
            "Interaction matrix",
            "Compute interaction values",
            Shape::Interactions,
            "Matrix of the mean absolute effects",
        ),
        ("Interaction strength (H)", "Compute interaction strengths", Shape::Strengths, "varies by interaction"),
    ] {
        let mut harness = credit(ScreenId::Global);
        open_chart(&mut harness, tab);
        assert!(app(&harness).session().answer(shape).is_none());
        click(&mut harness, button);
        harness.run_steps(8);
        assert!(app(&harness).session().answer(shape).is_some(), "{tab}");
        assert!(shows(&harness, shown), "{tab}: the chart’s paragraph is not in the tree");
        assert!(shows(&harness, &format!("Export {}…", shape.noun())));
        click(&mut harness, "Chart options");
        assert!(shows(&harness, "Compute again"));
        let panel = harness.get_by_label("Selected").rect().left();
        let right = harness.get_by_label("More charts").rect().right();
        assert!(right < panel, "the list of tabs ends under the inspector");
    }
}

#[test]
fn charts_that_a_model_cannot_fill_are_not_offered() {
    let mut harness = credit(ScreenId::Global);
    assert!(offers(&mut harness, "Interaction matrix"));
    let train = Command::Train {
        learner: "logistic-regression".to_owned(),
        target: app(&harness).session().data().unwrap().find("default").unwrap(),
        knobs: Vec::new(),
        seed: candor::base::Seed(1),
    };
    command(&mut harness, train);
    command(&mut harness, Command::Explain);
    assert!(app(&harness).session().problems().is_empty(), "{:?}", app(&harness).session().problems());
    assert!(offers(&mut harness, "Partial dependence"));
    assert!(!offers(&mut harness, "Interaction matrix") && !offers(&mut harness, "Term of a feature"));
}

#[test]
fn several_classes_are_named_and_can_be_chosen() {
    let options =
        RunOptions { sample: Some("penguins".to_owned()), screen: Some(ScreenId::Model), ..Default::default() };
    let mut harness = window(options);
    assert!(shows(&harness, "3 classes: Adelie, Chinstrap, Gentoo"));
    assert!(shows(&harness, "ROC curve of every class"));
    click(&mut harness, "Local");
    command(&mut harness, Command::SelectOutput(2));
    assert!(shows(&harness, "from expected to predicted “Gentoo”"));
}

#[test]
fn the_threshold_redraws_the_confusion_matrix() {
    let mut harness = credit(ScreenId::Model);
    open_chart(&mut harness, "Confusion matrix");
    harness.run_steps(4);
    assert!(shows(&harness, "“yes” is predicted from probability 0.5 on"));
    command(&mut harness, Command::SetThreshold(0.25));
    harness.run_steps(4);
    assert!(shows(&harness, "“yes” is predicted from probability 0.25 on"));
}

#[test]
fn copying_a_chart_puts_its_numbers_on_the_clipboard() {
    let mut harness = credit(ScreenId::Global);
    click(&mut harness, "Copy");
    harness.get_by_label("Numbers").click();
    let mut copied = None;
    for _ in 0..4 {
        harness.step();
        copied = copied.or_else(|| {
            harness.output().platform_output.commands.iter().find_map(|c| match c {
                egui::OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
        });
    }
    let copied = copied.expect("something was copied");
    assert!(copied.starts_with("feature\t") && copied.lines().count() == 9, "{copied}");
}

#[test]
fn rows_are_selected_kept_as_a_cohort_and_compared() {
    let mut harness = credit(ScreenId::Global);
    command(&mut harness, Command::SelectWhere("age < 30".to_owned()));
    assert!(shows(&harness, "371 of 1000 rows selected"));
    press(&mut harness, Modifiers::COMMAND, Key::G);
    click(&mut harness, "Keep the cohort");
    harness.run_steps(4);
    assert_eq!(app(&harness).session().cohorts().len(), 1);
    click(&mut harness, "Clear");
    assert!(app(&harness).session().selection().is_none());
    harness.query_all_by_label_contains("Select the cohort").next().expect("the cohort is listed").click();
    harness.run_steps(4);
    assert_eq!(app(&harness).session().selection().map(|s| s.len()), Some(371));
    open_chart(&mut harness, "Importance by cohort");
    harness.run_steps(4);
    assert!(shows(&harness, "side by side for 1 cohort"));
}

#[test]
fn a_screen_can_be_split_into_tiles_and_put_back() {
    let mut harness = credit(ScreenId::Global);
    click(&mut harness, "Tiles");
    click(&mut harness, "Split to the right");
    harness.run_steps(8);
    assert!(shows(&harness, "Bar chart of the mean absolute contribution") && shows(&harness, "Beeswarm"));
    assert_eq!(harness.query_all_by_label("More for this chart").count(), 2, "two charts, each with its menu");
    assert!(harness.unnamed_widgets().is_empty(), "{:#?}", harness.unnamed_widgets());
    click(&mut harness, "Tiles");
    click(&mut harness, "Reset layout");
    harness.run_steps(4);
    assert_eq!(harness.query_all_by_label("More for this chart").count(), 0);
}

#[test]
fn rows_drawn_around_in_a_chart_are_selected_everywhere_until_escape() {
    let mut harness = credit(ScreenId::Global);
    open_chart(&mut harness, "Beeswarm");
    harness.run_steps(6);
    click(&mut harness, "Select by rectangle");
    let area = harness.get_by_label_contains("Beeswarm chart of the contributions").rect().shrink(2.0);
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    for event in [
        egui::Event::PointerMoved(area.min),
        button(area.min, true),
        egui::Event::PointerMoved(area.center()),
        egui::Event::PointerMoved(area.max),
        button(area.max, false),
    ] {
        harness.event(event);
        harness.step();
    }
    harness.run_steps(6);
    let rows = app(&harness).session().data().expect("a table is open").row_count();
    assert_eq!(app(&harness).session().selection().map(|set| set.len()), Some(rows));
    let said = candor::base::text::count(rows);
    assert!(shows(&harness, &format!("{said} of {said} rows selected")));
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(app(&harness).session().selection().is_none());
    assert!(!shows(&harness, "rows selected"));
}

#[test]
fn two_models_are_compared_down_to_what_carries_one_row() {
    let mut harness = credit(ScreenId::Compare);
    assert!(shows(&harness, "Open a model to compare…") && shows(&harness, "Compare the next model with this one"));
    command(&mut harness, Command::OpenChallenger(super::session::sample("models/credit-lightgbm.txt")));
    harness.run_steps(6);
    assert!(shows(&harness, "credit-xgboost") && shows(&harness, "credit-lightgbm"));
    assert!(shows(&harness, "cannot be told apart") && shows(&harness, "challenger is better"));
    assert!(shows(&harness, "Bar chart of the mean absolute contribution of 8 features in two models"));
    for (tab, words) in [
        ("Predictions compared", "Scatter chart of two predictions of 1000 rows"),
        ("Decision flips", "Bar chart of what carries the change"),
    ] {
        click(&mut harness, tab);
        harness.run_steps(4);
        assert!(shows(&harness, words), "{tab}");
    }
    let unnamed = harness.unnamed_widgets();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
    let flips = app(&harness).session().challenger().and_then(|c| c.differences()).expect("compared").flips.clone();
    let row = flips.expect("classes are decided")[0].row;
    harness.query_all_by_label_contains(&format!("Row {row}, ")).next().expect("the first of the list").click();
    harness.run_steps(6);
    assert_eq!(app(&harness).session().row(), Some(row));
    assert!(shows(&harness, &format!("Waterfall chart of row {row}. The champion predicts")));
    click(&mut harness, "Select all");
    harness.run_steps(4);
    assert_eq!(app(&harness).session().selection().map(|s| s.len()), Some(62));
    click(&mut harness, "All rows");
    assert!(shows(&harness, "points"));
    click(&mut harness, "Swap");
    harness.run_steps(8);
    assert_eq!(app(&harness).session().model().expect("open").card().name, "credit-lightgbm");
    assert!(shows(&harness, "champion is better"));
    click(&mut harness, "Close the challenger");
    assert!(app(&harness).session().challenger().is_none());
}

#[test]
fn a_challenger_that_cannot_be_compared_says_why_and_can_be_closed() {
    let mut harness = credit(ScreenId::Compare);
    command(&mut harness, Command::OpenChallenger(super::session::sample("models/diamonds-xgboost.ubj")));
    harness.run_steps(4);
    assert!(shows(&harness, "These two models cannot be compared") && shows(&harness, "one of regression"));
    assert!(shows(&harness, "Open another model to compare…"));
    click(&mut harness, "Close the challenger");
    assert!(shows(&harness, "No model to compare with"));
    press(&mut harness, Modifiers::COMMAND, Key::Num4);
    press(&mut harness, Modifiers::COMMAND, Key::Num7);
    assert_eq!(app(&harness).view().screen, ScreenId::Compare);
}
