//! Dots as one mesh: built when chart, colours or view change, kept otherwise. Hovering asks a grid, never all dots.

use std::sync::Arc;

use eframe::egui;
use egui::epaint::{Mesh, Vertex};
use egui::{Color32, Pos2, Rect, TextureId, pos2, vec2};
use egui_plot::PlotTransform;

use crate::base::RowId;
use crate::chart::{Chart, Mark, Paint};

use crate::app::style::Skin;

/// Cells of the hover grid along each side.
const SIDE: usize = 128;
/// Pixels of the dot texture: a disc and, right of it, a ring.
const DOT: usize = 32;

/// Everything kept for the dots of one chart.
#[derive(Default)]
pub(super) struct Cloud {
    chart: Option<Arc<Chart>>,
    layers: Vec<Layer>,
}

/// What is kept for one `Mark::Points`.
#[derive(Default)]
struct Layer {
    mesh: Option<(ViewKey, Arc<Mesh>)>,
    grid: Option<Grid>,
    marked: Option<(RowId, Vec<u32>)>,
}

/// What a mesh depends on beside its chart.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct ViewKey {
    frame: Rect,
    bounds: [[f64; 2]; 2],
    skin: usize,
}

impl ViewKey {
    pub(super) fn new(transform: &PlotTransform, skin: &Skin) -> Self {
        let bounds = transform.bounds();
        Self { frame: *transform.frame(), bounds: [bounds.min(), bounds.max()], skin: super::skin_key(skin) }
    }
}

/// The dots of one mark.
#[derive(Clone, Copy)]
pub(super) struct Dots<'a> {
    pub(super) xy: &'a [[f32; 2]],
    pub(super) paint: &'a Paint,
    pub(super) radius: f32,
}

impl Cloud {
    /// Forgets what belongs to another chart.
    pub(super) fn adopt(&mut self, chart: &Arc<Chart>) {
        if !self.chart.as_ref().is_some_and(|known| Arc::ptr_eq(known, chart)) {
            self.chart = Some(Arc::clone(chart));
            self.layers.clear();
            self.layers.resize_with(chart.marks.len(), Layer::default);
        }
    }

    /// The mesh of mark `index`. Cost O(dots) when something changed, else nothing.
    pub(super) fn mesh(
        &mut self,
        index: usize,
        dots: Dots<'_>,
        transform: &PlotTransform,
        (skin, texture): (&Skin, TextureId),
    ) -> Option<Arc<Mesh>> {
        let layer = self.layers.get_mut(index)?;
        let key = ViewKey::new(transform, skin);
        match &layer.mesh {
            Some((known, mesh)) if *known == key => Some(Arc::clone(mesh)),
            _ => {
                let mesh = Arc::new(build(dots, transform, skin, texture));
                layer.mesh = Some((key, Arc::clone(&mesh)));
                Some(mesh)
            }
        }
    }

    /// The dot of mark `index` nearest to `pointer`, within `reach` screen points.
    pub(super) fn nearest(
        &mut self,
        index: usize,
        xy: &[[f32; 2]],
        transform: &PlotTransform,
        (pointer, reach): (Pos2, f32),
    ) -> Option<(usize, f32)> {
        let grid = self.layers.get_mut(index)?.grid.get_or_insert_with(|| Grid::new(xy));
        grid.nearest(xy, transform, pointer, reach)
    }

    /// The dots of mark `index` that are `row`.
    pub(super) fn marked(&mut self, index: usize, rows: &[RowId], row: RowId) -> &[u32] {
        let Some(layer) = self.layers.get_mut(index) else { return &[] };
        if layer.marked.as_ref().is_none_or(|(known, _)| *known != row) {
            let found = rows.iter().enumerate().filter(|(_, r)| **r == row).map(|(i, _)| i as u32).take(500);
            layer.marked = Some((row, found.collect()));
        }
        layer.marked.as_ref().map_or(&[], |(_, found)| found)
    }
}

/// A white disc and a white ring, tinted by each dot's colour.
pub(super) fn dot_texture(ctx: &egui::Context) -> egui::TextureHandle {
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
    ctx.load_texture("candor dots", image, egui::TextureOptions::LINEAR)
}

fn build(dots: Dots<'_>, transform: &PlotTransform, skin: &Skin, texture: TextureId) -> Mesh {
    let mut mesh = Mesh::with_texture(texture);
    mesh.reserve_vertices(4 * dots.xy.len());
    mesh.reserve_triangles(2 * dots.xy.len());
    let colours = Colours::new(dots.paint, skin, if dots.xy.len() > 3_000 { 0.7 } else { 0.9 });
    let radius = dots.radius.max(1.0) + 0.5;
    let frame = transform.frame().expand(radius);
    for (i, [x, y]) in dots.xy.iter().enumerate() {
        let at = pos2(transform.position_from_point_x(f64::from(*x)), transform.position_from_point_y(f64::from(*y)));
        if frame.contains(at) {
            let (colour, hollow) = colours.of(i);
            add_dot(&mut mesh, at, radius, (colour, hollow));
        }
    }
    mesh
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

/// Colours of dots, with the ramp worked out once for 256 shares.
struct Colours<'a> {
    paint: &'a Paint,
    ramp: Vec<Color32>,
    groups: Vec<Color32>,
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
        let groups = (0..6).map(|k| faint(skin.role(crate::chart::Role::Group(k)))).collect();
        Self { paint, ramp, groups, one, missing: skin.missing }
    }

    /// Colour of dot `i`, and whether it is hollow because its value is missing.
    fn of(&self, i: usize) -> (Color32, bool) {
        match self.paint {
            Paint::Role(role) => (self.one, *role == crate::chart::Role::Missing),
            Paint::Ramp(shares) => match shares.get(i) {
                Some(share) if !share.is_nan() => {
                    let place = (share.clamp(0.0, 1.0) * 255.0).round() as usize;
                    (self.ramp.get(place).copied().unwrap_or(self.one), false)
                }
                _ => (self.missing, true),
            },
            Paint::Groups(groups) => match groups.get(i) {
                Some(&group) if group != 255 => {
                    (self.groups.get(usize::from(group) % 6).copied().unwrap_or(self.one), false)
                }
                _ => (self.missing, true),
            },
        }
    }
}

/// Dots sorted into cells of equal size.
struct Grid {
    low: [f32; 2],
    cell: [f32; 2],
    starts: Vec<u32>,
    dots: Vec<u32>,
}

impl Grid {
    fn new(xy: &[[f32; 2]]) -> Self {
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for point in xy.iter().filter(|p| p[0].is_finite() && p[1].is_finite()) {
            for k in 0..2 {
                low[k] = low[k].min(point[k]);
                high[k] = high[k].max(point[k]);
            }
        }
        let cell = [0, 1].map(|k| ((high[k] - low[k]) / SIDE as f32).max(f32::MIN_POSITIVE));
        let mut grid = Self { low, cell, starts: vec![0; SIDE * SIDE + 1], dots: vec![0; xy.len()] };
        for point in xy {
            let place = grid.place(*point);
            grid.starts[place + 1] += 1;
        }
        for i in 0..SIDE * SIDE {
            grid.starts[i + 1] += grid.starts[i];
        }
        let mut next = grid.starts.clone();
        for (i, point) in xy.iter().enumerate() {
            let place = grid.place(*point);
            grid.dots[next[place] as usize] = i as u32;
            next[place] += 1;
        }
        grid
    }

    fn column(&self, k: usize, value: f32) -> usize {
        // Casting saturates: what is not finite or out of range lands in a border cell.
        (((value - self.low[k]) / self.cell[k]) as usize).min(SIDE - 1)
    }

    fn place(&self, point: [f32; 2]) -> usize {
        self.column(1, point[1]) * SIDE + self.column(0, point[0])
    }

    fn nearest(&self, xy: &[[f32; 2]], transform: &PlotTransform, pointer: Pos2, reach: f32) -> Option<(usize, f32)> {
        let corner = |dx: f32, dy: f32| transform.value_from_position(pointer + vec2(dx, dy));
        let (a, b) = (corner(-reach, reach), corner(reach, -reach));
        let (x0, x1) = (self.column(0, a.x.min(b.x) as f32), self.column(0, a.x.max(b.x) as f32));
        let (y0, y1) = (self.column(1, a.y.min(b.y) as f32), self.column(1, a.y.max(b.y) as f32));
        let mut best: Option<(usize, f32)> = None;
        for row in y0..=y1 {
            let (from, to) = (self.starts[row * SIDE + x0], self.starts[row * SIDE + x1 + 1]);
            // A bound on the work of one frame, for a view where everything lies in a few cells.
            for &dot in self.dots[from as usize..to as usize].iter().take(20_000) {
                let [x, y] = xy[dot as usize];
                let at =
                    pos2(transform.position_from_point_x(f64::from(x)), transform.position_from_point_y(f64::from(y)));
                let away = at.distance(pointer);
                if away <= reach && best.is_none_or(|(_, known)| away <= known) {
                    best = Some((dot as usize, away));
                }
            }
        }
        best
    }
}

/// The dots of a mark, when it has any.
pub(super) fn dots(mark: &Mark) -> Option<Dots<'_>> {
    match mark {
        Mark::Points { xy, paint, radius, .. } => Some(Dots { xy, paint, radius: *radius }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use egui_plot::PlotBounds;

    use super::*;

    #[test]
    fn the_grid_finds_the_same_dot_as_a_full_search() {
        let xy: Vec<[f32; 2]> =
            (0..2_000u32).map(|i| [((i * 7919) % 1000) as f32, ((i * 104_729) % 997) as f32]).collect();
        let grid = Grid::new(&xy);
        let frame = Rect::from_min_size(pos2(10.0, 20.0), vec2(800.0, 600.0));
        let bounds = PlotBounds::from_min_max([0.0, 0.0], [1000.0, 1000.0]);
        let transform = PlotTransform::new(frame, bounds, egui::Vec2b::FALSE);
        for pointer in [pos2(300.0, 300.0), pos2(11.0, 21.0), pos2(700.5, 88.25)] {
            let at = |p: [f32; 2]| {
                pos2(transform.position_from_point_x(f64::from(p[0])), transform.position_from_point_y(f64::from(p[1])))
            };
            let full = xy.iter().map(|p| at(*p).distance(pointer)).fold(f32::INFINITY, f32::min);
            let found = grid.nearest(&xy, &transform, pointer, 60.0).expect("a dot is within reach");
            assert!((found.1 - full).abs() < 1e-4, "{found:?} against {full}");
        }
    }

    #[test]
    fn a_grid_of_one_dot_or_of_broken_dots_does_not_panic() {
        for xy in [vec![[1.0, 1.0]], vec![[f32::NAN, 1.0], [f32::INFINITY, 2.0]], Vec::new()] {
            assert_eq!(Grid::new(&xy).dots.len(), xy.len());
        }
    }
}
