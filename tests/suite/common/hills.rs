//! Gaussian hills over some of the inputs: a sum of products written out the plain way.

use candor::model::Products;

/// One product: `exp(−Σ_j width_j · (x_j − at_j)²)` over the first inputs; later ones are never read.
#[derive(Clone, Debug)]
pub struct Hill {
    pub at: Vec<f64>,
    pub width: Vec<f64>,
    /// One per output.
    pub weights: Vec<f64>,
}

/// A weighted sum of hills.
#[derive(Clone, Debug)]
pub struct Hills {
    pub hills: Vec<Hill>,
    pub intercept: Vec<f64>,
}

impl Hills {
    /// The sum for one row, without the trait.
    pub fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&self.intercept);
        for hill in &self.hills {
            let places = row.iter().zip(&hill.at).zip(&hill.width);
            let height = (-places.map(|((x, at), width)| width * (x - at) * (x - at)).sum::<f64>()).exp();
            out.iter_mut().zip(&hill.weights).for_each(|(out, weight)| *out += weight * height);
        }
    }
}

impl Products for Hills {
    fn outputs(&self) -> usize {
        self.intercept.len()
    }

    fn intercept(&self, output: usize) -> f64 {
        self.intercept[output]
    }

    fn count(&self) -> usize {
        self.hills.len()
    }

    fn weights(&self, output: usize, first: usize, out: &mut [f64]) {
        out.iter_mut().zip(&self.hills[first..]).for_each(|(out, hill)| *out = hill.weights[output]);
    }

    fn factors(&self, input: usize, x: f64, first: usize, out: &mut [f64]) {
        for (out, hill) in out.iter_mut().zip(&self.hills[first..]) {
            let place = hill.at.get(input).zip(hill.width.get(input));
            *out = place.map_or(1.0, |(at, width)| (-width * (x - at) * (x - at)).exp());
        }
    }
}

/// The value of an output that products say for a row, factor by factor.
pub fn sum_of(products: &dyn Products, row: &[f64], output: usize) -> f64 {
    let (mut all, mut some) = (vec![1.0; products.count()], vec![0.0; products.count()]);
    for (input, x) in row.iter().enumerate() {
        products.factors(input, *x, 0, &mut some);
        all.iter_mut().zip(&some).for_each(|(all, factor)| *all *= factor);
    }
    products.weights(output, 0, &mut some);
    products.intercept(output) + all.iter().zip(&some).map(|(product, weight)| product * weight).sum::<f64>()
}
