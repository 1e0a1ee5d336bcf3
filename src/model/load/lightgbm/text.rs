//! The text of a LightGBM model as blocks of `key=value` lines, borrowed from the file.

use crate::model::ModelError;

/// `key=value` lines of the header or of one tree.
#[derive(Clone, Debug)]
pub struct Block<'t> {
    /// `header` or `tree 12`.
    pub place: String,
    lines: Vec<(&'t str, &'t str)>,
}

/// The whole file in parts.
#[derive(Debug)]
pub struct Parts<'t> {
    /// What stands before the first tree.
    pub header: Block<'t>,
    /// The trees, in file order.
    pub trees: Vec<Block<'t>>,
    /// Training settings: `[key: value]`.
    pub settings: Vec<(&'t str, &'t str)>,
    /// The JSON after `pandas_categorical:`, when there is any.
    pub pandas: Option<&'t str>,
}

/// Splits a file. Refuses one that ends too early.
pub fn split(text: &str) -> Result<Parts<'_>, ModelError> {
    let block = |place: String| Block { place, lines: Vec::new() };
    let mut parts = Parts { header: block("header".to_owned()), trees: Vec::new(), settings: Vec::new(), pandas: None };
    let (mut in_trees, mut in_settings, mut settings_end) = (true, false, true);
    for line in text.lines() {
        if let Some(json) = line.strip_prefix("pandas_categorical:") {
            parts.pandas = Some(json);
        } else if line == "end of trees" {
            in_trees = false;
        } else if line == "parameters:" {
            (in_settings, settings_end) = (true, false);
        } else if line == "end of parameters" {
            (in_settings, settings_end) = (false, true);
        } else if in_settings {
            let inner = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
            parts.settings.extend(inner.and_then(|l| l.split_once(": ")));
        } else if in_trees && line.starts_with("Tree=") {
            parts.trees.push(block(format!("tree {}", parts.trees.len())));
        } else if in_trees {
            let target = parts.trees.last_mut().unwrap_or(&mut parts.header);
            target.lines.extend(line.split_once('=').or((line == "average_output").then_some((line, ""))));
        }
    }
    let sizes = parts.header.optional("tree_sizes").map(|sizes| sizes.split_whitespace().count());
    if in_trees || !settings_end {
        return Err(ModelError::malformed("end of the file", "the file ends too early"));
    }
    if let Some(count) = sizes.filter(|count| *count != parts.trees.len()) {
        let reason = format!("{count} trees are announced, {} are stored", parts.trees.len());
        return Err(ModelError::malformed("header, tree_sizes", reason));
    }
    Ok(parts)
}

impl<'t> Block<'t> {
    /// A refusal at one line of this block.
    pub fn refuse(&self, key: &str, reason: impl Into<String>) -> ModelError {
        ModelError::malformed(format!("{}, {key}", self.place), reason)
    }

    /// The value of a line, when it is there.
    pub fn optional(&self, key: &str) -> Option<&'t str> {
        self.lines.iter().find(|(k, _)| *k == key).map(|(_, value)| *value)
    }

    /// The value of a line that must be there.
    pub fn text(&self, key: &str) -> Result<&'t str, ModelError> {
        self.optional(key).ok_or_else(|| self.refuse(key, "the line is missing"))
    }

    /// A count.
    pub fn count(&self, key: &str) -> Result<usize, ModelError> {
        self.text(key)?.trim().parse().map_err(|_error| self.refuse(key, "expected a whole number"))
    }

    /// Numbers separated by spaces; exactly `length` of them. An absent line is an empty one.
    pub fn numbers<T: std::str::FromStr>(&self, key: &str, length: Option<usize>) -> Result<Vec<T>, ModelError> {
        let words = self.optional(key).unwrap_or("").split_whitespace();
        let parsed = words.enumerate().map(|(i, word)| {
            let reason =
                || format!("entry {i}, “{}”, is no number of the right kind", super::super::document::shown(word));
            word.parse().map_err(|_error| self.refuse(key, reason()))
        });
        let values: Vec<T> = parsed.collect::<Result<_, _>>()?;
        match length.filter(|length| *length != values.len()) {
            Some(length) => {
                Err(self.refuse(key, format!("{length} entries are expected, {} are stored", values.len())))
            }
            None => Ok(values),
        }
    }
}
