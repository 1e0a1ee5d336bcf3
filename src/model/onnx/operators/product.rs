//! Matrix products. Sums are taken in f64 and rounded once, because the order of onnxruntime's is not known.

use crate::model::ModelError;

use super::super::broadcast::{common, picked, places};
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor, elements};
use super::{Family, Operator, View, need, optional};

/// The operators of this file.
pub static FAMILY: Family = Family { domain: "", names: &["MatMul", "Gemm"], build };

#[derive(Debug)]
enum Product {
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
    if node.operator == "MatMul" {
        return Ok(Box::new(Product::MatMul));
    }
    Ok(Box::new(Product::Gemm(Gemm {
        alpha: f64::from(node.float("alpha")?.unwrap_or(1.0)),
        beta: f64::from(node.float("beta")?.unwrap_or(1.0)),
        flip: [node.int("transA")? == Some(1), node.int("transB")? == Some(1)],
    })))
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
        let result = match self {
            Self::MatMul => matmul(a, b, run)?,
            Self::Gemm(Gemm { alpha, beta, flip }) => {
                let (a, b) = (flipped(a, flip[0])?, flipped(b, flip[1])?);
                let (shape, mut sums) = multiply(&a, &b, run)?;
                sums.iter_mut().for_each(|s| *s *= alpha);
                if let Some(c) = optional(inputs, 2) {
                    if common(&c.shape, &shape)? != shape {
                        return Err(format!("the shape {:?} does not fit {shape:?}", c.shape));
                    }
                    let values = c.f64s()?;
                    let from = places(&c.shape, &shape).unwrap_or_else(|| (0..values.len()).collect());
                    let added = from.iter().map(|p| values.get(*p).copied().unwrap_or(f64::NAN));
                    sums.iter_mut().zip(added).for_each(|(s, c)| *s += beta * c);
                }
                Tensor::new(shape, of_kind(sums, a.kind()))?
            }
        };
        Ok(vec![result])
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::MatMul => View::Product(&PLAIN),
            Self::Gemm(form) => View::Product(form),
        }
    }
}

fn of_kind(values: Vec<f64>, kind: Kind) -> Data {
    match kind {
        Kind::F32 => Data::F32(values.iter().map(|v| *v as f32).collect()),
        _ => Data::F64(values),
    }
}

fn flipped(matrix: &Tensor, flip: bool) -> Result<Tensor, String> {
    let &[rows, columns] = matrix.shape.as_slice() else {
        return Err(format!("a matrix is expected, the shape is {:?}", matrix.shape));
    };
    if !flip {
        return Ok(matrix.clone());
    }
    let places: Vec<usize> = (0..columns).flat_map(|c| (0..rows).map(move |r| r * columns + c)).collect();
    picked(matrix, vec![columns, rows], &places)
}

/// The product of two matrices in f64.
fn multiply(a: &Tensor, b: &Tensor, run: &Run) -> Result<(Vec<usize>, Vec<f64>), String> {
    let (&[rows, inner], &[other, columns]) = (a.shape.as_slice(), b.shape.as_slice()) else {
        return Err(format!("matrices are expected, the shapes are {:?} and {:?}", a.shape, b.shape));
    };
    if inner != other {
        return Err(format!("the shapes {:?} and {:?} have no product", a.shape, b.shape));
    }
    let shape = vec![rows, columns];
    let size = elements(&shape)?;
    run.charge(size.saturating_mul(inner.max(1)))?;
    let (x, y) = (a.f64s()?, b.f64s()?);
    let mut sums = vec![0.0; size];
    for (row, to) in x.chunks_exact(inner.max(1)).zip(sums.chunks_exact_mut(columns.max(1))) {
        for (factor, line) in row.iter().zip(y.chunks_exact(columns.max(1))) {
            to.iter_mut().zip(line).for_each(|(s, v)| *s += factor * v);
        }
    }
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
        all.extend(multiply(&part(a, &from_a, matrix_a)?, &part(b, &from_b, matrix_b)?, run)?.1);
    }
    if column {
        shape.pop();
    }
    if row {
        shape.remove(shape.len() - if column { 1 } else { 2 });
    }
    Tensor::new(shape, of_kind(all, a.kind()))
}
