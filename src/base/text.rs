//! Numbers and counts as people read them. Every number on a screen or in a report's prose passes here.
//!
//! Three significant digits, true minus, thin-space thousands. Exports never pass here: they keep full precision.

use std::borrow::Cow;

/// A thin space (U+2009), between thousands and before units.
pub const THIN: char = '\u{2009}';
/// The true minus sign (U+2212).
pub const MINUS: char = '\u{2212}';
/// How a missing value is written everywhere.
pub const MISSING: &str = "missing";

/// A number with three significant digits: `0.0123`, `4.56`, `120 000`, `1.2e−9`; “missing” for NaN.
pub fn number(value: f64) -> String {
    significant(value, 3)
}

/// A number with `digits` significant digits and no trailing zeros after the point.
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return MISSING.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".to_owned() } else { format!("{MINUS}∞") };
    }
    let size = value.abs();
    if size < f64::MIN_POSITIVE {
        return "0".to_owned();
    }
    let exponent = size.log10().floor() as i32;
    if !(-5..15).contains(&exponent) {
        let text = format!("{:.*e}", digits.saturating_sub(1), value);
        return text.replace('-', &MINUS.to_string());
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    group_thousands(&text)
}

/// A number with a fixed count of decimals, grouped: for columns that align on the point.
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return MISSING.to_owned();
    }
    let text = format!("{value:.decimals$}");
    let negative_zero = text.starts_with('-') && text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    group_thousands(if negative_zero { text.trim_start_matches('-') } else { &text })
}

/// A contribution: always signed, three significant digits (`+0.31`, `−12.4`, `0`).
pub fn signed(value: f64) -> String {
    let text = number(value);
    if value > 0.0 && text != "0" { format!("+{text}") } else { text }
}

/// Every digit of a number, for tooltips: the shortest text that reads back to the same f64.
pub fn exact(value: f64) -> String {
    if value.is_nan() { MISSING.to_owned() } else { format!("{value}").replace('-', &MINUS.to_string()) }
}

/// A whole number with thin-space thousands.
pub fn count(value: usize) -> String {
    group_thousands(&value.to_string())
}

/// A count with its noun: `1 row`, `2 rows`.
pub fn counted(value: usize, noun: &str) -> String {
    if value == 1 { format!("1 {noun}") } else { format!("{} {noun}s", count(value)) }
}

/// A share as percent with one decimal: `12.5 %`.
pub fn percent(share: f64) -> String {
    if share.is_nan() { MISSING.to_owned() } else { format!("{}{THIN}%", fixed(100.0 * share, 1)) }
}

/// An interval with an en dash: `0.12–0.19`.
pub fn interval(low: f64, high: f64) -> String {
    format!("{}–{}", number(low), number(high))
}

/// A p-value, never `0.000`.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// A duration for people: `0.4 s`, `12 s`, `3 min 20 s`.
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.1}{THIN}s")
    } else if seconds < 60.0 {
        format!("{seconds:.0}{THIN}s")
    } else {
        format!("{:.0}{THIN}min {:.0}{THIN}s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

/// A size in bytes for people: `4.2 MB`.
pub fn bytes(size: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = size as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{}{THIN}{}", number(value), units[unit])
}

/// A text from a file as a terminal may show it: control characters but line ends and tabs, and marks that turn the
/// direction of writing, become their code in words, so that no name in a file moves the cursor or hides what follows.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
    };
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_harmful(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// At most `limit` characters, with an ellipsis in the middle where something was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit || limit < 3 {
        return text.to_owned();
    }
    let head = (limit - 1).div_ceil(2);
    let tail = limit - 1 - head;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

fn group_thousands(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (Some(MINUS), rest),
        None => (None, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let mut out: String = sign.into_iter().collect();
    let count = whole.chars().count();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && count > 4 && (count - i).is_multiple_of(3) {
            out.push(THIN);
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_moves_the_cursor_or_turns_the_line() {
        assert_eq!(harmless("age\n\tjob · “x” 1\u{2009}000"), "age\n\tjob · “x” 1\u{2009}000");
        assert_eq!(harmless("\u{1b}[31mred\r\u{7}\u{9b}2J"), "\\u{1b}[31mred\\u{d}\\u{7}\\u{9b}2J");
        assert_eq!(harmless("a\u{202e}b"), "a\\u{202e}b");
    }

    #[test]
    fn numbers_have_three_significant_digits_and_a_true_minus() {
        assert_eq!(number(0.012_345), "0.0123");
        assert_eq!(number(-4.5), "−4.5");
        assert_eq!(number(120_000.0), "120\u{2009}000");
        assert_eq!(number(1234.5), "1234");
        assert_eq!(number(f64::NAN), "missing");
        assert_eq!(signed(0.314_15), "+0.314");
        assert_eq!(signed(0.0), "0");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("a_very_long_feature_name", 11), "a_ver…_name");
        assert_eq!(shorten("short", 11), "short");
    }

    #[test]
    fn negative_zero_loses_its_sign() {
        assert_eq!(fixed(-0.0001, 2), "0.00");
    }
}
