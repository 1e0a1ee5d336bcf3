//! The report as one self-contained HTML file: no script, no outside resource, charts as inline SVG.
//! Every text is escaped by the template engine; a content-security policy forbids the rest.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::base::Fingerprint;
use crate::chart::{Chart, paint, theme};

use super::document::{Block, Document, Page, TableBlock};
use super::error::ReportError;
use super::write_json;

const STYLE: &str = include_str!("report.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/// Width and height of a figure in the page's own units.
const FIGURE: (u32, u32) = (760, 470);

/// The whole document as HTML text. Cost: that of painting the charts.
pub fn html(document: &Document) -> Result<String, ReportError> {
    let pages = document.pages.iter().map(page).collect::<Result<Vec<_>, _>>()?;
    let twin = Fingerprint::of(write_json::json(document).as_bytes());
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (document.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (document.title) }
                    p class="by" {
                        @if !document.author.is_empty() { span { (document.author) } }
                        @if let Some(date) = &document.date { span { (date) } }
                    }
                }
                nav aria-label="Contents" {
                    ol { @for page in &document.pages { li { a href={ "#" (page.id) } { (page.title) } } } }
                }
                main { @for page in &pages { (page) } }
                footer {
                    p { "JSON twin SHA-256 " code { (twin) } }
                    @if !document.author.is_empty() {
                        div class="sign" {
                            span { "Name" br; (document.author) }
                            span { "Date" br; }
                            span { "Signature" br; }
                        }
                    }
                }
            }
        }
    };
    Ok(markup.into_string())
}

fn page(page: &Page) -> Result<Markup, ReportError> {
    let blocks = page.blocks.iter().map(block).collect::<Result<Vec<_>, _>>()?;
    Ok(html! {
        section id=(page.id) {
            h2 { (page.title) }
            @for block in &blocks { (block) }
        }
    })
}

fn block(block: &Block) -> Result<Markup, ReportError> {
    Ok(match block {
        Block::Heading(text) => html! { h3 { (text) } },
        Block::Paragraph(text) => html! { p { (text) } },
        Block::List(items) => html! { ul { @for item in items { li { (item) } } } },
        Block::Facts(facts) => html! {
            dl { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
        },
        Block::Table(block) => table(block),
        Block::Figure(chart) => figure(chart)?,
        Block::Code(text) => html! { pre { code { (text) } } },
    })
}

fn table(table: &TableBlock) -> Markup {
    let numeric: Vec<bool> = table.header.iter().map(|h| h.starts_with('#')).collect();
    let class = |column: usize| if numeric.get(column) == Some(&true) { "n" } else { "" };
    html! {
        div class="scroll" {
            table {
                caption { (table.caption) }
                thead {
                    tr {
                        @for (i, head) in table.header.iter().enumerate() {
                            th scope="col" class=(class(i)) { (head.trim_start_matches('#')) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr { @for (i, cell) in row.iter().enumerate() { td class=(class(i)) { (cell) } } }
                    }
                }
            }
        }
    }
}

fn figure(chart: &Chart) -> Result<Markup, ReportError> {
    let svg = paint::svg(chart, &theme::PRINT, FIGURE)
        .map_err(|e| ReportError::Paint { title: chart.title.clone(), reason: e.to_string() })?;
    Ok(html! {
        figure {
            (PreEscaped(svg))
            figcaption { strong { (chart.sentence) } " " (chart.alt) }
        }
    })
}
