//! What values one column of the table holds.

use crate::base::{Entry, Knobs, text};
use crate::data::profile::ColumnProfile;
use crate::data::{Column, Values, query};

use crate::chart::alt;
use crate::chart::scale;
use crate::chart::shade::place_text;
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, Legend, Mark, Role};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct ColumnHistogram;

/// Levels with a bar of their own.
const MOST_LEVELS: usize = 15;

impl Entry for ColumnHistogram {
    fn id(&self) -> &'static str {
        "column-histogram"
    }

    fn title(&self) -> &'static str {
        "Values of a column"
    }

    fn summary(&self) -> &'static str {
        "How many rows hold which value of a column, and how many hold none"
    }
}

impl Kind for ColumnHistogram {
    fn needs(&self) -> Needs {
        Needs { profile: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let data = subject.data.ok_or(ChartError::Missing("Open a table first"))?;
        let profile = subject.profile.ok_or(ChartError::Missing("The table is still being profiled"))?;
        let by_feature = || subject.link?.columns.get(subject.feature?).copied();
        let index = subject.column.or_else(by_feature).ok_or(ChartError::Missing("Choose a column first"))?;
        let (Some(column), Some(profile)) = (data.columns().get(index), profile.columns.get(index)) else {
            return Err(ChartError::Missing("The chosen column is not part of the table"));
        };
        let numbers = matches!(column.values, Values::Number { .. } | Values::Date { .. });
        match &profile.histogram {
            Some(histogram) if numbers && histogram.high > histogram.low && !histogram.counts.is_empty() => {
                Ok(self.by_value(column, profile, histogram))
            }
            _ if numbers => self.by_level(column, profile, &single(column, profile)),
            _ => self.by_level(column, profile, &profile.levels),
        }
    }
}

/// A number column without spread: its one value, if any.
fn single(column: &Column, profile: &ColumnProfile) -> Vec<(String, usize)> {
    match &profile.numbers {
        Some(numbers) if profile.present > 0 => vec![(place_text(&column.values, numbers.min), profile.present)],
        _ => Vec::new(),
    }
}

impl ColumnHistogram {
    fn chart(&self, column: &Column, profile: &ColumnProfile) -> Chart {
        let mut notes = vec![format!(
            "{} with a value, {} without.",
            text::counted(profile.present, "row"),
            text::counted(profile.missing, "row")
        )];
        if let Some(distinct) = profile.distinct {
            notes.push(format!("{} present.", text::counted(distinct, "distinct value")));
        }
        Chart {
            kind: self.id(),
            title: format!("Values of {}", column.name),
            x: Axis { label: column.name.to_string(), range: (0.0, 1.0), kind: AxisKind::Linear, second: None },
            y: Axis { label: "rows".to_owned(), range: (0.0, 1.0), kind: AxisKind::Linear, second: None },
            marks: Vec::new(),
            notes,
            legend: Vec::new(),
            sentence: String::new(),
            alt: String::new(),
            table: alt::table(&[], Vec::new()),
        }
    }

    fn by_value(&self, column: &Column, profile: &ColumnProfile, histogram: &crate::data::profile::Histogram) -> Chart {
        let mut chart = self.chart(column, profile);
        let (low, high) = (histogram.low, histogram.high);
        let width = (high - low) / histogram.counts.len() as f64;
        let edge = |k: usize| histogram.edge(k);
        let last = histogram.counts.len() - 1;
        let words = |v: f64| place_text(&column.values, v);
        let bars = histogram.counts.iter().enumerate().map(|(k, count)| {
            let hover = format!("{} to {}: {}", words(edge(k)), words(edge(k + 1)), text::counted(*count, "row"));
            let mut bar = bar(edge(k) + width / 2.0, *count, (0.94 * width, Role::Accent), hover);
            bar.query = query::inside(&column.name, &column.values, (edge(k), edge(k + 1)), k == last);
            bar
        });
        let mut bars: Vec<Bar> = bars.collect();
        let mut most = histogram.counts.iter().copied().max().unwrap_or(1).max(1);
        chart.x.range = scale::padded((low, high), 0.02);
        chart.x.kind = if matches!(column.values, Values::Date { .. }) { AxisKind::Time } else { AxisKind::Linear };
        if profile.missing > 0 {
            // Apart from the values, on the left.
            let (at, hover) =
                (low - 2.5 * width, format!("{}: {}", text::MISSING, text::counted(profile.missing, "row")));
            let mut bar = bar(at, profile.missing, (1.6 * width, Role::Missing), hover);
            bar.query = Some(query::missing(&column.name));
            bars.push(bar);
            named_missing(&mut chart.x, at);
            chart.x.range.0 = low - 4.0 * width;
            chart.legend.push(Legend::Key(Role::Missing, "without a value".to_owned()));
            most = most.max(profile.missing);
        }
        chart.marks = vec![Mark::Bars { bars, lying: false }];
        chart.sentence = spread(column, profile, &histogram.counts, &edge);
        chart.y.range = (0.0, 1.06 * most as f64);
        chart.y.label = "rows per bin".to_owned();
        if let Some(n) = &profile.numbers {
            chart.notes.push(format!("Median {}, from {} to {}.", words(n.quantiles[3]), words(n.min), words(n.max)));
            if n.infinite > 0 {
                chart.notes.push(format!("{} left out of the drawing.", text::counted(n.infinite, "infinite value")));
            }
            chart.alt = format!(
                "Histogram of {}, {}. Median {}, middle half from {} to {}, smallest {}, largest {}; {} without a value.",
                column.name,
                text::counted(profile.present, "row"),
                words(n.quantiles[3]),
                words(n.quantiles[2]),
                words(n.quantiles[4]),
                words(n.min),
                words(n.max),
                text::counted(profile.missing, "row"),
            );
        } else {
            chart.alt = format!("Histogram of {}, {}.", column.name, text::counted(profile.present, "row"));
        }
        let rows = histogram.counts.iter().enumerate();
        let rows = rows.map(|(k, c)| [edge(k), edge(k + 1), *c as f64].map(alt::number).to_vec());
        chart.table = alt::table(&["from", "to", "rows"], rows.collect());
        chart
    }

    fn by_level(
        &self,
        column: &Column,
        profile: &ColumnProfile,
        levels: &[(String, usize)],
    ) -> Result<Chart, ChartError> {
        if profile.present + profile.missing == 0 {
            return Err(ChartError::Missing("The column has no rows"));
        }
        let mut chart = self.chart(column, profile);
        let named = super::split(levels.len(), MOST_LEVELS as u64);
        let mut entries: Vec<(String, usize, Role)> =
            levels[..named].iter().map(|(name, count)| (text::shorten(name, 40), *count, Role::Accent)).collect();
        let mut queries: Vec<Option<String>> = levels[..named].iter().map(|l| level(column, profile, &l.0)).collect();
        let counted: usize = entries.iter().map(|e| e.1).sum();
        if counted < profile.present {
            entries.push(("all others".to_owned(), profile.present - counted, Role::Neutral));
            let is_named = !matches!(column.values, Values::Number { .. } | Values::Date { .. });
            queries.push(is_named.then(|| query::none_of(&column.name, levels[..named].iter().map(|l| l.0.as_str()))));
        }
        if profile.missing > 0 {
            entries.push((text::MISSING.to_owned(), profile.missing, Role::Missing));
            queries.push(Some(query::missing(&column.name)));
        }
        let count = entries.len();
        let total = (profile.present + profile.missing) as f64;
        let bars: Vec<Bar> = entries
            .iter()
            .enumerate()
            .zip(queries)
            .map(|((i, (name, rows, role)), query)| {
                let hover = format!("{name}: {}", text::counted(*rows, "row"));
                let mut bar = bar((count - 1 - i) as f64, *rows, (0.68, *role), hover);
                bar.query = query;
                bar.label = format!("{} ({})", text::count(*rows), text::percent(*rows as f64 / total));
                bar
            })
            .collect();
        let most = entries.iter().map(|e| e.1).max().unwrap_or(1).max(1);
        chart.x.label = "rows".to_owned();
        chart.x.range = (0.0, 1.22 * most as f64);
        chart.y = super::lanes(entries.iter().map(|e| e.0.clone()));
        chart.marks = vec![Mark::Bars { bars, lying: true }];
        chart.sentence = most_frequent(column, levels, (profile.present, profile.missing));
        chart.notes.push("Order: most frequent first.".to_owned());
        let top: Vec<String> =
            levels.iter().take(5).map(|(name, rows)| format!("“{name}” ({})", text::counted(*rows, "row"))).collect();
        chart.alt = format!(
            "Bar chart of the values of {}. Most frequent: {}. {} without a value.",
            column.name,
            alt::list(&top),
            text::counted(profile.missing, "row")
        );
        let rows = levels.iter().map(|(name, rows)| vec![alt::words(name), alt::number(*rows as f64)]);
        let missing = vec![alt::words(text::MISSING), alt::number(profile.missing as f64)];
        chart.table = alt::table(&["value", "rows"], rows.chain([missing]).collect());
        Ok(chart)
    }
}

fn bar(at: f64, count: usize, (thickness, role): (f64, Role), hover: String) -> Bar {
    Bar {
        at,
        from: 0.0,
        to: count as f64,
        thickness,
        role,
        label: String::new(),
        hover,
        whisker: None,
        feature: None,
        pointed: false,
        query: None,
    }
}

/// The rows of one level, or of a number column’s only value.
fn level(column: &Column, profile: &ColumnProfile, name: &str) -> Option<String> {
    match (&column.values, &profile.numbers) {
        (Values::Number { .. } | Values::Date { .. }, Some(n)) => {
            query::inside(&column.name, &column.values, (n.min, n.max), true)
        }
        (Values::Number { .. } | Values::Date { .. }, None) => None,
        _ => Some(query::equals(&column.name, name)),
    }
}

fn without(missing: usize) -> String {
    match missing {
        0 => "none is missing".to_owned(),
        some => format!("{} have no value", text::counted(some, "row")),
    }
}

fn spread(column: &Column, profile: &ColumnProfile, counts: &[usize], edge: &dyn Fn(usize) -> f64) -> String {
    let words = |v: f64| place_text(&column.values, v);
    let fullest = counts.iter().enumerate().max_by_key(|(k, count)| (**count, std::cmp::Reverse(*k)));
    let (Some(n), Some((k, count))) = (&profile.numbers, fullest) else { return String::new() };
    format!(
        "Half of all rows have {} between {} and {}, most of them, {}, between {} and {}; {}",
        column.name,
        words(n.quantiles[2]),
        words(n.quantiles[4]),
        text::percent(*count as f64 / profile.present.max(1) as f64),
        words(edge(k)),
        words(edge(k + 1)),
        without(profile.missing)
    )
}

fn most_frequent(column: &Column, levels: &[(String, usize)], (present, missing): (usize, usize)) -> String {
    let Some((name, count)) = levels.first() else { return format!("{}: {}", column.name, without(missing)) };
    format!(
        "{} is most often “{}”, in {} of the rows with a value; {}",
        column.name,
        text::shorten(name, 40),
        text::percent(*count as f64 / present.max(1) as f64),
        without(missing)
    )
}

/// Ticks at the values, and a name where the bar of missing values stands.
fn named_missing(axis: &mut Axis, at: f64) {
    let mut names = vec![(at, text::MISSING.to_owned())];
    names.extend(scale::ticks(axis, 6).into_iter().filter(|tick| tick.0 >= axis.range.0));
    axis.kind = AxisKind::Names(names);
}
