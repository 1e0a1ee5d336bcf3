//! Where the dots of a chart lie: what is in view, under the pointer or inside a lasso is asked here, never of shapes.

use eframe::egui;
use egui::{Pos2, pos2, vec2};
use egui_plot::PlotTransform;

use crate::base::{RowId, Task};
use crate::chart::{Chart, Mark};
use crate::num::parallel;

/// Cells along each side of a grid, for few dots and for many.
const SIDES: (usize, usize) = (16, 512);

/// The grids of all marks of one chart; `None` where a mark has no dots.
pub(super) struct Index {
    layers: Vec<Option<Layer>>,
}

/// The dots of one mark.
struct Layer {
    grid: Grid,
    /// Positions in order of their rows; empty where they are in that order already.
    by_row: Vec<u32>,
}

impl Index {
    /// Sorts every dot into its cell. Cost O(dots).
    pub(super) fn new(chart: &Chart) -> Self {
        let layer = |i: usize| match chart.marks.get(i) {
            Some(Mark::Points { xy, rows, .. }) => {
                let mut by_row = Vec::new();
                if !rows.is_sorted() {
                    by_row.extend(0..rows.len() as u32);
                    by_row.sort_by_key(|&i| rows[i as usize]);
                }
                Some(Layer { grid: Grid::new(xy), by_row })
            }
            _ => None,
        };
        let layers = parallel::map(chart.marks.len(), &Task::silent(), layer);
        Self { layers: layers.expect("nobody can cancel a silent task") }
    }

    /// The grid of mark `index`.
    pub(super) fn grid(&self, index: usize) -> Option<&Grid> {
        self.layers.get(index)?.as_ref().map(|layer| &layer.grid)
    }

    /// The dots of mark `index` that are `row`. Cost O(log dots).
    pub(super) fn of_row(&self, index: usize, rows: &[RowId], row: RowId) -> Vec<u32> {
        let Some(Some(layer)) = self.layers.get(index) else { return Vec::new() };
        if layer.by_row.is_empty() {
            let first = rows.partition_point(|r| *r < row);
            return (first..rows.len()).take_while(|&i| rows[i] == row).map(|i| i as u32).collect();
        }
        let first = layer.by_row.partition_point(|&i| rows[i as usize] < row);
        layer.by_row[first..].iter().copied().take_while(|&i| rows[i as usize] == row).collect()
    }

    /// How many dots lie in the cells that meet `bounds`, at most so many are in view. Cost O(rows of cells).
    pub(super) fn count_in(&self, bounds: [[f64; 2]; 2]) -> usize {
        self.layers.iter().flatten().map(|layer| layer.grid.count_in(bounds)).sum()
    }
}

/// Dots sorted into cells of equal size.
pub(super) struct Grid {
    side: usize,
    low: [f32; 2],
    high: [f32; 2],
    cell: [f32; 2],
    starts: Vec<u32>,
    dots: Vec<u32>,
}

/// The cells from one corner to the other, both included.
#[derive(Clone, Copy)]
pub(super) struct Cells {
    pub(super) x: (usize, usize),
    pub(super) y: (usize, usize),
}

impl Grid {
    pub(super) fn new(xy: &[[f32; 2]]) -> Self {
        let [low, high] = extent(xy);
        let side = ((xy.len() / 4).isqrt()).clamp(SIDES.0, SIDES.1);
        let cell = [0, 1].map(|k| ((high[k] - low[k]) / side as f32).max(f32::MIN_POSITIVE));
        let mut grid = Self { side, low, high, cell, starts: vec![0; side * side + 1], dots: vec![0; xy.len()] };
        for point in xy {
            let place = grid.place(*point);
            grid.starts[place + 1] += 1;
        }
        for i in 0..side * side {
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

    /// Low and high corner of all dots.
    pub(super) fn extent(&self) -> [[f32; 2]; 2] {
        [self.low, self.high]
    }

    fn column(&self, k: usize, value: f32) -> usize {
        // Casting saturates: what is not finite or out of range lands in a border cell.
        (((value - self.low[k]) / self.cell[k]) as usize).min(self.side - 1)
    }

    fn place(&self, point: [f32; 2]) -> usize {
        self.column(1, point[1]) * self.side + self.column(0, point[0])
    }

    /// The cells that meet an area given by its low and high corner.
    pub(super) fn cells(&self, bounds: [[f64; 2]; 2]) -> Cells {
        let column = |k: usize, value: f64| self.column(k, value as f32);
        let [low, high] = bounds;
        Cells { x: (column(0, low[0]), column(0, high[0])), y: (column(1, low[1]), column(1, high[1])) }
    }

    /// The dots of neighbouring cells in one row of cells.
    pub(super) fn dots(&self, (x0, x1): (usize, usize), y: usize) -> &[u32] {
        let (from, to) = (self.starts[y * self.side + x0], self.starts[y * self.side + x1 + 1]);
        &self.dots[from as usize..to as usize]
    }

    /// The area of one cell, low and high corner, a hair larger than what was counted into it.
    pub(super) fn area(&self, x: usize, y: usize) -> [[f64; 2]; 2] {
        let edge = |k: usize, i: usize| f64::from(self.low[k]) + f64::from(self.cell[k]) * i as f64;
        let hair =
            [0, 1].map(|k| 1e-4 * f64::from(self.cell[k]) + 1e-6 * edge(k, self.side).abs().max(edge(k, 0).abs()));
        [[edge(0, x) - hair[0], edge(1, y) - hair[1]], [edge(0, x + 1) + hair[0], edge(1, y + 1) + hair[1]]]
    }

    /// Whether a cell may also hold what is no number or lies anywhere.
    pub(super) fn is_border(&self, x: usize, y: usize) -> bool {
        x == 0 || y == 0 || x + 1 == self.side || y + 1 == self.side
    }

    /// How many dots lie in the cells that meet `bounds`. Cost O(rows of cells).
    pub(super) fn count_in(&self, bounds: [[f64; 2]; 2]) -> usize {
        let cells = self.cells(bounds);
        (cells.y.0..=cells.y.1).map(|y| self.dots(cells.x, y).len()).sum()
    }

    /// The dot nearest to `pointer`, within `reach` screen points: looked for close by first, because among a million
    /// dots hundreds of thousands may lie within reach.
    pub(super) fn nearest(
        &self,
        xy: &[[f32; 2]],
        transform: &PlotTransform,
        pointer: Pos2,
        reach: f32,
    ) -> Option<(usize, f32)> {
        [0.06, 0.25, 1.0].into_iter().find_map(|share| self.within(xy, transform, pointer, share * reach))
    }

    fn within(&self, xy: &[[f32; 2]], transform: &PlotTransform, pointer: Pos2, reach: f32) -> Option<(usize, f32)> {
        let corner = |dx: f32, dy: f32| transform.value_from_position(pointer + vec2(dx, dy));
        let (a, b) = (corner(-reach, reach), corner(reach, -reach));
        let cells = self.cells([[a.x.min(b.x), a.y.min(b.y)], [a.x.max(b.x), a.y.max(b.y)]]);
        let mut best: Option<(usize, f32)> = None;
        for row in cells.y.0..=cells.y.1 {
            // A bound on the work of one frame, for a view where everything lies in a few cells.
            for &dot in self.dots(cells.x, row).iter().take(20_000) {
                let [x, y] = xy[dot as usize];
                let at =
                    pos2(transform.position_from_point_x(f64::from(x)), transform.position_from_point_y(f64::from(y)));
                let away = at.distance(pointer);
                // Of dots equally near, the one drawn last lies on top.
                let nearer = best.is_none_or(|(dot_, known)| away < known || away <= known && dot as usize > dot_);
                if away <= reach && nearer {
                    best = Some((dot as usize, away));
                }
            }
        }
        best
    }
}

/// Low and high corner of all dots that are numbers; the low one above the high one where there are none.
pub(super) fn extent(xy: &[[f32; 2]]) -> [[f32; 2]; 2] {
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for point in xy.iter().filter(|p| p[0].is_finite() && p[1].is_finite()) {
        for k in 0..2 {
            low[k] = low[k].min(point[k]);
            high[k] = high[k].max(point[k]);
        }
    }
    [low, high]
}

/// A mark whose dots are table rows.
#[derive(Clone, Copy)]
pub(super) struct RowMark<'a> {
    /// Its place among the chart's marks.
    pub(super) index: usize,
    /// Its dots.
    pub(super) xy: &'a [[f32; 2]],
    /// The row of each.
    pub(super) rows: &'a [RowId],
}

/// The marks of a chart whose dots are rows.
pub(super) fn row_marks(chart: &Chart) -> impl Iterator<Item = RowMark<'_>> {
    chart.marks.iter().enumerate().filter_map(|(index, mark)| match mark {
        Mark::Points { xy, rows, .. } if !rows.is_empty() => Some(RowMark { index, xy, rows }),
        _ => None,
    })
}

/// How many dots a chart has.
pub(super) fn dot_count(chart: &Chart) -> usize {
    let dots = |mark: &Mark| if let Mark::Points { xy, .. } = mark { xy.len() } else { 0 };
    chart.marks.iter().map(dots).sum()
}

#[cfg(test)]
mod tests {
    use egui_plot::PlotBounds;

    use super::*;

    #[test]
    fn the_grid_finds_the_same_dot_as_a_full_search() {
        let xy: Vec<[f32; 2]> = (0..3_000_u32)
            .map(|i| [((i * 7_919) % 1_009) as f32 / 1_009.0, ((i * 104_729) % 997) as f32 / 997.0])
            .collect();
        let frame = egui::Rect::from_min_size(pos2(10.0, 20.0), vec2(500.0, 300.0));
        let bounds = PlotBounds::from_min_max([-0.1, -0.1], [1.1, 1.1]);
        let transform = PlotTransform::new(frame, bounds, egui::Vec2b::FALSE);
        let grid = Grid::new(&xy);
        let all = |pointer: Pos2| {
            let mut best: Option<(usize, f32)> = None;
            for (i, [x, y]) in xy.iter().enumerate() {
                let x = transform.position_from_point_x(f64::from(*x));
                let away = pos2(x, transform.position_from_point_y(f64::from(*y))).distance(pointer);
                if away <= 14.0 && best.is_none_or(|(_, known)| away <= known) {
                    best = Some((i, away));
                }
            }
            best.map(|b| b.0)
        };
        for k in 0..400_u32 {
            let pointer = pos2(10.0 + (k * 37 % 500) as f32, 20.0 + (k * 91 % 300) as f32);
            assert_eq!(grid.nearest(&xy, &transform, pointer, 14.0).map(|b| b.0), all(pointer), "{pointer:?}");
        }
    }

    #[test]
    fn a_grid_of_one_dot_or_of_broken_dots_does_not_panic() {
        for xy in [vec![[1.0, 1.0]], vec![[f32::NAN, 1.0], [f32::INFINITY, 2.0]], Vec::new()] {
            assert_eq!(Grid::new(&xy).dots.len(), xy.len());
        }
    }

    #[test]
    fn the_dots_of_a_row_are_found_in_any_order_of_rows() {
        let rows: Vec<RowId> = [4, 1, 3, 1, 9].map(RowId).to_vec();
        let sorted: Vec<RowId> = [1, 1, 3, 4, 9].map(RowId).to_vec();
        for (rows, expected) in [(rows, [1, 3]), (sorted, [0, 1])] {
            let chart = super::super::made::dots(5, &rows);
            let index = Index::new(&chart);
            assert_eq!(index.of_row(0, &rows, RowId(1)), expected);
            assert!(index.of_row(0, &rows, RowId(5)).is_empty());
        }
    }
}
