//! More dots than the eye can tell apart become a picture of how many lie where. Counting is in whole numbers, so that
//! the same view gives the same pixels in whatever order dots are met; it is done aside from the frame.

use std::sync::Arc;

use eframe::egui;
use egui::{Color32, ColorImage};

use crate::base::{RowId, RowSet};
use crate::chart::{Chart, Mark, Paint};

use super::index::{self, Grid, Index};
use super::ink::{Ink, Inks};

/// Opacity of a single dot; the fullest pixel has full opacity, by the logarithm of the count between.
const FAINTEST: f32 = 0.38;
/// Opacity of what is not selected while something is.
const DIMMED: f32 = 0.22;
/// Least opacity of what is selected.
const SELECTED: f32 = 0.8;
/// Groups that are told apart, and one for missing values.
const GROUPS: usize = 7;

/// What is seen of a chart: the part in data units and its size in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    /// Low and high corner.
    pub(super) bounds: [[f64; 2]; 2],
    /// Width and height.
    pub(super) size: [usize; 2],
    /// Pixels by which a dot reaches beyond its own to each side.
    pub(super) reach: usize,
}

/// Counts of all dots of a chart in one window, mark by mark; kept while only the selection changes.
pub(super) struct Counts(Vec<Layer>);

/// Counts of one mark in a box of pixels: what the dots of the mark can reach.
struct Layer {
    mark: usize,
    left: usize,
    top: usize,
    width: usize,
    counts: Vec<u32>,
    values: Values,
}

/// What colours a pixel, summed over its dots.
enum Values {
    Plain,
    /// Sum of shares in 255ths and number of missing ones.
    Ramp(Vec<u32>, Vec<u32>),
    Groups([Vec<u32>; GROUPS]),
}

/// Counts every dot of the chart that lies in the window. Cost O(dots), of those near the window where it is small; on one
/// thread, because it goes on while a view moves and would take the processor from the frames.
pub(super) fn count(chart: &Chart, index: Option<&Index>, window: &Window) -> Counts {
    Counts((0..chart.marks.len()).filter_map(|i| Layer::of_all(chart, i, index, window)).collect())
}

/// A chart and its grids, where they are there.
#[derive(Clone, Copy)]
pub(super) struct Dots<'a> {
    pub(super) chart: &'a Chart,
    pub(super) index: Option<&'a Index>,
}

/// The picture of `counts`, where rows are selected with those on top and the rest dimmed.
pub(super) fn picture(
    Dots { chart, index }: Dots<'_>,
    counts: &Counts,
    window: &Window,
    inks: &Inks,
    rows: Option<&RowSet>,
) -> ColorImage {
    let mut pixels = vec![Color32::TRANSPARENT; window.size[0] * window.size[1]];
    let most = counts.0.iter().flat_map(|layer| layer.counts.iter().copied()).max().unwrap_or(0);
    let scale = Scale::new(most);
    for layer in &counts.0 {
        let dim = rows.is_some() && !layer.names_no_rows(chart);
        let opacity = |n: u32| scale.of(n) * if dim { DIMMED } else { 1.0 };
        layer.blend(&mut pixels, window, (inks, opacity));
    }
    if let Some(rows) = rows {
        let layer = |i: usize| Layer::of_selected(chart, counts.0[i].mark, (index, rows), window);
        for layer in (0..counts.0.len()).filter_map(layer) {
            layer.blend(&mut pixels, window, (inks, |n| scale.of(n).max(SELECTED)));
        }
    }
    ColorImage::new(window.size, pixels)
}

/// Opacity by the logarithm of a count.
struct Scale {
    known: Vec<f32>,
    most: f32,
}

impl Scale {
    fn new(most: u32) -> Self {
        let most = (most.max(1) as f32).ln_1p();
        Self { known: (0..4_096).map(|n| share(n, most)).collect(), most }
    }

    fn of(&self, n: u32) -> f32 {
        self.known.get(n as usize).copied().unwrap_or_else(|| share(n, self.most))
    }
}

fn share(n: u32, most: f32) -> f32 {
    let share = ((n as f32).ln_1p() - std::f32::consts::LN_2) / (most - std::f32::consts::LN_2).max(1e-6);
    FAINTEST + (1.0 - FAINTEST) * share.clamp(0.0, 1.0)
}

/// From data units to pixels.
struct Lens {
    low: [f64; 2],
    scale: [f64; 2],
    size: [f64; 2],
}

impl Lens {
    fn new(window: &Window) -> Self {
        let [low, high] = window.bounds;
        let size = window.size.map(|s| s as f64);
        let scale = [0, 1].map(|k| size[k] / (high[k] - low[k]).max(f64::MIN_POSITIVE));
        Self { low, scale, size }
    }

    /// Pixel of a dot, the first row on top; `None` outside.
    fn pixel(&self, [x, y]: [f32; 2]) -> Option<(usize, usize)> {
        let x = (f64::from(x) - self.low[0]) * self.scale[0];
        let y = self.size[1] - (f64::from(y) - self.low[1]) * self.scale[1];
        // What is no number fails every comparison.
        let inside = x >= 0.0 && x < self.size[0] && y >= 0.0 && y < self.size[1];
        inside.then_some((x as usize, y as usize))
    }
}

impl Layer {
    /// An empty layer that holds every dot of mark `i` and what it covers; `None` where nothing of it is in the window.
    fn empty(chart: &Chart, i: usize, index: Option<&Index>, window: &Window) -> Option<Self> {
        let Some(Mark::Points { xy, paint, .. }) = chart.marks.get(i) else { return None };
        let lens = Lens::new(window);
        let known = index.and_then(|index| index.grid(i)).map(Grid::extent);
        let [low, high] = known.unwrap_or_else(|| index::extent(xy));
        let reach = window.reach as f64 + 1.0;
        let range = |from: f64, to: f64, size: usize| {
            let (from, to) = ((from - reach).max(0.0) as usize, (to + reach).min(size as f64).max(0.0).ceil() as usize);
            (from < to).then_some((from, to.min(size)))
        };
        let at = |k: usize, v: f32| (f64::from(v) - lens.low[k]) * lens.scale[k];
        let (left, right) = range(at(0, low[0]), at(0, high[0]), window.size[0])?;
        let (top, bottom) = range(lens.size[1] - at(1, high[1]), lens.size[1] - at(1, low[1]), window.size[1])?;
        let width = right - left;
        let zeros = || vec![0; width * (bottom - top)];
        let values = match paint {
            Paint::Role(_) => Values::Plain,
            Paint::Ramp(_) => Values::Ramp(zeros(), zeros()),
            Paint::Groups(_) => Values::Groups(std::array::from_fn(|_| zeros())),
        };
        Some(Self { mark: i, left, top, width, counts: zeros(), values })
    }

    fn of_all(chart: &Chart, i: usize, index: Option<&Index>, window: &Window) -> Option<Self> {
        let mut layer = Self::empty(chart, i, index, window)?;
        let Mark::Points { xy, paint, .. } = &chart.marks[i] else { return None };
        let lens = Lens::new(window);
        match index.and_then(|index| index.grid(i)).filter(|grid| 4 * grid.count_in(window.bounds) < xy.len()) {
            Some(grid) => {
                let cells = grid.cells(window.bounds);
                for y in cells.y.0..=cells.y.1 {
                    let dots = grid.dots(cells.x, y).iter().map(|&dot| dot as usize);
                    layer.add(dots, (xy, paint), &lens);
                }
            }
            None => layer.add(0..xy.len(), (xy, paint), &lens),
        }
        layer.spread(window.reach);
        Some(layer)
    }

    fn of_selected(
        chart: &Chart,
        i: usize,
        (index, selected): (Option<&Index>, &RowSet),
        window: &Window,
    ) -> Option<Self> {
        let Mark::Points { xy, paint, rows, .. } = &chart.marks[i] else { return None };
        if rows.is_empty() {
            return None;
        }
        let mut layer = Self::empty(chart, i, index, window)?;
        layer.add(selected_dots(rows, selected), (xy, paint), &Lens::new(window));
        layer.spread(window.reach);
        Some(layer)
    }

    fn add(&mut self, dots: impl Iterator<Item = usize>, (xy, paint): (&[[f32; 2]], &Paint), lens: &Lens) {
        let (left, top, width) = (self.left, self.top, self.width);
        let place = |dot: usize| lens.pixel(xy[dot]).map(|(x, y)| (y - top) * width + x - left);
        let counts = &mut self.counts;
        match (&mut self.values, paint) {
            (Values::Ramp(sums, missing), Paint::Ramp(shares)) => {
                for dot in dots {
                    let Some(at) = place(dot) else { continue };
                    counts[at] += 1;
                    match shares.get(dot) {
                        Some(share) if !share.is_nan() => sums[at] += (share.clamp(0.0, 1.0) * 255.0).round() as u32,
                        _ => missing[at] += 1,
                    }
                }
            }
            (Values::Groups(planes), Paint::Groups(groups)) => {
                for dot in dots {
                    let Some(at) = place(dot) else { continue };
                    counts[at] += 1;
                    let group = groups
                        .get(dot)
                        .map_or(GROUPS - 1, |g| if *g == 255 { GROUPS - 1 } else { usize::from(*g) % 6 });
                    planes[group][at] += 1;
                }
            }
            _ => dots.filter_map(place).for_each(|at| counts[at] += 1),
        }
    }

    /// Every dot covers a square of pixels around its own.
    fn spread(&mut self, reach: usize) {
        let width = self.width;
        spread(&mut self.counts, width, reach);
        match &mut self.values {
            Values::Plain => {}
            Values::Ramp(sums, missing) => [sums, missing].into_iter().for_each(|plane| spread(plane, width, reach)),
            Values::Groups(planes) => planes.iter_mut().for_each(|plane| spread(plane, width, reach)),
        }
    }

    fn names_no_rows(&self, chart: &Chart) -> bool {
        matches!(chart.marks.get(self.mark), Some(Mark::Points { rows, .. }) if rows.is_empty())
    }

    fn ink(&self, at: usize) -> Ink {
        match &self.values {
            Values::Plain => Ink::Plain,
            Values::Ramp(sums, missing) => match self.counts[at] - missing[at] {
                present if present < missing[at] => Ink::Missing,
                present => Ink::Ramp(((sums[at] + present / 2) / present.max(1)) as u8),
            },
            Values::Groups(planes) => {
                // The first of equals, so that nothing depends on order.
                let largest = (0..GROUPS).rev().max_by_key(|&g| planes[g][at]).unwrap_or(0);
                if largest == GROUPS - 1 { Ink::Missing } else { Ink::Group(largest as u8) }
            }
        }
    }

    fn blend(&self, pixels: &mut [Color32], window: &Window, (inks, opacity): (&Inks, impl Fn(u32) -> f32)) {
        for (k, line) in self.counts.chunks(self.width).enumerate() {
            let start = (self.top + k) * window.size[0] + self.left;
            for (j, &n) in line.iter().enumerate().filter(|(_, n)| **n > 0) {
                let colour = inks.colour(self.mark, self.ink(k * self.width + j)).gamma_multiply(opacity(n));
                let pixel = &mut pixels[start + j];
                *pixel = pixel.blend(colour);
            }
        }
    }
}

/// The dots of selected rows: looked up where dots are the rows of the table in order, else asked one by one.
pub(super) fn selected_dots<'a>(rows: &'a [RowId], selected: &'a RowSet) -> Box<dyn Iterator<Item = usize> + 'a> {
    let in_order = rows.last().is_some_and(|last| last.index() + 1 == rows.len()) && rows.is_sorted();
    match in_order {
        true => Box::new(selected.iter().map(RowId::index).filter(|&i| i < rows.len())),
        false => Box::new((0..rows.len()).filter(|&i| selected.contains(rows[i]))),
    }
}

/// Sums over squares of `2 · reach + 1` pixels, with running sums along lines and columns. Cost O(pixels).
fn spread(plane: &mut [u32], width: usize, reach: usize) {
    if width == 0 || plane.is_empty() {
        return;
    }
    let mut line_before = vec![0; width];
    for line in plane.chunks_mut(width) {
        line_before.copy_from_slice(line);
        run(&line_before, reach, |i, sum| line[i] = sum);
    }
    let before = plane.to_vec();
    let height = plane.len() / width;
    let mut sums = vec![0_u32; width];
    for y in 0..height + reach {
        if y < height {
            sums.iter_mut().zip(&before[y * width..]).for_each(|(sum, new)| *sum += new);
        }
        if y > 2 * reach {
            let gone = y - 2 * reach - 1;
            sums.iter_mut().zip(&before[gone * width..]).for_each(|(sum, old)| *sum -= old);
        }
        if y >= reach {
            plane[(y - reach) * width..(y - reach + 1) * width].copy_from_slice(&sums);
        }
    }
}

/// Running sums of a line.
fn run(line: &[u32], reach: usize, mut tell: impl FnMut(usize, u32)) {
    let mut sum = 0;
    for i in 0..line.len() + reach {
        sum += line.get(i).copied().unwrap_or(0);
        if i > 2 * reach {
            sum -= line[i - 2 * reach - 1];
        }
        if i >= reach {
            tell(i - reach, sum);
        }
    }
}

/// A picture as it is kept: what it shows and where it was.
pub(super) struct Picture {
    pub(super) window: Window,
    pub(super) counts: Arc<Counts>,
    pub(super) image: Arc<ColorImage>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::plot::made;
    use crate::app::style;

    const WINDOW: Window = Window { bounds: [[0.2, 0.1], [0.5, 0.9]], size: [90, 70], reach: 1 };

    fn chart(count: u32) -> (Chart, Index) {
        let rows: Vec<RowId> = (0..count).map(RowId).collect();
        let chart = made::dots(rows.len(), &rows);
        let index = Index::new(&chart);
        (chart, index)
    }

    fn painted(chart: &Chart, index: Option<&Index>, window: &Window, rows: Option<&RowSet>) -> ColorImage {
        let inks = Inks::new(chart, style::light());
        picture(Dots { chart, index }, &count(chart, index, window), window, &inks, rows)
    }

    #[test]
    fn the_same_view_has_the_same_pixels_with_and_without_the_grid() {
        let (chart, index) = chart(30_000);
        // A quarter of all dots is met through the grid, more are met in a row.
        for bounds in [[[0.2, 0.1], [0.5, 0.9]], [[0.4, 0.4], [0.6, 0.6]], [[-1.0, -1.0], [2.0, 2.0]]] {
            let window = Window { bounds, ..WINDOW };
            let picture = painted(&chart, Some(&index), &window, None);
            assert_eq!(picture, painted(&chart, None, &window, None), "{bounds:?}");
            assert!(picture.pixels.iter().any(|p| p.a() > 0), "{bounds:?} shows nothing");
        }
    }

    #[test]
    fn a_lone_dot_covers_its_square_in_its_own_colour() {
        let (mut chart, _) = chart(3);
        let xy: Vec<[f32; 2]> = vec![[0.352, 0.498], [9.0, 9.0], [f32::NAN, 0.5]];
        chart.marks = vec![Mark::Points {
            xy: xy.into(),
            paint: Paint::Ramp(vec![1.0, 0.0, 0.0].into()),
            rows: [0, 1, 2].map(RowId).into(),
            radius: 1.8,
        }];
        let image = painted(&chart, None, &WINDOW, None);
        let lit: Vec<usize> = (0..image.pixels.len()).filter(|&i| image.pixels[i].a() > 0).collect();
        let at = |x: usize, y: usize| y * 90 + x;
        let square: Vec<usize> = (34..37).flat_map(|y| (44..47).map(move |x| at(x, y))).collect();
        assert_eq!(lit, square, "45 of 90 pixels across, 35 of 70 down");
        let high = style::light().ramp(1.0).gamma_multiply(FAINTEST);
        assert_eq!(image.pixels[at(45, 35)], Color32::TRANSPARENT.blend(high));
    }

    #[test]
    fn selected_rows_lie_on_top_and_the_rest_is_dimmed() {
        let (chart, index) = chart(30_000);
        let none = painted(&chart, Some(&index), &WINDOW, None);
        let selected = RowSet::that(30_000, |row| row.0 < 300);
        let some = painted(&chart, Some(&index), &WINDOW, Some(&selected));
        let all = painted(&chart, Some(&index), &WINDOW, Some(&RowSet::full(30_000)));
        let opaque = |image: &ColorImage| image.pixels.iter().filter(|p| p.a() >= 204).count();
        let faint = |image: &ColorImage| image.pixels.iter().filter(|p| p.a() > 0 && p.a() < 60).count();
        assert!(opaque(&some) > 200 && opaque(&some) < 9 * 300, "{} pixels stand out", opaque(&some));
        assert!(faint(&some) > 2_000 && faint(&none) == 0, "{} pixels are dimmed", faint(&some));
        assert!(opaque(&all) > 5_000 && faint(&all) == 0);
    }

    #[test]
    fn the_largest_group_gives_the_colour_and_missing_is_grey() {
        let (mut chart, _) = chart(6);
        chart.marks = vec![Mark::Points {
            xy: vec![[0.35, 0.5]; 6].into(),
            paint: Paint::Groups(vec![2, 4, 4, 4, 255, 0].into()),
            rows: (0..6).map(RowId).collect(),
            radius: 1.8,
        }];
        let layer = &count(&chart, None, &WINDOW).0[0];
        let middle = (0..layer.counts.len()).find(|&i| layer.counts[i] == 6).expect("six dots lie there");
        assert_eq!(layer.ink(middle), Ink::Group(4));
        chart.marks = vec![Mark::Points {
            xy: vec![[0.35, 0.5]; 3].into(),
            paint: Paint::Ramp(vec![f32::NAN, f32::NAN, 0.5].into()),
            rows: (0..3).map(RowId).collect(),
            radius: 1.8,
        }];
        let layer = &count(&chart, None, &WINDOW).0[0];
        let middle = (0..layer.counts.len()).find(|&i| layer.counts[i] == 3).expect("three dots lie there");
        assert_eq!(layer.ink(middle), Ink::Missing);
    }

    #[test]
    fn running_sums_are_the_sums_of_squares() {
        let (width, height) = (9_usize, 7_usize);
        let plane: Vec<u32> = (0..63).map(|i| (i * 31) % 17).collect();
        for reach in [0, 1, 2, 4] {
            let mut fast = plane.clone();
            spread(&mut fast, width, reach);
            for y in 0..height {
                for x in 0..width {
                    let lines = y.saturating_sub(reach)..=(y + reach).min(height - 1);
                    let square = lines.flat_map(|v| {
                        (x.saturating_sub(reach)..=(x + reach).min(width - 1)).map(move |u| v * width + u)
                    });
                    assert_eq!(
                        fast[y * width + x],
                        square.map(|at| plane[at]).sum::<u32>(),
                        "({x}, {y}), reach {reach}"
                    );
                }
            }
        }
    }
}
