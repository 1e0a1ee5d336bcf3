//! Files that are no tables, known by their first bytes, so that a refusal can say what they are.

/// What to say of content nothing recognises: a name and what to do.
pub const UNKNOWN: (&str, &str) =
    ("binary content of an unknown kind", "Open a CSV, TSV, Parquet, Arrow IPC or JSON-lines file");

const SAVE_AS: &str = "Save the sheet as CSV or Parquet, then open that file";
const UNPACK: &str = "Unpack it and open the table inside";
const EXPORT: &str = "Export the table as CSV or Parquet from the program that wrote it";
const A_TABLE: &str = "Open a CSV, TSV, Parquet, Arrow IPC or JSON-lines file";
const A_MODEL: &str = "Open it as a model, not as a table";

/// First bytes, what they mean, what to do.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"\x89PNG", "a PNG picture", A_TABLE),
    (b"\xff\xd8\xff", "a JPEG picture", A_TABLE),
    (b"GIF8", "a GIF picture", A_TABLE),
    (b"%PDF", "a PDF document", A_TABLE),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook or Office document", SAVE_AS),
    (b"\x1f\x8b", "a gzip archive", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ", "an xz archive", UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
    (b"\x89HDF", "an HDF5 file", EXPORT),
    (b"\x93NUMPY", "a NumPy array", "Write it as CSV or Parquet with column names, then open that file"),
    (b"SQLite format 3", "an SQLite database", "Export one of its tables as CSV"),
    (b"Obj\x01", "an Avro file", EXPORT),
    (b"ORC", "an ORC file", EXPORT),
    (b"FEA1", "a Feather file of version 1", "Write it again as Feather version 2, which is Arrow IPC"),
    (b"RDX", "an R data file", EXPORT),
    (b"$FL2", "an SPSS file", EXPORT),
    (b"<stata_dta>", "a Stata file", EXPORT),
    (b"\x7fELF", "a program", A_TABLE),
    (b"PARE", "an encrypted Parquet file", "Write it without encryption, then open that file"),
    (b"tree\nversion=", "a LightGBM model", A_MODEL),
    (b"\xff\xfe\0\0", "text in UTF-32", "Save it as UTF-8, then open that file"),
    (b"\0\0\xfe\xff", "text in UTF-32", "Save it as UTF-8, then open that file"),
];

/// What a file that begins with `head` is, and what to do, when it is known to be no table.
pub fn name(head: &[u8]) -> Option<(&'static str, &'static str)> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(archive(head));
    }
    if matches!(head, [0x80, 2..=5, ..]) {
        let what = "a Python pickle; Candor never runs code from files";
        return Some((what, "Save a table as CSV or Parquet, or a model in its library's own format (JSON, text)"));
    }
    if let Some((_, what, hint)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Some((what, hint));
    }
    marked_up(head)
}

fn archive(head: &[u8]) -> (&'static str, &'static str) {
    let holds = |part: &[u8]| head.windows(part.len()).any(|w| w == part);
    if holds(b"xl/") || holds(b"[Content_Types].xml") {
        ("an Excel workbook or other Office document", SAVE_AS)
    } else if holds(b"opendocument.spreadsheet") {
        ("an OpenDocument spreadsheet", SAVE_AS)
    } else if holds(b".npy") {
        ("a NumPy archive", "Write its arrays as CSV or Parquet with column names, then open that file")
    } else {
        ("a zip archive", UNPACK)
    }
}

fn marked_up(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let holds = |part: &[u8]| head.windows(part.len()).any(|w| w == part);
    match head.first()? {
        b'<' if holds(b"<html") || holds(b"<!DOCTYPE html") || holds(b"<!doctype html") => {
            Some(("a web page", "Download the table itself, not the page that shows it"))
        }
        b'a'..=b'z' if head.starts_with(b"flavors:\n ") || holds(b"\nflavors:\n ") => {
            Some(("an MLflow model", A_MODEL))
        }
        b'<' if head.starts_with(b"<?xml") && holds(b"PMML") => Some(("a PMML model", A_MODEL)),
        b'<' if head.starts_with(b"<?xml") => Some(("an XML document", EXPORT)),
        b'{' if holds(b"\"learner\"") && holds(b"gradient_booster") => Some(("an XGBoost model", A_MODEL)),
        b'{' if matches!(head.get(1), Some(b'L' | b'U' | b'i' | b'I' | b'l' | b'$' | b'#')) && head.contains(&0) => {
            Some(("a binary JSON file, as XGBoost writes models", A_MODEL))
        }
        b'[' if matches!(head.get(1..)?.trim_ascii_start().first(), Some(b'{' | b'[')) => {
            Some(("one JSON array", "Write one JSON object per line (JSON lines), then open that file"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_files_are_named() {
        let cases: [(&[u8], &str); 7] = [
            (b"\x89PNG\r\n\x1a\n", "PNG"),
            (b"PK\x03\x04....[Content_Types].xml", "Excel"),
            (b"PK\x03\x04....data.bin", "zip"),
            (b"\x80\x04\x95", "pickle"),
            (b"tree\nversion=v4\n", "LightGBM"),
            (b"{\"learner\":{\"gradient_booster\":{", "XGBoost"),
            (b"[{\"a\":1}]", "JSON array"),
        ];
        for (head, part) in cases {
            assert!(name(head).is_some_and(|(what, _)| what.contains(part)), "{part}");
        }
        assert_eq!(name(b"a,b\n1,2\n"), None);
        assert_eq!(name(b"<5,>7\n1,2\n"), None);
    }
}
