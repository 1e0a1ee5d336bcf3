//! Writing columns as Parquet: the one table format that is not text.

use std::io::Cursor;

use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, IntoColumn as _, NamedFrom as _, ParquetWriter, Series, TimeUnit,
};

use super::column::{Column, Values};

/// The columns as a Parquet file; whole numbers become 64-bit integers, NaN and missing become null.
/// Fails only when columns differ in length or share a name; the reason is told in words.
pub fn parquet(columns: &[Column]) -> Result<Vec<u8>, String> {
    let height = columns.first().map_or(0, |c| c.values.len());
    let series = columns.iter().map(series).collect();
    let mut frame = DataFrame::new(height, series).map_err(|error| error.to_string())?;
    let mut bytes = Cursor::new(Vec::new());
    ParquetWriter::new(&mut bytes).finish(&mut frame).map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}

fn series(column: &Column) -> PolarsColumn {
    let name = (&*column.name).into();
    let rows = 0..column.values.len();
    let present = |i: usize| (!column.values.is_missing(i)).then_some(i);
    let series = match &column.values {
        Values::Number { values, whole: true } => {
            Series::new(name, rows.map(|i| present(i).map(|i| values[i] as i64)).collect::<Vec<_>>())
        }
        Values::Number { values, whole: false } => {
            Series::new(name, rows.map(|i| present(i).map(|i| values[i])).collect::<Vec<_>>())
        }
        Values::YesNo(flags) => Series::new(name, rows.map(|i| present(i).map(|i| flags[i] == 1)).collect::<Vec<_>>()),
        Values::Date { millis, .. } => {
            let ticks = Series::new(name, rows.map(|i| present(i).map(|i| millis[i])).collect::<Vec<_>>());
            // Every 64-bit whole number is a moment, so that the cast cannot fail.
            ticks.cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap_or(ticks)
        }
        Values::Category { codes, levels } => {
            let text = |i: usize| levels.get(codes[i] as usize).map(String::as_str);
            Series::new(name, rows.map(|i| present(i).and_then(text)).collect::<Vec<_>>())
        }
        Values::Text(texts) => Series::new(name, rows.map(|i| texts.get(i)).collect::<Vec<_>>()),
    };
    series.into_column()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_parquet_file_starts_and_ends_with_its_mark() {
        let values = Values::Number { values: Arc::from([1.5, f64::NAN]), whole: false };
        let bytes = parquet(&[Column { name: "a".into(), values }]).expect("one column");
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    }
}
