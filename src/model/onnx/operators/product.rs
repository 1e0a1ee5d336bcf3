//! Matrix products. Sums are taken in f64 and rounded once, because the order of onnxruntime's is not known.

use crate::model::ModelError;

use super::super::broadcast::{common, picked, places};
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor, elements};
use super::packed::Packed;
use super::{Family, Operator, View, need, optional};

/// The operators of this file.
pub static FAMILY: Family = Family { domain: "", names: &["MatMul", "Gemm"], build };

#[derive(Debug)]
struct Product {
    what: What,
    /// The right matrix, when it is stored.
    right: Option<Packed>,
}

#[derive(Clone, Copy, Debug)]
enum What {
    MatMul,
    Gemm(Gemm),
}

/// `alpha · A · B + beta · C`.
#[derive(Clone, Copy, Debug)]
pub struct Gemm {
    /// Factor of the product.
    pub alpha: f64,
    /// Factor of what is added.
    pub beta: f64,
    /// Whether A, and whether B, has rows for columns.
    pub flip: [bool; 2],
}

const PLAIN: Gemm = Gemm { alpha: 1.0, beta: 1.0, flip: [false; 2] };

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let what = match node.operator.as_str() {
        "MatMul" => What::MatMul,
        _ => What::Gemm(Gemm {
            alpha: f64::from(node.float("alpha")?.unwrap_or(1.0)),
            beta: f64::from(node.float("beta")?.unwrap_or(1.0)),
            flip: [node.int("transA")? == Some(1), node.int("transB")? == Some(1)],
        }),
    };
    Ok(Box::new(Product { what, right: None }))
}

impl Operator for Product {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let (a, b) = (need(inputs, 0)?, need(inputs, 1)?);
        if a.kind() == b.kind() && !a.kind().is_real() {
            return Err(a.odd());
        }
        if a.kind() != b.kind() {
            return Err(format!("elements of types {:?} and {:?} have no product", a.kind(), b.kind()));
        }
        let result = match (self.what, &self.right) {
            (What::MatMul, Some(right)) if a.shape.len() == 2 => {
                let (shape, sums) = multiply(a, right, run)?;
                Tensor::new(shape, of_kind(sums, a.kind()))?
            }
            (What::MatMul, _) => matmul(a, b, run)?,
            (What::Gemm(form), right) => {
                let flipped = if form.flip[0] { Some(flipped(a)?) } else { None };
                let a = flipped.as_ref().unwrap_or(a);
                let packed;
                let right = match right {
                    Some(right) => right,
                    None => {
                        packed = pack(b, form.flip[1])?;
                        &packed
                    }
                };
                let (shape, sums) = multiply(a, right, run)?;
                let sums = moved(sums, &shape, form, optional(inputs, 2))?;
                Tensor::new(shape, of_kind(sums, a.kind()))?
            }
        };
        Ok(vec![result])
    }

    fn prepare(&mut self, stored: &[Option<&Tensor>]) {
        let flip = matches!(self.what, What::Gemm(Gemm { flip: [_, true], .. }));
        self.right = optional(stored, 1).and_then(|matrix| pack(matrix, flip).ok());
    }

    fn view(&self) -> View<'_> {
        match &self.what {
            What::MatMul => View::Product(&PLAIN),
            What::Gemm(form) => View::Product(form),
        }
    }
}

/// `alpha · sums + beta · C`.
fn moved(mut sums: Vec<f64>, shape: &[usize], form: Gemm, added: Option<&Tensor>) -> Result<Vec<f64>, String> {
    if form.alpha != 1.0 {
        sums.iter_mut().for_each(|sum| *sum *= form.alpha);
    }
    let Some(added) = added else { return Ok(sums) };
    if common(&added.shape, shape)? != shape {
        return Err(format!("the shape {:?} does not fit {shape:?}", added.shape));
    }
    let values = added.f64s()?;
    let lined = added.shape.last() == shape.last() && shape.last() == Some(&values.len());
    match if lined { None } else { places(&added.shape, shape) } {
        None => {
            let lines = sums.chunks_exact_mut(values.len().max(1));
            lines.for_each(|line| line.iter_mut().zip(values.iter()).for_each(|(sum, c)| *sum += form.beta * c));
        }
        Some(from) => {
            let added = from.iter().map(|p| values.get(*p).copied().unwrap_or(f64::NAN));
            sums.iter_mut().zip(added).for_each(|(sum, c)| *sum += form.beta * c);
        }
    }
    Ok(sums)
}

/// A matrix, or the one with rows for columns, packed.
fn pack(matrix: &Tensor, flip: bool) -> Result<Packed, String> {
    let &[rows, columns] = matrix.shape.as_slice() else {
        return Err(format!("a matrix is expected, the shape is {:?}", matrix.shape));
    };
    let values = matrix.f64s()?;
    Ok(match flip {
        true => Packed::new(columns, rows, |i, k| values[k * columns + i]),
        false => Packed::new(rows, columns, |i, k| values[i * columns + k]),
    })
}

fn of_kind(values: Vec<f64>, kind: Kind) -> Data {
    match kind {
        Kind::F32 => Data::F32(values.iter().map(|v| *v as f32).collect()),
        _ => Data::F64(values),
    }
}

fn flipped(matrix: &Tensor) -> Result<Tensor, String> {
    let &[rows, columns] = matrix.shape.as_slice() else {
        return Err(format!("a matrix is expected, the shape is {:?}", matrix.shape));
    };
    let places: Vec<usize> = (0..columns).flat_map(|c| (0..rows).map(move |r| r * columns + c)).collect();
    picked(matrix, vec![columns, rows], &places)
}

/// The product of two matrices in f64.
fn multiply(a: &Tensor, b: &Packed, run: &Run) -> Result<(Vec<usize>, Vec<f64>), String> {
    let &[rows, inner] = a.shape.as_slice() else {
        return Err(format!("a matrix is expected, the shape is {:?}", a.shape));
    };
    if inner != b.inner() {
        return Err(format!("the shapes {:?} and {:?} have no product", a.shape, [b.inner(), b.columns()]));
    }
    let shape = vec![rows, b.columns()];
    let size = elements(&shape)?;
    run.charge(size.saturating_mul(inner.max(1)))?;
    let sums = if inner == 0 { vec![0.0; size] } else { b.times(&a.f64s()?) };
    Ok((shape, sums))
}

/// A product of stacks of matrices; lists count as a row at the left and as a column at the right.
fn matmul(a: &Tensor, b: &Tensor, run: &Run) -> Result<Tensor, String> {
    let (row, column) = (a.shape.len() == 1, b.shape.len() == 1);
    let mut left = a.shape.clone();
    let mut right = b.shape.clone();
    if row {
        left.insert(0, 1);
    }
    if column {
        right.push(1);
    }
    if left.len() < 2 || right.len() < 2 {
        return Err("a single number has no matrix product".to_owned());
    }
    let (stack_a, matrix_a) = left.split_at(left.len() - 2);
    let (stack_b, matrix_b) = right.split_at(right.len() - 2);
    let stack = common(stack_a, stack_b)?;
    let (from_a, from_b) = (places(stack_a, &stack), places(stack_b, &stack));
    let count = elements(&stack)?;
    let mut all = Vec::new();
    let mut shape = stack;
    shape.extend([matrix_a[0], matrix_b[1]]);
    elements(&shape)?;
    for i in 0..count {
        let part = |tensor: &Tensor, from: &Option<Vec<usize>>, matrix: &[usize]| {
            let place = from.as_ref().map_or(Some(i), |f| f.get(i).copied()).unwrap_or(0);
            let size = matrix.iter().product::<usize>();
            let places: Vec<usize> = (place * size..(place + 1) * size).collect();
            picked(tensor, matrix.to_vec(), &places)
        };
        all.extend(multiply(&part(a, &from_a, matrix_a)?, &pack(&part(b, &from_b, matrix_b)?, false)?, run)?.1);
    }
    if column {
        shape.pop();
    }
    if row {
        shape.remove(shape.len() - if column { 1 } else { 2 });
    }
    Tensor::new(shape, of_kind(all, a.kind()))
}
