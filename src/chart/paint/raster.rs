//! Pixels from the SVG, with the embedded font; letters that it lacks come from the fonts of the system.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::super::font;
use super::PaintError;

/// Pixels per point.
pub const PIXELS: u32 = 2;
/// No side of a picture may be longer than this.
const LONGEST: u32 = 16_384;

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(font::REGULAR.to_vec());
    fonts.load_font_data(font::SEMIBOLD.to_vec());
    fonts.set_sans_serif_family("Inter");
    Arc::new(fonts)
});

/// The same and the fonts of the system, which stand in for letters that the embedded one lacks.
static ALL_FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::clone(&FONTS);
    fonts.load_system_fonts();
    Arc::new(fonts)
});

/// The document as PNG, two pixels per point. Cost O(pixels + shapes).
pub fn rasterise(svg: &str, size: (u32, u32)) -> Result<Vec<u8>, PaintError> {
    draw(svg, size)?.encode_png().map_err(|e| PaintError::Backend(e.to_string()))
}

/// Width, height and the bytes of every pixel: red, green, blue and opacity, multiplied with it.
pub type Picture = ([usize; 2], Vec<u8>);

/// The document as pixels, two per point and side.
pub fn pixels(svg: &str, size: (u32, u32)) -> Result<Picture, PaintError> {
    let drawn = draw(svg, size)?;
    Ok(([drawn.width() as usize, drawn.height() as usize], drawn.take()))
}

fn draw(svg: &str, size: (u32, u32)) -> Result<Pixmap, PaintError> {
    let (width, height) = (size.0.saturating_mul(PIXELS), size.1.saturating_mul(PIXELS));
    if width > LONGEST || height > LONGEST {
        return Err(PaintError::TooLarge);
    }
    // Whoever needs no other font gets the same bytes on every machine.
    let fonts = if svg.chars().all(font::covers) { &FONTS } else { &ALL_FONTS };
    let options = Options { fontdb: Arc::clone(fonts), font_family: "Inter".to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|e| PaintError::Backend(e.to_string()))?;
    let mut pixels = Pixmap::new(width, height).ok_or(PaintError::TooLarge)?;
    let scale = Transform::from_scale(PIXELS as f32, PIXELS as f32);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    Ok(pixels)
}

/// Opaque pixels, row by row, as PNG; `None` where their number is not `width · height`.
pub fn encode(pixels: &[super::super::theme::Rgb], (width, height): (u32, u32)) -> Option<Vec<u8>> {
    let mut picture = Pixmap::new(width, height)?;
    let places = picture.pixels_mut();
    if places.len() != pixels.len() {
        return None;
    }
    for (place, pixel) in places.iter_mut().zip(pixels) {
        *place = resvg::tiny_skia::ColorU8::from_rgba(pixel.r, pixel.g, pixel.b, 255).premultiply();
    }
    picture.encode_png().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inked(text: &str) -> usize {
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text x="2" y="15" font-family="Inter" font-size="14">{text}</text></svg>"#
        );
        let (_, bytes) = pixels(&svg, (60, 20)).expect("drawn");
        bytes.chunks_exact(4).filter(|p| p[3] > 0).count()
    }

    #[test]
    fn what_the_system_cannot_draw_either_is_left_out_and_the_rest_stays() {
        let known = inked("ab");
        assert!(known > 40);
        // Wherever the system has a font for it, there is more to see; nowhere is there less.
        assert!(inked("ab年") >= known);
        assert!(inked("ab\u{10FFFD}") >= known, "a letter that no font has");
    }
}
