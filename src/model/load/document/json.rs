//! A tolerant JSON reader: what XGBoost writes, including bare `NaN` and `Infinity`.

use crate::model::ModelError;

use super::{DEPTH_LIMIT, Gather, Value};

pub(super) fn parse(bytes: &[u8], unread: &[&str]) -> Result<Value, ModelError> {
    let mut reader = Reader { bytes, at: 0, unread };
    let value = reader.value(0)?;
    reader.space();
    // Some tools leave a closing zero byte behind.
    if bytes.get(reader.at..).is_some_and(|rest| rest.iter().any(|b| *b != 0)) {
        return Err(reader.refuse("something follows the end of the document"));
    }
    Ok(value)
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Names whose values are passed over.
    unread: &'b [&'b str],
}

impl Reader<'_> {
    fn refuse(&self, reason: &str) -> ModelError {
        if self.at >= self.bytes.len() {
            return ModelError::malformed(format!("byte {}", self.bytes.len()), "the file ends too early");
        }
        ModelError::malformed(format!("byte {}", self.at), reason)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        if found {
            self.at += word.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value, ModelError> {
        if depth > DEPTH_LIMIT {
            return Err(self.refuse("the document is nested too deeply"));
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.table(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.text().map(Value::Text),
            Some(b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, ModelError> {
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Real(f64::NAN)),
            ("Infinity", Value::Real(f64::INFINITY)),
            ("-Infinity", Value::Real(f64::NEG_INFINITY)),
        ];
        for (word, value) in words {
            if self.take(word) {
                return Ok(value);
            }
        }
        self.number()
    }

    fn number(&mut self) -> Result<Value, ModelError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')).count();
        let text = rest.get(..length).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("");
        let whole = text.parse::<i64>().map(Value::Integer).ok();
        let value = whole.or_else(|| text.parse::<f64>().map(Value::Real).ok());
        let value = value.ok_or_else(|| self.refuse("expected a value"))?;
        self.at += length;
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Value, ModelError> {
        self.at += 1;
        let mut all = Gather::new();
        self.space();
        if self.take("]") {
            return Ok(all.0);
        }
        loop {
            all.push(self.value(depth + 1)?);
            self.space();
            if self.take("]") {
                return Ok(all.closed());
            }
            if !self.take(",") {
                return Err(self.refuse("expected “,” or “]”"));
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Value, ModelError> {
        self.at += 1;
        let mut entries = Vec::new();
        self.space();
        if self.take("}") {
            return Ok(Value::Table(entries));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.refuse("expected a name in quotes"));
            }
            let name = self.text()?;
            self.space();
            if !self.take(":") {
                return Err(self.refuse("expected “:”"));
            }
            if self.unread.contains(&name.as_str()) {
                self.pass_over()?;
            } else {
                entries.push((name.into(), self.value(depth + 1)?));
            }
            self.space();
            if self.take("}") {
                entries.shrink_to_fit();
                return Ok(Value::Table(entries));
            }
            if !self.take(",") {
                return Err(self.refuse("expected “,” or “}”"));
            }
        }
    }

    /// Passes over one value without reading it: to the comma or bracket that follows it. Cost O(its bytes).
    fn pass_over(&mut self) -> Result<(), ModelError> {
        let mut open = 0_usize;
        loop {
            match self.peek().ok_or_else(|| self.refuse("the value has no end"))? {
                b'"' => {
                    self.text()?;
                    continue;
                }
                b'[' | b'{' => open += 1,
                b',' | b']' | b'}' if open == 0 => return Ok(()),
                b']' | b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn text(&mut self) -> Result<String, ModelError> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let byte = self.peek().ok_or_else(|| self.refuse("the text has no end"))?;
            self.at += 1;
            match byte {
                b'"' => {
                    return Ok(
                        String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
                    );
                }
                b'\\' => self.escape(&mut out)?,
                other => out.push(other),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), ModelError> {
        let byte = self.peek().ok_or_else(|| self.refuse("the text has no end"))?;
        self.at += 1;
        out.push(match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'u' => {
                let first = self.hexadecimal()?;
                let mut code = first;
                if (0xd800..0xdc00).contains(&first) && self.take("\\u") {
                    let second = self.hexadecimal()?;
                    code = 0x10000 + ((first - 0xd800) << 10) + (second & 0x3ff);
                }
                let sign = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            other => other,
        });
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<u32, ModelError> {
        let digits = self.bytes.get(self.at..self.at.saturating_add(4)).and_then(|b| std::str::from_utf8(b).ok());
        let code = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        let code = code.ok_or_else(|| self.refuse("“\\u” wants four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_packed_and_bare_words_are_numbers() {
        let value = parse(
            br#" {"a":[1,2],"b":[1,2.5,-Infinity],"c":[true,false],"d":["x",1],"e":"\u00e9\ud83d\ude00\n"} "#,
            &[],
        );
        let Value::Table(entries) = value.unwrap() else { panic!("expected a table") };
        assert_eq!(entries[0].1, Value::Integers(vec![1, 2]));
        assert_eq!(entries[1].1, Value::Reals(vec![1.0, 2.5, f64::NEG_INFINITY]));
        assert_eq!(entries[2].1, Value::Flags(vec![1, 0]));
        assert_eq!(entries[3].1, Value::List(vec![Value::Text("x".to_owned()), Value::Integer(1)]));
        assert_eq!(entries[4].1, Value::Text("é😀\n".to_owned()));
        assert_eq!(parse(b"[true,2]", &[]).unwrap(), Value::Integers(vec![1, 2]));
        let Value::Reals(values) = parse(b"[NaN]", &[]).unwrap() else { panic!("expected numbers") };
        assert!(values[0].is_nan());
    }

    #[test]
    fn what_is_not_wanted_is_passed_over() {
        let text = br#"{"a":[1,"]",{"b":2}],"b":3,"c":{"a":4,"d":5},"a":"}\"x"}"#;
        let Value::Table(entries) = parse(text, &["a"]).unwrap() else { panic!("expected a table") };
        assert_eq!(entries[0], ("b".into(), Value::Integer(3)));
        assert_eq!(entries[1], ("c".into(), Value::Table(vec![("d".into(), Value::Integer(5))])));
        assert_eq!(entries.len(), 2);
        for broken in ["{\"a\":[1", "{\"a\":\"x", "{\"a\":1]"] {
            assert!(parse(broken.as_bytes(), &["a"]).is_err(), "{broken}");
        }
    }

    #[test]
    fn broken_text_is_refused_with_its_byte() {
        for text in ["", "{", "[1,", "[1 2]", "{\"a\" 1}", "\"a", "\"\\u12\"", "nul", "1 2", "--1", "{1:2}"] {
            assert!(matches!(parse(text.as_bytes(), &[]), Err(ModelError::Malformed { .. })), "{text}");
        }
        assert!(parse("[".repeat(1_000_000).as_bytes(), &[]).is_err());
    }
}
