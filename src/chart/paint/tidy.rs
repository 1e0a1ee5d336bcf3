//! What plotters leaves to be done on its SVG: a head that screen readers understand, exact baselines, and fewer
//! bytes per dot.

use std::fmt::Write as _;

use super::canvas::UNITS;

/// The finished document: accessible head, no redundant attributes, one line per element.
pub fn tidy(raw: &str, size: (u32, u32), title: &str, description: &str) -> String {
    let mut out = String::with_capacity(raw.len() + description.len() + 512);
    head(&mut out, size, title, description);
    let mut lines = raw.lines().skip(1);
    while let Some(line) = lines.next() {
        if line.starts_with("<text ") {
            let content = lines.next().unwrap_or_default();
            lines.next();
            text(&mut out, line, content);
        } else {
            let line = line.replace(" opacity=\"1\"", "");
            let line = if line.starts_with("<circle ") && line.contains(" stroke=\"none\"") {
                line.replace(" stroke=\"none\" stroke-width=\"1\"", "")
                    .replace(" stroke=\"none\" stroke-width=\"10\"", "")
            } else {
                line.replace(" stroke=\"none\"", "").replace(" \"/>", "\"/>")
            };
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

fn head(out: &mut String, (width, height): (u32, u32), title: &str, description: &str) {
    let factor = UNITS as u32;
    let (w, h) = (width.saturating_mul(factor), height.saturating_mul(factor));
    // Writing into a String cannot fail.
    write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {w} {h}\">\n<title>{}</title>\n<desc>{}</desc>\n",
        escape(title),
        escape(description)
    )
    .unwrap_or(());
}

/// One text element on one line, its size rounded and its baseline in `y`.
fn text(out: &mut String, line: &str, content: &str) {
    let mut y_shift = 0.0;
    let mut attributes = Vec::new();
    for (name, value) in attributes_of(line) {
        match name {
            "dy" | "opacity" => {}
            "font-size" => {
                let size: f64 = value.parse().unwrap_or(0.0);
                let size = size.round();
                y_shift = (0.76 * size).round();
                attributes.push((name, format!("{size}")));
            }
            _ => attributes.push((name, value.to_owned())),
        }
    }
    out.push_str("<text");
    for (name, value) in attributes {
        let value = if name == "y" { format!("{}", value.parse().unwrap_or(0.0) + y_shift) } else { value };
        if name == "text-anchor" && value == "start" {
            continue;
        }
        write!(out, " {name}=\"{value}\"").unwrap_or(());
    }
    out.push('>');
    out.push_str(content);
    out.push_str("</text>\n");
}

fn attributes_of(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = line.trim_start_matches("<text").trim_end_matches('>');
    std::iter::from_fn(move || {
        let (name, after) = rest.trim_start().split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        rest = after;
        Some((name, value))
    })
}

/// Text for XML: five characters escaped, characters XML cannot hold replaced.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() || ('\u{FFFE}'..='\u{FFFF}').contains(&c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
