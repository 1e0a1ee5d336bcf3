//! Arrays in a joblib file: behind the state of a wrapper object the elements follow in the stream.

use crate::model::ModelError;

use super::array::element_count;
use super::at::At;
use super::dtype::Dtype;
use super::machine::Machine;
use super::value::{Document, Id, Inline};

/// Whether the object stands for an array whose elements follow.
pub fn is_wrapper(document: &Document<'_>, object: Id) -> bool {
    document.class(object) == Some(("joblib.numpy_pickle", "NumpyArrayWrapper"))
        || document.class(object) == Some(("sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper"))
}

/// Reads the elements that follow the wrapper's state.
pub fn inline<'f>(machine: &mut Machine<'f, '_>, wrapper: Id, depth: usize) -> Result<Inline<'f>, ModelError> {
    let at = machine.cursor.at();
    let about = At::new(&machine.document, wrapper, format!("joblib array at byte {at}"));
    let dtype = Dtype::read(&about.field("dtype")?)?;
    if dtype.is_object() {
        return machine.pickle(depth + 1).map(Inline::Nested);
    }
    let shape = about.field("shape")?.counts()?;
    let size = element_count(&shape).and_then(|count| count.checked_mul(dtype.size));
    let size = size.ok_or_else(|| about.refuse("the array is too large"))?;
    // Since joblib 1.2 a byte says how many bytes of padding come first.
    if about.optional("numpy_array_alignment_bytes").is_some() {
        let padding = machine.cursor.length::<1>()?;
        machine.cursor.take(padding)?;
    }
    machine.cursor.take(size).map(Inline::Raw)
}
