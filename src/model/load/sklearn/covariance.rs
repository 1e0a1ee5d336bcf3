//! Kernels between two rows: covariances of Gaussian processes and the kernels known by name.

use crate::model::ModelError;

use super::super::pickle::At;
use super::reading::{Reading, unsupported};

/// A covariance of Gaussian processes.
pub enum Covariance {
    /// The same for all rows.
    Constant(f64),
    /// Noise of a row with itself only.
    White(f64),
    /// Of the distance with each input divided by its length.
    Distance(Shape, Vec<f64>),
    /// `(1 + d² / (2 · alpha · length²))^(−alpha)`
    Quadratic {
        /// Scale of the distance.
        length: f64,
        /// Exponent.
        alpha: f64,
    },
    /// `exp(−2 · (sin(π · d / period) / length)²)`
    Periodic {
        /// Scale of the sine.
        length: f64,
        /// Distance after which it repeats.
        period: f64,
    },
    /// `sigma² + x · y`
    Product(f64),
    /// A kernel known by name.
    Pairwise(NamedKernel),
    /// The sum of two.
    Both(Box<Self>, Box<Self>),
    /// The product of two.
    Times(Box<Self>, Box<Self>),
    /// A power of one.
    Power(Box<Self>, f64),
}

/// How a covariance falls with the distance.
#[derive(Clone, Copy)]
pub enum Shape {
    /// `exp(−d² / 2)`
    Gauss,
    /// Matérn, ν = 1/2.
    Rough,
    /// Matérn, ν = 3/2.
    Once,
    /// Matérn, ν = 5/2.
    Twice,
}

impl Covariance {
    /// The covariance at `at` between rows of `width` numbers. Refuses kernels it does not know by their class.
    pub fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Self, ModelError> {
        reading.deeper(at, || Self::one(reading, at, width))
    }

    fn one(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Self, ModelError> {
        let number = |key: &str| at.field(key)?.real();
        let inner = |key: &str| Ok::<_, ModelError>(Box::new(Self::read(reading, &at.field(key)?, width)?));
        let name = at.class().filter(|(module, _)| module.starts_with("sklearn.gaussian_process"));
        match name.map_or("", |(_, name)| name) {
            "ConstantKernel" => Ok(Self::Constant(number("constant_value")?)),
            "WhiteKernel" => Ok(Self::White(number("noise_level")?)),
            "RBF" => Ok(Self::Distance(Shape::Gauss, lengths(reading, at, width)?)),
            "Matern" => {
                let nu = number("nu")?;
                let known =
                    [(0.5, Shape::Rough), (1.5, Shape::Once), (2.5, Shape::Twice), (f64::INFINITY, Shape::Gauss)];
                let shape = known.into_iter().find(|(known, _)| *known == nu).map(|(_, shape)| shape);
                let other = || unsupported(at, &format!("nu = {nu} needs a Bessel function"), "Use nu=0.5, 1.5 or 2.5");
                Ok(Self::Distance(shape.ok_or_else(other)?, lengths(reading, at, width)?))
            }
            "RationalQuadratic" => Ok(Self::Quadratic { length: number("length_scale")?, alpha: number("alpha")? }),
            "ExpSineSquared" => Ok(Self::Periodic { length: number("length_scale")?, period: number("periodicity")? }),
            "DotProduct" => Ok(Self::Product(number("sigma_0")?)),
            "PairwiseKernel" if at.optional("pairwise_kernels_kwargs").is_none() => {
                let gamma = number("gamma")?;
                Ok(Self::Pairwise(NamedKernel::read(at, "metric", [gamma, 3.0, 1.0])?))
            }
            "Sum" => Ok(Self::Both(inner("k1")?, inner("k2")?)),
            "Product" => Ok(Self::Times(inner("k1")?, inner("k2")?)),
            "Exponentiation" => Ok(Self::Power(inner("kernel")?, number("exponent")?)),
            _ => Err(unsupported(
                at,
                &format!("the kernel {} is not known", at.class_path()),
                "Fit with kernels of sklearn.gaussian_process.kernels, their sums, products and powers",
            )),
        }
    }

    /// The covariance of two different rows.
    pub fn between(&self, a: &[f64], b: &[f64]) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::White(_) => 0.0,
            Self::Distance(shape, lengths) => {
                let gaps = a.iter().zip(b).zip(lengths).map(|((a, b), length)| a / length - b / length);
                shape.of(gaps.map(|gap| gap * gap).sum())
            }
            Self::Quadratic { length, alpha } => {
                libm::pow(1.0 + squared(a, b) / (2.0 * alpha * (length * length)), -alpha)
            }
            Self::Periodic { length, period } => {
                let sine = libm::sin(std::f64::consts::PI / period * squared(a, b).sqrt()) / length;
                libm::exp(-2.0 * (sine * sine))
            }
            Self::Product(sigma) => dot(a, b) + sigma * sigma,
            Self::Pairwise(kernel) => kernel.of(a, b),
            Self::Both(one, two) => one.between(a, b) + two.between(a, b),
            Self::Times(one, two) => one.between(a, b) * two.between(a, b),
            Self::Power(one, exponent) => libm::pow(one.between(a, b), *exponent),
        }
    }

    /// The factor and one steepness for each of `inputs` inputs where the covariance of different rows is
    /// `factor · exp(−Σ_j gammas[j] · d_j²)`.
    pub fn gaussian(&self, inputs: usize) -> Option<(f64, Vec<f64>)> {
        match self {
            Self::Constant(value) => Some((*value, vec![0.0; inputs])),
            Self::Distance(Shape::Gauss, lengths) => {
                Some((1.0, lengths.iter().map(|length| 0.5 / (length * length)).collect()))
            }
            Self::Pairwise(NamedKernel::Radial(gamma)) => Some((1.0, vec![*gamma; inputs])),
            // Noise is of a row with itself only.
            Self::Both(one, two) if matches!(**two, Self::White(_)) => one.gaussian(inputs),
            Self::Both(one, two) if matches!(**one, Self::White(_)) => two.gaussian(inputs),
            Self::Times(one, two) => {
                let ((factor, mut gammas), (other, more)) = (one.gaussian(inputs)?, two.gaussian(inputs)?);
                gammas.iter_mut().zip(more).for_each(|(gamma, more)| *gamma += more);
                Some((factor * other, gammas))
            }
            _ => None,
        }
    }

    /// The variance of a row.
    pub fn itself(&self, row: &[f64]) -> f64 {
        match self {
            Self::White(noise) => *noise,
            Self::Distance(..) | Self::Quadratic { .. } | Self::Periodic { .. } => 1.0,
            Self::Both(one, two) => one.itself(row) + two.itself(row),
            Self::Times(one, two) => one.itself(row) * two.itself(row),
            Self::Power(one, exponent) => libm::pow(one.itself(row), *exponent),
            Self::Constant(_) | Self::Product(_) | Self::Pairwise(_) => self.between(row, row),
        }
    }
}

impl Shape {
    fn of(self, squared: f64) -> f64 {
        let times = |root: f64| squared.sqrt() * root;
        match self {
            Self::Gauss => libm::exp(-0.5 * squared),
            Self::Rough => libm::exp(-squared.sqrt()),
            Self::Once => {
                let k = times(3.0_f64.sqrt());
                (1.0 + k) * libm::exp(-k)
            }
            Self::Twice => {
                let k = times(5.0_f64.sqrt());
                (1.0 + k + k * k / 3.0) * libm::exp(-k)
            }
        }
    }
}

/// One length for each input.
fn lengths(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Vec<f64>, ModelError> {
    let stored = at.field("length_scale")?;
    reading.charge(width, &stored)?;
    let values = stored.real().map(|single| vec![single]).or_else(|_error| match stored.array() {
        Ok(array) => array.reals(),
        Err(_) => stored.items()?.iter().map(At::real).collect(),
    })?;
    match values.as_slice() {
        &[single] => Ok(vec![single; width]),
        all if all.len() == width => Ok(values),
        all => Err(stored.refuse(format!("{} lengths for {width} inputs", all.len()))),
    }
}

/// A kernel of scikit-learn's `pairwise_kernels`.
#[derive(Clone, Copy, PartialEq)]
pub enum NamedKernel {
    /// `x · y`
    Linear,
    /// `(gamma · x · y + start)^degree`
    Polynomial([f64; 3]),
    /// `exp(−gamma · |x − y|²)`
    Radial(f64),
    /// `exp(−gamma · Σ|x − y|)`
    Laplacian(f64),
    /// `tanh(gamma · x · y + start)`
    Sigmoid(f64, f64),
    /// `x · y / (|x| · |y|)`
    Cosine,
}

impl NamedKernel {
    /// The kernel named by the attribute `key`; `gamma`, `degree` and `start` are its parameters.
    pub fn read(at: &At<'_>, key: &str, [gamma, degree, start]: [f64; 3]) -> Result<Self, ModelError> {
        let name = at.field(key)?;
        match name.text() {
            Ok("linear") => Ok(Self::Linear),
            Ok("poly" | "polynomial") => Ok(Self::Polynomial([gamma, degree, start])),
            Ok("rbf") => Ok(Self::Radial(gamma)),
            Ok("laplacian") => Ok(Self::Laplacian(gamma)),
            Ok("sigmoid") => Ok(Self::Sigmoid(gamma, start)),
            Ok("cosine") => Ok(Self::Cosine),
            Ok(other) => Err(unsupported(at, &format!("the kernel “{other}” is not known"), "Use kernel=\"rbf\"")),
            Err(_) => Err(unsupported(at, "its kernel is a function", "Use a kernel given by name")),
        }
    }

    /// Its value for two rows.
    pub fn of(self, a: &[f64], b: &[f64]) -> f64 {
        match self {
            Self::Linear => dot(a, b),
            Self::Polynomial([gamma, degree, start]) => libm::pow(gamma * dot(a, b) + start, degree),
            Self::Radial(gamma) => libm::exp(-gamma * squared(a, b)),
            Self::Laplacian(gamma) => libm::exp(-gamma * a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>()),
            Self::Sigmoid(gamma, start) => libm::tanh(gamma * dot(a, b) + start),
            Self::Cosine => {
                // A row of zeros is left as it is.
                let length = |row: &[f64]| Some(dot(row, row).sqrt()).filter(|l| *l != 0.0).unwrap_or(1.0);
                dot(a, b) / (length(a) * length(b))
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
