//! The laws of colour: contrast after WCAG 2.2, and differences that survive every colour vision.
//!
//! Differences: CIEDE2000 (Sharma, Wu, Dalal 2005). Vision: protan and deutan after Machado, Oliveira, Fernandes 2009 at
//! full severity; tritan after Brettel, Viénot, Mollon 1997 in the one-plane form of Viénot, Brettel, Mollon 1999.

use candor::chart::ramp::{from_linear, linear, oklab};
use candor::chart::theme::{CLASSIC, PairChoice, Rgb, THEMES, Theme};

type Matrix = [[f64; 3]; 3];

const NORMAL: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const PROTAN: Matrix =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTAN: Matrix =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
const TRITAN: Matrix =
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]];
const VISIONS: [(&str, Matrix); 4] = [("normal", NORMAL), ("protan", PROTAN), ("deutan", DEUTAN), ("tritan", TRITAN)];

fn seen(colour: Rgb, vision: &Matrix) -> Rgb {
    let light = linear(colour);
    from_linear(std::array::from_fn(|i| (0..3).map(|j| vision[i][j] * light[j]).sum()))
}

/// CIE L*a*b* under D65.
fn lab(colour: Rgb) -> [f64; 3] {
    let [r, g, b] = linear(colour);
    let xyz = [
        (0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47,
        0.212_672_9 * r + 0.715_152_2 * g + 0.072_175_0 * b,
        (0.019_333_9 * r + 0.119_192_0 * g + 0.950_304_1 * b) / 1.088_83,
    ];
    let [x, y, z] = xyz.map(|t| {
        let d = 6.0 / 29.0;
        if t > d * d * d { t.cbrt() } else { t / (3.0 * d * d) + 4.0 / 29.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn hue(a: f64, b: f64) -> f64 {
    if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) }
}

/// CIEDE2000 with all weights 1.
fn difference(one: [f64; 3], two: [f64; 3]) -> f64 {
    let chroma = |c: [f64; 3]| c[1].hypot(c[2]);
    let seventh = |c: f64| (c.powi(7) / (c.powi(7) + 25f64.powi(7))).sqrt();
    let stretch = 1.0 + 0.5 * (1.0 - seventh((chroma(one) + chroma(two)) / 2.0));
    let (a1, a2) = (one[1] * stretch, two[1] * stretch);
    let (c1, c2) = (a1.hypot(one[2]), a2.hypot(two[2]));
    let (h1, h2) = (hue(a1, one[2]), hue(a2, two[2]));
    let turn = match h2 - h1 {
        _ if c1 * c2 == 0.0 => 0.0,
        d if d > 180.0 => d - 360.0,
        d if d < -180.0 => d + 360.0,
        d => d,
    };
    let (dl, dc) = (two[0] - one[0], c2 - c1);
    let dh = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin();
    let (l, c) = ((one[0] + two[0]) / 2.0, (c1 + c2) / 2.0);
    let h = match (h1 - h2).abs() > 180.0 {
        _ if c1 * c2 == 0.0 => h1 + h2,
        true if h1 + h2 < 360.0 => (h1 + h2 + 360.0) / 2.0,
        true => (h1 + h2 - 360.0) / 2.0,
        false => (h1 + h2) / 2.0,
    };
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0) - 0.20 * cos(4.0 * h - 63.0);
    let sl = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (sc, sh) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let rotation = -(60.0 * (-((h - 275.0) / 25.0).powi(2)).exp()).to_radians().sin() * 2.0 * seventh(c);
    ((dl / sl).powi(2) + (dc / sc).powi(2) + (dh / sh).powi(2) + rotation * (dc / sc) * (dh / sh)).sqrt()
}

fn apart(one: Rgb, two: Rgb, vision: &Matrix) -> f64 {
    difference(lab(seen(one, vision)), lab(seen(two, vision)))
}

#[test]
fn the_difference_formula_gives_the_published_numbers() {
    // Rows 1, 7, 17 and 25 of the table in Sharma, Wu, Dalal 2005.
    for (one, two, expected) in [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
        ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
        ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
        ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
    ] {
        assert!((difference(one, two) - expected).abs() < 1e-4, "{one:?} {two:?}: {}", difference(one, two));
    }
}

#[test]
fn texts_and_marks_stand_out_from_their_background() {
    for theme in THEMES {
        let named = [
            ("text", theme.text),
            ("muted", theme.muted),
            ("accent", theme.accent),
            ("error", theme.error),
            ("ok", theme.ok),
            ("axis", theme.axis),
        ];
        for (name, colour) in named {
            for (place, behind) in [("background", theme.background), ("surface", theme.surface)] {
                let ratio = colour.contrast(behind);
                let law = if name == "axis" && place == "surface" { 3.0 } else { 4.5 };
                assert!(ratio >= law, "{} on the {} {place}: {ratio:.2}", name, theme.id);
            }
        }
        let marks = [theme.pair.raises, theme.pair.lowers, theme.missing, theme.neutral, theme.ramp[0], theme.ramp[4]];
        for colour in marks.into_iter().chain(theme.groups) {
            let ratio = colour.contrast(theme.background);
            assert!(ratio >= 3.0 - 0.005, "{} on {}: {ratio:.3}", colour.hex(), theme.id);
        }
        assert!(theme.text.contrast(theme.raised) >= 4.5);
    }
}

#[test]
fn the_signed_pair_is_apart_for_every_colour_vision() {
    for theme in THEMES {
        for (name, vision) in &VISIONS {
            let found = apart(theme.pair.raises, theme.pair.lowers, vision);
            assert!(found >= 40.0, "{} {name}: {found:.1}", theme.id);
        }
        let lightness = (lab(theme.pair.raises)[0] - lab(theme.pair.lowers)[0]).abs();
        assert!(lightness >= 14.0, "{}: {lightness:.1}", theme.id);
    }
}

#[test]
fn any_two_groups_are_apart_for_every_colour_vision() {
    for theme in THEMES {
        for (name, vision) in &VISIONS {
            for (i, one) in theme.groups.iter().enumerate() {
                for two in &theme.groups[..i] {
                    let found = apart(*one, *two, vision);
                    assert!(found >= 15.0, "{} {name} {} {}: {found:.1}", theme.id, one.hex(), two.hex());
                }
            }
        }
    }
}

#[test]
fn the_ramp_rises_in_lightness_for_every_colour_vision() {
    for theme in THEMES {
        for (name, vision) in &VISIONS {
            let steps: Vec<f64> = (0..=40).map(|i| lab(seen(theme.ramp_at(f64::from(i) / 40.0), vision))[0]).collect();
            for pair in steps.windows(2) {
                assert!(pair[1] > pair[0], "{} {name}: {:.2} then {:.2}", theme.id, pair[0], pair[1]);
            }
        }
    }
}

#[test]
fn the_ramp_passes_through_its_five_stops_and_marks_missing() {
    for theme in THEMES {
        for (i, stop) in theme.ramp.iter().enumerate() {
            assert_eq!(theme.ramp_at(i as f64 / 4.0), *stop);
        }
        assert_eq!(theme.ramp_at(f64::NAN), theme.missing);
        assert_eq!(theme.ramp_at(7.0), theme.ramp[4]);
        assert!(oklab(theme.ramp[4])[0] - oklab(theme.ramp[0])[0] > 0.25);
    }
}

#[test]
fn cells_go_from_a_quiet_tile_to_the_accent_and_their_texts_stay_readable() {
    for theme in THEMES {
        assert_eq!((theme.cell_at(0.0), theme.cell_at(1.0)), (theme.raised, theme.accent));
        assert_eq!(theme.cell_at(f64::NAN), theme.missing);
        let mut last = 0.0;
        for step in 0..=100 {
            let fill = theme.cell_at(f64::from(step) / 100.0);
            let ratio = theme.text_on(fill).contrast(fill);
            assert!(ratio >= 4.5, "text on {} of {}: {ratio:.2}", fill.hex(), theme.id);
            let apart = fill.contrast(theme.background);
            assert!(apart >= last, "{} of {} stands out less than the share before", fill.hex(), theme.id);
            last = apart;
        }
    }
}

#[test]
fn the_classic_pair_is_only_an_option_and_says_why() {
    let light: Theme = candor::chart::theme::LIGHT.with_pair(PairChoice::Classic);
    assert_eq!(light.pair, CLASSIC);
    assert!(PairChoice::Classic.note().contains("grey print"));
    // The note is true: in grey the two differ by less than the standard pair's law asks.
    assert!((lab(CLASSIC.raises)[0] - lab(CLASSIC.lowers)[0]).abs() < 14.0);
}
