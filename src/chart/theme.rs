//! What the roles look like: the only place with literal colours. Light for screens, dark for screens, print for
//! paper; each follows the same contrast and colour-vision laws (`tests/suite/theme.rs`).

use super::ramp::mix;
use super::spec::Role;

/// A colour in sRGB, eight bits a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rgb {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

impl Rgb {
    /// The colour `0xRRGGBB`.
    pub const fn new(hex: u32) -> Self {
        Self { r: (hex >> 16) as u8, g: (hex >> 8) as u8, b: hex as u8 }
    }

    /// As `#rrggbb`.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }

    /// Relative luminance after WCAG 2.2, 0 black to 1 white.
    pub fn luminance(self) -> f64 {
        let [r, g, b] = super::ramp::linear(self);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast ratio with `other` after WCAG 2.2, 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

/// The two colours of signed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Raises the prediction.
    pub raises: Rgb,
    /// Lowers the prediction.
    pub lowers: Rgb,
}

/// Which colours signed values get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairChoice {
    /// The theme's own pair: apart in grey print and for every colour vision.
    #[default]
    Standard,
    /// The red and blue of the SHAP library, for readers who know it; nearly equal in grey print.
    Classic,
}

impl PairChoice {
    /// Its name in menus.
    pub fn title(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Classic => "SHAP classic",
        }
    }

    /// What a reader should know before choosing it; empty for the standard.
    pub fn note(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Classic => "SHAP classic colours look nearly alike in grey print.",
        }
    }
}

/// The pair of the SHAP library.
pub const CLASSIC: Pair = Pair { raises: Rgb::new(0xff0051), lowers: Rgb::new(0x008bfb) };

/// Colours by role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Stable name: `light`, `dark`, `print`.
    pub id: &'static str,
    /// Name in menus.
    pub title: &'static str,
    /// Whether the background is dark.
    pub dark: bool,
    /// Behind charts and text.
    pub background: Rgb,
    /// Behind side panels and table heads.
    pub surface: Rgb,
    /// Behind buttons and fields.
    pub raised: Rgb,
    /// Ordinary text.
    pub text: Rgb,
    /// Secondary text.
    pub muted: Rgb,
    /// Selection and links.
    pub accent: Rgb,
    /// Refusals.
    pub error: Rgb,
    /// Confirmations.
    pub ok: Rgb,
    /// Signed values.
    pub pair: Pair,
    /// Neither raises nor lowers.
    pub neutral: Rgb,
    /// Ordered values, low to high, mixed in Oklab.
    pub ramp: [Rgb; 5],
    /// Unordered groups.
    pub groups: [Rgb; 6],
    /// No value; always hollow as well.
    pub missing: Rgb,
    /// Axis lines and tick marks.
    pub axis: Rgb,
    /// Grid lines.
    pub grid: Rgb,
}

/// For bright screens.
pub const LIGHT: Theme = Theme {
    id: "light",
    title: "Light",
    dark: false,
    background: Rgb::new(0xffffff),
    surface: Rgb::new(0xf5f7f9),
    raised: Rgb::new(0xe9edf1),
    text: Rgb::new(0x1b1f24),
    muted: Rgb::new(0x57606a),
    accent: Rgb::new(0x0b5cad),
    error: Rgb::new(0xb3261e),
    ok: Rgb::new(0x1a6b3c),
    pair: Pair { raises: Rgb::new(0xcc4a12), lowers: Rgb::new(0x15508f) },
    neutral: Rgb::new(0x6b747e),
    ramp: [Rgb::new(0x0b2964), Rgb::new(0x044d60), Rgb::new(0x39685f), Rgb::new(0x618458), Rgb::new(0xa9941c)],
    groups: [
        Rgb::new(0x673c14),
        Rgb::new(0x544e80),
        Rgb::new(0x2e735c),
        Rgb::new(0x7a8d30),
        Rgb::new(0xd9668e),
        Rgb::new(0x069ce4),
    ],
    missing: Rgb::new(0x6b747e),
    axis: Rgb::new(0x6b747e),
    grid: Rgb::new(0xd5dae0),
};

/// For dim rooms.
pub const DARK: Theme = Theme {
    id: "dark",
    title: "Dark",
    dark: true,
    background: Rgb::new(0x16181d),
    surface: Rgb::new(0x1d2026),
    raised: Rgb::new(0x2a2e36),
    text: Rgb::new(0xe6e9ee),
    muted: Rgb::new(0xa3abb6),
    accent: Rgb::new(0x7ab8ff),
    error: Rgb::new(0xff9a8f),
    ok: Rgb::new(0x7fd1a0),
    pair: Pair { raises: Rgb::new(0xfdba6b), lowers: Rgb::new(0x5596de) },
    neutral: Rgb::new(0x8b94a0),
    ramp: [Rgb::new(0x4567a8), Rgb::new(0x5391a5), Rgb::new(0x81b2a7), Rgb::new(0xaed3a3), Rgb::new(0xffe97e)],
    groups: [
        Rgb::new(0x8e53b0),
        Rgb::new(0x8a8720),
        Rgb::new(0x119975),
        Rgb::new(0xe4a3b6),
        Rgb::new(0xc4a7fa),
        Rgb::new(0xc0ef9b),
    ],
    missing: Rgb::new(0x8b94a0),
    axis: Rgb::new(0x8b94a0),
    grid: Rgb::new(0x343a43),
};

/// For paper: black text on white, everything else as on bright screens.
pub const PRINT: Theme = Theme {
    id: "print",
    title: "Print",
    text: Rgb::new(0x000000),
    muted: Rgb::new(0x3d444c),
    axis: Rgb::new(0x4d555e),
    surface: Rgb::new(0xffffff),
    raised: Rgb::new(0xf0f2f4),
    ..LIGHT
};

/// All themes, in menu order.
pub const THEMES: [&Theme; 3] = [&LIGHT, &DARK, &PRINT];

impl Theme {
    /// The colour of a role. A group beyond the sixth starts over.
    pub fn colour(&self, role: Role) -> Rgb {
        match role {
            Role::Raises => self.pair.raises,
            Role::Lowers => self.pair.lowers,
            Role::Neutral => self.neutral,
            Role::Group(index) => self.groups[usize::from(index) % self.groups.len()],
            Role::Reference | Role::Muted => self.muted,
            Role::Ink => self.text,
            Role::Accent => self.accent,
            Role::Missing => self.missing,
            Role::Signed(step) => mix(self.neutral, self.side(step < 0), f64::from(step).abs() / 127.0),
        }
    }

    /// The ramp at `share` in `0..=1` (clamped), mixed in Oklab; the missing colour for NaN.
    pub fn ramp_at(&self, share: f64) -> Rgb {
        if share.is_nan() {
            return self.missing;
        }
        let last = self.ramp.len() - 1;
        let place = share.clamp(0.0, 1.0) * last as f64;
        let below = (place.floor() as usize).min(last - 1);
        mix(self.ramp[below], self.ramp[below + 1], place - below as f64)
    }

    /// The fill of a table's cell at `share` in `0..=1` (clamped): from a quiet tile to the accent, mixed in Oklab, so
    /// that more always stands out more; the missing colour for NaN.
    pub fn cell_at(&self, share: f64) -> Rgb {
        if share.is_nan() { self.missing } else { mix(self.raised, self.accent, share) }
    }

    /// The fill of a cell with a signed value from −1 to 1 (clamped): from a quiet tile at 0 to one colour of the pair;
    /// the missing colour for NaN.
    pub fn signed_at(&self, value: f64) -> Rgb {
        if value.is_nan() { self.missing } else { mix(self.raised, self.side(value < 0.0), value.abs()) }
    }

    /// The fill of a cell with `share` in `0..=1`, where 0.5 is zero for signed values.
    pub fn fill_at(&self, share: f64, signed: bool) -> Rgb {
        if signed { self.signed_at(2.0 * share - 1.0) } else { self.cell_at(share) }
    }

    fn side(&self, is_negative: bool) -> Rgb {
        if is_negative { self.pair.lowers } else { self.pair.raises }
    }

    /// The same theme with another pair for signed values.
    #[must_use]
    pub fn with_pair(mut self, choice: PairChoice) -> Self {
        if choice == PairChoice::Classic {
            self.pair = CLASSIC;
        }
        self
    }

    /// Text colour that reads best on `fill`: the theme's own where that is readable, else black or white, of which one
    /// has a contrast of at least 4.58 with every colour.
    pub fn text_on(&self, fill: Rgb) -> Rgb {
        let better = |a: Rgb, b: Rgb| if a.contrast(fill) >= b.contrast(fill) { a } else { b };
        let own = better(self.text, self.background);
        if own.contrast(fill) >= 4.5 { own } else { better(Rgb::new(0), Rgb::new(0xff_ffff)) }
    }
}

/// The theme with this id.
pub fn find(id: &str) -> Option<&'static Theme> {
    THEMES.iter().copied().find(|t| t.id == id)
}
