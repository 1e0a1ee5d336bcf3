//! Ticks of the interactive axes: the same texts as on paper, for whatever part is in view.

use std::cell::RefCell;
use std::rc::Rc;

use eframe::egui;
use egui::{FontId, RichText};
use egui_plot::{AxisHints, GridInput, GridMark, VPlacement};

use crate::base::text;
use crate::chart::{Axis, AxisKind, SecondAxis, ticks};

use crate::app::style::Skin;

/// Longest name beside an axis, in characters; hover shows the whole.
const NAME_LIMIT: usize = 44;
/// Screen points that one number on an axis may take.
const NUMBER_ROOM: f32 = 90.0;

/// Height of one reading of a lying axis: its numbers and its name.
const READING: f32 = 35.0;

/// Height that the readings of a lying axis take, about.
pub(super) fn height(axis: &Axis) -> f32 {
    if axis.second.is_some() { 2.0 * READING } else { READING }
}

/// The ticks of one axis, worked out for the part in view.
pub(super) struct Ticks<'a> {
    axis: &'a Axis,
    length: f32,
    room: usize,
    shown: Rc<RefCell<Vec<(f64, String)>>>,
}

impl<'a> Ticks<'a> {
    /// Ticks of an axis `length` points long; `across` is the length of the other one.
    pub(super) fn new(axis: &'a Axis, (length, across): (f32, f32), upright: bool) -> Self {
        let names = match &axis.kind {
            AxisKind::Names(names) => names.len().max(1),
            AxisKind::Linear | AxisKind::Time => 1,
        };
        // Names at the left may take a third of the width; names below share what those leave, with a gap between.
        let points = if upright { across * 0.34 } else { 0.74 * length / names as f32 };
        Self { axis, length, room: ((points / 6.4) as usize).max(6), shown: Rc::default() }
    }

    /// Puts a mark at every tick of this axis and of its second reading.
    pub(super) fn spacer(&self) -> impl Fn(GridInput) -> Vec<GridMark> + 'a {
        let (axis, length, room, shown) = (self.axis, self.length, self.room, Rc::clone(&self.shown));
        move |input| {
            let ticks = in_view(axis, input.bounds, (length, room));
            // Ticks are thinned already; a step as long as the axis keeps the plot from thinning them again.
            let step_size = (input.bounds.1 - input.bounds.0).abs();
            let second = axis.second.iter().flat_map(|s| s.ticks.iter().map(|t| t.0));
            let marks = ticks.iter().map(|t| t.0).chain(second);
            let marks = marks.map(|value| GridMark { value, step_size }).collect();
            *shown.borrow_mut() = ticks;
            marks
        }
    }

    /// The axis below the drawing and, with a second reading, one above.
    pub(super) fn horizontal(&self, skin: &Skin) -> Vec<AxisHints<'a>> {
        let first = self.hints(AxisHints::new_x(), skin).placement(VPlacement::Bottom);
        let second = self.axis.second.as_ref().map(|s| second_hints(s, skin));
        std::iter::once(first).chain(second).collect()
    }

    /// The axis at the left.
    pub(super) fn vertical(&self, skin: &Skin) -> Vec<AxisHints<'a>> {
        vec![self.hints(AxisHints::new_y(), skin)]
    }

    fn hints(&self, hints: AxisHints<'a>, skin: &Skin) -> AxisHints<'a> {
        let shown = Rc::clone(&self.shown);
        let named = matches!(self.axis.kind, AxisKind::Names(_));
        hints
            .label(RichText::new(&self.axis.label).size(12.0).color(skin.muted))
            .label_spacing(0.0..=0.1)
            .tick_label_font(FontId::proportional(12.0))
            .tick_label_color(if named { skin.text } else { skin.muted })
            .formatter(move |mark, _| find(&shown.borrow(), mark.value))
    }
}

fn second_hints<'a>(second: &'a SecondAxis, skin: &Skin) -> AxisHints<'a> {
    AxisHints::new_x()
        .placement(VPlacement::Top)
        .label(RichText::new(&second.label).size(12.0).color(skin.muted))
        .label_spacing(0.0..=0.1)
        .tick_label_font(FontId::proportional(12.0))
        .tick_label_color(skin.muted)
        .formatter(move |mark, _| find(&second.ticks, mark.value))
}

fn find(ticks: &[(f64, String)], value: f64) -> String {
    ticks.iter().find(|t| t.0.total_cmp(&value).is_eq()).map(|t| t.1.clone()).unwrap_or_default()
}

/// The ticks of `axis` between `bounds` when it is `length` screen points long; names get `room` characters.
pub(super) fn in_view(axis: &Axis, bounds: (f64, f64), (length, room): (f32, usize)) -> Vec<(f64, String)> {
    let wanted = ((length / NUMBER_ROOM) as usize).clamp(2, 12);
    let part = Axis { label: String::new(), range: bounds, kind: axis.kind.clone(), second: None };
    let mut all = ticks(&part, wanted);
    if let AxisKind::Names(_) = axis.kind {
        all.retain(|(at, _)| *at >= bounds.0 && *at <= bounds.1);
        for (_, name) in &mut all {
            *name = text::shorten(name, room.min(NAME_LIMIT));
        }
    }
    all
}
