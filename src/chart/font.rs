//! The embedded typeface and how wide a text is in it. Letters that it lacks are measured by rule, so that a drawing has
//! the same places on every machine; only a picture asks the system for their shapes.

use std::sync::{LazyLock, Once};

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

use ttf_parser::Face;
use unicode_width::UnicodeWidthChar as _;

use crate::base::text;

/// Inter Regular (SIL Open Font License, see `assets/fonts/LICENSE.txt`): Latin, Greek, Cyrillic, signs.
pub const REGULAR: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
/// Inter SemiBold.
pub const SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
/// Family names in the order a reader's program should try them.
pub const FAMILY: &str = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/// Inter's ascender minus descender in ems: `ab_glyph` counts sizes by it, everyone else by the em.
const LINE_IN_EMS: f64 = (2728.0 + 680.0) / 2816.0;
/// Texts are measured this large, because plotters rounds widths to whole units.
const MEASURE_SIZE: f64 = 1000.0;

/// How heavy a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Running text.
    Regular,
    /// Titles.
    SemiBold,
}

impl Weight {
    /// The same for plotters.
    pub(super) fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::SemiBold => FontStyle::Bold,
        }
    }
}

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (style, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, SEMIBOLD)] {
            // A refusal would be our own broken asset; widths then fall back to an estimate.
            register_font(FAMILY, style, bytes).unwrap_or(());
        }
    });
}

/// Whether the embedded typeface has this letter; controls and joiners need none.
pub fn covers(letter: char) -> bool {
    static FACE: LazyLock<Option<Face<'static>>> = LazyLock::new(|| Face::parse(REGULAR, 0).ok());
    letter.is_ascii()
        || letter.width().unwrap_or(0) == 0
        || FACE.as_ref().is_none_or(|face| face.glyph_index(letter).is_some())
}

/// Width of `text` at `size` (points or pixels per em), in the same unit: letters that the typeface lacks count one em
/// where they are wide, as Chinese ones are, and six tenths otherwise. Cost O(characters).
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    if text.is_ascii() || text.chars().all(covers) {
        return own_width(text, size, weight);
    }
    let own: String = text.chars().filter(|c| covers(*c)).collect();
    let foreign = text.chars().filter(|c| !covers(*c));
    let ems: f64 = foreign.map(|c| if c.width() == Some(2) { 1.0 } else { 0.6 }).sum();
    own_width(&own, size, weight) + ems * size
}

fn own_width(text: &str, size: f64, weight: Weight) -> f64 {
    register();
    let font = FontDesc::new(FontFamily::Name(FAMILY), MEASURE_SIZE * LINE_IN_EMS, weight.style());
    match font.box_size(text) {
        Ok((width, _)) => f64::from(width) * size / MEASURE_SIZE,
        Err(_) => 0.6 * size * text.chars().count() as f64,
    }
}

/// `text` shortened in its middle until it is at most `room` wide; at least `a…z` remains.
pub fn fit(text: &str, size: f64, weight: Weight, room: f64) -> String {
    if width(text, size, weight) <= room {
        return text.to_owned();
    }
    let (mut low, mut high) = (3, text.chars().count());
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if width(&text::shorten(text, middle), size, weight) <= room { low = middle } else { high = middle }
    }
    text::shorten(text, low)
}

/// `text` broken at spaces into lines at most `room` wide; a single longer word is shortened.
pub fn wrap(text: &str, size: f64, weight: Weight, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size, weight) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        line = fit(word, size, weight, room);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_font_is_really_measured() {
        let narrow = width("iiii", 10.0, Weight::Regular);
        let wide = width("WWWW", 10.0, Weight::Regular);
        assert!(narrow > 5.0 && wide > 2.5 * narrow, "{narrow} {wide}");
        assert!(width("Title", 10.0, Weight::SemiBold) > width("Title", 10.0, Weight::Regular));
    }

    #[test]
    fn letters_of_other_scripts_have_room() {
        assert!("Größe, βαθμός, возраст, “±” − … ≤".chars().all(covers));
        assert!(!covers('年') && !covers('م') && !covers('ก'));
        let wide = |text: &str| width(text, 10.0, Weight::Regular);
        assert!((wide("年収") - 20.0).abs() < 1e-9 && (wide("年x") - 10.0 - wide("x")).abs() < 1e-9);
        assert!((wide("กก") - 12.0).abs() < 1e-9);
    }

    #[test]
    fn a_long_name_fits_its_room_and_keeps_both_ends() {
        let fitted = fit("number_of_open_credit_lines_in_the_last_24_months", 11.0, Weight::Regular, 120.0);
        assert!(width(&fitted, 11.0, Weight::Regular) <= 120.0, "{fitted}");
        assert!(fitted.starts_with("number") && fitted.ends_with("months"), "{fitted}");
    }

    #[test]
    fn wrapped_lines_hold_all_words() {
        let text = "5 000 of 120 000 rows are shown, a fixed subset that keeps the extremes";
        let lines = wrap(text, 10.0, Weight::Regular, 150.0);
        assert!(lines.len() > 1);
        assert_eq!(lines.join(" "), text);
    }
}
