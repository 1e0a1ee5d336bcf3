//! The interactive painter: the same marks as the static one, with pan, zoom, hover and selection.

mod axes;
mod cloud;
mod hover;
mod item;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui;
use egui::{Role as Kind, Vec2, WidgetInfo};
use egui_plot::{Plot, PlotBounds};

use crate::base::RowId;
use crate::chart::{AxisKind, Chart};

use super::style::{self, Skin};

use axes::Ticks;
use cloud::Cloud;
use item::ChartItem;

/// What is kept between frames for each place where a chart is shown.
#[derive(Default)]
pub(crate) struct PlotStore {
    slots: BTreeMap<String, Slot>,
    dots: Option<egui::TextureHandle>,
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
    /// Axis ranges the view was last set to.
    ranges: Option<[(f64, f64); 2]>,
    cloud: Cloud,
}

/// What is selected, to be marked.
#[derive(Clone, Copy, Default)]
pub(crate) struct Selected {
    /// The row selected everywhere.
    pub(crate) row: Option<RowId>,
    /// The feature selected everywhere.
    pub(crate) feature: Option<usize>,
}

/// What was clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picked {
    /// A dot that is a table row.
    Row(RowId),
    /// A bar that is a feature.
    Feature(usize),
}

/// Further lines for the tooltip of a row's dot; the second argument is the height of the dot.
pub(crate) type RowLines<'a> = &'a dyn Fn(RowId, f64) -> Vec<String>;

impl PlotStore {
    /// The slot with this name.
    pub(crate) fn slot(&mut self, name: &str) -> &mut Slot {
        self.slots.entry(name.to_owned()).or_default()
    }

    /// Forgets all charts: another table or model is open.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }

    /// Paints the chart of a slot into `size`; answers what was clicked.
    pub(crate) fn show(&mut self, ui: &mut egui::Ui, name: &str, view: &View<'_>) -> Option<Picked> {
        let dots = self.dots.get_or_insert_with(|| cloud::dot_texture(ui.ctx())).id();
        let slot = self.slots.entry(name.to_owned()).or_default();
        let chart = slot.chart.clone()?;
        slot.cloud.adopt(&chart);
        let ranges = item::ranges(&chart);
        let move_to = (slot.reset || slot.ranges != Some(ranges)).then_some(ranges);
        slot.ranges = Some(ranges);
        slot.reset = false;
        let cloud = RefCell::new(std::mem::take(&mut slot.cloud));
        let skin = style::skin(ui);
        let picked = {
            let item = ChartItem::new(&chart, skin, (view.selected, view.size), &cloud, dots);
            paint(ui, name, item, view, move_to)
        };
        slot.cloud = cloud.into_inner();
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
}

fn paint(
    ui: &mut egui::Ui,
    name: &str,
    item: ChartItem<'_>,
    view: &View<'_>,
    move_to: Option<[(f64, f64); 2]>,
) -> Option<Picked> {
    let (chart, skin, cloud) = (item.chart, item.skin, item.cloud);
    let (wide, high) = (view.size.x, view.size.y);
    let (x, y) = (Ticks::new(&chart.x, (wide, high), false), Ticks::new(&chart.y, (high, wide), true));
    let ranges = item::ranges(chart);
    let named = |kind: &AxisKind| matches!(kind, AxisKind::Names(_));
    let free = egui::Vec2b::new(!named(&chart.x.kind), !named(&chart.y.kind));
    let response = Plot::new(name.to_owned())
        .width(view.size.x)
        .height(view.size.y)
        .show_background(false)
        .show_grid(false)
        .show_x(false)
        .show_y(false)
        .show_crosshair(false)
        .allow_scroll(false)
        .allow_zoom(free)
        .allow_drag(free)
        .allow_axis_zoom_drag(free)
        .allow_boxed_zoom(true)
        .set_margin_fraction(Vec2::ZERO)
        .default_x_bounds(ranges[0].0, ranges[0].1)
        .default_y_bounds(ranges[1].0, ranges[1].1)
        .x_grid_spacer(x.spacer())
        .y_grid_spacer(y.spacer())
        .custom_x_axes(x.horizontal(skin))
        .custom_y_axes(y.vertical(skin))
        .show(ui, move |plot| {
            if let Some([x, y]) = move_to {
                plot.set_plot_bounds(PlotBounds::from_min_max([x.0, y.0], [x.1, y.1]));
            }
            plot.add(item);
        });
    let (plot, transform) = (response.response, response.transform);
    plot.widget_info(|| WidgetInfo::labeled(Kind::Image, true, &chart.alt));
    let pointer = plot.hover_pos().filter(|p| transform.frame().contains(*p));
    let found = pointer.and_then(|p| hover::find(chart, &mut cloud.borrow_mut(), &transform, p));
    if let Some(found) = &found {
        hover::mark(ui, found, &transform, skin);
        hover::tooltip(&plot, chart, found, view.lines);
    }
    if plot.clicked() { found.and_then(|f| f.picked()) } else { None }
}

/// A key for the colours in use, so that cached meshes follow the look.
fn skin_key(skin: &Skin) -> usize {
    std::ptr::from_ref(skin) as usize
}
