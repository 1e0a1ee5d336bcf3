//! Functions as steps: those of numpy that are known by their name. No code of a file runs.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};
use super::{Chain, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "FunctionTransformer")], read };

/// A function of one number, and whether it never falls where it is defined.
type Known = (&'static str, fn(f64) -> f64, bool);

/// Functions by the names that numpy pickles them under.
static FUNCTIONS: &[Known] = &[
    ("log", libm::log, true),
    ("log1p", libm::log1p, true),
    ("log2", libm::log2, true),
    ("log10", libm::log10, true),
    ("sqrt", f64::sqrt, true),
    ("cbrt", libm::cbrt, true),
    ("exp", libm::exp, true),
    ("expm1", libm::expm1, true),
    ("exp2", libm::exp2, true),
    ("arcsinh", libm::asinh, true),
    ("tanh", libm::tanh, true),
    ("absolute", f64::abs, false),
    ("square", |x| x * x, false),
    ("negative", |x| -x, false),
    ("reciprocal", |x| 1.0 / x, false),
];

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    let Some(stored) = at.optional("func") else { return Ok(Box::new(Chain::read(reading, &[], width)?)) };
    let found = ufunc(&stored).and_then(|name| FUNCTIONS.iter().find(|(known, ..)| *known == name));
    let Some((_, function, rises)) = found else {
        let what = format!("the step calls {}, and no code of a file runs here", stored.described());
        return Err(unsupported(
            at,
            &what,
            "Use numpy.log1p, log, sqrt, exp or square, or compute the column in the table",
        ));
    };
    let arguments = at.optional("kw_args").map_or(Ok(false), |given| given.entries().map(|all| !all.is_empty()))?;
    if arguments {
        return Err(unsupported(at, "the function is called with arguments", "Leave kw_args out"));
    }
    Ok(Box::new(Function { function: *function, rises: *rises, width }))
}

/// The name of a numpy function: pickled under the module it comes from, or by `numpy.core._ufunc_reconstruct`.
pub fn ufunc<'d>(at: &At<'d>) -> Option<&'d str> {
    match at.class()? {
        (module, "_ufunc_reconstruct") if module.starts_with("numpy") => at.argument(1).ok()?.text().ok(),
        ("numpy", name) => Some(name),
        (module, name) if module.starts_with("numpy.") && module.ends_with("_multiarray_umath") => Some(name),
        _ => None,
    }
}

struct Function {
    function: fn(f64) -> f64,
    rises: bool,
    width: usize,
}

impl Step for Function {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        out.extend(row.iter().map(|value| (self.function)(*value)));
    }

    fn source(&self, output: usize) -> Option<usize> {
        (output < self.width).then_some(output)
    }

    fn one(&self, _output: usize, value: f64) -> f64 {
        (self.function)(value)
    }

    fn rises(&self, _output: usize) -> bool {
        self.rises
    }

    fn width(&self) -> usize {
        self.width
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.width]
    }
}
