//! Tables from files: what is found by looking, what is kept, and what every kind of bad input is told.

use std::io::Cursor;
use std::path::PathBuf;

use candor::base::{Problem, RowId, Task};
use candor::data::build::from_columns;
use candor::data::read::{FileBytes, read_bytes};
use candor::data::write::parquet;
use candor::data::{
    Column, ColumnKind, DataError, Dataset, Input, InputKind, ReadOptions, Role, TextValues, Values, link,
    looks_like_table, read,
};
use polars::prelude::{DataFrame, IntoColumn as _, IpcWriter, NamedFrom as _, SerWriter as _, Series};
use proptest::prelude::{ProptestConfig, any, prop_oneof, proptest};

fn open(bytes: impl Into<Vec<u8>>) -> Result<Dataset, DataError> {
    open_with(bytes, &ReadOptions::default())
}

fn open_with(bytes: impl Into<Vec<u8>>, options: &ReadOptions) -> Result<Dataset, DataError> {
    let file = FileBytes { path: PathBuf::from("table.csv"), bytes: bytes.into() };
    read_bytes(&file, options, &Task::silent())
}

fn opened(bytes: impl Into<Vec<u8>>) -> Dataset {
    open(bytes).expect("the file is a table")
}

/// The refusal in the words a person reads.
fn refused(bytes: impl Into<Vec<u8>>) -> Problem {
    open(bytes).map(|data| data.row_count()).expect_err("the file is no table").into()
}

fn cells(data: &Dataset, column: usize) -> Vec<String> {
    (0..data.row_count()).map(|i| data.columns()[column].values.exact(i)).collect()
}

fn kinds(data: &Dataset) -> Vec<ColumnKind> {
    data.columns().iter().map(|c| c.values.kind()).collect()
}

#[test]
fn delimiters_encodings_and_decimal_marks_are_found_in_every_combination() {
    for delimiter in [",", ";", "\t", "|"] {
        for comma in [false, true] {
            for encoding in ["utf-8", "bom", "windows-1252", "utf-16le", "utf-16be"] {
                for end in ["\n", "\r\n", "\r"] {
                    check_combination(delimiter, comma, encoding, end);
                }
            }
        }
    }
}

fn check_combination(delimiter: &str, comma: bool, encoding: &str, end: &str) {
    let number = |text: &str| match (comma, delimiter) {
        (true, ",") => format!("\"{}\"", text.replace('.', ",")),
        (true, _) => text.replace('.', ","),
        _ => text.to_owned(),
    };
    let rows = [
        ["Größe".to_owned(), "city".to_owned(), "rate".to_owned()],
        [number("1.5"), "Zürich".to_owned(), number("0.25")],
        [number("22.75"), "\"Übersee, ; | Süd\"".to_owned(), number("-3.125")],
        [String::new(), "Århus".to_owned(), number("10.5")],
    ];
    let text: String = rows.iter().map(|r| r.join(delimiter) + end).collect();
    let wide = |to: fn(u16) -> [u8; 2]| "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(to).collect();
    let bytes: Vec<u8> = match encoding {
        "bom" => [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat(),
        "windows-1252" => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        "utf-16le" => wide(u16::to_le_bytes),
        "utf-16be" => wide(u16::to_be_bytes),
        _ => text.into_bytes(),
    };
    let case = format!("{delimiter:?} {comma} {encoding} {end:?}");
    let data = open(bytes).unwrap_or_else(|e| panic!("{case}: {e}"));
    assert_eq!(&*data.columns()[0].name, "Größe", "{case}");
    assert_eq!(kinds(&data)[0], ColumnKind::Number, "{case}: {}", data.source().format);
    assert_eq!(cells(&data, 0), ["1.5", "22.75", "missing"], "{case}");
    assert_eq!(cells(&data, 1), ["Zürich", "Übersee, ; | Süd", "Århus"], "{case}");
    assert_eq!(cells(&data, 2), ["0.25", "−3.125", "10.5"], "{case}");
    assert_eq!(data.source().format.contains("decimal comma"), comma, "{case}");
}

#[test]
fn choices_of_the_person_win_over_looking() {
    let options = ReadOptions {
        delimiter: Some(b':'),
        quote: Some(b'~'),
        header: Some(false),
        missing_marks: vec!["-999".to_owned()],
        ..ReadOptions::default()
    };
    let data = open_with("1:~a:b~\n-999:c\n", &options).expect("the file is a table");
    assert_eq!(
        (cells(&data, 0), cells(&data, 1)),
        (vec!["1".into(), "missing".into()], vec!["a:b".into(), "c".into()])
    );
    let unknown = ReadOptions { encoding: Some("klingon".to_owned()), ..ReadOptions::default() };
    assert!(open_with("a\n1\n", &unknown).is_err_and(|e| e.to_string().contains("klingon")));
    let equal = ReadOptions { delimiter: Some(b'"'), quote: Some(b'"'), ..ReadOptions::default() };
    assert!(open_with("a\n1\n", &equal).is_err());
}

#[test]
fn wrong_kinds_of_files_are_named_with_what_to_do() {
    let cases: [(&[u8], &str, &str); 8] = [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG", "CSV"),
        (b"PK\x03\x04\x14\0[Content_Types].xml xl/workbook", "Excel", "Save the sheet"),
        (b"\x80\x04\x95\x10\0\0\0", "pickle", "CSV or Parquet"),
        (b"\x1f\x8b\x08\0", "gzip", "Unpack"),
        (b"tree\nversion=v4\nnum_class=1\n", "LightGBM", "as a model"),
        (b"[{\"a\": 1}]", "JSON array", "per line"),
        (b"<!DOCTYPE html><html><body>", "web page", "Download"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f", "unknown kind", "CSV"),
    ];
    for (bytes, what, hint) in cases {
        let problem = refused(bytes);
        assert!(problem.what.contains(what) && problem.hint.contains(hint), "{problem}");
        assert!(!looks_like_table(bytes), "{what}");
    }
    assert!(looks_like_table(b"a,b\n1,2\n") && looks_like_table(b"{\"a\": 1}\n{\"a\": 2}\n"));
}

#[test]
fn broken_text_is_refused_with_its_place() {
    let cases: [(&str, &str, &str); 5] = [
        ("", "empty", "first line"),
        ("\n\n  \n", "empty", "first line"),
        ("a,b\n1,2\n1,2,3\n", "3 fields", "row 1"),
        ("a,b\n1,2\n3,\"open\n4,5\n", "never ends", "row 1"),
        ("a,b\n1,2\n3,\0\n", "NUL", "line 3"),
    ];
    for (text, what, place) in cases {
        let problem = refused(text);
        assert!(problem.what.contains(what) && problem.place.contains(place) && !problem.hint.is_empty(), "{problem}");
    }
}

#[test]
fn unusual_but_readable_text_is_read_and_noted() {
    let header_only = opened("a,b\n");
    assert_eq!((header_only.row_count(), header_only.columns().len()), (0, 2));
    assert_eq!(opened("a,b\n1,x").row_count(), 1);
    let short = opened("a,b,c\n1,2,3\n4\n\n5,6,\n7,8,9,\n");
    assert_eq!((short.row_count(), cells(&short, 1)), (4, vec!["2".into(), "missing".into(), "6".into(), "8".into()]));
    let notes = short.source().notes.join("\n");
    assert!(
        notes.contains("1 row has fewer fields") && notes.contains("row 1") && notes.contains("surplus"),
        "{notes}"
    );
    let names = opened("a,a,,b\n1,2,3,4\n");
    let found: Vec<&str> = names.columns().iter().map(|c| &*c.name).collect();
    assert_eq!(found, ["a", "a (2)", "column 3", "b"]);
    assert_eq!(names.source().notes.len(), 2);
    let holes = opened("a,b\n1,NA\n2,\n3,?\n");
    assert!((0..3).all(|i| holes.columns()[1].values.is_missing(i)));
    let row_names = opened("x,y\nr1,1,2\nr2,3,4\n");
    assert_eq!((row_names.columns().len(), cells(&row_names, 0)), (3, vec!["r1".into(), "r2".into()]));
    let stray = opened("size,n\n5\" pipe,1\n6\" pipe,2\nthe \"big\" one,3\n");
    assert_eq!(cells(&stray, 0), ["5\" pipe", "6\" pipe", "the \"big\" one"]);
    let zlib_like = opened("x^2\nx^3\nx^4\n");
    assert_eq!(zlib_like.row_count(), 2);
}

#[test]
fn damaged_binary_tables_are_refused_at_every_length() {
    let columns = vec![
        Column { name: "x".into(), values: Values::Number { values: (0..50).map(f64::from).collect(), whole: true } },
        Column { name: "f".into(), values: Values::YesNo((0..50).map(|i| i % 3).collect()) },
    ];
    let whole = parquet(&columns, &Task::silent()).expect("the columns are equally long");
    assert_eq!(opened(whole.clone()).row_count(), 50);
    for end in 5..whole.len() {
        let problem = refused(&whole[..end]);
        assert!(problem.what.contains("Parquet") && !problem.hint.is_empty(), "{end}: {problem}");
    }
    // A flipped byte may go unnoticed or be refused; it may not panic.
    for (at, mask) in (0..whole.len()).flat_map(|at| [0x55, 0xff, 0x80, 1].map(|mask| (at, mask))) {
        let mut bytes = whole.clone();
        bytes[at] ^= mask;
        drop(open(bytes));
    }
    let arrow = arrow_file();
    for end in (7..arrow.len()).step_by(3) {
        refused(&arrow[..end]);
    }
    for at in 0..arrow.len() {
        let mut bytes = arrow.clone();
        bytes[at] ^= 0x55;
        drop(open(bytes));
    }
}

fn arrow_file() -> Vec<u8> {
    let numbers = Series::new("n".into(), &[Some(1i64), None, Some(9_007_199_254_740_993)]);
    let words = Series::new("w".into(), &[Some("b"), Some("a"), Some("b")]);
    let mut frame = DataFrame::new(3, vec![numbers.into_column(), words.into_column()]).expect("two columns");
    let mut bytes = Cursor::new(Vec::new());
    IpcWriter::new(&mut bytes).finish(&mut frame).expect("writing to memory");
    bytes.into_inner()
}

#[test]
fn arrow_files_keep_what_numbers_cannot_hold_as_text() {
    let data = opened(arrow_file());
    assert_eq!(cells(&data, 0), ["1", "missing", "9007199254740993"]);
    assert!(data.source().notes.iter().any(|n| n.contains("more digits")));
    assert_eq!(kinds(&data)[1], ColumnKind::Category);
}

#[test]
fn json_lines_are_typed_and_faults_have_a_line() {
    let data =
        opened("{\"a\": 1, \"b\": \"x\"}\n\n{\"b\": \"y\", \"c\": true, \"a\": null}\n{\"a\": 2.5, \"d\": [1, 2]}\n");
    assert_eq!(cells(&data, 0), ["1", "missing", "2.5"]);
    assert_eq!(cells(&data, 2), ["missing", "yes", "missing"]);
    assert_eq!(cells(&data, 3)[2], "[1,2]");
    let problem = refused("{\"a\": 1}\n{\"a\": }\n");
    assert!(problem.place.contains("line 2"), "{problem}");
    let codes = opened("{\"zip\": \"123\"}\n{\"zip\": \"456\"}\n");
    assert_eq!(kinds(&codes), [ColumnKind::Category], "what stands in quotes was meant as text");
}

#[test]
fn columns_survive_a_parquet_file() {
    let mut words = TextValues::default();
    for word in [Some("=1+1"), None, Some("")] {
        words.push(word);
    }
    let columns = vec![
        Column { name: "x".into(), values: Values::Number { values: [0.1, f64::NAN, -1e300].into(), whole: false } },
        Column { name: "n".into(), values: Values::Number { values: [3.0, f64::NAN, -7.0].into(), whole: true } },
        Column { name: "t".into(), values: Values::Text(words.into()) },
        Column { name: "d".into(), values: Values::Date { millis: [0, i64::MIN, 86_400_000].into(), day: true } },
        Column { name: "f".into(), values: Values::YesNo([1, 2, 0].into()) },
    ];
    let before = from_columns("before", columns).expect("the columns are equally long");
    let after = opened(parquet(before.columns(), &Task::silent()).expect("the columns are equally long"));
    for k in 0..5 {
        assert_eq!(cells(&after, k), cells(&before, k), "column {k}");
    }
    assert_eq!(kinds(&after)[3], ColumnKind::Date);
}

#[test]
fn ten_thousand_columns_open_and_link() {
    let header: Vec<String> = (0..10_000).map(|k| format!("c{k}")).collect();
    let row: Vec<String> = (0..10_000).map(|k| format!("\"{k}\"")).collect();
    let data = opened(format!("{}\n{}\n1,2\n", header.join(","), row.join(",")));
    assert_eq!((data.columns().len(), data.row_count()), (10_000, 2));
    assert_eq!(cells(&data, 9_999), ["9999", "missing"]);
    let inputs: Vec<Input> = header.into_iter().map(|name| Input { name, kind: InputKind::Number }).collect();
    let link = link(&inputs, &data).expect("every column is there");
    let values = candor::data::encode_row(&link, &data, RowId(0));
    assert!(values.iter().enumerate().all(|(k, v)| v.total_cmp(&(k as f64)).is_eq()));
}

#[test]
fn a_table_of_many_blocks_keeps_its_rows_in_order() {
    let rows = 2_000_000u32;
    let text: String =
        std::iter::once("id,name\n".to_owned())
            .chain((0..rows).map(|i| {
                if i % 1000 == 7 { format!("{i},\"a\n\"\"b\"\n") } else { format!("{i},some quite long text\n") }
            }))
            .collect();
    let data = opened(text);
    assert_eq!(data.row_count(), rows as usize);
    let values = &data.columns()[0].values;
    assert!((0..rows).all(|i| values.position(i as usize).total_cmp(&f64::from(i)).is_eq()));
    assert_eq!(data.columns()[1].values.exact(1_999_007), "a\n\"b");
    assert_eq!(data.roles()[0], Role::Identifier);
}

#[test]
fn folders_and_absent_files_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let said =
        |path| Problem::from(read(path, &ReadOptions::default(), &Task::silent()).expect_err("no file")).to_string();
    assert!(said(folder.path()).contains("folder"));
    assert!(said(&folder.path().join("absent.csv")).contains("exists"));
}

#[test]
fn a_cancelled_task_reads_nothing() {
    let task = Task::silent();
    task.cancel();
    let file = FileBytes { path: PathBuf::from("a.csv"), bytes: b"a,b\n1,2\n".to_vec() };
    assert!(matches!(read_bytes(&file, &ReadOptions::default(), &task), Err(DataError::Cancelled(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0usize..5) {
        let head: &[u8] = [b"".as_slice(), b"PAR1", b"ARROW1\0\0", b"{\"a\": 1}\n", b"a,b\n"][kind];
        drop(open([head, bytes.as_slice()].concat()));
    }

    #[test]
    fn arbitrary_text_never_panics_and_keeps_its_records(
        parts in proptest::collection::vec(prop_oneof!["[a-c0-9.]{0,3}", "[,;\t|]", "\"", "\r?\n", "'"], 0..80),
    ) {
        let text = parts.concat();
        if let Ok(data) = open(text.clone()) {
            assert!(data.row_count() <= text.matches(['\n', '\r']).count() + 1);
        }
    }
}
