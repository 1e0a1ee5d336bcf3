//! What lies under the pointer, and what is said about it.

use eframe::egui;
use egui::{Pos2, Rect, Stroke, pos2};
use egui_plot::PlotTransform;

use crate::base::{RowId, text};
use crate::chart::scale;
use crate::chart::{Axis, AxisKind, Chart, Mark};

use super::cloud::Cloud;
use super::{Picked, RowLines};
use crate::app::style::{self, Skin};

/// How near the pointer must be to a dot or line, in screen points.
const REACH: f32 = 14.0;

/// Something under the pointer.
pub(super) struct Found {
    what: What,
    /// Its place in data units.
    at: (f64, f64),
    area: Option<Rect>,
}

enum What {
    Dot(Option<RowId>),
    Bar { hover: String, feature: Option<usize>, query: Option<String> },
    Line(String),
    Cell { label: String, query: Option<String> },
}

impl Found {
    /// What a click selects; with `rows`, the rows of a bar that is a feature, too.
    pub(super) fn picked(&self, rows: bool) -> Option<Picked> {
        match &self.what {
            What::Dot(row) => row.map(Picked::Row),
            What::Bar { feature: Some(feature), .. } if !rows => Some(Picked::Feature(*feature)),
            _ => self.query().map(|query| Picked::Where(query.to_owned())),
        }
    }

    /// The rows it stands for, as a query of the data room.
    pub(super) fn query(&self) -> Option<&str> {
        match &self.what {
            What::Bar { query, .. } | What::Cell { query, .. } => query.as_deref().filter(|q| !q.is_empty()),
            What::Dot(_) | What::Line(_) => None,
        }
    }
}

/// Finds the front-most thing at `pointer`. Cost O(bars + line points) and a grid look-up for dots.
pub(super) fn find(chart: &Chart, cloud: &Cloud, transform: &PlotTransform, pointer: Pos2) -> Option<Found> {
    let mut line: Option<(f32, Found)> = None;
    for (index, mark) in chart.marks.iter().enumerate().rev() {
        match mark {
            Mark::Points { xy, rows, .. } => {
                let nearest = cloud.nearest(index, xy, transform, (pointer, REACH));
                if let Some((i, _)) = nearest {
                    let [x, y] = xy[i];
                    let what = What::Dot(rows.get(i).copied());
                    return Some(Found { what, at: (f64::from(x), f64::from(y)), area: None });
                }
            }
            Mark::Bars { bars, lying } => {
                let hit = bars.iter().find_map(|bar| {
                    let area = super::item::bar_rect(bar, *lying, transform);
                    let reach =
                        if *lying { area.expand2(egui::vec2(4.0, 2.0)) } else { area.expand2(egui::vec2(2.0, 4.0)) };
                    reach.contains(pointer).then_some((bar, area))
                });
                if let Some((bar, area)) = hit {
                    let what = What::Bar { hover: bar.hover.clone(), feature: bar.feature, query: bar.query.clone() };
                    let at = if *lying { (bar.to, bar.at) } else { (bar.at, bar.to) };
                    return Some(Found { what, at, area: Some(area) });
                }
            }
            Mark::Cells { cells, size, queries, .. } => {
                if let Some(found) = cell_at((cells, queries), *size, transform, pointer) {
                    return Some(found);
                }
            }
            Mark::Line { xy, name, .. } => {
                if let Some((away, at)) = nearest_on_line(xy, transform, pointer)
                    && line.as_ref().is_none_or(|(known, _)| away < *known)
                {
                    line = Some((away, Found { what: What::Line(name.clone()), at, area: None }));
                }
            }
            Mark::Band { .. } | Mark::Rule { .. } | Mark::Text { .. } => {}
        }
    }
    line.map(|(_, found)| found)
}

/// Centre, share and text of a cell.
type Cell = (f64, f64, f32, String);

fn cell_at(
    (cells, queries): (&[Cell], &[String]),
    size: (f64, f64),
    transform: &PlotTransform,
    pointer: Pos2,
) -> Option<Found> {
    let at = transform.value_from_position(pointer);
    let i =
        cells.iter().position(|(x, y, _, _)| (at.x - x).abs() <= size.0 / 2.0 && (at.y - y).abs() <= size.1 / 2.0)?;
    let (x, y, _, label) = &cells[i];
    let what = What::Cell { label: label.clone(), query: queries.get(i).cloned() };
    Some(Found { what, at: (*x, *y), area: None })
}

fn nearest_on_line(xy: &[[f64; 2]], transform: &PlotTransform, pointer: Pos2) -> Option<(f32, (f64, f64))> {
    let mut best: Option<(f32, (f64, f64))> = None;
    for [x, y] in xy {
        let away = pos2(transform.position_from_point_x(*x), transform.position_from_point_y(*y)).distance(pointer);
        if away <= REACH && best.is_none_or(|(known, _)| away < known) {
            best = Some((away, (*x, *y)));
        }
    }
    best
}

/// Marks what was found.
pub(super) fn mark(ui: &egui::Ui, found: &Found, transform: &PlotTransform, skin: &Skin) {
    let painter = ui.painter_at(*transform.frame());
    let at = pos2(transform.position_from_point_x(found.at.0), transform.position_from_point_y(found.at.1));
    match (&found.what, found.area) {
        (What::Bar { .. }, Some(area)) => {
            painter.rect_stroke(area, 2.0, Stroke::new(1.5, skin.text), egui::StrokeKind::Outside);
        }
        (What::Dot(_) | What::Line(_), _) => {
            painter.circle_stroke(at, 6.0, Stroke::new(2.0, skin.text));
        }
        _ => {}
    }
}

/// Says what was found.
pub(super) fn tooltip(plot: &egui::Response, chart: &Chart, found: &Found, lines: Option<RowLines<'_>>) {
    let place = |axis: &Axis, value: f64| match (&axis.kind, axis.label.as_str()) {
        (AxisKind::Names(names), label) => {
            let nearest = names.iter().min_by(|a, b| (a.0 - value).abs().total_cmp(&(b.0 - value).abs()));
            nearest.map(|n| if label.is_empty() { n.1.clone() } else { format!("{label}  {}", n.1) })
        }
        (AxisKind::Time, label) => Some(format!("{label}  {}", scale::moment(value))),
        (AxisKind::Linear, "") => Some(text::number(value)),
        (AxisKind::Linear, label) => Some(format!("{label}  {}", text::significant(value, 4))),
    };
    let mut said: Vec<String> = Vec::new();
    match &found.what {
        What::Bar { hover, .. } if !hover.is_empty() => said.extend(hover.lines().map(str::to_owned)),
        What::Cell { label, .. } => said.push(label.clone()),
        What::Line(name) if !name.is_empty() => said.push(name.clone()),
        What::Dot(Some(row)) => said.push(format!("Row {row}")),
        _ => {}
    }
    if !matches!(found.what, What::Bar { .. }) || said.is_empty() {
        said.extend(place(&chart.x, found.at.0));
        said.extend(place(&chart.y, found.at.1));
    }
    if let (What::Dot(Some(row)), Some(more)) = (&found.what, lines) {
        let more = more(*row, found.at.1);
        // `housing = own` says already what the lane or the axis says.
        let again = |line: &str, m: &str| {
            m == line.replace("  ", " = ") || m.strip_prefix(line).is_some_and(|m| m.starts_with(" = "))
        };
        said.retain(|line| !more.iter().any(|m| again(line, m)));
        said.extend(more);
    }
    plot.clone().on_hover_ui_at_pointer(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (i, line) in said.iter().enumerate() {
            if i == 0 {
                ui.label(style::strong(line));
            } else {
                ui.label(line);
            }
        }
    });
}
