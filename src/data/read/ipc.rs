//! Arrow IPC files, also known as Feather version 2.

use std::io::Cursor;

use polars::prelude::{IpcReader, SerReader as _};

use crate::base::{Entry, Task};

use super::super::error::DataError;
use super::super::frame::{Converted, Named, declared, fenced};
use super::super::names::usable;
use super::{Content, FileBytes, ReadOptions, Reader};

/// Arrow IPC files.
pub struct ArrowIpc;

const HINT: &str = "The file may be damaged or written by a newer version; write it again";

impl Entry for ArrowIpc {
    fn id(&self) -> &'static str {
        "arrow-ipc"
    }
    fn title(&self) -> &'static str {
        "Arrow IPC (Feather)"
    }
    fn summary(&self) -> &'static str {
        "Columns with declared types, as Arrow keeps them in memory"
    }
    fn sources(&self) -> &'static [&'static str] {
        &["Apache Arrow columnar format, IPC file format"]
    }
}

impl Reader for ArrowIpc {
    fn endings(&self) -> &'static [&'static str] {
        &["arrow", "ipc", "feather"]
    }

    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(b"ARROW1")
    }

    fn read(&self, file: &FileBytes, _options: &ReadOptions, task: &Task) -> Result<Content, DataError> {
        check_footer(file)?;
        let mut reader = IpcReader::new(Cursor::new(file.bytes.as_slice()));
        let names = fenced(|| Ok(reader.schema()?.iter_names().map(|n| n.to_string()).collect::<Vec<String>>()))
            .map_err(|reason| file.malformed("Arrow footer", reason, HINT))?;
        task.begin("reading columns", 0);
        let frame = fenced(|| reader.finish()).map_err(|reason| file.malformed("Arrow content", reason, HINT))?;
        let (names, mut notes) = usable(&names);
        let named = Named { path: &file.path, names: &names };
        let Converted { columns, notes: more } = declared(frame, &named, task)?;
        notes.extend(more);
        Ok(Content { columns, format: "Arrow IPC".to_owned(), notes })
    }
}

fn check_footer(file: &FileBytes) -> Result<(), DataError> {
    let bytes = &file.bytes;
    let Some((rest, b"ARROW1")) = bytes.split_last_chunk::<6>() else {
        let place = format!("byte {}", crate::base::text::count(bytes.len()));
        return Err(file.malformed(place, "the Arrow file is truncated: its closing mark is missing", HINT));
    };
    let length = rest.split_last_chunk::<4>().map(|(_, length)| i32::from_le_bytes(*length));
    if length.and_then(|length| usize::try_from(length).ok()).is_none_or(|length| length + 18 > bytes.len()) {
        let reason = "the Arrow file is damaged: its footer is longer than the file";
        return Err(file.malformed("Arrow footer", reason, HINT));
    }
    Ok(())
}
