//! Charts of rows under a pointer, in a window without a display.

use std::sync::Arc;

use eframe::egui;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::base::{RowId, RowSet};
use crate::chart::{Axis, AxisKind, Chart, Mark, Role, SecondAxis};

use super::{How, Picked, PlotStore, Selected, Tool, View, item, made};
use crate::app::style;

/// A plot store that shows one chart, what is selected and what was picked last.
struct Desk {
    store: PlotStore,
    rows: Option<Arc<RowSet>>,
    picked: Vec<Picked>,
    total: usize,
}

type Window = Harness<'static, Desk>;

fn window(count: u32, tool: Tool) -> (Window, Arc<Chart>) {
    let rows: Vec<RowId> = (0..count).map(RowId).collect();
    let mut chart = made::dots(rows.len(), &rows);
    chart.alt = "Scatter of dots".to_owned();
    let chart = Arc::new(chart);
    let mut store = PlotStore { tool, ..PlotStore::default() };
    store.slot("test").chart = Some(Arc::clone(&chart));
    let show = |ui: &mut egui::Ui, desk: &mut Desk| {
        let selected = Selected { rows: desk.rows.clone(), ..Selected::default() };
        let view = View { size: vec2(700.0, 500.0), selected, lines: None, total: desk.total, group: None };
        desk.picked.extend(desk.store.show(ui, "test", &view));
        ui.label(desk.store.status("test", desk.rows.as_deref()).join(" "));
    };
    let desk = Desk { store, rows: None, picked: Vec::new(), total: count as usize };
    let builder = Harness::builder().with_size([760.0, 560.0]).with_step_dt(1.0 / 60.0);
    let mut window = builder.with_context_setup(style::install).build_ui_state(show, desk);
    settle(&mut window);
    (window, chart)
}

/// Frames until nothing is computed aside any more.
fn settle(window: &mut Window) {
    window.run_steps(3);
    while window.state().store.is_busy() {
        std::thread::yield_now();
        window.step();
    }
    window.run_steps(2);
}

/// The frame of the plot.
fn frame(window: &Window) -> Rect {
    window.get_by_label("Scatter of dots").rect()
}

fn button(window: &mut Window, at: Pos2, (pressed, modifiers): (bool, Modifiers)) {
    window.event(Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers });
    window.step();
}

/// Draws along `line` with the button held down.
fn draw(window: &mut Window, line: &[Pos2], modifiers: Modifiers) {
    window.event(Event::ModifiersChanged(modifiers));
    window.event(Event::PointerMoved(line[0]));
    window.step();
    button(window, line[0], (true, modifiers));
    for at in &line[1..] {
        window.event(Event::PointerMoved(*at));
        window.step();
    }
    button(window, line[line.len() - 1], (false, modifiers));
    window.event(Event::ModifiersChanged(Modifiers::NONE));
    settle(window);
}

/// A hundred times and more, twelve steps.
fn zoom_in(window: &mut Window, at: Pos2) {
    window.event(Event::PointerMoved(at));
    window.step();
    for _ in 0..12 {
        window.event(Event::Zoom(1.5));
        window.run_steps(2);
    }
    settle(window);
}

fn says(window: &Window, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

#[test]
fn many_dots_become_a_density_that_says_so_and_few_in_view_are_dots_again() {
    let (mut window, _) = window(100_000, Tool::Pan);
    assert!(says(&window, "Density of 100\u{2009}000 rows; zoom in for single dots"));
    let middle = frame(&window).center();
    zoom_in(&mut window, middle);
    assert!(!says(&window, "Density of"), "a hundred-thousandth of the area holds few dots");
    let (window, _) = self::window(10_000, Tool::Pan);
    assert!(!says(&window, "Density of"), "ten thousand dots can be told apart");
}

#[test]
fn a_rectangle_selects_the_rows_of_the_dots_inside_by_the_data() {
    for count in [5_000, 100_000] {
        let (mut window, chart) = window(count, Tool::Rectangle);
        let frame = frame(&window);
        let at = |x: f32, y: f32| pos2(frame.left() + x * frame.width(), frame.bottom() - y * frame.height());
        draw(&mut window, &[at(0.25, 0.25), at(0.4, 0.5), at(0.5, 0.75)], Modifiers::NONE);
        let Some(Picked::Rows(rows, How::Replace)) = window.state().picked.last().cloned() else {
            panic!("nothing was picked: {:?}", window.state().picked)
        };
        // The axes show the unit square, so that shares of the frame are places; a pixel at the border may fall either way.
        let Mark::Points { xy, .. } = &chart.marks[0] else { panic!("a chart of dots") };
        let inside = |p: &[f32; 2], grown: f32| {
            p[0] > 0.25 - grown && p[0] < 0.5 + grown && p[1] > 0.25 - grown && p[1] < 0.75 + grown
        };
        for (i, p) in xy.iter().enumerate() {
            let selected = rows.contains(RowId(i as u32));
            assert!(!selected || inside(p, 0.003), "row {i} at {p:?} is selected");
            assert!(selected || !inside(p, -0.003), "row {i} at {p:?} is not selected");
        }
        assert_eq!(rows.total(), count as usize);
    }
}

#[test]
fn a_lasso_takes_keys_and_escape_gives_up() {
    let (mut window, _) = window(2_000, Tool::Lasso);
    let frame = frame(&window);
    let at = |x: f32, y: f32| pos2(frame.left() + x * frame.width(), frame.bottom() - y * frame.height());
    let triangle = [at(0.1, 0.1), at(0.9, 0.1), at(0.5, 0.9)];
    draw(&mut window, &triangle, Modifiers::SHIFT);
    draw(&mut window, &triangle, Modifiers::ALT);
    let hows: Vec<How> = window
        .state()
        .picked
        .iter()
        .filter_map(|p| if let Picked::Rows(_, how) = p { Some(*how) } else { None })
        .collect();
    assert_eq!(hows, [How::Add, How::Take]);
    let Picked::Rows(rows, _) = &window.state().picked[0] else { panic!("rows were picked") };
    let share = rows.len() as f64 / 2_000.0;
    assert!((share - 0.32).abs() < 0.03, "a triangle of 0.8 by 0.8 halves holds {share}");
    // In the middle of it, the stroke is given up: releasing the button picks nothing.
    window.event(Event::PointerMoved(triangle[0]));
    window.step();
    button(&mut window, triangle[0], (true, Modifiers::NONE));
    window.event(Event::PointerMoved(triangle[1]));
    window.step();
    assert!(window.state_mut().store.give_up(), "something was being drawn");
    window.event(Event::PointerMoved(triangle[2]));
    window.step();
    button(&mut window, triangle[2], (false, Modifiers::NONE));
    settle(&mut window);
    assert_eq!(window.state().picked.len(), 2, "{:?}", window.state().picked);
}

#[test]
fn keys_choose_the_tool_of_the_chart_under_the_pointer() {
    let (mut window, _) = window(500, Tool::Pan);
    window.key_press(Key::L);
    window.run_steps(2);
    assert_eq!(window.state().store.tool, Tool::Pan, "the pointer is elsewhere");
    let middle = frame(&window).center();
    for (key, tool) in [(Key::L, Tool::Lasso), (Key::R, Tool::Rectangle), (Key::P, Tool::Pan)] {
        window.event(Event::PointerMoved(middle));
        window.step();
        window.key_press(key);
        window.run_steps(2);
        assert_eq!(window.state().store.tool, tool);
    }
}

#[test]
fn the_chart_counts_selected_rows_and_a_click_beside_all_dots_selects_nothing() {
    let (mut window, _) = window(60, Tool::Pan);
    window.state_mut().rows = Some(Arc::new(RowSet::that(60, |row| row.0 < 12)));
    settle(&mut window);
    assert!(says(&window, "12 of 60 rows selected"));
    let frame = frame(&window);
    let empty = (0..200_u32)
        .map(|k| pos2(frame.left() + 30.0 + (k * 37 % 600) as f32, frame.top() + 40.0 + (k * 91 % 420) as f32))
        .find(|at| {
            window.event(Event::PointerMoved(*at));
            window.run_steps(1);
            let index = window.state().store.slots["test"].cloud.index().cloned().expect("few dots are sorted at once");
            let bounds = egui_plot::PlotBounds::from_min_max([0.0, 0.0], [1.0, 1.0]);
            let transform = egui_plot::PlotTransform::new(frame, bounds, egui::Vec2b::FALSE);
            let rows: Vec<RowId> = (0..60).map(RowId).collect();
            let chart = made::dots(60, &rows);
            let Mark::Points { xy, .. } = &chart.marks[0] else { panic!("a chart of dots") };
            index.grid(0).is_some_and(|grid| grid.nearest(xy, &transform, *at, 24.0).is_none())
        })
        .expect("sixty dots leave room");
    draw(&mut window, &[empty], Modifiers::NONE);
    assert_eq!(window.state().picked, [Picked::Nothing]);
}

#[test]
fn zooming_one_chart_of_a_group_moves_the_others_and_no_other_chart() {
    for group in [Some("cohorts"), None] {
        let rows: Vec<RowId> = (0..100_000).map(RowId).collect();
        let mut store = PlotStore::default();
        for name in ["left", "right"] {
            let chart = Chart { alt: format!("Dots on the {name}"), ..made::dots(rows.len(), &rows) };
            store.slot(name).chart = Some(Arc::new(chart));
        }
        let show = move |ui: &mut egui::Ui, desk: &mut Desk| {
            for name in ["left", "right"] {
                let size = vec2(700.0, 250.0);
                let view = View { size, selected: Selected::default(), lines: None, total: desk.total, group };
                desk.picked.extend(desk.store.show(ui, name, &view));
                ui.label(format!("{name}: {}", desk.store.status(name, None).join(" ")));
            }
        };
        let desk = Desk { store, rows: None, picked: Vec::new(), total: rows.len() };
        let builder = Harness::builder().with_size([760.0, 620.0]).with_step_dt(1.0 / 60.0);
        let mut window = builder.with_context_setup(style::install).build_ui_state(show, desk);
        settle(&mut window);
        assert!(says(&window, "left: Density of") && says(&window, "right: Density of"));
        let middle = window.get_by_label("Dots on the left").rect().center();
        zoom_in(&mut window, middle);
        assert!(!says(&window, "left: Density of"), "few dots are in view");
        assert_eq!(says(&window, "right: Density of"), group.is_none(), "{group:?}");
    }
}

#[test]
fn labels_of_rules_have_their_line_above_the_bars_in_any_height() {
    let mut chart = made::dots(1, &[RowId(0)]);
    let names: Vec<(f64, String)> = (0..8).map(|k| (f64::from(k), format!("feature {k}"))).collect();
    chart.y = Axis { range: (-0.5, 7.5), kind: AxisKind::Names(names), ..chart.y };
    assert_eq!(item::ranges(&chart, 300.0)[1], (-0.5, 7.5), "nothing is written there");
    let rule = Mark::Rule { at: 0.5, upright: true, role: Role::Muted, label: "expected".to_owned() };
    chart.marks.push(rule);
    for (height, second) in [(150.0, false), (250.0, true), (900.0, true)] {
        let reading = SecondAxis { label: "probability".to_owned(), ticks: Vec::new() };
        chart.x.second = second.then_some(reading);
        let (low, high) = item::ranges(&chart, height)[1];
        let drawn = f64::from(height - super::axes::height(&chart.x));
        let line = drawn * (high - 7.5) / (high - low);
        assert!((line - 18.0).abs() < 0.5, "{line} points of {height}");
    }
}
