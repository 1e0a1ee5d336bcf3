//! From polars frames to our columns, and the fence around polars: what panics there becomes a refusal here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    CategoricalMapping, DataFrame, DataType, PolarsError, PolarsResult, Series, StringChunked, TimeUnit,
};

use crate::base::Task;
use crate::num::parallel;

use super::column::{Column, MISSING_CODE, MISSING_DATE, TextValues, Values};
use super::dates::DAY_MILLIS;
use super::error::DataError;
use super::infer::{Inferred, TextRules, category, infer, text};

/// Runs `work`; a panic inside becomes an error text, as does polars' own error.
pub fn fenced<T>(work: impl FnOnce() -> PolarsResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(first_line(&error)),
        Err(panic) => Err(panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .map_or_else(
                || "the content breaks the format".to_owned(),
                |text| text.lines().next().unwrap_or("").to_owned(),
            )),
    }
}

/// The first line of polars' message: the rest speaks of its Python options.
fn first_line(error: &PolarsError) -> String {
    error.to_string().lines().next().unwrap_or("").trim().to_owned()
}

/// Columns and notes of one frame.
pub struct Converted {
    /// The columns, in frame order.
    pub columns: Vec<Column>,
    /// What could not be kept, one sentence each.
    pub notes: Vec<String>,
}

/// A frame and what it is called.
pub struct Named<'a> {
    /// The file, for refusals.
    pub path: &'a Path,
    /// The names, in place of the frame's own.
    pub names: &'a [String],
}

/// Converts a frame of texts by our own typing. Frees each column once read.
pub fn typed_texts(
    frame: DataFrame,
    named: &Named<'_>,
    rules: &TextRules,
    task: &Task,
) -> Result<Converted, DataError> {
    let rows = frame.height();
    convert(frame, named, task, |name, series| {
        let whole = series.rechunk();
        drop(series);
        let texts = whole.str().map_err(|e| first_line(&e))?;
        Ok(infer(name, rows, |i| text_at(texts, i), rules))
    })
}

/// Converts a frame whose types the file itself declares.
pub fn declared(frame: DataFrame, named: &Named<'_>, task: &Task) -> Result<Converted, DataError> {
    convert(frame, named, task, |name, series| {
        let whole = series.rechunk();
        drop(series);
        fenced(|| from_series(name, &whole))
    })
}

fn text_at(texts: &StringChunked, i: usize) -> Option<&str> {
    if i < texts.len() { texts.get(i) } else { None }
}

fn convert<F>(frame: DataFrame, named: &Named<'_>, task: &Task, each: F) -> Result<Converted, DataError>
where
    F: Fn(&str, Series) -> Result<Inferred, String> + Sync,
{
    let names = named.names;
    let columns = frame.into_columns();
    // Each column is taken out of its slot, so that its texts are freed while the next is typed.
    let slots: Vec<Mutex<Option<_>>> = columns.into_iter().map(|c| Mutex::new(Some(c))).collect();
    task.begin("typing columns", slots.len() as u64);
    let typed = parallel::map(slots.len(), task, |k| {
        let column = slots.get(k).and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        let name = names.get(k).map_or("", |n| n);
        match column {
            Some(column) => each(name, column.take_materialized_series()),
            None => Err("a column is missing".to_owned()),
        }
    })?;
    let mut converted = Converted { columns: Vec::with_capacity(typed.len()), notes: Vec::new() };
    for (name, found) in names.iter().zip(typed) {
        let found = found.map_err(|reason| DataError::Malformed {
            path: named.path.to_path_buf(),
            place: format!("column “{name}”"),
            reason,
            hint: "Leave this column out, or write it again as numbers or texts".to_owned(),
        })?;
        converted.columns.push(Column { name: name.as_str().into(), values: found.values });
        converted.notes.extend(found.note);
    }
    Ok(converted)
}

fn from_series(name: &str, series: &Series) -> PolarsResult<Inferred> {
    let plain = |values| Ok(Inferred { values, note: None });
    match series.dtype() {
        DataType::Boolean => plain(Values::YesNo(series.bool()?.iter().map(|flag| flag.map_or(2, u8::from)).collect())),
        DataType::Int64 | DataType::UInt64 => whole_numbers(name, series),
        dtype if dtype.is_integer() => numbers(series, true).map(|values| Inferred { values, note: None }),
        dtype if dtype.is_float() || dtype.is_decimal() => {
            numbers(series, false).map(|values| Inferred { values, note: None })
        }
        DataType::String => {
            let texts = series.str()?;
            let cell = |i| text_at(texts, i);
            plain(category(texts.len(), cell).unwrap_or_else(|| text(texts.len(), cell)))
        }
        DataType::Categorical(..) | DataType::Enum(..) => categorical(series).and_then(plain),
        DataType::Date => {
            let days = series.cast(&DataType::Int32)?;
            let millis = days.i32()?.iter().map(|d| d.map_or(MISSING_DATE, |d| i64::from(d) * DAY_MILLIS)).collect();
            plain(Values::Date { millis, day: true })
        }
        DataType::Datetime(unit, _) => moments(series, *unit).and_then(plain),
        DataType::Duration(unit) => {
            let per_second = unit_per_second(*unit) as f64;
            let ticks = series.cast(&DataType::Int64)?;
            let values: Vec<f64> = ticks.i64()?.iter().map(|t| t.map_or(f64::NAN, |t| t as f64 / per_second)).collect();
            let note = Some(format!("“{name}” holds durations; they are shown in seconds"));
            Ok(Inferred { values: number_values(values), note })
        }
        DataType::Null => plain(number_values(vec![f64::NAN; series.len()])),
        other => shown_as_text(name, series, other),
    }
}

fn number_values(values: Vec<f64>) -> Values {
    let whole = values.iter().all(|v| v.is_nan() || (v.is_finite() && v.fract() == 0.0));
    Values::Number { values: values.into(), whole }
}

fn numbers(series: &Series, whole: bool) -> PolarsResult<Values> {
    let cast = series.cast(&DataType::Float64)?;
    let values: Vec<f64> = cast.f64()?.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
    Ok(if whole { Values::Number { values: values.into(), whole } } else { number_values(values) })
}

/// 64-bit whole numbers that f64 cannot hold are names, not amounts, and stay text.
fn whole_numbers(name: &str, series: &Series) -> PolarsResult<Inferred> {
    const LIMIT: u64 = 1 << 53;
    let fits = match series.dtype() {
        DataType::UInt64 => series.u64()?.iter().flatten().all(|v| v <= LIMIT),
        _ => series.i64()?.iter().flatten().all(|v| v.unsigned_abs() <= LIMIT),
    };
    if fits {
        return numbers(series, true).map(|values| Inferred { values, note: None });
    }
    let texts = series.cast(&DataType::String)?;
    let texts = texts.str()?;
    let note = format!("“{name}” was kept as text: its whole numbers have more digits than a number can hold");
    Ok(Inferred { values: text(texts.len(), |i| text_at(texts, i)), note: Some(note) })
}

fn unit_per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Milliseconds => 1000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Nanoseconds => 1_000_000_000,
    }
}

fn moments(series: &Series, unit: TimeUnit) -> PolarsResult<Values> {
    let per_milli = unit_per_second(unit) / 1000;
    let ticks = series.cast(&DataType::Int64)?;
    let millis: Vec<i64> = ticks.i64()?.iter().map(|t| t.map_or(MISSING_DATE, |t| t.div_euclid(per_milli))).collect();
    let day = millis.iter().all(|m| *m == MISSING_DATE || m.rem_euclid(DAY_MILLIS) == 0);
    Ok(Values::Date { millis: millis.into(), day })
}

fn categorical(series: &Series) -> PolarsResult<Values> {
    let (codes, mapping): (Vec<Option<u32>>, &CategoricalMapping) = if let Ok(cat) = series.cat8() {
        (cat.physical().iter().map(|c| c.map(u32::from)).collect(), cat.get_mapping())
    } else if let Ok(cat) = series.cat16() {
        (cat.physical().iter().map(|c| c.map(u32::from)).collect(), cat.get_mapping())
    } else {
        let cat = series.cat32()?;
        (cat.physical().iter().collect(), cat.get_mapping())
    };
    // The library shares one list of levels between columns; ours are those in use, in the order of that list.
    let mut used: Vec<u32> = codes.iter().flatten().copied().collect();
    used.sort_unstable();
    used.dedup();
    let levels: Vec<String> = used.iter().map(|c| mapping.cat_to_str(*c).unwrap_or("").to_owned()).collect();
    let place = |code: u32| used.binary_search(&code).map_or(MISSING_CODE, |k| k as u32);
    let codes: Vec<u32> = codes.into_iter().map(|c| c.map_or(MISSING_CODE, place)).collect();
    Ok(Values::Category { codes: codes.into(), levels: levels.into() })
}

fn shown_as_text(name: &str, series: &Series, dtype: &DataType) -> PolarsResult<Inferred> {
    let mut texts = TextValues::default();
    for i in 0..series.len() {
        let value = series.get(i)?;
        texts.push((!value.is_null()).then(|| value.to_string()).as_deref());
    }
    let note = format!("“{name}” holds {dtype} values; they are shown as text");
    Ok(Inferred { values: Values::Text(Arc::new(texts)), note: Some(note) })
}
