//! The look: type scale, eight-point spacing, surfaces and the one place where chart roles become screen colours.

use std::sync::{Arc, LazyLock};

use eframe::egui;
use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, RichText, Stroke, TextStyle, Vec2};

use crate::chart::ramp::mix;
use crate::chart::theme;
use crate::chart::{PairChoice, Rgb, Role, Theme, font};

/// Half a step of the spacing grid, in points.
pub(crate) const HALF: f32 = 4.0;
/// One step of the spacing grid.
pub(crate) const STEP: f32 = 8.0;
/// Space between groups.
pub(crate) const GAP: f32 = 16.0;
/// Space around screens.
pub(crate) const PAGE: f32 = 24.0;
/// Height of one row of a table.
pub(crate) const ROW: f32 = 28.0;

/// Colours of one look. Chart roles come from the chart room's theme, surfaces are the window's own.
#[derive(Clone, Debug)]
pub(crate) struct Skin {
    pub(crate) dark: bool,
    /// Ordinary text.
    pub(crate) text: Color32,
    /// Text that supports.
    pub(crate) muted: Color32,
    /// What can be done, what is selected.
    pub(crate) accent: Color32,
    /// Text on an accent surface.
    pub(crate) on_accent: Color32,
    pub(crate) error: Color32,
    pub(crate) ok: Color32,
    /// Behind everything.
    pub(crate) window: Color32,
    /// Cards, tables, charts.
    pub(crate) card: Color32,
    /// Bars and rails.
    pub(crate) bar: Color32,
    pub(crate) border: Color32,
    /// Under the pointer.
    pub(crate) hover: Color32,
    /// Selected rows and items.
    pub(crate) selected: Color32,
    pub(crate) raises: Color32,
    pub(crate) lowers: Color32,
    pub(crate) missing: Color32,
    pub(crate) axis: Color32,
    pub(crate) grid: Color32,
    theme: Theme,
}

static SKINS: LazyLock<[Skin; 4]> = LazyLock::new(|| {
    let skin = |theme: &Theme, pair| Skin::new(&theme.with_pair(pair));
    [
        skin(&theme::LIGHT, PairChoice::Standard),
        skin(&theme::LIGHT, PairChoice::Classic),
        skin(&theme::DARK, PairChoice::Standard),
        skin(&theme::DARK, PairChoice::Classic),
    ]
});

/// The colours of the look in use.
pub(crate) fn skin(ui: &egui::Ui) -> &'static Skin {
    let classic = ui.data(|data| data.get_temp::<PairChoice>(pair_id())) == Some(PairChoice::Classic);
    &SKINS[2 * usize::from(ui.visuals().dark_mode) + usize::from(classic)]
}

/// The light look, for tests without a window.
#[cfg(test)]
pub(crate) fn light() -> &'static Skin {
    &SKINS[0]
}

/// Chooses the colours of signed values.
pub(crate) fn set_pair(ctx: &egui::Context, pair: PairChoice) {
    ctx.data_mut(|data| data.insert_temp(pair_id(), pair));
}

/// Lets things move, or not.
pub(crate) fn set_motion(ctx: &egui::Context, motion: bool) {
    let time = if motion { 0.12 } else { 0.0 };
    ctx.all_styles_mut(|style| style.animation_time = time);
}

fn pair_id() -> egui::Id {
    egui::Id::unique("pair of signed values")
}

/// The one place where a theme's colour becomes a screen's.
fn screen(colour: Rgb) -> Color32 {
    #[expect(clippy::disallowed_methods, reason = "the one place where themes become screen colours")]
    Color32::from_rgb(colour.r, colour.g, colour.b)
}

impl Skin {
    fn new(theme: &Theme) -> Self {
        let between = |from: Rgb, to: Rgb, share: f64| screen(mix(from, to, share));
        Self {
            dark: theme.dark,
            text: screen(theme.text),
            muted: screen(theme.muted),
            accent: screen(theme.accent),
            on_accent: screen(theme.text_on(theme.accent)),
            error: screen(theme.error),
            ok: screen(theme.ok),
            window: if theme.dark { between(theme.background, Rgb::new(0), 0.14) } else { screen(theme.surface) },
            card: screen(theme.background),
            bar: between(theme.background, theme.surface, 0.5),
            border: between(theme.raised, theme.grid, 0.5),
            hover: between(theme.background, theme.raised, 0.75),
            selected: between(theme.background, theme.accent, if theme.dark { 0.24 } else { 0.13 }),
            raises: screen(theme.pair.raises),
            lowers: screen(theme.pair.lowers),
            missing: screen(theme.missing),
            axis: screen(theme.axis),
            grid: between(theme.background, theme.grid, 0.7),
            theme: *theme,
        }
    }

    /// The screen colour of a chart role.
    pub(crate) fn role(&self, role: Role) -> Color32 {
        screen(self.theme.colour(role))
    }

    /// The colour of a share along the ramp; the missing colour for NaN. Cost: two cube roots, so tables of it are
    /// kept where there are many dots.
    pub(crate) fn ramp(&self, share: f32) -> Color32 {
        screen(self.theme.ramp_at(f64::from(share)))
    }

    /// The colour of a cell with `share`: from an empty tile to the accent, or by sign.
    pub(crate) fn cell(&self, share: f32, signed: bool) -> Color32 {
        screen(self.theme.fill_at(f64::from(share), signed))
    }

    /// Text that can be read on a cell with `share`.
    pub(crate) fn ink_on_cell(&self, share: f32, signed: bool) -> Color32 {
        screen(self.theme.text_on(self.theme.fill_at(f64::from(share), signed)))
    }
}

/// Installs fonts, type scale, spacing and colours for both looks.
pub(crate) fn install(ctx: &egui::Context) {
    install_fonts(ctx);
    for (theme, skin) in [(egui::Theme::Light, &SKINS[0]), (egui::Theme::Dark, &SKINS[2])] {
        ctx.style_mut_of(theme, |style| {
            style.text_styles = [
                (TextStyle::Heading, FontId::new(22.0, strong_family())),
                (title_style(), FontId::new(16.0, strong_family())),
                (strong_style(), FontId::new(14.0, strong_family())),
                (TextStyle::Body, FontId::proportional(14.0)),
                (TextStyle::Button, FontId::proportional(14.0)),
                (TextStyle::Small, FontId::proportional(12.0)),
                (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
            ]
            .into();
            space(&mut style.spacing);
            style.interaction.tooltip_delay = 0.25;
            style.interaction.selectable_labels = false;
            paint(&mut style.visuals, skin);
        });
    }
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

/// Inter, the face of the charts, before egui's own faces, which stay as a fallback for rare signs.
fn install_fonts(ctx: &egui::Context) {
    let mut fonts = egui::FontDefinitions::default();
    for (name, bytes) in [("inter", font::REGULAR), ("inter-semibold", font::SEMIBOLD)] {
        fonts.font_data.insert(name.to_owned(), Arc::new(egui::FontData::from_static(bytes)));
    }
    let mut semibold = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    semibold.insert(0, "inter-semibold".to_owned());
    fonts.families.insert(strong_family(), semibold);
    fonts.families.entry(FontFamily::Proportional).or_default().insert(0, "inter".to_owned());
    ctx.set_fonts(fonts);
}

/// The family of titles.
pub(crate) fn strong_family() -> FontFamily {
    FontFamily::Name("semibold".into())
}

fn space(spacing: &mut egui::style::Spacing) {
    spacing.item_spacing = Vec2::splat(STEP);
    spacing.button_padding = Vec2::new(12.0, 5.0);
    spacing.interact_size = Vec2::new(40.0, 28.0);
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(GAP as i8);
    spacing.slider_width = 200.0;
    spacing.combo_width = 120.0;
    spacing.combo_height = 320.0;
    spacing.tooltip_width = 420.0;
    spacing.scroll = egui::style::ScrollStyle::thin();
}

fn paint(visuals: &mut egui::Visuals, skin: &Skin) {
    visuals.dark_mode = skin.dark;
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(skin.muted);
    visuals.hyperlink_color = skin.accent;
    visuals.faint_bg_color = skin.hover;
    visuals.extreme_bg_color = skin.card;
    visuals.text_edit_bg_color = Some(skin.card);
    visuals.code_bg_color = skin.hover;
    visuals.warn_fg_color = skin.raises;
    visuals.error_fg_color = skin.error;
    visuals.panel_fill = skin.window;
    visuals.window_fill = skin.card;
    visuals.window_stroke = Stroke::new(1.0, skin.border);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.selection.bg_fill = skin.selected;
    visuals.selection.stroke = Stroke::new(1.0, skin.accent);
    visuals.slider_trailing_fill = true;
    visuals.indent_has_left_vline = false;
    visuals.interact_cursor = Some(egui::CursorIcon::PointingHand);
    let radius = CornerRadius::same(6);
    let state = |fill: Color32, line: Color32, width: f32, ink: Color32| egui::style::WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(width, line),
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, ink),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = state(skin.card, skin.border, 1.0, skin.text);
    visuals.widgets.inactive = state(skin.card, skin.border, 1.0, skin.text);
    visuals.widgets.hovered = state(skin.hover, skin.axis, 1.0, skin.text);
    visuals.widgets.active = state(skin.hover, skin.accent, 2.0, skin.text);
    visuals.widgets.open = state(skin.hover, skin.axis, 1.0, skin.text);
    visuals.widgets.inactive.bg_fill = skin.border;
}

/// The style between heading and body.
pub(crate) fn title_style() -> TextStyle {
    TextStyle::Name("title".into())
}

/// Body text with weight.
pub(crate) fn strong_style() -> TextStyle {
    TextStyle::Name("strong".into())
}

/// Body text that stands out.
pub(crate) fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).text_style(strong_style())
}

/// A screen's heading.
pub(crate) fn heading(text: impl Into<String>) -> RichText {
    RichText::new(text).text_style(TextStyle::Heading)
}

/// A card's title.
pub(crate) fn title(text: impl Into<String>) -> RichText {
    RichText::new(text).text_style(title_style())
}

/// Small supporting text.
pub(crate) fn small(text: impl Into<String>) -> RichText {
    RichText::new(text).text_style(TextStyle::Small).weak()
}
