//! What every explanation must obey, checked for every method on toy models, and checked again on a method that is
//! broken on purpose, where each check must fail.

use std::sync::Arc;

use candor::base::{Entry, Knob, Knobs, Task};
use candor::explain::{Answer, Body, ExplainError, Explainer, METHODS, Request, Support, ask};
use candor::model::trees::{Accumulate, Compare};
use candor::model::{LinearForm, Model, Node, Scale, Structure, Tree, TreeEnsemble};
use candor::num::Matrix;

use super::common::generate::node;
use super::common::hills::{Hill, Hills};
use super::common::toy::{Inside, Setting, Toy};

/// How far a sampled or summed value may be from an exact law.
const TOLERANCE: f64 = 1e-10;

/// A method with one flaw.
struct Broken {
    inside: &'static dyn Explainer,
    flaw: fn(&mut [f64], usize),
}

impl Entry for Broken {
    fn id(&self) -> &'static str {
        self.inside.id()
    }
    fn title(&self) -> &'static str {
        self.inside.title()
    }
    fn summary(&self) -> &'static str {
        self.inside.summary()
    }
}

impl Explainer for Broken {
    fn knobs(&self) -> &'static [Knob] {
        self.inside.knobs()
    }
    fn supports(&self, model: &dyn Model) -> Support {
        self.inside.supports(model)
    }
    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        self.inside.scales(model)
    }
    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let mut answer = self.inside.explain(request, task)?;
        if let Body::Attribution(attribution) = &mut answer.body {
            let mut values = attribution.values.to_vec();
            (self.flaw)(&mut values, attribution.features.len());
            attribution.values = Arc::from(values);
        }
        Ok(answer)
    }
}

/// Every row gets contributions one thousandth too large.
fn inflate(values: &mut [f64], _width: usize) {
    values.iter_mut().for_each(|v| *v *= 1.001);
}

/// Something moves from the first to the last feature.
fn shift(values: &mut [f64], width: usize) {
    for row in values.chunks_exact_mut(width) {
        row[0] -= 1e-3;
        row[width - 1] += 1e-3;
    }
}

/// Contributions are squared, keeping their sign.
fn bend(values: &mut [f64], _width: usize) {
    values.iter_mut().for_each(|v| *v *= v.abs());
}

/// Depth-2 trees over `f` and `g` with the given leaf values; covers are even.
fn pair_tree(f: u32, g: u32, leaves: [f64; 4]) -> Tree {
    let split = |feature, left, right, cover| Node { left, right, ..node(feature, cover) };
    let leaf = |value| Node { left: value, ..node(Node::LEAF, 4.0) };
    let nodes =
        vec![split(f, 1, 2, 16.0), split(g, 3, 4, 8.0), split(g, 5, 6, 8.0), leaf(0), leaf(1), leaf(2), leaf(3)];
    Tree { nodes, leaf_values: leaves.to_vec(), output: Some(0), sets: Vec::new() }
}

fn forest(trees: Vec<Tree>) -> TreeEnsemble {
    TreeEnsemble {
        trees,
        inputs: 4,
        base: vec![0.5],
        compare: Compare::LessEqualF64,
        accumulate: Accumulate::F64,
        divisor: 1.0,
    }
}

/// Inputs 0 and 1 are exchangeable, 2 matters on its own way, 3 is never read.
fn trees(scale: f64) -> Inside {
    let product = [scale, 0.0, 0.0, 2.0 * scale];
    let uneven = [1.0 * scale, -2.0 * scale, 0.5 * scale, 3.0 * scale];
    Inside::Trees(forest(vec![
        pair_tree(0, 1, product),
        pair_tree(1, 0, product),
        pair_tree(2, 0, uneven),
        pair_tree(2, 1, uneven),
    ]))
}

fn linear(scale: f64) -> Inside {
    let weights = [2.0, 2.0, -1.0, 0.0].map(|w| w * scale).to_vec();
    Inside::Linear(LinearForm { weights, intercept: vec![0.5] })
}

/// As `once` reads its inputs.
fn products(scale: f64) -> Inside {
    let hill =
        |at: [f64; 3], weight: f64| Hill { at: at.to_vec(), width: vec![0.3, 0.3, 0.1], weights: vec![weight * scale] };
    let hills = vec![hill([1.0, 1.0, 0.0], 2.0), hill([-0.5, -0.5, 1.5], -1.0), hill([0.0, 0.0, -2.0], 0.7)];
    Inside::Hills(Hills { hills, intercept: vec![0.5] })
}

fn once(x: &[f64]) -> f64 {
    x[0] * x[1] + x[2] * (x[0] + x[1]) + 0.5 * x[2]
}

fn twice(x: &[f64]) -> f64 {
    2.0 * once(x)
}

/// The toy models at single and double size.
fn toys() -> Vec<[Setting; 2]> {
    let rows = || {
        let rows = [[1.0, 1.0, 2.0, 3.0], [-1.0, -1.0, 0.5, 1.0], [2.0, 2.0, -3.0, -1.0]];
        Matrix::from_rows(&rows).expect("proper test data")
    };
    // Symmetric in inputs 0 and 1, as symmetry needs.
    let background = || {
        let rows = [[1.0, -1.0, 0.0, 2.0], [-1.0, 1.0, 0.0, 2.0], [-2.0, -2.0, 1.0, 0.0]];
        Matrix::from_rows(&rows).expect("proper test data")
    };
    let of = |inside| Setting::new(Toy::new(inside, 4), rows(), background());
    vec![
        [of(trees(1.0)), of(trees(2.0))],
        [of(linear(1.0)), of(linear(2.0))],
        [of(products(1.0)), of(products(2.0))],
        [of(Inside::Function(once)), of(Inside::Function(twice))],
    ]
}

/// Sampled methods get a budget large enough to be exact to the tolerance where orders do not matter.
fn values(method: &dyn Explainer, setting: &Setting) -> Vec<f64> {
    setting.attribution(method, &[]).values.to_vec()
}

type Check = fn(&dyn Explainer, &[Setting; 2]) -> Result<(), String>;

fn complete(method: &dyn Explainer, [setting, _]: &[Setting; 2]) -> Result<(), String> {
    let knobs = Knobs::defaults(method.knobs());
    let explained = ask(method, &setting.request(&knobs), &Task::silent()).expect("an answer");
    let Body::Attribution(attribution) = &explained.body else { panic!("contributions") };
    for position in 0..setting.rows.rows() {
        let total = attribution.base[0] + attribution.row(0, position).iter().sum::<f64>();
        let gap = (total - setting.prediction(position)[0]).abs();
        if gap > TOLERANCE {
            assert!(explained.fidelity.gap.expect("a gap") >= gap * 0.999, "the gap must be reported");
            return Err(format!("row {position} misses its prediction by {gap}"));
        }
    }
    Ok(())
}

fn dummy(method: &dyn Explainer, [setting, _]: &[Setting; 2]) -> Result<(), String> {
    let worst = values(method, setting).iter().skip(3).step_by(4).fold(0.0f64, |m, v| m.max(v.abs()));
    if worst > TOLERANCE { Err(format!("an input that is never read gets {worst}")) } else { Ok(()) }
}

fn symmetric(method: &dyn Explainer, [setting, _]: &[Setting; 2]) -> Result<(), String> {
    let values = values(method, setting);
    let worst = values.chunks_exact(4).fold(0.0f64, |m, row| m.max((row[0] - row[1]).abs()));
    if worst > TOLERANCE { Err(format!("exchangeable inputs differ by {worst}")) } else { Ok(()) }
}

fn linear_in_the_model(method: &dyn Explainer, [single, double]: &[Setting; 2]) -> Result<(), String> {
    let (one, two) = (values(method, single), values(method, double));
    let worst = one.iter().zip(&two).fold(0.0f64, |m, (a, b)| m.max((2.0 * a - b).abs()));
    if worst > TOLERANCE { Err(format!("twice the model is not twice the contributions, by {worst}")) } else { Ok(()) }
}

/// Runs `check` on every method and toy, then on the broken methods, where it must complain.
fn law(check: Check, flaw: fn(&mut [f64], usize)) {
    let mut asked = 0;
    for toy in &toys() {
        for &method in METHODS.iter().filter(|m| m.answers_rows()) {
            // Where orders matter, samples obey the laws only on average.
            let is_sampled = method.supports(&toy[0].model) == Support::Estimate;
            let is_curved = matches!(toy[0].model.structure(), Structure::Products(_));
            if matches!(method.supports(&toy[0].model), Support::No(_)) || is_sampled && is_curved {
                continue;
            }
            asked += 1;
            let kind = match toy[0].model.structure() {
                Structure::Trees(_) => "trees",
                Structure::Linear(_) => "linear",
                Structure::Additive(_) => "additive",
                Structure::Products(_) => "products",
                Structure::Opaque => "function",
            };
            check(method, toy).unwrap_or_else(|fault| panic!("{} on {kind}: {fault}", method.id()));
            let broken = Broken { inside: method, flaw };
            assert!(check(&broken, toy).is_err(), "{} on {kind}: the check overlooks a flaw", method.id());
        }
    }
    assert!(asked >= 9, "only {asked} pairs of method and model were checked");
}

#[test]
fn contributions_add_up_to_the_prediction() {
    law(complete, inflate);
}

#[test]
fn an_input_that_is_never_read_gets_nothing() {
    law(dummy, shift);
}

#[test]
fn exchangeable_inputs_get_the_same() {
    law(symmetric, shift);
}

#[test]
fn contributions_are_linear_in_the_model() {
    law(linear_in_the_model, bend);
}
