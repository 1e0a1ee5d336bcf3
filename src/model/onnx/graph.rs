//! Graphs in the order of computation: checked once, run many times.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::model::ModelError;

use super::operators::{Operator, family};
use super::spec::{GraphSpec, NodeSpec};
use super::tensor::Tensor;

/// Elements that all tensors of a run may hold at one time.
const LIVE: usize = 1 << 26;

/// A node that can be run.
#[derive(Debug)]
pub struct Node {
    /// What it computes.
    pub operator: Box<dyn Operator>,
    /// The node in words, for refusals.
    pub place: String,
    /// The values it reads, by slot.
    pub inputs: Vec<Option<usize>>,
    /// The values it gives, by slot.
    pub outputs: Vec<Option<usize>>,
}

/// A graph without cycles whose nodes come in the order of computation. Everything that depends on stored tensors alone
/// is computed already.
#[derive(Debug)]
pub struct Graph {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Stored and computed tensors, by slot.
    pub constants: HashMap<usize, Arc<Tensor>>,
    /// Slots of the inputs.
    pub inputs: Vec<usize>,
    /// Slots of the outputs.
    pub outputs: Vec<usize>,
    slots: usize,
    /// For every slot the last node that reads it.
    last: Vec<usize>,
    /// Elements of all stored and computed tensors.
    stored: usize,
}

/// The budget of one run: how many elements may be computed or read.
#[derive(Debug)]
pub struct Run {
    left: Cell<usize>,
}

impl Run {
    /// A run that may touch `work` elements.
    pub fn new(work: usize) -> Self {
        Self { left: Cell::new(work) }
    }

    /// Takes `work` elements from the budget. Refuses when it is used up.
    pub fn charge(&self, work: usize) -> Result<(), String> {
        let left = self.left.get().checked_sub(work);
        self.left.set(left.unwrap_or(0));
        left.map(|_left| ()).ok_or_else(|| "the graph asks for more work than a row may cost".to_owned())
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}

/// Work allowed for folding constants and for one block of rows.
pub const WORK: usize = 1 << 31;

/// Names become slots.
#[derive(Default)]
struct Slots<'a> {
    of: HashMap<&'a str, usize>,
}

impl<'a> Slots<'a> {
    fn give(&mut self, name: &'a str) -> Option<usize> {
        let slot = self.of.len();
        self.of.insert(name, slot).is_none().then_some(slot)
    }
}

impl Graph {
    /// Makes the part of a graph that `outputs` depend on. `captured` names values that come from around the graph, as
    /// inputs behind its own. Refuses cycles, values that nothing gives and values given twice.
    pub fn build(spec: &GraphSpec, outputs: &[String], captured: &[String]) -> Result<Self, ModelError> {
        let mut slots = Slots::default();
        let mut constants = HashMap::new();
        for (name, tensor) in &spec.constants {
            let twice = || ModelError::malformed(format!("tensor “{name}”"), "two tensors have this name");
            constants.insert(slots.give(name).ok_or_else(twice)?, Arc::new(tensor.clone()));
        }
        let own = spec.inputs.iter().map(|v| v.name.as_str()).filter(|name| !slots.of.contains_key(name));
        let own: Vec<&str> = own.chain(captured.iter().map(String::as_str)).collect();
        let mut inputs = Vec::new();
        for name in own {
            let twice = || ModelError::malformed(format!("input “{name}”"), "two inputs have this name");
            inputs.push(slots.give(name).ok_or_else(twice)?);
        }
        let reads: Vec<Vec<String>> = spec.nodes.iter().map(NodeSpec::reads).collect();
        let order = order(spec, &reads, &slots, outputs)?;
        for node in &spec.nodes {
            for name in node.outputs.iter().filter(|name| !name.is_empty()) {
                slots.give(name).ok_or_else(|| node.refuse(format!("“{name}” is given twice")))?;
            }
        }
        let slot = |name: &String| slots.of.get(name.as_str()).copied();
        let stored = spec.constants.iter().map(|(_, tensor)| tensor.data.len()).sum();
        let mut graph = Self {
            nodes: Vec::new(),
            constants,
            inputs,
            outputs: Vec::new(),
            slots: slots.of.len(),
            last: Vec::new(),
            stored,
        };
        let run = Run::new(WORK);
        for index in order {
            let (Some(node), Some(reads)) = (spec.nodes.get(index), reads.get(index)) else { continue };
            let node = Node {
                operator: operator(node)?,
                place: node.place(),
                inputs: reads.iter().map(slot).collect(),
                outputs: node.outputs.iter().map(slot).collect(),
            };
            graph.add(node, &run)?;
        }
        for name in outputs {
            let missing = || ModelError::malformed(format!("output “{name}”"), "nothing in the graph gives it");
            graph.outputs.push(slot(name).ok_or_else(missing)?);
        }
        graph.last = vec![0; graph.slots];
        for (i, node) in graph.nodes.iter().enumerate() {
            node.inputs.iter().flatten().for_each(|slot| graph.last[*slot] = i);
        }
        graph.outputs.iter().for_each(|slot| graph.last[*slot] = usize::MAX);
        Ok(graph)
    }

    /// Adds a node, or its results when it depends on stored tensors alone.
    fn add(&mut self, mut node: Node, run: &Run) -> Result<(), ModelError> {
        let known: Option<Vec<Option<&Tensor>>> = node
            .inputs
            .iter()
            .map(|slot| slot.map(|s| self.constants.get(&s).map(|t| &**t)).map_or(Some(None), |t| t.map(Some)))
            .collect();
        let Some(known) = known else {
            let stored = |slot: &Option<usize>| slot.and_then(|slot| self.constants.get(&slot)).map(|tensor| &**tensor);
            node.operator.prepare(&node.inputs.iter().map(stored).collect::<Vec<_>>());
            self.nodes.push(node);
            return Ok(());
        };
        let results = step(&node, &known, run).map_err(|reason| ModelError::malformed(node.place.clone(), reason))?;
        self.stored += results.iter().map(|t| t.data.len()).sum::<usize>();
        if self.stored > LIVE {
            return Err(ModelError::malformed(node.place, "the stored tensors take too much memory"));
        }
        let given = node.outputs.iter().zip(results).filter_map(|(slot, tensor)| Some(((*slot)?, Arc::new(tensor))));
        self.constants.extend(given);
        Ok(())
    }

    /// Computes the outputs of `inputs`. A refusal names the node.
    pub fn run(&self, inputs: Vec<Arc<Tensor>>, run: &Run) -> Result<Vec<Arc<Tensor>>, String> {
        let mut values = self.start(inputs);
        let mut live = 0_usize;
        for (i, node) in self.nodes.iter().enumerate() {
            let results = {
                let given: Vec<Option<&Tensor>> = node.inputs.iter().map(|slot| self.value(&values, *slot)).collect();
                step(node, &given, run).map_err(|reason| format!("{}: {reason}", node.place))?
            };
            live += self.store(&mut values, node, results);
            if live > LIVE {
                return Err(format!("{}: the tensors take too much memory", node.place));
            }
            for slot in node.inputs.iter().flatten().filter(|slot| self.last[**slot] == i) {
                live = live.saturating_sub(values[*slot].take().map_or(0, |t| t.data.len()));
            }
        }
        let result = |slot: &usize| values[*slot].clone().or_else(|| self.constants.get(slot).cloned());
        let results: Option<Vec<Arc<Tensor>>> = self.outputs.iter().map(result).collect();
        results.ok_or_else(|| "an output has no value".to_owned())
    }

    /// Computes as far as it goes and shows every node with what it reads; a node that fails gives nothing.
    pub fn watch(&self, inputs: Vec<Arc<Tensor>>, mut watch: impl FnMut(&Node, &[Option<&Tensor>])) {
        let run = Run::new(WORK);
        let mut values = self.start(inputs);
        for node in &self.nodes {
            let results = {
                let given: Vec<Option<&Tensor>> = node.inputs.iter().map(|slot| self.value(&values, *slot)).collect();
                watch(node, &given);
                let complete = node.inputs.iter().zip(&given).all(|(slot, value)| slot.is_none() || value.is_some());
                if complete { step(node, &given, &run).unwrap_or_default() } else { Vec::new() }
            };
            self.store(&mut values, node, results);
        }
    }

    fn start(&self, inputs: Vec<Arc<Tensor>>) -> Vec<Option<Arc<Tensor>>> {
        let mut values: Vec<Option<Arc<Tensor>>> = vec![None; self.slots];
        for (slot, tensor) in self.inputs.iter().zip(inputs) {
            values[*slot] = Some(tensor);
        }
        values
    }

    fn value<'v>(&'v self, values: &'v [Option<Arc<Tensor>>], slot: Option<usize>) -> Option<&'v Tensor> {
        let slot = slot?;
        values.get(slot)?.as_ref().or_else(|| self.constants.get(&slot)).map(|t| &**t)
    }

    fn store(&self, values: &mut [Option<Arc<Tensor>>], node: &Node, results: Vec<Tensor>) -> usize {
        let mut stored = 0;
        for (slot, tensor) in node.outputs.iter().zip(results) {
            if let Some(slot) = slot.filter(|slot| self.last.get(*slot).is_some_and(|last| *last > 0)) {
                stored += tensor.data.len();
                values[slot] = Some(Arc::new(tensor));
            }
        }
        stored
    }
}

fn step(node: &Node, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
    run.charge(1)?;
    let results = node.operator.run(inputs, run)?;
    run.charge(results.iter().map(|t| t.data.len()).sum())?;
    Ok(results)
}

/// The operator of a node. Files are checked for operators that are not here before any is made.
fn operator(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    match family(&node.domain, &node.operator) {
        Some(family) => (family.build)(node),
        None => Err(node.refuse("the operator is not known")),
    }
}

/// The nodes that `outputs` depend on, each behind those it reads from.
fn order(
    spec: &GraphSpec,
    reads: &[Vec<String>],
    given: &Slots<'_>,
    outputs: &[String],
) -> Result<Vec<usize>, ModelError> {
    let mut giver: HashMap<&str, usize> = HashMap::new();
    for (i, node) in spec.nodes.iter().enumerate() {
        giver.extend(node.outputs.iter().filter(|name| !name.is_empty()).map(|name| (name.as_str(), i)));
    }
    // 0 not met, 1 waiting for what it reads, 2 placed. A stack in place of recursion.
    let mut state = vec![0_u8; spec.nodes.len()];
    let mut placed = Vec::new();
    for output in outputs {
        let mut waiting: Vec<usize> = giver.get(output.as_str()).copied().into_iter().collect();
        while let Some(&top) = waiting.last() {
            let (Some(node), Some(own)) = (spec.nodes.get(top), reads.get(top)) else { break };
            if state[top] == 2 {
                waiting.pop();
                continue;
            }
            let mut ready = true;
            for name in own.iter().filter(|name| !name.is_empty() && !given.of.contains_key(name.as_str())) {
                let next = giver.get(name.as_str()).copied();
                let next = next.ok_or_else(|| node.refuse(format!("it reads “{name}”, which nothing gives")))?;
                match state[next] {
                    0 => {
                        waiting.push(next);
                        ready = false;
                    }
                    1 => return Err(node.refuse("the graph runs in a circle through this node")),
                    _ => {}
                }
            }
            state[top] = 1;
            if ready {
                state[top] = 2;
                placed.push(top);
                waiting.pop();
            }
        }
    }
    Ok(placed)
}
