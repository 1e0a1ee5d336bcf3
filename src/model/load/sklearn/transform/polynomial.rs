//! Products of columns: powers of one, and interactions of several.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::Reading;
use super::{Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "PolynomialFeatures")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    let degree = at.field("degree")?;
    let (least, most) = match degree.counts() {
        Ok(bounds) => {
            <[usize; 2]>::try_from(bounds).map(<(usize, usize)>::from).map_err(|_error| degree.wrong("two bounds"))?
        }
        Err(_) => (0, degree.count()?),
    };
    let distinct = at.field("interaction_only")?.flag()?;
    let mut products = Vec::new();
    if at.field("include_bias")?.flag()? {
        products.push(Vec::new());
    }
    // Without repetition there are no products of more columns than there are.
    let most = if distinct { most.min(width) } else { most };
    for size in least.max(1)..=most {
        reading.charge(size, &degree)?;
        let mut product: Vec<usize> = if distinct { (0..size).collect() } else { vec![0; size] };
        let mut more = width > 0;
        while more {
            reading.charge(size.saturating_add(1), &degree)?;
            products.push(product.clone());
            more = advance(&mut product, width, distinct);
        }
    }
    Ok(Box::new(Products { products, width }))
}

/// The next combination of `product.len()` columns in the order of `itertools`; false after the last.
fn advance(product: &mut [usize], width: usize, distinct: bool) -> bool {
    let size = product.len();
    let last = |place: usize| if distinct { width + place - size } else { width - 1 };
    let Some(place) = (0..size).rev().find(|place| product.get(*place).is_some_and(|column| *column < last(*place)))
    else {
        return false;
    };
    let start = product.get(place).copied().unwrap_or(0) + 1;
    for (k, column) in product.iter_mut().skip(place).enumerate() {
        *column = if distinct { start + k } else { start };
    }
    true
}

struct Products {
    /// The columns of each product; none is the number 1.
    products: Vec<Vec<usize>>,
    width: usize,
}

impl Step for Products {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let value = |column: &usize| row.get(*column).copied().unwrap_or(f64::NAN);
        // The library multiplies a product of the later columns by each earlier one.
        let product = |columns: &Vec<usize>| columns.iter().rev().map(value).reduce(|all, x| all * x).unwrap_or(1.0);
        out.extend(self.products.iter().map(product));
    }

    fn source(&self, output: usize) -> Option<usize> {
        let (first, rest) = self.products.get(output)?.split_first()?;
        rest.iter().all(|column| column == first).then_some(*first)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let power = self.products.get(output).map_or(0, Vec::len);
        (0..power).map(|_| value).reduce(|all, x| all * x).unwrap_or(1.0)
    }

    fn rises(&self, output: usize) -> bool {
        self.products.get(output).is_some_and(|columns| columns.len() % 2 == 1)
    }

    fn line(&self, output: usize) -> Option<(f64, f64)> {
        (self.products.get(output)?.len() == 1).then_some((1.0, 0.0))
    }

    fn mixes(&self) -> Option<&str> {
        let several = |columns: &Vec<usize>| columns.iter().any(|column| Some(column) != columns.first());
        self.products.iter().any(several).then_some("PolynomialFeatures")
    }

    fn width(&self) -> usize {
        self.products.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.width]
    }
}
