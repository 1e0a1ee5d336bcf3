//! The interactive painter: the same marks as the static one, with pan, zoom, hover and selection.

mod axes;
mod cloud;
mod density;
mod hover;
mod index;
mod ink;
mod item;
mod lasso;
#[cfg(test)]
mod made;
mod react;
#[cfg(test)]
mod tests;
mod tools;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui;
use egui::{Response, Role as Kind, Vec2, WidgetInfo};
use egui_plot::{Plot, PlotBounds, PlotTransform};

use crate::base::{RowId, RowSet};
use crate::chart::{AxisKind, Chart, Mark};

use super::style::{self, Skin};

use axes::Ticks;
use cloud::Cloud;
use item::ChartItem;
use react::Hand;

pub(crate) use tools::{How, Tool, switch};

/// What is kept between frames for each place where a chart is shown.
#[derive(Default)]
pub(crate) struct PlotStore {
    slots: BTreeMap<String, Slot>,
    dots: Option<egui::TextureHandle>,
    /// What dragging does in charts of rows.
    pub(crate) tool: Tool,
}

/// One place where a chart is shown.
#[derive(Default)]
pub(crate) struct Slot {
    /// The newest finished chart; shown until a newer one is finished.
    pub(crate) chart: Option<Arc<Chart>>,
    /// Whether the numbers are shown instead of the drawing.
    pub(crate) as_table: bool,
    /// The view is to be reset in the next frame.
    pub(crate) reset: bool,
    /// Axis ranges of the chart that the view was last set to.
    ranges: Option<[(f64, f64); 2]>,
    cloud: Cloud,
    hand: Hand,
}

/// What is selected, to be marked.
#[derive(Clone, Default)]
pub(crate) struct Selected {
    /// The row selected everywhere.
    pub(crate) row: Option<RowId>,
    /// The feature selected everywhere.
    pub(crate) feature: Option<usize>,
    /// The rows selected everywhere; charts of rows dim all others.
    pub(crate) rows: Option<Arc<RowSet>>,
}

/// What was clicked or drawn around.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Picked {
    /// A dot that is a table row.
    Row(RowId),
    /// A bar that is a feature.
    Feature(usize),
    /// The rows of a bar or cell, as a query of the data room.
    Where(String),
    /// Rows that were drawn around, and what becomes of those selected before.
    Rows(Arc<RowSet>, How),
    /// Empty space.
    Nothing,
}

/// Further lines for the tooltip of a row's dot; the second argument is the height of the dot.
pub(crate) type RowLines<'a> = &'a dyn Fn(RowId, f64) -> Vec<String>;

/// Whether dots of a chart are rows of the table, so that they can be drawn around.
pub(crate) fn shows_rows(chart: &Chart) -> bool {
    chart.marks.iter().any(|mark| matches!(mark, Mark::Points { rows, .. } if !rows.is_empty()))
}

impl PlotStore {
    /// The slot with this name.
    pub(crate) fn slot(&mut self, name: &str) -> &mut Slot {
        self.slots.entry(name.to_owned()).or_default()
    }

    /// Forgets all charts: another table or model is open.
    pub(crate) fn clear(&mut self) {
        super::aside::drop_aside(std::mem::take(&mut self.slots));
    }

    /// Whether a chart in view is still being computed in part.
    pub(crate) fn is_busy(&self) -> bool {
        self.slots.values().any(|slot| slot.cloud.is_busy() || slot.hand.is_busy())
    }

    /// How the dots of a slot's chart are shown and how many of its rows are selected, in words.
    pub(crate) fn status(&self, name: &str, selected: Option<&RowSet>) -> Vec<String> {
        let slot = self.slots.get(name).filter(|slot| !slot.as_table);
        let chart = slot.and_then(|slot| slot.chart.as_ref().map(|chart| (slot, chart)));
        chart.map_or_else(Vec::new, |(slot, chart)| react::status(chart, &slot.cloud, selected))
    }

    /// Gives up what is being drawn around dots; `false` when nothing is.
    pub(crate) fn give_up(&mut self) -> bool {
        self.slots.values_mut().any(|slot| slot.hand.give_up())
    }

    /// Paints the chart of a slot into `size`; answers what was clicked or drawn around.
    pub(crate) fn show(&mut self, ui: &mut egui::Ui, name: &str, view: &View<'_>) -> Option<Picked> {
        let dots = self.dots.get_or_insert_with(|| cloud::dot_texture(ui.ctx())).id();
        let slot = self.slots.entry(name.to_owned()).or_default();
        let chart = slot.chart.clone()?;
        slot.cloud.adopt(&chart);
        let own = [chart.x.range, chart.y.range];
        let move_to = (slot.reset || slot.ranges != Some(own)).then(|| item::ranges(&chart, view.size.y));
        slot.ranges = Some(own);
        slot.reset = false;
        let tool = if shows_rows(&chart) { self.tool } else { Tool::Pan };
        let cloud = RefCell::new(std::mem::take(&mut slot.cloud));
        let skin = style::skin(ui);
        let (plot, transform) = {
            let item = ChartItem::new(&chart, skin, (view.selected.clone(), view.size), &cloud, dots);
            paint(ui, (name, view.group), item, (view.size, tool), move_to)
        };
        slot.cloud = cloud.into_inner();
        let scene = react::Scene { chart: &chart, cloud: &slot.cloud, transform: &transform, view };
        let picked = slot.hand.react(ui, &plot, &scene, tool);
        if let Some(pressed) = tools::pressed(&plot).filter(|_| shows_rows(&chart)) {
            self.tool = pressed;
        }
        picked
    }
}

/// How a chart is shown.
pub(crate) struct View<'a> {
    /// Size on screen.
    pub(crate) size: Vec2,
    /// What is marked.
    pub(crate) selected: Selected,
    /// Further lines for tooltips of rows.
    pub(crate) lines: Option<RowLines<'a>>,
    /// How many rows the table has.
    pub(crate) total: usize,
    /// Charts of one group move together.
    pub(crate) group: Option<&'a str>,
}

fn paint(
    ui: &mut egui::Ui,
    (name, group): (&str, Option<&str>),
    item: ChartItem<'_>,
    (size, tool): (Vec2, Tool),
    move_to: Option<[(f64, f64); 2]>,
) -> (Response, PlotTransform) {
    let (chart, skin) = (item.chart, item.skin);
    let (wide, high) = (size.x, size.y);
    let (x, y) = (Ticks::new(&chart.x, (wide, high), false), Ticks::new(&chart.y, (high, wide), true));
    let ranges = item::ranges(chart, size.y);
    let lanes = item::has_lanes(chart);
    let named = |kind: &AxisKind| matches!(kind, AxisKind::Names(_));
    let free = egui::Vec2b::new(!named(&chart.x.kind), !named(&chart.y.kind));
    let mut plot = Plot::new(name.to_owned())
        .width(size.x)
        .height(size.y)
        .show_background(false)
        .show_grid(false)
        .show_x(false)
        .show_y(false)
        .show_crosshair(false)
        .allow_scroll(false)
        .allow_zoom(free)
        .allow_drag(if tool == Tool::Pan { free } else { egui::Vec2b::FALSE })
        .allow_axis_zoom_drag(free)
        .allow_boxed_zoom(true)
        .set_margin_fraction(Vec2::ZERO)
        .default_x_bounds(ranges[0].0, ranges[0].1)
        .default_y_bounds(ranges[1].0, ranges[1].1)
        .x_grid_spacer(x.spacer())
        .y_grid_spacer(y.spacer())
        .custom_x_axes(x.horizontal(skin))
        .custom_y_axes(y.vertical(skin));
    if let Some(group) = group {
        plot = plot.link_axis(egui::Id::unique(("plot group", group)), free);
    }
    let response = plot.show(ui, move |plot| {
        if let Some([x, y]) = move_to {
            plot.set_plot_bounds(PlotBounds::from_min_max([x.0, y.0], [x.1, y.1]));
        } else if lanes {
            // Names cannot be moved, and the line above them is as high in any window.
            plot.set_plot_bounds_y(ranges[1].0..=ranges[1].1);
        }
        plot.add(item);
    });
    response.response.widget_info(|| WidgetInfo::labeled(Kind::Image, true, &chart.alt));
    (response.response, response.transform)
}

/// A key for the colours in use, so that cached meshes follow the look.
fn skin_key(skin: &Skin) -> usize {
    std::ptr::from_ref(skin) as usize
}
