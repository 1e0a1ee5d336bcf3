//! The dialect of delimited text, found by looking at its first records.

use super::records::{Dialect, Field, is_blank, next_record};

/// Separators that are tried, the most usual first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Records that are looked at.
const LOOK: usize = 300;

/// What was found about a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Sniffed {
    /// Separator and quote.
    pub dialect: Dialect,
    /// Whether numbers use a decimal comma.
    pub decimal_comma: bool,
    /// Whether the first record names the columns.
    pub header: bool,
}

/// What the person already decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given {
    /// The separator.
    pub delimiter: Option<u8>,
    /// The quote; 0 for none.
    pub quote: Option<u8>,
    /// The decimal mark.
    pub decimal_comma: Option<bool>,
    /// Whether there is a header.
    pub header: Option<bool>,
}

/// Finds the dialect of `text` from its first records; what is `given` is kept. Cost is bounded by the look.
pub fn sniff(text: &str, given: Given) -> Sniffed {
    let text = head(text);
    let delimiters: Vec<u8> = given.delimiter.map_or_else(|| DELIMITERS.to_vec(), |d| vec![d]);
    let mut best: Option<((i64, i64, i64), Dialect)> = None;
    for quote in quotes(text, given.quote) {
        for &delimiter in &delimiters {
            let dialect = Dialect { delimiter, quote };
            let score = score(text, dialect);
            if best.as_ref().is_none_or(|(top, _)| score > *top) {
                best = Some((score, dialect));
            }
        }
    }
    let dialect = best.map_or(Dialect { delimiter: b',', quote: Some(b'"') }, |(_, dialect)| dialect);
    let records = records(text, dialect);
    let decimal_comma = given.decimal_comma.unwrap_or_else(|| uses_decimal_comma(&records, dialect.delimiter));
    let header = given.header.unwrap_or_else(|| has_header(&records, decimal_comma));
    Sniffed { dialect, decimal_comma, header }
}

/// The beginning of the text, cut after a line where possible.
fn head(text: &str) -> &str {
    const LIMIT: usize = 256 << 10;
    if text.len() <= LIMIT {
        return text;
    }
    let mut end = LIMIT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let part = text.get(..end).unwrap_or("");
    part.rfind('\n').and_then(|line| part.get(..=line)).unwrap_or(part)
}

fn quotes(text: &str, given: Option<u8>) -> Vec<Option<u8>> {
    match given {
        Some(0) => vec![None],
        Some(quote) => vec![Some(quote)],
        // The apostrophe is tried only where double quotes are absent: it is common inside words.
        None if !text.contains('"') && text.contains('\'') => vec![Some(b'"'), Some(b'\'')],
        None => vec![Some(b'"')],
    }
}

fn records(text: &str, dialect: Dialect) -> Vec<Vec<String>> {
    let (mut at, mut fields, mut all) = (0, Vec::new(), Vec::new());
    while all.len() < LOOK {
        let Some((next, _)) = next_record(text.as_bytes(), at, dialect, &mut fields) else { break };
        if !is_blank(&fields) {
            all.push(fields.iter().map(|f: &Field| f.text(text, dialect.quote)).collect());
        }
        at = next;
    }
    all
}

/// How well a dialect fits: share of records as wide as the first, share of fields that hold no other separator,
/// then the width. A dialect that leaves one column fits worst.
fn score(text: &str, dialect: Dialect) -> (i64, i64, i64) {
    let (mut at, mut fields, mut width) = (0, Vec::new(), None);
    let (mut records, mut equal, mut all, mut clean, mut odd_quotes) = (0i64, 0i64, 0i64, 0i64, 0i64);
    while records < LOOK as i64 {
        let Some((next, odd)) = next_record(text.as_bytes(), at, dialect, &mut fields) else { break };
        if !is_blank(&fields) {
            let wanted = *width.get_or_insert(fields.len());
            records += 1;
            equal += i64::from(fields.len() == wanted);
            odd_quotes += i64::from(odd.unusual || odd.unclosed);
            for field in fields.iter().take(500) {
                all += 1;
                clean += i64::from(is_clean(text.get(field.start..field.end).unwrap_or(""), field.quoted, dialect));
            }
        }
        at = next;
    }
    let width = width.unwrap_or(1) as i64;
    if width < 2 {
        // An apostrophe or quote at odd places speaks against it even in a single column.
        return (-1 - i64::from(odd_quotes > 0 && dialect.quote != Some(b'"')), 0, 0);
    }
    // Consistency in steps of five percent, so that a few broken lines do not decide over the kind of fields.
    let share = |part: i64, whole: i64| if whole == 0 { 0 } else { 20 * part / whole };
    (share(equal, records) - share(odd_quotes, records), share(clean, all), width)
}

fn is_clean(field: &str, quoted: bool, dialect: Dialect) -> bool {
    if quoted || is_number(field, true) || is_number(field, false) {
        return true;
    }
    let other_quote = match dialect.quote {
        Some(b'"') => b'\'',
        _ => b'"',
    };
    let wrapped =
        field.len() > 1 && field.as_bytes().first() == Some(&other_quote) && field.ends_with(char::from(other_quote));
    !wrapped && !field.bytes().any(|b| b != dialect.delimiter && DELIMITERS.contains(&b))
}

fn is_number(field: &str, comma: bool) -> bool {
    let field = field.trim();
    let mark = if comma { ',' } else { '.' };
    let other = if comma { '.' } else { ',' };
    if field.is_empty() || field.contains(other) || field.matches(mark).count() > 1 {
        return false;
    }
    field.bytes().any(|b| b.is_ascii_digit())
        && field.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | 'e' | 'E') || c == mark)
}

fn uses_decimal_comma(records: &[Vec<String>], delimiter: u8) -> bool {
    let (mut comma, mut point, mut thousands) = (0usize, 0usize, 0usize);
    for field in records.iter().flatten().map(|f| f.trim()) {
        if field.contains(',') && is_number(field, true) {
            comma += 1;
            let after = field.rsplit(',').next().unwrap_or("");
            thousands += usize::from(after.len() == 3 && after.bytes().all(|b| b.is_ascii_digit()));
        } else if field.contains('.') && is_number(field, false) {
            point += 1;
        }
    }
    // In a file separated by commas, “1,234” is a number with a thousands mark far more often than a fraction.
    comma > point && !(delimiter == b',' && thousands == comma)
}

/// The first record is data when one of its fields is a number over a column of numbers; a run of whole numbers
/// (0, 1, 2 … or 2019, 2020 …) is a header of numbered columns.
fn has_header(records: &[Vec<String>], comma: bool) -> bool {
    let Some((first, rest)) = records.split_first() else { return true };
    if rest.is_empty() {
        return first.iter().any(|f| !is_number(f, comma));
    }
    let whole: Vec<i64> = first.iter().filter_map(|f| f.trim().parse().ok()).collect();
    if whole.len() > 1 && whole.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) {
        return true;
    }
    !first.iter().enumerate().any(|(k, name)| {
        let below = rest.iter().filter_map(|r| r.get(k)).filter(|f| !f.trim().is_empty());
        let (numbers, all) = below.fold((0, 0), |(n, all), f| (n + usize::from(is_number(f, comma)), all + 1));
        is_number(name, comma) && numbers * 10 >= all * 9 && all > 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Sniffed {
        sniff(text, Given::default())
    }

    #[test]
    fn a_decimal_comma_does_not_pass_for_a_separator() {
        let sniffed = found("x;y\n1,5;2,25\n3,5;4,0\n");
        assert_eq!(sniffed.dialect.delimiter, b';');
        assert!(sniffed.decimal_comma && sniffed.header);
        let bare = found("1,5;2,5\n3,5;4,5\n");
        assert_eq!(bare.dialect.delimiter, b';');
        assert!(bare.decimal_comma && !bare.header);
    }

    #[test]
    fn commas_in_free_text_do_not_beat_tabs() {
        let sniffed = found("name\tnote\nAnn\tyes, sure\nBob\tno\nCid\twell, well, well\n");
        assert_eq!(sniffed.dialect.delimiter, b'\t');
    }

    #[test]
    fn thousands_marks_in_quotes_are_no_decimal_commas() {
        assert!(!found("a,b\n\"1,234\",2\n\"5,678\",3\n").decimal_comma);
        assert!(found("a,b\n\"1,5\",2\n\"5,25\",3\n").decimal_comma);
    }

    #[test]
    fn headers_are_told_from_data() {
        assert!(found("a,b\n1,2\n").header);
        assert!(!found("5.1,3.5,setosa\n4.9,3.0,setosa\n").header);
        assert!(found("0,1,2\n5.1,3.5,9\n").header);
        assert!(found("name,city\nAnn,Rome\n").header);
    }

    #[test]
    fn single_quotes_are_found_when_they_wrap_fields() {
        assert_eq!(found("a,b\n'x, y',1\n'z, w',2\n").dialect.quote, Some(b'\''));
        assert_eq!(found("a,b\nit's,1\nhe's,2\n").dialect.quote, Some(b'"'));
    }
}
