//! Which rows lie inside what was drawn: asked of the data in data units, over the grid, so that a lasso around half of
//! a million dots is answered within a tenth of a second.

use crate::base::RowSet;
use crate::chart::Chart;

use super::index::{Grid, Index, RowMark, row_marks};

/// What was drawn around dots, in data units.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Area {
    /// Between a low and a high corner.
    Rectangle([[f64; 2]; 2]),
    /// Inside a closed line, by the even-odd rule.
    Lasso(Vec<[f64; 2]>),
}

/// How a cell of the grid lies to an area.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lies {
    Inside,
    Outside,
    Across,
}

/// The rows of a table of `total` rows of which a dot of the chart lies in `area`. Cost O(dots near the border + dots
/// inside); O(dots · edges) without an index.
pub(super) fn rows_inside(chart: &Chart, index: Option<&Index>, area: &Area, total: usize) -> RowSet {
    let mut found = RowSet::empty(total);
    for RowMark { index: mark, xy, rows } in row_marks(chart) {
        let mut take = |dot: usize| {
            if let Some(row) = rows.get(dot) {
                found.insert(*row);
            }
        };
        match index.and_then(|index| index.grid(mark)) {
            Some(grid) => inside_grid(grid, xy, area, &mut take),
            None => {
                let edges = area.edges();
                (0..xy.len()).filter(|&i| area.contains(xy[i], &edges)).for_each(take);
            }
        }
    }
    found
}

fn inside_grid(grid: &Grid, xy: &[[f32; 2]], area: &Area, take: &mut dyn FnMut(usize)) {
    let cells = grid.cells(area.bounds());
    let edges = area.edges();
    for y in cells.y.0..=cells.y.1 {
        // Only edges that reach the height of this line of cells matter to it.
        let ([_, low], [_, high]) = (grid.area(cells.x.0, y)[0], grid.area(cells.x.0, y)[1]);
        let near: Vec<Edge> =
            edges.iter().copied().filter(|e| e[0][1].min(e[1][1]) <= high && e[0][1].max(e[1][1]) >= low).collect();
        for x in cells.x.0..=cells.x.1 {
            let dots = grid.dots((x, x), y);
            if dots.is_empty() {
                continue;
            }
            match area.lies(grid.area(x, y), &near) {
                Lies::Inside if !grid.is_border(x, y) => dots.iter().for_each(|&dot| take(dot as usize)),
                Lies::Outside if !grid.is_border(x, y) => {}
                _ => dots.iter().map(|&d| d as usize).filter(|&d| area.contains(xy[d], &near)).for_each(&mut *take),
            }
        }
    }
}

/// A side of the line, from one end to the other.
type Edge = [[f64; 2]; 2];

impl Area {
    /// Low and high corner.
    fn bounds(&self) -> [[f64; 2]; 2] {
        match self {
            Self::Rectangle(corners) => *corners,
            Self::Lasso(line) => {
                let fold =
                    |k: usize, start: f64, pick: fn(f64, f64) -> f64| line.iter().map(|p| p[k]).fold(start, pick);
                let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
                [[fold(0, low, f64::min), fold(1, low, f64::min)], [fold(0, high, f64::max), fold(1, high, f64::max)]]
            }
        }
    }

    fn edges(&self) -> Vec<Edge> {
        match self {
            Self::Rectangle(_) => Vec::new(),
            Self::Lasso(line) => (0..line.len()).map(|i| [line[i], line[(i + 1) % line.len()]]).collect(),
        }
    }

    /// Whether a dot lies inside; `edges` are those that reach its height.
    fn contains(&self, [x, y]: [f32; 2], edges: &[Edge]) -> bool {
        let (x, y) = (f64::from(x), f64::from(y));
        match self {
            Self::Rectangle([low, high]) => x >= low[0] && x <= high[0] && y >= low[1] && y <= high[1],
            Self::Lasso(_) => {
                let crosses =
                    |[a, b]: &&Edge| (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
                y.is_finite() && edges.iter().filter(crosses).count() % 2 == 1
            }
        }
    }

    fn lies(&self, [low, high]: [[f64; 2]; 2], edges: &[Edge]) -> Lies {
        match self {
            Self::Rectangle([from, to]) => {
                let inside = (0..2).all(|k| low[k] >= from[k] && high[k] <= to[k]);
                let outside = (0..2).any(|k| high[k] < from[k] || low[k] > to[k]);
                if inside {
                    Lies::Inside
                } else if outside {
                    Lies::Outside
                } else {
                    Lies::Across
                }
            }
            Self::Lasso(_) => {
                let meets = |[a, b]: &Edge| (0..2).all(|k| a[k].min(b[k]) <= high[k] && a[k].max(b[k]) >= low[k]);
                if edges.iter().any(meets) {
                    return Lies::Across;
                }
                let middle = [0, 1].map(|k| f64::midpoint(low[k], high[k]) as f32);
                if self.contains(middle, edges) { Lies::Inside } else { Lies::Outside }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::plot::made;
    use crate::base::RowId;

    /// The even-odd rule as it is defined, dot by dot.
    fn slowly(xy: &[[f32; 2]], area: &Area) -> Vec<u32> {
        let edges = area.edges();
        (0..xy.len()).filter(|&i| area.contains(xy[i], &edges)).map(|i| i as u32).collect()
    }

    #[test]
    fn the_grid_and_a_full_search_find_the_same_rows() {
        let rows: Vec<RowId> = (0..20_000).map(RowId).collect();
        let chart = made::dots(rows.len(), &rows);
        let index = Index::new(&chart);
        let RowMark { xy, .. } = row_marks(&chart).next().expect("there is a mark");
        // A star crosses itself, a sliver is thinner than a cell, a corner reaches beyond all dots.
        let star = (0..5).map(|i| f64::from(i * 2) * 1.256_637).map(|a| [0.5 + 0.4 * a.cos(), 0.5 + 0.4 * a.sin()]);
        let areas = [
            Area::Rectangle([[0.2, 0.3], [0.61, 0.72]]),
            Area::Rectangle([[-1.0, -1.0], [2.0, 0.1]]),
            Area::Lasso(star.collect()),
            Area::Lasso(vec![[0.1, 0.1], [0.9, 0.1001], [0.9, 0.1015]]),
            Area::Lasso(vec![[0.8, 0.8], [3.0, 0.9], [0.9, 3.0]]),
        ];
        for area in areas {
            let found: Vec<u32> = rows_inside(&chart, Some(&index), &area, 20_000).iter().map(|r| r.0).collect();
            assert_eq!(found, slowly(xy, &area), "{area:?}");
            assert!(!found.is_empty() && found.len() < 20_000, "{area:?}");
        }
    }

    #[test]
    fn a_triangle_holds_its_middle_and_nothing_beyond_its_corners() {
        let triangle = Area::Lasso(vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]);
        let edges = triangle.edges();
        assert!(triangle.contains([0.25, 0.25], &edges));
        assert!(!triangle.contains([0.75, 0.75], &edges) && !triangle.contains([-0.1, 0.5], &edges));
        assert!(!triangle.contains([f32::NAN, 0.5], &edges) && !triangle.contains([0.2, f32::NAN], &edges));
    }
}
