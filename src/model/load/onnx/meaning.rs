//! What the outputs of a graph mean: which one is the answer, whose classes it tells apart, in which scale.

use std::collections::{BTreeSet, VecDeque};

use crate::data::InputKind;
use crate::model::onnx::{Attribute, Data, Graph, GraphSpec, NodeSpec, Run, Tensor, ValueSpec};
use crate::model::{ModelError, Scale, TaskKind};
use crate::num::Matrix;

use super::super::{OUTPUT_LIMIT, output_names};
use super::interface::{Port, inputs};
use super::predictor::{Answer, WORK, run, run_within};

/// The answer of a graph before it was computed once.
#[derive(Debug)]
pub struct Meaning {
    /// The output that is the answer.
    pub output: String,
    /// Whether it holds labels.
    labels: bool,
    /// Class labels, when the graph holds them.
    classes: Option<Data>,
    notes: Vec<String>,
}

/// The answer after it was computed for some rows.
#[derive(Debug)]
pub struct Seen {
    /// How to read the output.
    pub answer: Answer,
    /// What kind of answer.
    pub task: TaskKind,
    /// Its scale.
    pub scale: Scale,
    /// Names of the model's outputs.
    pub outputs: Vec<String>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// What the reader should know.
    pub notes: Vec<String>,
    /// How many made-up rows could be computed in good time.
    pub tried: usize,
}

/// Rows of made-up values that the graph is tried on.
const TRIED: usize = 48;
/// Elements that all of them but the first may compute.
const TRIED_WORK: usize = 1 << 27;

impl Meaning {
    /// Chooses the output: probabilities, else the last of numbers, else labels.
    pub fn find(graph: &GraphSpec) -> Result<Self, ModelError> {
        let numbers = |v: &&ValueSpec| v.is_sequence || v.kind.is_some_and(|k| k.is_real() || k.is_half());
        let likely = |v: &&ValueSpec| numbers(v) && v.name.to_ascii_lowercase().contains("prob");
        let outputs = &graph.outputs;
        let chosen = outputs.iter().find(likely).or_else(|| outputs.iter().rfind(numbers));
        let labels = outputs.iter().find(|v| v.kind.is_some_and(|k| !k.is_real() && !k.is_half()));
        let chosen =
            chosen.or(labels).ok_or_else(|| ModelError::malformed("graph", "it has no output that can be read"))?;
        let ways = [Some(chosen), labels].into_iter().flatten();
        // Scores of pairs are no scores of classes, even where there are as many: three.
        let pairs = holds_pairs(graph, &chosen.name);
        let classes = ways.into_iter().find_map(|value| classes(graph, &value.name)).filter(|_| !pairs);
        let mut notes = Vec::new();
        if pairs {
            notes.push(
                "Each output is the score of a pair of classes; SVC(probability=True) exports classes".to_owned(),
            );
        }
        let others: Vec<&str> = outputs.iter().map(|v| v.name.as_str()).filter(|name| *name != chosen.name).collect();
        if others.len() > 1 {
            notes.push(format!("The output “{}” is shown; others are left out: {}", chosen.name, others.join(", ")));
        }
        Ok(Self { output: chosen.name.clone(), labels: !numbers(&chosen), classes, notes })
    }

    /// Computes made-up rows to see how wide the answer is and whether it holds probabilities.
    pub fn probe(self, graph: &Graph, ports: &[Port], batch: Option<usize>) -> Result<Seen, ModelError> {
        let rows = made_up(ports)?;
        let (mut found, mut fault, mut tried) = (Vec::new(), String::new(), 0);
        // A row of its own may cost much; all together must not.
        let (first, all) = (Run::new(WORK), Run::new(TRIED_WORK));
        for row in 0..rows.rows() {
            let budget = if found.is_empty() { &first } else { &all };
            match run_within(graph, ports, rows.view(), row..row + 1, budget) {
                Ok(tensor) if tensor.data.len() > OUTPUT_LIMIT => {
                    let reason = format!("it has {} columns, more than {OUTPUT_LIMIT}", tensor.data.len());
                    return Err(ModelError::malformed(format!("output “{}”", self.output), reason));
                }
                Ok(tensor) => found.push(tensor),
                Err(reason) => fault = reason,
            }
            if all.is_spent() || first.is_spent() {
                break;
            }
            tried = row + 1;
        }
        let first = found.first().ok_or_else(|| ModelError::Unsupported {
            what: format!("the graph cannot be computed: {fault}"),
            hint: "Export the model again in float32 with a free first axis; a model of trees also opens in its own format"
                .to_owned(),
        })?;
        if self.labels {
            return self.of_labels();
        }
        let width = first.data.len();
        let odd = found.iter().any(|t| t.data.len() != width) || width == 0;
        if odd || first.shape.first() != Some(&1) || first.f64s().is_err() {
            let reason = format!("its shape is {:?} for one row of values, expected one row", first.shape);
            return Err(ModelError::malformed(format!("output “{}”", self.output), reason));
        }
        // Several rows at once must give the same as each by itself, else rows are no rows.
        if batch.is_none() && run(graph, ports, rows.view(), 0..2).is_ok_and(|t| t.shape.first() != Some(&2)) {
            return Err(ModelError::malformed(
                format!("output “{}”", self.output),
                "it does not hold one row for each row",
            ));
        }
        let probable = probable(found.iter().map(|t| &**t), self.output.to_ascii_lowercase().contains("prob"));
        Ok(Seen { tried, ..self.of_numbers(width, probable) })
    }

    fn of_labels(self) -> Result<Seen, ModelError> {
        let Some(classes) = self.classes else {
            return Err(ModelError::Unsupported {
                what: format!("the only output, “{}”, holds labels whose names the graph does not list", self.output),
                hint: "Export the scores or probabilities, too".to_owned(),
            });
        };
        let names = names(&classes);
        let mut notes = self.notes;
        notes.push("The graph gives labels only: 1 stands for the label, 0 for all others".to_owned());
        let two = names.len() == 2;
        Ok(Seen {
            answer: Answer::Labels(classes),
            task: if two { TaskKind::Binary } else { TaskKind::Multiclass },
            scale: Scale::Probability,
            outputs: if two { names[1..].to_vec() } else { names.clone() },
            classes: names,
            notes,
            tried: 0,
        })
    }

    fn of_numbers(self, width: usize, probable: bool) -> Seen {
        let classes = self.classes.as_ref().map(names).unwrap_or_default();
        let mut notes = self.notes;
        let fitting = classes.len() == width || (classes.len() == 2 && width == 1);
        let known = fitting && classes.len() > 1;
        let classified = known || (probable && width > 1);
        let task = match (classified, width) {
            (true, 1 | 2) => TaskKind::Binary,
            (true, _) => TaskKind::Multiclass,
            _ => TaskKind::Regression,
        };
        if !classified && !classes.is_empty() {
            notes.push(format!("The output has {width} columns, which do not fit the {} classes", classes.len()));
        }
        if classified && !known {
            notes.push("The file holds no class names".to_owned());
        }
        let scale = match (classified, probable) {
            (true, true) => Scale::Probability,
            (true, false) => Scale::Margin,
            _ => Scale::Target,
        };
        if scale == Scale::Margin {
            notes.push("The output holds scores, no probabilities".to_owned());
        }
        let columns = if task == TaskKind::Binary { vec![width - 1] } else { (0..width).collect() };
        let outputs = match (task, known) {
            (TaskKind::Binary, true) => classes[1..].to_vec(),
            (TaskKind::Multiclass, true) => classes.clone(),
            _ => output_names(task, columns.len()),
        };
        Seen {
            answer: Answer::Columns(columns),
            task,
            scale,
            outputs,
            classes: if known { classes } else { Vec::new() },
            notes,
            tried: 0,
        }
    }
}

/// Whether all answers are shares of one, or, where the graph calls them probabilities, all lie between 0 and 1.
fn probable<'t>(answers: impl Iterator<Item = &'t Tensor>, named: bool) -> bool {
    let mut seen = 0;
    for tensor in answers {
        let Ok(values) = tensor.f64s() else { return false };
        if values.iter().any(|v| v.is_nan()) {
            continue;
        }
        seen += 1;
        let inside = values.iter().all(|v| (-1e-6..=1.0 + 1e-6).contains(v));
        let one = (values.iter().sum::<f64>() - 1.0).abs() < 1e-3;
        if !(inside && (one || named)) {
            return false;
        }
    }
    seen > 0
}

/// Rows with values of many sizes, all columns different, and every level of texts; the same for the same inputs.
pub fn made_up(ports: &[Port]) -> Result<Matrix, ModelError> {
    let inputs = inputs(ports);
    let sizes = [0.0, 1.0, -1.0, 0.5, 3.0, -2.25, 17.0, -40.0, 250.0, 6000.0, 1e-3];
    let value = |row: usize, column: usize, kind: &InputKind| {
        // Steps without a common divisor, so that columns do not move together.
        let turn = row.wrapping_mul(2 * column + 7).wrapping_add(column * 3 + row / 11);
        match kind {
            InputKind::Levels(levels) => (turn % levels.len().max(1)) as f64,
            _ if row == 0 => 0.0,
            _ => sizes[turn % sizes.len()] * (1.0 + (turn / sizes.len() % 5) as f64 / 8.0),
        }
    };
    let rows = if inputs.len() > 4096 { 4 } else { TRIED };
    let cells = (0..rows).flat_map(|row| inputs.iter().enumerate().map(move |(c, input)| value(row, c, &input.kind)));
    let cells: Vec<f64> = cells.collect();
    Matrix::new(cells, rows, inputs.len()).ok_or_else(|| ModelError::malformed("graph", "it has no columns"))
}

fn names(labels: &Data) -> Vec<String> {
    match labels {
        Data::Text(all) => all.iter().map(|t| t.to_string()).collect(),
        Data::I64(all) => all.iter().map(i64::to_string).collect(),
        Data::I32(all) => all.iter().map(i32::to_string).collect(),
        Data::F32(all) => all.iter().map(f32::to_string).collect(),
        Data::F64(all) => all.iter().map(f64::to_string).collect(),
        Data::F16(all) | Data::BF16(all) => all.iter().map(u16::to_string).collect(),
        Data::Bool(all) => all.iter().map(bool::to_string).collect(),
        Data::U8(all) => all.iter().map(u8::to_string).collect(),
    }
}

/// Whether `output` is what a support vector machine gives for pairs of more than two classes.
fn holds_pairs(graph: &GraphSpec, output: &str) -> bool {
    let mut name = output;
    // Every step passes one node, and there are no more than that.
    for _step in 0..=graph.nodes.len() {
        let Some(node) = graph.nodes.iter().find(|n| n.outputs.iter().any(|o| o == name)) else { return false };
        match (node.operator.as_str(), node.inputs.first()) {
            ("Identity" | "ZipMap" | "Cast", Some(input)) => name = input,
            ("SVMClassifier", _) => {
                let many = labels_of(graph, node).is_some_and(|labels| labels.len() > 2);
                return many && node.has("vectors_per_class") && !node.has("prob_a");
            }
            _ => return false,
        }
    }
    false
}

/// The class labels that the nodes before `output` hold, the nearest first.
fn classes(graph: &GraphSpec, output: &str) -> Option<Data> {
    let mut waiting = VecDeque::from([output]);
    let mut met = BTreeSet::new();
    while let Some(name) = waiting.pop_front() {
        if !met.insert(name) {
            continue;
        }
        for node in graph.nodes.iter().filter(|n| n.outputs.iter().any(|o| o == name)) {
            if let Some(found) = labels_of(graph, node) {
                return Some(found);
            }
            waiting.extend(node.inputs.iter().map(String::as_str));
        }
    }
    None
}

/// The class labels that a node holds.
fn labels_of(graph: &GraphSpec, node: &NodeSpec) -> Option<Data> {
    for (name, value) in &node.attributes {
        match value {
            Attribute::Texts(all) if name == "classlabels_strings" && !all.is_empty() => {
                return Some(Data::Text(all.iter().map(|t| t.as_str().into()).collect()));
            }
            Attribute::Ints(all) if name.starts_with("classlabels_int") && !all.is_empty() => {
                return Some(Data::I64(all.clone()));
            }
            _ => {}
        }
    }
    // A stored list of classes from which the largest score takes one.
    let taken = matches!(node.operator.as_str(), "ArrayFeatureExtractor" | "Gather");
    let first = node.inputs.first().filter(|_| taken)?;
    let stored = graph.constants.iter().find(|(name, _)| name == first).map(|(_, tensor)| &tensor.data)?;
    (stored.len() > 1).then(|| stored.clone())
}
