//! What every registered thing (method, chart, format, section, screen) can say about itself.

/// Identity and self-description of one entry of a registry.
pub trait Entry: Sync {
    /// Stable kebab-case name; stored in files and scripts, never renamed.
    fn id(&self) -> &'static str;
    /// Menu text in sentence case.
    fn title(&self) -> &'static str;
    /// One sentence without full stop: tooltip, help page, report.
    fn summary(&self) -> &'static str;
    /// Papers and definitions the entry follows.
    fn sources(&self) -> &'static [&'static str] {
        &[]
    }
}
