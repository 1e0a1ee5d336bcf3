//! A drawing in data units: no pixels, no theme, no window. Two painters paint it and must agree.

use std::sync::Arc;

use crate::base::RowId;

/// A finished drawing.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Id of the kind that drew it.
    pub kind: &'static str,
    /// What it shows, in a few words.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, back to front.
    pub marks: Vec<Mark>,
    /// What a reader must know, one sentence each: `5 000 of 120 000 rows shown`.
    pub notes: Vec<String>,
    /// Entries of the legend, in order.
    pub legend: Vec<Legend>,
    /// What it shows, read off its numbers in one plain sentence without causal words: what stands under the chart.
    pub sentence: String,
    /// The same content as a paragraph.
    pub alt: String,
    /// The same content as a table: what “show as table” shows and CSV export writes.
    pub table: ChartTable,
}

/// The numbers behind a chart, full precision.
#[derive(Clone, Debug, Default)]
pub struct ChartTable {
    /// Column names.
    pub header: Vec<String>,
    /// Rows of cells.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell of a chart's table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number, NaN is missing.
    Number(f64),
}

/// An axis in data units.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// Label with unit: `contribution (log-odds)`.
    pub label: String,
    /// Smallest and largest value shown at first.
    pub range: (f64, f64),
    /// Numbers or names.
    pub kind: AxisKind,
    /// A second reading of the same axis.
    pub second: Option<SecondAxis>,
}

/// Numbers or names along an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AxisKind {
    /// A linear scale.
    #[default]
    Linear,
    /// Names at given positions: lanes of a swarm, bars, levels.
    Names(Vec<(f64, String)>),
    /// Milliseconds since 1970, shown as dates.
    Time,
}

/// A second reading of an axis: log-odds also read as probability.
#[derive(Clone, Debug)]
pub struct SecondAxis {
    /// Label with unit.
    pub label: String,
    /// Position on the first scale and text, ascending.
    pub ticks: Vec<(f64, String)>,
}

/// A legend entry.
#[derive(Clone, Debug)]
pub enum Legend {
    /// One colour with its meaning.
    Key(Role, String),
    /// The ramp from low to high: label, text of the low end, text of the high end.
    Ramp(String, String, String),
}

/// Something drawn.
#[derive(Clone, Debug)]
pub enum Mark {
    /// Dots; `rows` names the table row of each dot (empty when dots are no rows).
    Points {
        /// Positions in data units.
        xy: Arc<[[f32; 2]]>,
        /// Colour meaning.
        paint: Paint,
        /// Table row of each.
        rows: Arc<[RowId]>,
        /// Radius in points of the screen.
        radius: f32,
    },
    /// Horizontal or vertical bars, one text each (hover and label).
    Bars {
        /// The bars.
        bars: Vec<Bar>,
        /// Lying (value along x) or standing (value along y).
        lying: bool,
    },
    /// A polyline; NaN breaks it.
    Line {
        /// Positions in data units.
        xy: Arc<[[f64; 2]]>,
        /// Colour meaning.
        role: Role,
        /// Width in points of the screen.
        width: f32,
        /// Dashed when true.
        dashed: bool,
        /// Name for legend and hover.
        name: String,
    },
    /// The area between two curves over the same x.
    Band {
        /// x, low, high.
        edges: Arc<[[f64; 3]]>,
        /// Colour meaning; painted faintly.
        role: Role,
    },
    /// Coloured cells of a grid (confusion matrix).
    Cells {
        /// Centre x, centre y, share in `0..=1` for the fill, text inside.
        cells: Vec<(f64, f64, f32, String)>,
        /// Whether shares stand for signed values, 0.5 for zero, and are filled by the pair; else by one colour.
        signed: bool,
        /// Width and height of a cell in data units.
        size: (f64, f64),
        /// The rows of each cell as a query of the data room; empty where cells stand for no rows.
        queries: Vec<String>,
    },
    /// A straight reference line across the drawing.
    Rule {
        /// Position on the axis.
        at: f64,
        /// Upright (at an x) or level (at a y).
        upright: bool,
        /// Colour meaning.
        role: Role,
        /// Text beside it; may be empty.
        label: String,
    },
    /// A text at a place.
    Text {
        /// Place in data units.
        at: (f64, f64),
        /// The text.
        text: String,
        /// Colour meaning.
        role: Role,
        /// Which edge of the text sits at the place: −1 left, 0 middle, 1 right.
        anchor: i8,
    },
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Position across the bar's direction.
    pub at: f64,
    /// Where it starts.
    pub from: f64,
    /// Where it ends; the end further from the start may be drawn as an arrow tip.
    pub to: f64,
    /// Thickness in data units.
    pub thickness: f64,
    /// Colour meaning.
    pub role: Role,
    /// Text at the bar's end.
    pub label: String,
    /// Text on hover.
    pub hover: String,
    /// An interval around the end.
    pub whisker: Option<(f64, f64)>,
    /// The feature it stands for, by input index.
    pub feature: Option<usize>,
    /// Drawn with a pointed end in the direction of `to`.
    pub pointed: bool,
    /// The table rows it stands for, as a query of the data room: `age >= 30 and age < 35`.
    pub query: Option<String>,
}

/// The meaning of a colour.
#[derive(Clone, Debug)]
pub enum Paint {
    /// One meaning for all.
    Role(Role),
    /// Low to high, one share in `0..=1` per dot; NaN is missing (hollow, grey).
    Ramp(Arc<[f32]>),
    /// A group per dot, 0-based; 255 is missing.
    Groups(Arc<[u8]>),
}

/// Meanings that themes turn into colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Raises the prediction.
    Raises,
    /// Lowers the prediction.
    Lowers,
    /// Neither.
    Neutral,
    /// One of six groups, 0-based.
    Group(u8),
    /// A reference to compare with.
    Reference,
    /// Less important.
    Muted,
    /// Ordinary text and lines.
    Ink,
    /// What is selected now.
    Accent,
    /// No value.
    Missing,
    /// A signed value in steps from −127, lowers most, through 0, neither, to 127, raises most.
    Signed(i8),
}

impl Role {
    /// The role of a signed value whose largest size is `most`; neither where that is 0.
    pub fn signed(value: f64, most: f64) -> Self {
        let share = if most > 0.0 { (value / most).clamp(-1.0, 1.0) } else { 0.0 };
        Self::Signed((127.0 * share).round() as i8)
    }
}

impl Chart {
    /// How its cells are filled: `None` without cells, else whether by signed value.
    pub fn filled_by_sign(&self) -> Option<bool> {
        self.marks.iter().find_map(|mark| if let Mark::Cells { signed, .. } = mark { Some(*signed) } else { None })
    }
}
