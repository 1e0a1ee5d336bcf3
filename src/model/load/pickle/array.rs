//! numpy's arrays in their three pickled spellings, in joblib's and in `.npy` files, and scipy's sparse matrices.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::ModelError;

use super::at::At;
use super::dtype::{Dtype, Kind, shown};
use super::sparse;
use super::value::{Id, Inline, Node};

/// An array; its elements are read when asked for.
#[derive(Clone, Debug)]
pub struct Array<'d> {
    /// Type of the elements.
    pub dtype: Arc<Dtype>,
    /// Lengths along the axes; empty for a single element.
    pub shape: Vec<usize>,
    /// Whether the first axis runs fastest.
    fortran: bool,
    elements: Elements<'d>,
    at: At<'d>,
}

#[derive(Clone, Debug)]
enum Elements<'d> {
    Raw(Cow<'d, [u8]>),
    Objects(Cow<'d, [Id]>),
}

/// Elements of an array of this shape, when it is a number.
pub fn element_count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, length| product.checked_mul(*length))
}

impl<'d> Array<'d> {
    /// The array at `at`. Its length is checked against its shape.
    pub fn read(at: &At<'d>) -> Result<Self, ModelError> {
        if let Some(Inline::Npy(bytes)) = at.inline() {
            return super::npy::array(at, bytes);
        }
        let class = at.class().unwrap_or_default();
        match class {
            ("joblib.numpy_pickle" | "sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper") => Self::joblib(at),
            (module, "_reconstruct") if module.ends_with("multiarray") => Self::reconstructed(at),
            (module, "_frombuffer") if module.starts_with("numpy") => {
                let (dtype, shape) = (Dtype::read(&at.argument(1)?)?, at.argument(2)?.counts()?);
                let order = at.argument(3)?;
                Self::raw(at, dtype, shape, order.text()? == "F", at.argument(0)?.bytes()?)
            }
            (module, "scalar") if module.ends_with("multiarray") => {
                Self::raw(at, Dtype::read(&at.argument(0)?)?, Vec::new(), false, at.argument(1)?.bytes()?)
            }
            class => match sparse::by_columns(class) {
                Some(by_columns) => sparse::read(at, by_columns),
                None => Err(at.wrong("an array")),
            },
        }
    }

    /// An array whose elements stand in `bytes`.
    pub fn raw(
        at: &At<'d>,
        dtype: impl Into<Arc<Dtype>>,
        shape: Vec<usize>,
        fortran: bool,
        bytes: Cow<'d, [u8]>,
    ) -> Result<Self, ModelError> {
        let dtype = dtype.into();
        let wanted = element_count(&shape).and_then(|count| count.checked_mul(dtype.size));
        if dtype.is_object() || dtype.size == 0 || wanted != Some(bytes.len()) {
            let reason =
                format!("{} bytes do not fill the shape {shape:?} with elements of {}", bytes.len(), dtype.size);
            return Err(at.refuse(reason));
        }
        Ok(Self { dtype, shape, fortran, elements: Elements::Raw(bytes), at: at.clone() })
    }

    fn objects(
        at: &At<'d>,
        dtype: Arc<Dtype>,
        (shape, fortran): (Vec<usize>, bool),
        items: Cow<'d, [Id]>,
    ) -> Result<Self, ModelError> {
        if element_count(&shape) != Some(items.len()) {
            return Err(at.refuse(format!("{} values do not fill the shape {shape:?}", items.len())));
        }
        Ok(Self { dtype, shape, fortran, elements: Elements::Objects(items), at: at.clone() })
    }

    fn reconstructed(at: &At<'d>) -> Result<Self, ModelError> {
        let state = at.state().ok_or_else(|| at.refuse("the array has no content"))?.parts()?;
        let [.., shape, dtype, fortran, content] = state.as_slice() else {
            return Err(at.refuse("the array has no content"));
        };
        let (dtype, shape, fortran) = (Dtype::read(dtype)?, shape.counts()?, fortran.flag()?);
        match content.node() {
            Node::List(items) if dtype.is_object() => {
                // numpy lists objects in row-major order, whatever the flag says.
                Self::objects(at, dtype, (shape, false), Cow::Borrowed(items))
            }
            _ => Self::raw(at, dtype, shape, fortran, content.bytes()?),
        }
    }

    fn joblib(at: &At<'d>) -> Result<Self, ModelError> {
        let (dtype, shape) = (Dtype::read(&at.field("dtype")?)?, at.field("shape")?.counts()?);
        let order = at.field("order")?;
        let fortran = order.text()? == "F";
        match at.inline() {
            Some(Inline::Raw(bytes)) => Self::raw(at, dtype, shape, fortran, Cow::Borrowed(*bytes)),
            Some(Inline::Nested(root)) => {
                let inner = at.nested(*root)?.array()?;
                match inner.elements {
                    Elements::Objects(items) => Self::objects(at, dtype, (shape, inner.fortran), items),
                    Elements::Raw(_) => Err(at.refuse("an array of objects holds numbers")),
                }
            }
            _ => Err(at.refuse("the elements of the array are missing")),
        }
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        match &self.elements {
            Elements::Raw(bytes) => bytes.len() / self.dtype.size.max(1),
            Elements::Objects(items) => items.len(),
        }
    }

    /// Whether the elements are truth values.
    pub fn holds_flags(&self) -> bool {
        self.dtype.kind == Kind::Flag
    }

    /// Rows and columns; an array with one axis is one row.
    pub fn matrix_shape(&self) -> Option<(usize, usize)> {
        match *self.shape.as_slice() {
            [columns] => Some((1, columns)),
            [rows, columns] => Some((rows, columns)),
            _ => None,
        }
    }

    /// The elements as real numbers in row-major order; NaN and infinities are handed on.
    pub fn reals(&self) -> Result<Vec<f64>, ModelError> {
        match &self.elements {
            Elements::Raw(_) => self.real_words(&self.dtype, 0),
            Elements::Objects(_) => self.values()?.iter().map(At::real).collect(),
        }
    }

    /// The elements as whole numbers in row-major order.
    pub fn integers(&self) -> Result<Vec<i64>, ModelError> {
        match &self.elements {
            Elements::Raw(_) => self.integer_words(&self.dtype, 0),
            Elements::Objects(_) => self.values()?.iter().map(At::integer).collect(),
        }
    }

    /// The elements as texts, numbers as Python writes them.
    pub fn labels(&self) -> Result<Vec<String>, ModelError> {
        match (&self.elements, self.dtype.kind) {
            (Elements::Objects(_), _) => self.values()?.iter().map(At::label).collect(),
            (_, Kind::Real) => Ok(self.reals()?.into_iter().map(|v| format!("{v:?}")).collect()),
            (_, Kind::Flag) => Ok(self.integers()?.into_iter().map(|v| label_of_flag(v != 0).to_owned()).collect()),
            (_, Kind::Signed | Kind::Unsigned) => Ok(self.integers()?.into_iter().map(|v| v.to_string()).collect()),
            _ => self.each(&self.dtype, 0, Dtype::text, "texts"),
        }
    }

    /// The elements of an array of objects in row-major order.
    pub fn values(&self) -> Result<Vec<At<'d>>, ModelError> {
        let Elements::Objects(items) = &self.elements else {
            return Err(self.at.refuse("expected an array of objects"));
        };
        let order = Order::new(&self.shape, self.fortran);
        let item = |(k, place): (usize, usize)| items.get(place).map(|id| self.at.item(k, *id));
        Ok(order.enumerate().filter_map(item).collect())
    }

    /// One field of every record, as real numbers.
    pub fn real_field(&self, name: &str) -> Result<Vec<f64>, ModelError> {
        let (first, dtype) = self.field(name)?;
        self.real_words(dtype, first)
    }

    /// One field of every record, as whole numbers.
    pub fn integer_field(&self, name: &str) -> Result<Vec<i64>, ModelError> {
        let (first, dtype) = self.field(name)?;
        self.integer_words(dtype, first)
    }

    /// Whether records have a field of this name.
    pub fn has_field(&self, name: &str) -> bool {
        self.dtype.fields.iter().any(|(field, ..)| field == name)
    }

    fn field(&self, name: &str) -> Result<(usize, &Dtype), ModelError> {
        let found = self.dtype.fields.iter().find(|(field, ..)| field == name);
        let (_, first, dtype) = found.ok_or_else(|| self.at.refuse(format!("the records lack the field {name}")))?;
        Ok((*first, dtype))
    }

    fn real_words(&self, dtype: &Dtype, first: usize) -> Result<Vec<f64>, ModelError> {
        let usual = self.words(dtype, first, Kind::Real, f64::from_le_bytes);
        usual.map_or_else(|| self.each(dtype, first, Dtype::real, "numbers"), Ok)
    }

    fn integer_words(&self, dtype: &Dtype, first: usize) -> Result<Vec<i64>, ModelError> {
        let wide = self.words(dtype, first, Kind::Signed, i64::from_le_bytes);
        let usual = wide.or_else(|| self.words(dtype, first, Kind::Unsigned, |[byte]: [u8; 1]| i64::from(byte)));
        usual.map_or_else(|| self.each(dtype, first, Dtype::integer, "whole numbers"), Ok)
    }

    /// Elements of `N` bytes and this kind in the usual order; `None` for any other, which `each` reads more slowly.
    fn words<T, const N: usize>(
        &self,
        dtype: &Dtype,
        first: usize,
        kind: Kind,
        word: impl Fn([u8; N]) -> T,
    ) -> Option<Vec<T>> {
        let Elements::Raw(bytes) = &self.elements else { return None };
        let ordered = !dtype.big_endian && (!self.fortran || self.shape.len() < 2);
        if !ordered || dtype.kind != kind || dtype.size != N {
            return None;
        }
        let mut all = Vec::with_capacity(self.count());
        for record in bytes.chunks_exact(self.dtype.size.max(1)) {
            all.push(word(*record.get(first..)?.first_chunk()?));
        }
        Some(all)
    }

    fn each<T>(
        &self,
        dtype: &Dtype,
        first: usize,
        read: impl Fn(&Dtype, &[u8]) -> Option<T>,
        wanted: &str,
    ) -> Result<Vec<T>, ModelError> {
        let Elements::Raw(bytes) = &self.elements else { return Err(self.at.refuse(format!("expected {wanted}"))) };
        let element = |record: &[u8]| read(dtype, record.get(first..first.checked_add(dtype.size)?)?);
        let refusal =
            || self.at.refuse(format!("expected {wanted}, found elements of another type ({})", self.described()));
        let size = self.dtype.size.max(1);
        // The bytes are there, so no more room is taken than for them.
        let mut all = Vec::with_capacity(self.count());
        if !self.fortran || self.shape.len() < 2 {
            for record in bytes.chunks_exact(size) {
                all.push(element(record).ok_or_else(refusal)?);
            }
            return Ok(all);
        }
        for place in Order::new(&self.shape, self.fortran) {
            let start = place.checked_mul(size).ok_or_else(refusal)?;
            let record = bytes.get(start..start.saturating_add(size)).ok_or_else(refusal)?;
            all.push(element(record).ok_or_else(refusal)?);
        }
        Ok(all)
    }

    fn described(&self) -> String {
        shown(&format!("{:?}, {} bytes", self.dtype.kind, self.dtype.size))
    }
}

/// Python's words for truth values.
pub fn label_of_flag(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

/// Places of the elements in storage, in row-major order.
struct Order {
    shape: Vec<usize>,
    steps: Vec<usize>,
    index: Vec<usize>,
    place: usize,
    left: usize,
}

impl Order {
    fn new(shape: &[usize], fortran: bool) -> Self {
        let mut steps = vec![1_usize; shape.len()];
        let mut step = 1_usize;
        let mut set = |axis: usize| {
            if let (Some(slot), Some(length)) = (steps.get_mut(axis), shape.get(axis)) {
                *slot = step;
                step = step.saturating_mul(*length);
            }
        };
        match fortran {
            true => (0..shape.len()).for_each(&mut set),
            false => (0..shape.len()).rev().for_each(&mut set),
        }
        let left = element_count(shape).unwrap_or(0);
        Self { shape: shape.to_vec(), steps, index: vec![0; shape.len()], place: 0, left }
    }
}

impl Iterator for Order {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let place = self.place;
        for ((index, length), step) in self.index.iter_mut().zip(&self.shape).zip(&self.steps).rev() {
            *index += 1;
            self.place += step;
            if *index < *length {
                break;
            }
            self.place -= step * *length;
            *index = 0;
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_in_row_major_order() {
        assert_eq!(Order::new(&[2, 3], false).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(Order::new(&[2, 3], true).collect::<Vec<_>>(), [0, 2, 4, 1, 3, 5]);
        assert_eq!(Order::new(&[2, 1, 2], true).collect::<Vec<_>>(), [0, 2, 1, 3]);
        assert_eq!(Order::new(&[], true).collect::<Vec<_>>(), [0]);
        assert_eq!(Order::new(&[0, 3], true).count(), 0);
        assert_eq!(Order::new(&[usize::MAX, 3], true).count(), 0);
    }
}
