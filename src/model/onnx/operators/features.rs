//! Columns on their way to a model: scalers, normalizers, imputers, and columns taken or put side by side.

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor, elements, wrapped};
use super::{Family, ML, Operator, View, need};

/// The operators of this file.
pub static FAMILY: Family = Family {
    domain: ML,
    names: &["Scaler", "Normalizer", "Imputer", "Binarizer", "ArrayFeatureExtractor", "FeatureVectorizer", "ZipMap"],
    build,
};

/// `(x − offset) · scale` for every column; lists of one value hold for all.
#[derive(Clone, Debug)]
pub struct Affine {
    /// Subtracted.
    pub offset: Vec<f32>,
    /// Multiplied.
    pub scale: Vec<f32>,
}

/// Values put in place of one value, for every column or for all.
#[derive(Clone, Debug)]
pub struct Fill {
    /// What is replaced; NaN for missing values.
    pub replaced: f32,
    /// What takes its place.
    pub values: Vec<f32>,
}

/// The entry of a list that holds one value for all columns or one for each.
pub(super) fn entry(list: &[f32], column: usize) -> f32 {
    let place = if list.len() == 1 { 0 } else { column };
    list.get(place).copied().unwrap_or(f32::NAN)
}

impl Affine {
    /// Offset and scale of a column.
    pub fn entries(&self, column: usize) -> (f32, f32) {
        (entry(&self.offset, column), entry(&self.scale, column))
    }

    /// A value of a column, scaled.
    pub fn of(&self, column: usize, x: f32) -> f32 {
        (x - entry(&self.offset, column)) * entry(&self.scale, column)
    }
}

impl Fill {
    /// A value of a column, replaced where it is missing.
    pub fn of(&self, column: usize, x: f32) -> f32 {
        let gone = if self.replaced.is_nan() { x.is_nan() } else { x == self.replaced };
        if gone { entry(&self.values, column) } else { x }
    }
}

#[derive(Debug)]
enum Features {
    Scaler(Affine),
    Normalizer(Norm),
    Imputer(Fill),
    WholeImputer(i64, Vec<i64>),
    Binarizer(f32),
    Extractor,
    Vectorizer(Vec<usize>),
    ZipMap,
}

/// What a row is divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Norm {
    Max,
    L1,
    L2,
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    Ok(Box::new(match node.operator.as_str() {
        "Scaler" => {
            let (offset, scale) = (node.floats("offset")?.to_vec(), node.floats("scale")?.to_vec());
            if offset.is_empty() || offset.len() != scale.len() {
                return Err(node.refuse(format!("{} offsets do not fit {} scales", offset.len(), scale.len())));
            }
            Features::Scaler(Affine { offset, scale })
        }
        "Normalizer" => Features::Normalizer(match node.text("norm")? {
            "" | "MAX" => Norm::Max,
            "L1" => Norm::L1,
            "L2" => Norm::L2,
            _ => return Err(node.refuse("the norm is none of MAX, L1 and L2")),
        }),
        "Imputer" => imputer(node)?,
        "Binarizer" => Features::Binarizer(node.float("threshold")?.unwrap_or(0.0)),
        "ArrayFeatureExtractor" => Features::Extractor,
        "FeatureVectorizer" => {
            let widths = node.ints("inputdimensions")?;
            let widths: Option<Vec<usize>> = widths.iter().map(|w| usize::try_from(*w).ok()).collect();
            Features::Vectorizer(widths.ok_or_else(|| node.refuse("a width is negative"))?)
        }
        _ => Features::ZipMap,
    }))
}

fn imputer(node: &NodeSpec) -> Result<Features, ModelError> {
    let (reals, wholes) = (node.floats("imputed_value_floats")?, node.ints("imputed_value_int64s")?);
    match (reals, wholes) {
        ([], []) => Err(node.refuse("it has no value to put in")),
        (values, []) => Ok(Features::Imputer(Fill {
            replaced: node.float("replaced_value_float")?.unwrap_or(0.0),
            values: values.to_vec(),
        })),
        ([], values) => Ok(Features::WholeImputer(node.int("replaced_value_int64")?.unwrap_or(0), values.to_vec())),
        _ => Err(node.refuse("it has values of two types to put in")),
    }
}

impl Operator for Features {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let result = match self {
            Self::Scaler(affine) => scaled(x, affine)?,
            Self::Normalizer(norm) => normalized(x, *norm)?,
            Self::Imputer(fill) => {
                let Data::F32(values) = &x.data else { return Err(x.odd()) };
                let width = fitting(x, fill.values.len())?;
                let filled = values.iter().enumerate().map(|(i, v)| fill.of(i % width, *v)).collect();
                Tensor::new(x.shape.clone(), Data::F32(filled))?
            }
            Self::WholeImputer(replaced, fills) => {
                let Data::I64(values) = &x.data else { return Err(x.odd()) };
                let width = fitting(x, fills.len())?;
                let fill = |i: usize| fills.get(if fills.len() == 1 { 0 } else { i % width }).copied().unwrap_or(0);
                let filled = values.iter().enumerate().map(|(i, v)| if v == replaced { fill(i) } else { *v }).collect();
                Tensor::new(x.shape.clone(), Data::I64(filled))?
            }
            Self::Binarizer(threshold) => {
                let values = x.f32s()?;
                let ones = values.iter().map(|v| f32::from(u8::from(v > threshold))).collect();
                Tensor::new(x.shape.clone(), Data::F32(ones))?
            }
            Self::Extractor => extracted(x, &need(inputs, 1)?.ints()?)?,
            Self::Vectorizer(widths) => vectorized(inputs, widths, run)?,
            Self::ZipMap => x.clone(),
        };
        Ok(vec![result])
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Scaler(affine) => View::Affine(affine),
            Self::Imputer(fill) => View::Fill(fill),
            Self::Normalizer(Norm::L1) => View::Shares,
            Self::ZipMap => View::Same,
            Self::Extractor => View::Places,
            _ => View::Opaque,
        }
    }
}

/// The width of the rows, when a list of `count` values fits it.
fn fitting(x: &Tensor, count: usize) -> Result<usize, String> {
    let width = x.shape.last().copied().unwrap_or(1).max(1);
    match count == 1 || count == width {
        true => Ok(width),
        false => Err(format!("{count} values do not fit {width} columns")),
    }
}

fn scaled(x: &Tensor, affine: &Affine) -> Result<Tensor, String> {
    let width = fitting(x, affine.offset.len())?;
    let values = match &x.data {
        // A double is scaled as one and rounded at the end.
        Data::F64(v) => {
            let of = |(i, v): (usize, &f64)| {
                let column = i % width;
                ((v - f64::from(entry(&affine.offset, column))) * f64::from(entry(&affine.scale, column))) as f32
            };
            v.iter().enumerate().map(of).collect()
        }
        _ => x.f32s()?.iter().enumerate().map(|(i, v)| affine.of(i % width, *v)).collect(),
    };
    Tensor::new(x.shape.clone(), Data::F32(values))
}

fn normalized(x: &Tensor, norm: Norm) -> Result<Tensor, String> {
    let (_, width) = x.matrix()?;
    let mut values = x.f32s()?.into_owned();
    for row in values.chunks_mut(width.max(1)) {
        let size = match norm {
            Norm::Max => row.iter().copied().fold(f32::MIN, f32::max),
            Norm::L1 => row.iter().fold(0.0, |sum, v| sum + v.abs()),
            Norm::L2 => row.iter().fold(0.0, |sum, v| sum + v * v),
        };
        if size != 0.0 {
            row.iter_mut().for_each(|v| {
                *v = match norm {
                    Norm::L2 if *v < 0.0 => -(*v * *v / size).sqrt(),
                    Norm::L2 => (*v * *v / size).sqrt(),
                    _ => *v / size,
                }
            });
        }
    }
    Tensor::new(x.shape.clone(), Data::F32(values))
}

/// The columns of `x` at `places`.
fn extracted(x: &Tensor, places: &[i64]) -> Result<Tensor, String> {
    let width = x.shape.last().copied().ok_or("a single number has no columns")?;
    let columns = places.iter().map(|p| wrapped(*p, width)).collect::<Result<Vec<usize>, _>>()?;
    if columns.is_empty() || places.iter().any(|p| *p < 0) {
        return Err("a column is negative, or none is asked for".to_owned());
    }
    let rows = x.data.len().checked_div(width).unwrap_or(0);
    let mut shape = if x.shape.len() == 1 { vec![1] } else { x.shape[..x.shape.len() - 1].to_vec() };
    shape.push(columns.len());
    elements(&shape)?;
    let picked: Vec<usize> = (0..rows).flat_map(|row| columns.iter().map(move |c| row * width + c)).collect();
    Tensor::new(shape, x.data.pick(&picked))
}

/// All inputs side by side, each cut or filled with zeros to its width.
fn vectorized(inputs: &[Option<&Tensor>], widths: &[usize], run: &Run) -> Result<Tensor, String> {
    if inputs.len() != widths.len() {
        return Err(format!("{} widths do not fit {} inputs", widths.len(), inputs.len()));
    }
    let (rows, _) = need(inputs, 0)?.matrix()?;
    let total = widths.iter().try_fold(0_usize, |sum, w| sum.checked_add(*w)).ok_or("the widths are too large")?;
    let shape = vec![rows, total];
    let size = elements(&shape)?;
    run.charge(size)?;
    let mut all = vec![0.0_f32; size];
    let mut first = 0;
    for (place, width) in widths.iter().enumerate() {
        let part = need(inputs, place)?;
        let (own_rows, own_width) = part.matrix()?;
        if own_rows != rows || part.kind() == Kind::Text {
            return Err("the inputs do not stand side by side".to_owned());
        }
        let values = part.f32s()?;
        for (row, own) in all.chunks_mut(total.max(1)).zip(values.chunks(own_width.max(1))) {
            row.iter_mut().skip(first).take(*width).zip(own).for_each(|(to, from)| *to = *from);
        }
        first += width;
    }
    Tensor::new(shape, Data::F32(all))
}
