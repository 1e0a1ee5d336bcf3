//! smartcore's trees as ours. Their fields are private, so they are read from their serialised form; sample counts
//! are not stored there, so rows are sent through again.

use serde_json::Value;

use crate::num::MatrixView;

use super::super::error::ModelError;
use super::super::trees::{Accumulate, Compare, Missing, Node, Tree, TreeEnsemble};
use super::set::TrainingSet;

/// Every tree in a serialised smartcore model, in order. Leaves hold smartcore's own output; missing values go where
/// their fill goes; covers are 0.
pub fn trees(model: &impl serde::Serialize, fills: &[f64]) -> Result<Vec<Tree>, ModelError> {
    let value = serde_json::to_value(model).map_err(|e| broken(&e.to_string()))?;
    let mut found = Vec::new();
    collect(&value, fills, &mut found)?;
    if found.is_empty() { Err(broken("no tree found")) } else { Ok(found) }
}

fn broken(reason: &str) -> ModelError {
    ModelError::Training {
        reason: format!("the trained trees could not be read: {reason}"),
        hint: "This is a fault in the program; please report it".to_owned(),
    }
}

fn collect(value: &Value, fills: &[f64], found: &mut Vec<Tree>) -> Result<(), ModelError> {
    match value {
        Value::Object(fields) => match fields.get("nodes").and_then(Value::as_array) {
            Some(nodes) => found.push(tree(nodes, fills)?),
            None => fields.values().try_for_each(|v| collect(v, fills, found))?,
        },
        Value::Array(items) => items.iter().try_for_each(|v| collect(v, fills, found))?,
        _ => {}
    }
    Ok(())
}

fn tree(nodes: &[Value], fills: &[f64]) -> Result<Tree, ModelError> {
    let mut tree =
        Tree { nodes: Vec::with_capacity(nodes.len()), leaf_values: Vec::new(), output: Some(0), sets: Vec::new() };
    for (i, node) in nodes.iter().enumerate() {
        let whole = |name: &str| node.get(name).and_then(Value::as_u64);
        let output = node.get("output").and_then(Value::as_f64).ok_or_else(|| broken("a node has no output"))?;
        let (Some(left), Some(right)) = (whole("true_child"), whole("false_child")) else {
            tree.nodes.push(leaf(tree.leaf_values.len()));
            tree.leaf_values.push(output);
            continue;
        };
        let feature = whole("split_feature").ok_or_else(|| broken("a split has no column"))?;
        let threshold =
            node.get("split_value").and_then(Value::as_f64).ok_or_else(|| broken("a split has no value"))?;
        let fill = fills.get(feature as usize).ok_or_else(|| broken("a split reads a column that is not there"))?;
        let inside = |child: u64| child > i as u64 && child < nodes.len() as u64;
        if !inside(left) || !inside(right) {
            return Err(broken("a child does not come after its parent"));
        }
        tree.nodes.push(Node {
            feature: feature as u32,
            left: left as u32,
            right: right as u32,
            set: Node::NUMERIC,
            threshold,
            missing: if *fill <= threshold { Missing::Left } else { Missing::Right },
            cover: 0.0,
        });
    }
    Ok(tree)
}

fn leaf(first: usize) -> Node {
    Node {
        feature: Node::LEAF,
        left: first as u32,
        right: 0,
        set: Node::NUMERIC,
        threshold: 0.0,
        missing: Missing::Left,
        cover: 0.0,
    }
}

/// The leaf that each row reaches (its node), counting the rows that pass each node as its cover.
pub fn recount(tree: &mut Tree, rows: MatrixView<'_>) -> Vec<usize> {
    let mut reached = Vec::with_capacity(rows.rows());
    tree.nodes.iter_mut().for_each(|n| n.cover = 0.0);
    for i in 0..rows.rows() {
        let row = rows.row(i);
        let mut at = 0;
        loop {
            let node = &mut tree.nodes[at];
            node.cover += 1.0;
            if node.is_leaf() {
                break;
            }
            at = if row[node.feature as usize] <= node.threshold { node.left } else { node.right } as usize;
        }
        reached.push(at);
    }
    reached
}

/// Replaces the leaf values by shares of the classes among `set`'s rows that reach each leaf: all shares for several
/// classes, the share of the positive one for two. Also counts covers.
pub fn class_shares(tree: &mut Tree, set: &TrainingSet) {
    let outputs = set.outputs();
    let reached = recount(tree, set.filled.view());
    let mut values = vec![0.0; tree.leaf_values.len() * outputs];
    for (at, target) in reached.iter().zip(&set.targets) {
        let node = &tree.nodes[*at];
        let class = *target as usize;
        let place = if outputs > 1 { Some(class) } else { (class == 1).then_some(0) };
        if let Some(place) = place {
            values[node.left as usize * outputs + place] += 1.0;
        }
    }
    for leaf in tree.nodes.iter().filter(|n| n.is_leaf()) {
        // Counts first, one division after: a pure leaf has a share of exactly 1.
        let first = leaf.left as usize * outputs;
        values[first..first + outputs].iter_mut().for_each(|count| *count /= leaf.cover);
    }
    tree.leaf_values = values;
    if outputs > 1 {
        tree.output = None;
        tree.nodes.iter_mut().filter(|n| n.is_leaf()).for_each(|n| n.left *= outputs as u32);
    }
}

/// An ensemble of `trees`.
pub fn ensemble(set: &TrainingSet, trees: Vec<Tree>, base: Vec<f64>, divisor: f64) -> TreeEnsemble {
    TreeEnsemble {
        trees,
        inputs: set.inputs.len(),
        base,
        compare: Compare::LessEqualF64,
        accumulate: Accumulate::F64,
        divisor,
    }
}

/// Facts for the card.
pub fn facts(ensemble: &TreeEnsemble) -> Vec<(String, String)> {
    let leaves: usize = ensemble.trees.iter().map(|t| t.nodes.iter().filter(|n| n.is_leaf()).count()).sum();
    let deepest = ensemble.trees.iter().map(deepest).max().unwrap_or(0);
    vec![
        ("trees".to_owned(), ensemble.trees.len().to_string()),
        ("leaves".to_owned(), leaves.to_string()),
        ("deepest path".to_owned(), format!("{deepest} splits")),
    ]
}

fn deepest(tree: &Tree) -> usize {
    let mut depth = vec![0; tree.nodes.len()];
    for (i, node) in tree.nodes.iter().enumerate().filter(|(_, n)| !n.is_leaf()) {
        depth[node.left as usize] = depth[i] + 1;
        depth[node.right as usize] = depth[i] + 1;
    }
    depth.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
    use smartcore::tree::decision_tree_classifier::{DecisionTreeClassifier, DecisionTreeClassifierParameters};

    use crate::base::Seed;

    use super::super::dense;
    use super::*;

    fn points() -> (Vec<f64>, Vec<f64>) {
        let mut stream = Seed(1).child("points", 0);
        let x: Vec<f64> = (0..600).map(|_| stream.normal()).collect();
        let y = x.chunks_exact(3).map(|r| r[0] + if r[1] > 0.3 { r[2] } else { -1.0 }).collect();
        (x, y)
    }

    #[test]
    fn a_forest_read_out_of_smartcore_predicts_what_smartcore_predicts() {
        let (x, y) = points();
        let matrix = dense(200, 3, x.clone()).unwrap();
        let parameters = RandomForestRegressorParameters::default().with_n_trees(7).with_seed(5);
        let forest = RandomForestRegressor::fit(&matrix, &y, parameters).unwrap();
        let fills = [0.4, -0.2, 0.1];
        let trees = trees(&forest, &fills).unwrap();
        assert_eq!(trees.len(), 7);
        let ensemble = TreeEnsemble {
            trees,
            inputs: 3,
            base: vec![0.0],
            compare: Compare::LessEqualF64,
            accumulate: Accumulate::F64,
            divisor: 7.0,
        };
        let theirs: Vec<f64> = forest.predict(&matrix).unwrap();
        for (row, theirs) in x.chunks_exact(3).zip(theirs) {
            let mut ours = [0.0];
            ensemble.score_f64(row, &mut ours);
            assert_eq!(ours[0].to_bits(), theirs.to_bits());
            for (j, fill) in fills.iter().enumerate() {
                let (mut without, mut filled, mut ours, mut theirs) = (row.to_vec(), row.to_vec(), [0.0], [0.0]);
                (without[j], filled[j]) = (f64::NAN, *fill);
                ensemble.score_f64(&without, &mut ours);
                ensemble.score_f64(&filled, &mut theirs);
                assert_eq!(ours, theirs, "a missing value goes where its fill goes");
            }
        }
    }

    #[test]
    fn a_tree_of_classes_has_depth_shares_and_covers() {
        let (x, y) = points();
        let labels: Vec<u32> = y.iter().map(|v| u32::from(*v > 0.0)).collect();
        let matrix = dense(200, 3, x.clone()).unwrap();
        let parameters = DecisionTreeClassifierParameters::default().with_max_depth(4).with_min_samples_leaf(5);
        let fitted = DecisionTreeClassifier::fit(&matrix, &labels, parameters).unwrap();
        let mut tree = trees(&fitted, &[0.0; 3]).unwrap().remove(0);
        let rows = MatrixView::new(&x, 200, 3).unwrap();
        let reached = recount(&mut tree, rows);
        assert_eq!(deepest(&tree), 3, "smartcore counts levels of nodes");
        assert!((tree.nodes[0].cover - 200.0).abs() < 1e-12);
        for node in tree.nodes.iter().filter(|n| !n.is_leaf()) {
            let below = tree.nodes[node.left as usize].cover + tree.nodes[node.right as usize].cover;
            assert!((below - node.cover).abs() < 1e-12);
        }
        let theirs: Vec<u32> = fitted.predict(&matrix).unwrap();
        for (at, theirs) in reached.iter().zip(theirs) {
            let output = tree.leaf_values[tree.nodes[*at].left as usize];
            assert!((output - f64::from(theirs)).abs() < 1e-12);
        }
    }
}
