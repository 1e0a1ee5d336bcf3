//! Places of one feature along an axis: intervals and points of numbers, lanes of categories, the missing value apart.

use crate::base::text;
use crate::explain::Place;

use super::kind::Subject;
use super::scale;
use super::spec::{Axis, AxisKind, Mark, Role};

/// Named lanes at most; of more, those with the most rows are shown.
const MOST_LANES: usize = 20;
/// Bars of the histogram below.
const BINS: usize = 40;
/// Height of the histogram of counts, as a share of the drawing above it.
pub const BELOW: f64 = 0.12;

/// Places of one feature.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The feature, by input index.
    pub feature: usize,
    /// Where something is known: the missing value first, then ascending.
    pub places: &'a [Place],
    /// How many rows, or how much weight, there is at each.
    pub counts: &'a [f64],
}

/// Where one place stands.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its index.
    pub place: usize,
    /// Where it begins.
    pub from: f64,
    /// Equal to `from` for a single value.
    pub to: f64,
    /// Whether it is a lane with a name of its own.
    pub is_lane: bool,
}

/// Where the shown places stand.
#[derive(Clone, Debug)]
pub struct Stage {
    /// In the order of the axis.
    pub spans: Vec<Span>,
    /// The axis.
    pub range: (f64, f64),
    /// Its kind.
    pub kind: AxisKind,
    /// What a reader must know.
    pub note: Option<String>,
}

impl Places<'_> {
    /// Where they stand on the axis of `subject`'s table.
    pub fn stage(&self, subject: &Subject<'_>) -> Stage {
        if self.places.iter().any(|place| matches!(place, Place::Category(_))) {
            self.lanes()
        } else {
            self.along(subject)
        }
    }

    /// Places with names: one lane each, in their own order; of many, those with the most rows.
    fn lanes(&self) -> Stage {
        // A missing value that no row has tells nothing.
        let is_held = |k: &usize| self.places[*k] != Place::Missing || self.counts[*k] > 0.0;
        let mut order: Vec<usize> = (0..self.places.len()).filter(is_held).collect();
        let mut note = None;
        if order.len() > MOST_LANES {
            order.sort_by(|a, b| self.counts[*b].total_cmp(&self.counts[*a]).then(a.cmp(b)));
            let hidden = order.split_off(MOST_LANES).len();
            order.sort_unstable();
            note = Some(format!("{} with the fewest rows are not shown.", text::counted(hidden, "value")));
        }
        let span = |(lane, place): (usize, &usize)| Span {
            place: *place,
            from: lane as f64 - 0.36,
            to: lane as f64 + 0.36,
            is_lane: true,
        };
        let spans = order.iter().enumerate().map(span).collect();
        let names = order.iter().enumerate().map(|(lane, k)| (lane as f64, self.places[*k].words())).collect();
        Stage { spans, range: (-0.6, order.len() as f64 - 0.4), kind: AxisKind::Names(names), note }
    }

    /// Numbers: by value, as far as the table's values reach; the missing value in a lane of its own on the left.
    fn along(&self, subject: &Subject<'_>) -> Stage {
        let ends = self.places.iter().flat_map(|place| <[f64; 2]>::from(place.ends()));
        let known = scale::extent(ends).unwrap_or((0.0, 1.0));
        let (low, high) = scale::padded(held(subject, self.feature).unwrap_or(known), 0.02);
        let mut spans: Vec<Span> = Vec::new();
        let mut missing = None;
        for (k, place) in self.places.iter().enumerate() {
            let plain = |from: f64, to: f64| Span { place: k, from, to, is_lane: false };
            match place {
                Place::At(value) => spans.push(plain(*value, *value)),
                Place::Between(from, to) if *to >= low && *from <= high => {
                    spans.push(plain(from.max(low), to.min(high)))
                }
                Place::Missing if self.counts[k] > 0.0 => missing = Some(k),
                Place::Between(..) | Place::Missing | Place::Category(_) => {}
            }
        }
        let Some(place) = missing else {
            return Stage { spans, range: (low, high), kind: AxisKind::Linear, note: None };
        };
        let span = high - low;
        let middle = low - 0.07 * span;
        spans.insert(0, Span { place, from: middle - 0.025 * span, to: middle + 0.025 * span, is_lane: true });
        let axis = Axis { label: String::new(), range: (low, high), kind: AxisKind::Linear, second: None };
        let mut names = vec![(middle, text::MISSING.to_owned())];
        names.extend(scale::ticks(&axis, 6).into_iter().filter(|tick| tick.0 > low + 0.02 * span));
        let note = Some("Rows without a value stand in a lane of their own on the left.".to_owned());
        Stage { spans, range: (low - 0.12 * span, high), kind: AxisKind::Names(names), note }
    }
}

/// Smallest and largest value of the table's column behind a feature.
fn held(subject: &Subject<'_>, feature: usize) -> Option<(f64, f64)> {
    let column = subject.data?.columns().get(*subject.link?.columns.get(feature)?)?;
    scale::extent((0..column.values.len()).map(|i| column.values.position(i)))
}

impl Stage {
    /// One curve: level over each span and upright between neighbours; broken where spans do not touch, except between points.
    pub fn line(&self, values: &[f64], (role, width): (Role, f32), name: String) -> Mark {
        let mut xy: Vec<[f64; 2]> = Vec::with_capacity(2 * self.spans.len());
        let mut last: Option<&Span> = None;
        for span in &self.spans {
            // Neighbouring spans meet in the same number; points are joined because nothing is known between them.
            if last.is_some_and(|last| last.is_lane || span.is_lane) {
                xy.push([f64::NAN; 2]);
            }
            xy.push([span.from, values[span.place]]);
            if span.to > span.from {
                xy.push([span.to, values[span.place]]);
            }
            last = Some(span);
        }
        Mark::Line { xy: xy.into(), role, width, dashed: false, name }
    }

    /// The area between two curves, broken where places do not touch.
    pub fn band(&self, low: &[f64], high: &[f64], role: Role) -> Mark {
        let mut edges = Vec::with_capacity(2 * self.spans.len());
        let mut last: Option<&Span> = None;
        for span in &self.spans {
            if last.is_some_and(|last| last.is_lane || span.is_lane) {
                edges.push([f64::NAN; 3]);
            }
            let (low, high) = (low[span.place], high[span.place]);
            edges.extend([[span.from, low, high], [span.to, low, high]]);
            last = Some(span);
        }
        Mark::Band { edges: edges.into(), role }
    }

    /// How many rows hold each value, as a faint area along the bottom: in equal bins of numbers, in the lanes of names.
    pub fn counts(&self, counts: &[f64], (bottom, top): (f64, f64)) -> Mark {
        let rows = |span: &Span| counts[span.place];
        let (lanes, numbers): (Vec<&Span>, Vec<&Span>) = self.spans.iter().partition(|span| span.is_lane);
        let mut boxes: Vec<(f64, f64, f64)> = lanes.into_iter().map(|span| (span.from, span.to, rows(span))).collect();
        if let Some((low, high)) = scale::extent(numbers.iter().flat_map(|span| [span.from, span.to])) {
            let width = (high - low).max(f64::MIN_POSITIVE) / BINS as f64;
            let bin = |x: f64| (((x - low) / width) as usize).min(BINS - 1);
            let mut bins = [0.0; BINS];
            for span in numbers {
                let (first, last) = (bin(span.from), bin(span.to));
                // Where in its span a row stands is not known: it counts evenly.
                for (i, sum) in bins.iter_mut().enumerate().take(last + 1).skip(first) {
                    let (left, right) = (low + i as f64 * width, low + (i + 1) as f64 * width);
                    let inside = (span.to.min(right) - span.from.max(left)) / (span.to - span.from);
                    *sum += rows(span) * if first == last { 1.0 } else { inside.clamp(0.0, 1.0) };
                }
            }
            boxes.extend(
                bins.iter().enumerate().map(|(i, n)| (low + i as f64 * width, low + (i + 1) as f64 * width, *n)),
            );
        }
        let most = boxes.iter().fold(0.0f64, |most, b| most.max(b.2)).max(1.0);
        let height = 0.9 * BELOW / (1.0 + BELOW) * (top - bottom);
        let edges = boxes.iter().flat_map(|(from, to, count)| {
            let tall = bottom + height * count / most;
            [[*from, bottom, tall], [*to, bottom, tall], [f64::NAN; 3]]
        });
        Mark::Band { edges: edges.collect(), role: Role::Ink }
    }
}

/// A place in words, numbers with four digits.
pub fn short(place: &Place) -> String {
    let number = |x: f64| text::significant(x, 4);
    match place {
        Place::Between(low, high) if low.is_infinite() && high.is_infinite() => "anything".to_owned(),
        Place::Between(low, high) if low.is_infinite() => format!("at most about {}", number(*high)),
        Place::Between(low, high) if high.is_infinite() => format!("at least about {}", number(*low)),
        Place::Between(low, high) => format!("{} to {}", number(*low), number(*high)),
        Place::At(value) => number(*value),
        Place::Missing | Place::Category(_) => place.words(),
    }
}
