//! The dots of one chart: as meshes while they can be told apart, as a density where not. Built when chart, colours,
//! view or selection change, kept otherwise; what takes long is computed aside and the last state shown meanwhile.

use std::sync::Arc;

use eframe::egui;
use egui::epaint::{Mesh, Vertex};
use egui::{Color32, Pos2, Rect, Shape, TextureHandle, TextureId, TextureOptions, pos2, vec2};
use egui_plot::PlotTransform;

use crate::base::{RowId, RowSet};
use crate::chart::{Chart, Mark, Paint};

use crate::app::aside::Aside;
use crate::app::style::Skin;

use super::density::{self, Dots, Picture, Window};
use super::index::{self, Index};
use super::ink::{Ink, Inks};

/// Charts of so many dots are sorted into a grid within a frame; larger ones aside.
const AT_ONCE: usize = 20_000;
/// Screen points, squared, that a dot needs to be told apart from its neighbours.
const ROOM: f32 = 25.0;
/// Dots that are always drawn one by one, and those that never are all.
const TELLABLE: (usize, usize) = (15_000, 40_000);
/// Pixels of the dot texture: a disc and, right of it, a ring.
const DOT: usize = 32;
/// Opacity of dots that are not selected while others are.
const DIMMED: f32 = 0.2;

/// How the dots of a chart are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// One by one.
    #[default]
    Dots,
    /// So many as a picture of how many lie where.
    Density(usize),
}

/// Shared things are the same when they are one thing.
#[derive(Clone, Debug)]
pub(super) struct Same<T>(pub(super) Arc<T>);

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What a mesh depends on beside its chart.
#[derive(Clone, PartialEq)]
pub(super) struct ViewKey {
    frame: Rect,
    bounds: [[f64; 2]; 2],
    skin: usize,
    rows: Option<Same<RowSet>>,
}

/// What a density depends on.
#[derive(Clone, PartialEq)]
struct PictureKey {
    chart: Same<Chart>,
    window: Window,
    skin: usize,
    rows: Option<Same<RowSet>>,
}

/// What one frame shows.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) transform: &'a PlotTransform,
    pub(super) skin: &'static Skin,
    pub(super) texture: TextureId,
    /// The rows selected everywhere.
    pub(super) rows: Option<&'a Arc<RowSet>>,
}

/// Dots of one mark: the ordinary ones, and selected ones that lie on top.
type Meshes = (ViewKey, Arc<Mesh>, Arc<Mesh>);

/// Everything kept for the dots of one chart.
#[derive(Default)]
pub(super) struct Cloud {
    chart: Option<Arc<Chart>>,
    total: usize,
    mode: Mode,
    index: Option<Arc<Index>>,
    indexing: Aside<Same<Chart>, Index>,
    pictures: Aside<PictureKey, Picture>,
    image: Option<(Same<Picture>, TextureHandle)>,
    layers: Vec<Kept>,
}

/// What is kept for one mark.
#[derive(Default)]
struct Kept {
    meshes: Option<Meshes>,
    marked: Option<(RowId, Vec<u32>)>,
}

impl Cloud {
    /// Forgets what belongs to another chart; the picture of one of the same kind stays until there is a new one.
    pub(super) fn adopt(&mut self, chart: &Arc<Chart>) {
        if self.chart.as_ref().is_some_and(|known| Arc::ptr_eq(known, chart)) {
            return;
        }
        if self.chart.as_ref().is_none_or(|known| known.kind != chart.kind) {
            self.pictures.clear();
            self.image = None;
        }
        self.total = index::dot_count(chart);
        self.chart = Some(Arc::clone(chart));
        self.index = (self.total <= AT_ONCE).then(|| Arc::new(Index::new(chart)));
        self.layers.clear();
        self.layers.resize_with(chart.marks.len(), Kept::default);
    }

    /// How the dots are shown.
    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// The grids, once they are there.
    pub(super) fn index(&self) -> Option<&Arc<Index>> {
        self.index.as_ref()
    }

    /// Whether something is still being computed for what is shown.
    pub(super) fn is_busy(&self) -> bool {
        self.indexing.is_busy() || self.mode != Mode::Dots && self.pictures.is_busy()
    }

    /// Chooses how this frame shows the dots, and asks for what is missing.
    pub(super) fn begin(&mut self, ctx: &egui::Context, look: &Look<'_>) {
        let Some(chart) = self.chart.clone() else { return };
        if self.index.is_none() {
            // What is dropped with the last index is dropped aside, too.
            let (work, key) = (Arc::clone(&chart), Same(Arc::clone(&chart)));
            self.indexing.keep_up(ctx, &key, move || Index::new(&work));
            self.index = self.indexing.known(&key).cloned();
        }
        let frame = look.transform.frame();
        let most = ((frame.area() / ROOM) as usize).clamp(TELLABLE.0, TELLABLE.1);
        let shown = match &self.index {
            _ if self.total <= most => self.total,
            Some(index) => index.count_in(bounds(look.transform)),
            None => self.total,
        };
        self.mode = if shown <= most { Mode::Dots } else { Mode::Density(shown) };
        if self.mode != Mode::Dots {
            self.ask_for_picture(ctx, &chart, look);
        }
    }

    fn ask_for_picture(&mut self, ctx: &egui::Context, chart: &Arc<Chart>, look: &Look<'_>) {
        let rows = look.rows.map(|rows| Same(Arc::clone(rows)));
        let window = window(chart, look.transform, ctx.pixels_per_point());
        let skin = super::skin_key(look.skin);
        let key = PictureKey { chart: Same(Arc::clone(chart)), window, skin, rows };
        let inks = Inks::new(chart, look.skin);
        let index = self.index.clone();
        // The same view in other colours or with another selection need not be counted anew.
        let same_view = self.pictures.last_key().is_some_and(|k| k.chart == key.chart && k.window == window);
        let counted = self.pictures.last().filter(|_| same_view).map(|picture| Arc::clone(&picture.counts));
        let (chart, rows) = (Arc::clone(chart), look.rows.cloned());
        let work = move || {
            let counts = counted.unwrap_or_else(|| Arc::new(density::count(&chart, index.as_deref(), &window)));
            let image = density::picture(
                Dots { chart: &chart, index: index.as_deref() },
                &counts,
                &window,
                &inks,
                rows.as_deref(),
            );
            Picture { window, counts, image: Arc::new(image) }
        };
        self.pictures.keep_up(ctx, &key, work);
    }

    /// The shapes of mark `index`.
    pub(super) fn shapes(&mut self, ctx: &egui::Context, index: usize, look: &Look<'_>) -> Vec<Shape> {
        let Some(chart) = self.chart.clone() else { return Vec::new() };
        let is_dots = |m: &Mark| matches!(m, Mark::Points { .. });
        if self.mode != Mode::Dots {
            let first = chart.marks.iter().position(is_dots) == Some(index);
            return if first { self.image_shape(ctx, look).into_iter().collect() } else { Vec::new() };
        }
        let mut shapes = vec![Shape::Mesh(self.meshes(&chart, index, look).0)];
        if look.rows.is_some() && chart.marks.iter().rposition(is_dots) == Some(index) {
            let marks = (0..chart.marks.len()).filter(|&i| is_dots(&chart.marks[i]));
            shapes.extend(marks.map(|i| Shape::Mesh(self.meshes(&chart, i, look).1)));
        }
        shapes
    }

    /// The newest picture where it belongs in this view.
    fn image_shape(&mut self, ctx: &egui::Context, look: &Look<'_>) -> Option<Shape> {
        let picture = Same(Arc::clone(self.pictures.last_shared()?));
        if self.image.as_ref().is_none_or(|(shown, _)| *shown != picture) {
            let image = Arc::clone(&picture.0.image);
            let texture = match self.image.take() {
                Some((_, mut texture)) => {
                    texture.set(image, TextureOptions::LINEAR);
                    texture
                }
                None => ctx.load_texture("candor density", image, TextureOptions::LINEAR),
            };
            self.image = Some((picture, texture));
        }
        let (picture, texture) = self.image.as_ref()?;
        let [low, high] = picture.0.window.bounds;
        let at =
            |x: f64, y: f64| pos2(look.transform.position_from_point_x(x), look.transform.position_from_point_y(y));
        let area = Rect::from_two_pos(at(low[0], low[1]), at(high[0], high[1]));
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        Some(Shape::image(texture.id(), area, whole, Color32::WHITE))
    }

    fn meshes(&mut self, chart: &Chart, index: usize, look: &Look<'_>) -> (Arc<Mesh>, Arc<Mesh>) {
        let rows = look.rows.map(|rows| Same(Arc::clone(rows)));
        let (frame, bounds) = (*look.transform.frame(), bounds(look.transform));
        let key = ViewKey { frame, bounds, skin: super::skin_key(look.skin), rows };
        if let Some((known, under, top)) = self.layers.get(index).and_then(|kept| kept.meshes.as_ref())
            && *known == key
        {
            return (Arc::clone(under), Arc::clone(top));
        }
        let grid = self.index.as_ref().and_then(|i| i.grid(index));
        let (under, top) = build(chart, index, look, &in_view(chart, index, grid, bounds));
        let (under, top) = (Arc::new(under), Arc::new(top));
        if let Some(kept) = self.layers.get_mut(index) {
            kept.meshes = Some((key, Arc::clone(&under), Arc::clone(&top)));
        }
        (under, top)
    }

    /// The dot of mark `index` nearest to `pointer`, within `reach` screen points.
    pub(super) fn nearest(
        &self,
        index: usize,
        xy: &[[f32; 2]],
        transform: &PlotTransform,
        (pointer, reach): (Pos2, f32),
    ) -> Option<(usize, f32)> {
        self.index.as_ref()?.grid(index)?.nearest(xy, transform, pointer, reach)
    }

    /// The dots of mark `index` that are `row`.
    pub(super) fn marked(&mut self, index: usize, rows: &[RowId], row: RowId) -> &[u32] {
        let Some(sorted) = self.index.clone() else { return &[] };
        let Some(kept) = self.layers.get_mut(index) else { return &[] };
        if kept.marked.as_ref().is_none_or(|(known, _)| *known != row) {
            kept.marked = Some((row, sorted.of_row(index, rows, row)));
        }
        kept.marked.as_ref().map_or(&[], |(_, found)| found)
    }
}

/// Low and high corner of what is in view.
pub(super) fn bounds(transform: &PlotTransform) -> [[f64; 2]; 2] {
    let bounds = transform.bounds();
    [bounds.min(), bounds.max()]
}

/// The pixels that the frame touches, and the data units they stand for.
fn window(chart: &Chart, transform: &PlotTransform, scale: f32) -> Window {
    let frame = transform.frame();
    let (low, high) = ((frame.min * scale).floor(), (frame.max * scale).ceil());
    let corner = |x: f32, y: f32| transform.value_from_position(pos2(x / scale, y / scale));
    let (a, b) = (corner(low.x, high.y), corner(high.x, low.y));
    let radius = |m: &Mark| if let Mark::Points { radius, .. } = m { *radius } else { 0.0 };
    let radius = chart.marks.iter().map(radius).fold(0.0, f32::max);
    Window {
        bounds: [[a.x, a.y], [b.x, b.y]],
        size: [high.x - low.x, high.y - low.y].map(|s| (s.max(1.0) as usize).min(8_192)),
        reach: ((0.7 * radius * scale) as usize).clamp(1, 8),
    }
}

/// The dots of a mark that may be in view, in their order. Cost O(dots in the cells that meet it).
fn in_view(chart: &Chart, index: usize, grid: Option<&index::Grid>, bounds: [[f64; 2]; 2]) -> Vec<u32> {
    let Some(Mark::Points { xy, .. }) = chart.marks.get(index) else { return Vec::new() };
    let Some(grid) = grid else { return (0..xy.len() as u32).collect() };
    let cells = grid.cells(bounds);
    let mut dots: Vec<u32> = (cells.y.0..=cells.y.1).flat_map(|y| grid.dots(cells.x, y)).copied().collect();
    dots.sort_unstable();
    dots
}

/// A white disc and a white ring, tinted by each dot's colour.
pub(super) fn dot_texture(ctx: &egui::Context) -> TextureHandle {
    let mut alpha = Vec::with_capacity(2 * DOT * DOT);
    let middle = (DOT as f32 - 1.0) / 2.0;
    let radius = DOT as f32 / 2.0 - 1.5;
    for y in 0..DOT {
        for x in 0..2 * DOT {
            let away = vec2((x % DOT) as f32 - middle, y as f32 - middle).length();
            let disc = (radius - away + 0.5).clamp(0.0, 1.0);
            let hole = (radius * 0.62 - away + 0.5).clamp(0.0, 1.0);
            let share = if x < DOT { disc } else { disc - hole };
            alpha.push(Color32::WHITE.gamma_multiply(share));
        }
    }
    let image = egui::ColorImage::new([2 * DOT, DOT], alpha);
    ctx.load_texture("candor dots", image, TextureOptions::LINEAR)
}

/// The mesh of ordinary dots, and that of the selected ones while some are.
fn build(chart: &Chart, index: usize, look: &Look<'_>, dots: &[u32]) -> (Mesh, Mesh) {
    let (mut under, mut top) = (Mesh::with_texture(look.texture), Mesh::with_texture(look.texture));
    let Some(Mark::Points { xy, paint, rows, radius }) = chart.marks.get(index) else { return (under, top) };
    under.reserve_vertices(4 * dots.len());
    under.reserve_triangles(2 * dots.len());
    let selected = look.rows.filter(|_| !rows.is_empty());
    let opacity = if dots.len() > 3_000 { 0.7 } else { 0.9 };
    let colours = Colours::new(paint, look.skin, if selected.is_some() { DIMMED } else { opacity });
    let full = Colours::new(paint, look.skin, 1.0);
    let radius = radius.max(1.0) + 0.5;
    let frame = look.transform.frame().expand(radius);
    for &dot in dots {
        let i = dot as usize;
        let [x, y] = xy[i];
        let transform = look.transform;
        let at = pos2(transform.position_from_point_x(f64::from(x)), transform.position_from_point_y(f64::from(y)));
        if !frame.contains(at) {
            continue;
        }
        match selected.is_some_and(|set| rows.get(i).is_some_and(|row| set.contains(*row))) {
            true => add_dot(&mut top, at, radius, full.of(i)),
            false => add_dot(&mut under, at, radius, colours.of(i)),
        }
    }
    (under, top)
}

fn add_dot(mesh: &mut Mesh, at: Pos2, radius: f32, (color, hollow): (Color32, bool)) {
    let first = mesh.vertices.len() as u32;
    let left = if hollow { 0.5 } else { 0.0 };
    for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)] {
        let pos = at + vec2(2.0 * dx - 1.0, 2.0 * dy - 1.0) * radius;
        mesh.vertices.push(Vertex { pos, uv: pos2(left + 0.5 * dx, dy), color });
    }
    mesh.add_triangle(first, first + 1, first + 2);
    mesh.add_triangle(first, first + 2, first + 3);
}

/// Colours of dots, worked out once for every ink.
struct Colours<'a> {
    paint: &'a Paint,
    ramp: Vec<Color32>,
    groups: [Color32; 6],
    one: Color32,
    missing: Color32,
}

impl<'a> Colours<'a> {
    fn new(paint: &'a Paint, skin: &Skin, opacity: f32) -> Self {
        let faint = |c: Color32| c.gamma_multiply(opacity);
        let ramp = match paint {
            Paint::Ramp(_) => (0..=255u16).map(|i| faint(skin.ramp(f32::from(i) / 255.0))).collect(),
            _ => Vec::new(),
        };
        let one = match paint {
            Paint::Role(role) => faint(skin.role(*role)),
            _ => faint(skin.text),
        };
        let groups = std::array::from_fn(|k| faint(skin.role(crate::chart::Role::Group(k as u8))));
        // Rings are thin: only what is dimmed is fainter.
        let missing = if opacity < 0.5 { faint(skin.missing) } else { skin.missing };
        Self { paint, ramp, groups, one, missing }
    }

    /// Colour of dot `i`, and whether it is hollow because its value is missing.
    fn of(&self, i: usize) -> (Color32, bool) {
        match Ink::of(self.paint, i) {
            Ink::Plain => (self.one, false),
            Ink::Ramp(share) => (self.ramp.get(usize::from(share)).copied().unwrap_or(self.one), false),
            Ink::Group(group) => (self.groups[usize::from(group) % 6], false),
            Ink::Missing => (self.missing, true),
        }
    }
}
