//! The report as Markdown: for wikis and version control. Charts appear as their description in words.

use super::document::{Block, Document, TableBlock};

/// The whole document as Markdown text.
pub fn markdown(document: &Document) -> String {
    let mut out = String::new();
    line(&mut out, &format!("# {}", plain(&document.title)));
    let by: Vec<&str> = [Some(document.author.as_str()), document.date.as_deref()]
        .into_iter()
        .flatten()
        .filter(|t| !t.is_empty())
        .collect();
    if !by.is_empty() {
        line(&mut out, &plain(&by.join(", ")));
    }
    for page in &document.pages {
        line(&mut out, &format!("## {}", page.title));
        for block in &page.blocks {
            self::block(&mut out, block);
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push_str("\n\n");
}

fn block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(text) => line(out, &format!("### {}", plain(text))),
        Block::Paragraph(text) => line(out, &plain(text)),
        Block::List(items) => {
            let items: Vec<String> = items.iter().map(|i| format!("- {}", plain(i))).collect();
            line(out, &items.join("\n"));
        }
        Block::Facts(facts) => {
            let rows = facts.iter().map(|(name, value)| vec![name.clone(), value.clone()]).collect();
            table(
                out,
                &TableBlock { caption: String::new(), header: vec!["Fact".to_owned(), "Value".to_owned()], rows },
            );
        }
        Block::Table(block) => table(out, block),
        Block::Figure(chart) => {
            line(out, &format!("**{}**", plain(&chart.title)));
            line(out, &plain(&chart.sentence));
            line(out, &plain(&chart.alt));
            if !chart.notes.is_empty() {
                line(out, &plain(&chart.notes.join(" ")));
            }
        }
        Block::Code(text) => line(out, &format!("```\n{}\n```", text.replace("```", "` ` `"))),
    }
}

fn table(out: &mut String, table: &TableBlock) {
    if !table.caption.is_empty() {
        line(out, &format!("*{}*", plain(&table.caption)));
    }
    let names: Vec<String> = table.header.iter().map(|h| cell(h.trim_start_matches('#'))).collect();
    let rules: Vec<&str> = table.header.iter().map(|h| if h.starts_with('#') { "--:" } else { "---" }).collect();
    let mut text = format!("| {} |\n| {} |", names.join(" | "), rules.join(" | "));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|c| cell(c)).collect();
        text.push_str(&format!("\n| {} |", cells.join(" | ")));
    }
    line(out, &text);
}

fn cell(text: &str) -> String {
    plain(text).replace('|', "\\|")
}

/// Text whose Markdown marks are made harmless, on one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(symbol);
            }
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
