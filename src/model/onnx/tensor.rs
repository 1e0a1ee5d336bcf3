//! Tensors: a shape and elements of one kind.

use std::borrow::Cow;
use std::sync::Arc;

use super::half::{f32_of_bf16, f32_of_f16};

/// What a tensor's elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 32-bit numbers.
    F32,
    /// 64-bit numbers.
    F64,
    /// 16-bit numbers; stored and converted, never computed with.
    F16,
    /// The upper halves of 32-bit numbers; stored and converted, never computed with.
    BF16,
    /// 64-bit whole numbers.
    I64,
    /// 32-bit whole numbers.
    I32,
    /// Bytes.
    U8,
    /// Truth values.
    Bool,
    /// Texts.
    Text,
}

/// The elements.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// 32-bit numbers.
    F32(Vec<f32>),
    /// 64-bit numbers.
    F64(Vec<f64>),
    /// The bits of 16-bit numbers.
    F16(Vec<u16>),
    /// The upper halves of the bits of 32-bit numbers.
    BF16(Vec<u16>),
    /// 64-bit whole numbers.
    I64(Vec<i64>),
    /// 32-bit whole numbers.
    I32(Vec<i32>),
    /// Bytes.
    U8(Vec<u8>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Texts.
    Text(Vec<Arc<str>>),
}

/// A shape and as many elements, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Sizes of the axes; empty for a single element.
    pub shape: Vec<usize>,
    /// The elements.
    pub data: Data,
}

/// The same expression for every kind of elements.
macro_rules! each {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            Data::F32($v) => Data::F32($body),
            Data::F64($v) => Data::F64($body),
            Data::F16($v) => Data::F16($body),
            Data::BF16($v) => Data::BF16($body),
            Data::I64($v) => Data::I64($body),
            Data::I32($v) => Data::I32($body),
            Data::U8($v) => Data::U8($body),
            Data::Bool($v) => Data::Bool($body),
            Data::Text($v) => Data::Text($body),
        }
    };
}

/// Elements of one tensor; a shape that asks for more is refused before anything is allocated.
const ELEMENTS: usize = 1 << 24;

/// The number of elements of a shape. Refuses more than 16.8 million.
pub fn elements(shape: &[usize]) -> Result<usize, String> {
    let count = shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    count.filter(|c| *c <= ELEMENTS).ok_or_else(|| format!("a tensor of shape {shape:?} is too large"))
}

impl Kind {
    /// The kind of ONNX's number for it.
    pub fn of_onnx(code: i64) -> Option<Self> {
        Some(match code {
            1 => Self::F32,
            2 => Self::U8,
            6 => Self::I32,
            7 => Self::I64,
            8 => Self::Text,
            9 => Self::Bool,
            10 => Self::F16,
            11 => Self::F64,
            16 => Self::BF16,
            _ => return None,
        })
    }

    /// Whether elements are floating-point numbers that are computed with.
    pub fn is_real(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Whether elements are numbers of 16 bits.
    pub fn is_half(self) -> bool {
        matches!(self, Self::F16 | Self::BF16)
    }
}

impl Data {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::F16(v) | Self::BF16(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::U8(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::Text(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the elements are.
    pub fn kind(&self) -> Kind {
        match self {
            Self::F32(_) => Kind::F32,
            Self::F64(_) => Kind::F64,
            Self::F16(_) => Kind::F16,
            Self::BF16(_) => Kind::BF16,
            Self::I64(_) => Kind::I64,
            Self::I32(_) => Kind::I32,
            Self::U8(_) => Kind::U8,
            Self::Bool(_) => Kind::Bool,
            Self::Text(_) => Kind::Text,
        }
    }

    /// The elements at `places`, in that order; a place outside is left out, so callers check the count.
    pub fn pick(&self, places: &[usize]) -> Self {
        fn picked<T: Clone>(all: &[T], places: &[usize]) -> Vec<T> {
            places.iter().filter_map(|p| all.get(*p).cloned()).collect()
        }
        each!(self, v => picked(v, places))
    }

    /// `count` elements of each part in turn, `lines` times: what stands side by side. Refuses parts of different kinds.
    pub fn beside(parts: &[(&Self, usize)], lines: usize) -> Result<Self, String> {
        fn line<T: Clone>(all: &mut Vec<T>, part: &[T], n: usize, count: usize) {
            all.extend_from_slice(part.get(n * count..(n + 1) * count).unwrap_or_default());
        }
        let mut all = parts.first().map_or_else(|| Self::F32(Vec::new()), |(first, _)| first.pick(&[]));
        for n in 0..lines {
            for (part, count) in parts {
                match (&mut all, part) {
                    (Self::F32(a), Self::F32(b)) => line(a, b, n, *count),
                    (Self::F64(a), Self::F64(b)) => line(a, b, n, *count),
                    (Self::F16(a), Self::F16(b)) | (Self::BF16(a), Self::BF16(b)) => line(a, b, n, *count),
                    (Self::I64(a), Self::I64(b)) => line(a, b, n, *count),
                    (Self::I32(a), Self::I32(b)) => line(a, b, n, *count),
                    (Self::U8(a), Self::U8(b)) => line(a, b, n, *count),
                    (Self::Bool(a), Self::Bool(b)) => line(a, b, n, *count),
                    (Self::Text(a), Self::Text(b)) => line(a, b, n, *count),
                    _ => return Err("tensors of different types cannot be joined".to_owned()),
                }
            }
        }
        Ok(all)
    }

    /// All elements of `parts` in their order. Refuses parts of different kinds.
    pub fn joined(parts: &[&Self]) -> Result<Self, String> {
        Self::beside(&parts.iter().map(|part| (*part, part.len())).collect::<Vec<_>>(), 1)
    }
}

impl Tensor {
    /// Refuses a shape that does not fit the count of elements.
    pub fn new(shape: Vec<usize>, data: Data) -> Result<Self, String> {
        match elements(&shape)? == data.len() {
            true => Ok(Self { shape, data }),
            false => Err(format!("{} elements do not fill the shape {shape:?}", data.len())),
        }
    }

    /// A list.
    pub fn list(data: Data) -> Self {
        Self { shape: vec![data.len()], data }
    }

    /// What the elements are.
    pub fn kind(&self) -> Kind {
        self.data.kind()
    }

    /// Rows and width of a matrix; a list is one row.
    pub fn matrix(&self) -> Result<(usize, usize), String> {
        match *self.shape.as_slice() {
            [width] => Ok((1, width)),
            [rows, width] => Ok((rows, width)),
            _ => Err(format!("a matrix is expected, the shape is {:?}", self.shape)),
        }
    }

    /// The elements as 32-bit numbers.
    pub fn f32s(&self) -> Result<Cow<'_, [f32]>, String> {
        Ok(match &self.data {
            Data::F32(v) => Cow::Borrowed(v),
            Data::F64(v) => v.iter().map(|x| *x as f32).collect(),
            Data::I64(v) => v.iter().map(|x| *x as f32).collect(),
            Data::I32(v) => v.iter().map(|x| *x as f32).collect(),
            _ => return Err(self.odd()),
        })
    }

    /// The elements as 64-bit numbers.
    pub fn f64s(&self) -> Result<Cow<'_, [f64]>, String> {
        Ok(match &self.data {
            Data::F32(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Data::F64(v) => Cow::Borrowed(v),
            Data::F16(v) => v.iter().map(|x| f64::from(f32_of_f16(*x))).collect(),
            Data::BF16(v) => v.iter().map(|x| f64::from(f32_of_bf16(*x))).collect(),
            Data::I64(v) => v.iter().map(|x| *x as f64).collect(),
            Data::I32(v) => v.iter().map(|x| f64::from(*x)).collect(),
            _ => return Err(self.odd()),
        })
    }

    /// The elements as whole numbers: sizes, axes, places.
    pub fn ints(&self) -> Result<Cow<'_, [i64]>, String> {
        match &self.data {
            Data::I64(v) => Ok(Cow::Borrowed(v)),
            Data::I32(v) => Ok(v.iter().map(|x| i64::from(*x)).collect()),
            _ => Err(self.odd()),
        }
    }

    /// A refusal of the elements' kind.
    pub fn odd(&self) -> String {
        match self.kind() {
            kind if kind.is_half() => {
                format!("it computes in {kind:?}, whose rounding depends on the processor; export the model in float32")
            }
            kind => format!("elements of type {kind:?} do not fit here"),
        }
    }
}

/// `value` counted from the end when negative; must be below `size`.
pub fn wrapped(value: i64, size: usize) -> Result<usize, String> {
    let size_i = i64::try_from(size).unwrap_or(i64::MAX);
    let place = if value < 0 { value.checked_add(size_i) } else { Some(value) };
    let place = place.filter(|p| *p < size_i).and_then(|p| usize::try_from(p).ok());
    place.ok_or_else(|| format!("place {value} lies outside {size}"))
}
