//! A query as words: names, values, operators, `and`, `or`, `not` and brackets that group.

use super::FilterError;

/// One word of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    /// What it says, without quotes.
    pub(super) text: String,
    /// Not in quotes.
    pub(super) plain: bool,
    /// Where it begins and ends in the query, in bytes.
    span: (usize, usize),
    /// A bracket that groups conditions, not one in a name.
    bracket: bool,
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("=", Operator::Equal),
    ("<", Operator::Below),
    (">", Operator::Above),
];

impl Word {
    /// Whether this is the plain word `text`, in small or capital letters.
    pub(super) fn is(&self, text: &str) -> bool {
        self.plain && !self.bracket && self.text.eq_ignore_ascii_case(text)
    }

    /// Whether this is the grouping bracket `text`.
    pub(super) fn groups(&self, text: &str) -> bool {
        self.bracket && self.text == text
    }

    /// The comparison that this word stands for.
    pub(super) fn operator(&self) -> Option<Operator> {
        OPERATORS.iter().find(|(sign, _)| self.plain && *sign == self.text).map(|(_, operator)| *operator)
    }
}

/// Several words as one name or value: as the query writes them, a single one without its quotes.
pub(super) fn joined(query: &str, words: &[Word]) -> String {
    match words {
        [one] => one.text.clone(),
        [first, .., last] => query.get(first.span.0..last.span.1).unwrap_or("").to_owned(),
        [] => String::new(),
    }
}

/// Splits a query into words.
pub(super) fn words(query: &str) -> Result<Vec<Word>, FilterError> {
    let mut reader = Reader { query, at: 0, words: Vec::new(), open: 0, inside: 0 };
    while reader.next()? {}
    Ok(reader.words)
}

struct Reader<'q> {
    query: &'q str,
    at: usize,
    words: Vec<Word>,
    /// Grouping brackets that are open.
    open: usize,
    /// Brackets of the present name or value that are open.
    inside: usize,
}

impl Reader<'_> {
    /// Reads one word; `false` at the end.
    fn next(&mut self) -> Result<bool, FilterError> {
        let query = self.query;
        let rest = query.get(self.at..).unwrap_or("");
        let rest = {
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            trimmed
        };
        let Some(first) = rest.chars().next() else { return Ok(false) };
        if first == '"' {
            let (text, length) = quote(rest)?;
            self.push(text, length, false);
        } else if first == '(' && self.begins() {
            self.open += 1;
            self.bracket("(");
        } else if first == ')' && self.closes() {
            self.open -= 1;
            self.bracket(")");
        } else if let Some((sign, _)) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            self.push((*sign).to_owned(), sign.len(), true);
        } else {
            let length = self.length(rest).max(first.len_utf8());
            self.push(rest.get(..length).unwrap_or("").to_owned(), length, true);
        }
        Ok(true)
    }

    /// Whether a condition may begin here.
    fn begins(&self) -> bool {
        self.words.last().is_none_or(|w| w.groups("(") || ["and", "or", "not"].iter().any(|join| w.is(join)))
    }

    /// Whether a closing bracket here ends a group.
    fn closes(&self) -> bool {
        self.open > 0 && self.inside == 0
    }

    /// Bytes of the plain word at the start of `rest`. Brackets inside a name or value belong to it when they match.
    fn length(&mut self, rest: &str) -> usize {
        for (at, c) in rest.char_indices() {
            match c {
                '(' => self.inside += 1,
                ')' if self.closes() => return at,
                ')' => self.inside = self.inside.saturating_sub(1),
                '=' | '<' | '>' | '"' | '!' => return at,
                c if c.is_whitespace() => return at,
                _ => {}
            }
        }
        rest.len()
    }

    fn push(&mut self, text: String, length: usize, plain: bool) {
        let word = Word { text, plain, span: (self.at, self.at + length), bracket: false };
        if word.is("and") || word.is("or") {
            self.inside = 0;
        }
        self.at += length;
        self.words.push(word);
    }

    fn bracket(&mut self, text: &str) {
        self.words.push(Word { text: text.to_owned(), plain: true, span: (self.at, self.at + 1), bracket: true });
        self.at += 1;
    }
}

/// The text of a quote at the start of `rest`, two double quotes in it read as one, and its length with both quotes.
fn quote(rest: &str) -> Result<(String, usize), FilterError> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = letters.next() {
        match c {
            '"' if letters.peek().is_some_and(|(_, next)| *next == '"') => {
                text.push('"');
                letters.next();
            }
            '"' => return Ok((text, at + 1)),
            c => text.push(c),
        }
    }
    Err(FilterError {
        what: "a quote is not closed".to_owned(),
        hint: "put names and values with spaces between two double quotes".to_owned(),
    })
}
