//! One value's journey: a number in a CSV file becomes a column's number, a contribution, a dot, a circle in the SVG.

use candor::base::RowId;
use candor::chart::{Axis, AxisKind, Chart, Mark, paint, theme, ticks};
use candor::data::Values;
use candor::explain::{Body, Explanation};
use candor::session::{ChartRequest, Command, Plan, RowChoice, Session};
use candor::worker::inline::run_all;

use super::session::sample;

/// The value that travels: an age no other row has.
const AGE: f64 = 93.0;
/// The row it stands in.
const ROW: RowId = RowId(17);
/// Rows of the table: few, so that every dot stands alone.
const ROWS: usize = 40;
/// Units of the picture that rounding may cost: a tenth of a point for the dot, and as much for each grid line.
const ROUNDING: f64 = 4.0;

fn carry_out(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    run_all(session, jobs, |_| ());
    assert_eq!(session.problems(), []);
}

/// The first rows of the credit table, with the known age in its row.
fn table() -> String {
    let text = std::fs::read_to_string(sample("credit.csv")).expect("bundled");
    let mut lines: Vec<String> = text.lines().take(ROWS + 1).map(str::to_owned).collect();
    let line = &mut lines[ROW.index() + 1];
    let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
    cells[1] = AGE.to_string();
    *line = cells.join(",");
    lines.join("\n") + "\n"
}

#[test]
fn a_number_of_the_file_becomes_a_circle_of_the_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ages.csv");
    std::fs::write(&path, table()).expect("written");
    let mut session = Session::new();
    carry_out(&mut session, Command::Open(path));
    carry_out(&mut session, Command::Open(sample("models/credit-xgboost.json")));

    // The column.
    let data = session.data().expect("open");
    let age = data.find("age").expect("the file names it");
    let Values::Number { values, .. } = &data.columns()[age].values else { unreachable!("ages are numbers") };
    assert!((values[ROW.index()] - AGE).abs() < f64::EPSILON);
    assert_eq!(values.iter().filter(|v| **v >= AGE).count(), 1, "no other row is as old");

    // The contribution: alone, the row is explained as in the table.
    let input = session.link().expect("joined").columns.iter().position(|c| *c == age).expect("the model uses it");
    carry_out(&mut session, Command::SetPlan(Plan { rows: RowChoice::List(vec![ROW]), ..Plan::default() }));
    carry_out(&mut session, Command::Explain);
    let alone = contribution(session.attribution().expect("explained"), input);
    carry_out(&mut session, Command::SetPlan(Plan::default()));
    carry_out(&mut session, Command::Explain);
    let value = contribution(session.attribution().expect("explained"), input);
    assert_eq!(alone.to_bits(), value.to_bits());
    assert!(value.abs() > 1e-6, "a value that moves nothing would prove nothing");

    // The dot.
    let wanted = ChartRequest {
        kind: "beeswarm",
        output: 0,
        row: None,
        feature: None,
        colour: None,
        knobs: Vec::new(),
        within: None,
        what_if: false,
        beside: Vec::new(),
    };
    carry_out(&mut session, Command::Draw(wanted.clone()));
    let chart = session.chart(&wanted).expect("drawn");
    let lane = lane(&chart.y, "age");
    let dot = dot(&chart, lane);
    assert!((f64::from(dot[0]) - value).abs() <= f64::from(f32::EPSILON) * value.abs(), "{dot:?} and {value}");

    // The circle: its place follows from the picture's own grid lines.
    let svg = paint::svg(&chart, &theme::PRINT, paint::natural_size(&chart, 860)).expect("painted");
    let (x, y) = (across(&svg, &chart.x, f64::from(dot[0])), down(&svg, &chart.y, f64::from(dot[1])));
    let near = |(cx, cy): &(f64, f64)| (cx - x).abs() <= ROUNDING && (cy - y).abs() <= ROUNDING;
    let circles = circles(&svg);
    assert!(circles.iter().any(near), "no circle near ({x}, {y}) for a contribution of {value}");
    let moved = |(cx, cy): &(f64, f64)| near(&(cx - 50.0, *cy)) && !near(&(*cx, *cy));
    assert!(!circles.iter().filter(|c| near(c)).any(moved), "the test could not see a dot five points away");
}

fn contribution(explanation: &Explanation, input: usize) -> f64 {
    let Body::Attribution(attribution) = &explanation.body else { unreachable!("attributions were asked for") };
    attribution.row(0, attribution.position(ROW).expect("explained"))[input]
}

fn lane(axis: &Axis, name: &str) -> f64 {
    let AxisKind::Names(names) = &axis.kind else { unreachable!("lanes have names") };
    names.iter().find(|(_, n)| n == name).expect("the feature has a lane").0
}

fn dot(chart: &Chart, lane: f64) -> [f32; 2] {
    let found = chart.marks.iter().find_map(|mark| match mark {
        Mark::Points { xy, rows, .. } => {
            let place = rows.iter().position(|r| *r == ROW)?;
            xy.get(place).copied().filter(|p| (f64::from(p[1]) - lane).abs() < 0.5)
        }
        _ => None,
    });
    found.expect("the lane has a dot for the row")
}

/// Numbers of an attribute in every element called `element`.
fn elements<'s>(svg: &'s str, element: &str) -> Vec<&'s str> {
    svg.split(&format!("<{element} ")).skip(1).filter_map(|rest| rest.split("/>").next()).collect()
}

fn number(element: &str, name: &str) -> f64 {
    let value = element.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    value.and_then(|v| v.parse().ok()).expect("the attribute is a number")
}

fn circles(svg: &str) -> Vec<(f64, f64)> {
    elements(svg, "circle").into_iter().map(|c| (number(c, "cx"), number(c, "cy"))).collect()
}

/// Where a value stands across, from the first and last upright grid line and the ticks they belong to.
fn across(svg: &str, axis: &Axis, value: f64) -> f64 {
    let mut lines: Vec<f64> = grid(svg).filter(|l| same(l, "x1", "x2")).map(|l| number(l, "x1")).collect();
    lines.sort_by(f64::total_cmp);
    let ticks =
        (2..60).map(|wanted| ticks(axis, wanted)).find(|t| t.len() == lines.len()).expect("a tick for each line");
    between(value, (ticks[0].0, lines[0]), (ticks[ticks.len() - 1].0, lines[lines.len() - 1]))
}

/// Where a value stands from the top, from the level grid lines of the lanes.
fn down(svg: &str, axis: &Axis, value: f64) -> f64 {
    // Level lines inside the plot begin at its left edge, as the first of them does.
    let level: Vec<&str> = grid(svg).filter(|l| same(l, "y1", "y2")).collect();
    let left = level.first().map_or(0.0, |l| number(l, "x1"));
    let inside = level.into_iter().filter(|l| (number(l, "x1") - left).abs() < f64::EPSILON);
    let mut lines: Vec<f64> = inside.map(|l| number(l, "y1")).collect();
    lines.sort_by(f64::total_cmp);
    let AxisKind::Names(names) = &axis.kind else { unreachable!("lanes have names") };
    let mut lanes: Vec<f64> = names.iter().map(|(at, _)| *at).collect();
    lanes.sort_by(f64::total_cmp);
    assert_eq!(lanes.len(), lines.len(), "a line for each lane");
    between(value, (lanes[0], lines[lines.len() - 1]), (lanes[lanes.len() - 1], lines[0]))
}

/// Grid lines: the first colour of line that the picture uses.
fn grid(svg: &str) -> impl Iterator<Item = &str> {
    let lines = elements(svg, "line");
    let colour =
        lines.first().and_then(|l| l.split("stroke=\"").nth(1)).and_then(|r| r.split('"').next()).unwrap_or("");
    let wanted = format!("stroke=\"{colour}\"");
    lines.into_iter().filter(move |l| l.contains(&wanted))
}

fn same(line: &str, a: &str, b: &str) -> bool {
    (number(line, a) - number(line, b)).abs() < f64::EPSILON
}

fn between(value: f64, (a, pa): (f64, f64), (b, pb): (f64, f64)) -> f64 {
    pa + (value - a) / (b - a) * (pb - pa)
}
