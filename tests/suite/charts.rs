//! Charts: what their numbers say, that they refuse politely, and that the painter keeps what the chart promised.

use std::sync::Arc;

use candor::base::{Knobs, RowId};
use candor::chart::font::{Weight, width};
use candor::chart::kind::find;
use candor::chart::paper::{MOST_DOTS, thinned};
use candor::chart::theme::{DARK, LIGHT, PRINT};
use candor::chart::{
    AxisKind, Bar, ChallengerView, Chart, KINDS, Mark, Paint, PaintError, PredictionView, Subject, csv, natural_size,
    png, svg,
};
use candor::data::TableProfile;
use candor::explain::{Challenge, Shape};
use candor::model::{Performance, Scale};

use super::chart_subjects::{Parts, Plan, binary, challenge, multiclass, parts, profile, regression};

pub fn draw(id: &str, subject: &Subject<'_>) -> Chart {
    let kind = find(id).expect("a registered kind");
    kind.draw(subject, &Knobs::defaults(kind.knobs())).expect("everything it needs is there")
}

/// Writes every chart as PNG below the folder named by `CANDOR_CHART_EXAMPLES`, to be looked at.
#[test]
fn examples_are_written_when_asked_for() {
    let Ok(folder) = std::env::var("CANDOR_CHART_EXAMPLES") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let plain = Plan::plain(400, 12);
    let plans: Vec<(&str, Plan)> = vec![
        ("plain", plain),
        ("missing", Plan { missing: true, sampled: true, ..plain }),
        ("long", Plan { long_names: true, missing: true, ..plain }),
        ("one", Plan::plain(1, 12)),
        ("two", Plan::plain(2, 5)),
        ("wide", Plan::plain(300, 60)),
        ("tall", Plan { missing: true, ..Plan::plain(100_000, 12) }),
        ("zero", Plan { zero: true, ..Plan::plain(50, 6) }),
    ];
    for (label, plan) in plans {
        let all = Everything::new(&plan);
        for kind in KINDS {
            for (suffix, subject) in subjects(&all, kind.id()) {
                let Ok(chart) = kind.draw(&subject, &Knobs::defaults(kind.knobs())) else { continue };
                for (theme, width) in [(&LIGHT, 720), (&DARK, 460), (&PRINT, 720)] {
                    if theme.id == "print" && label != "plain" {
                        continue;
                    }
                    let picture = png(&chart, theme, natural_size(&chart, width)).unwrap();
                    let name = format!("{}-{label}{suffix}-{}.png", kind.id(), theme.id);
                    std::fs::write(folder.join(name), picture).unwrap();
                }
                let text = svg(&chart, &LIGHT, natural_size(&chart, 720)).unwrap();
                std::fs::write(folder.join(format!("{}-{label}{suffix}.svg", kind.id())), text).unwrap();
            }
        }
    }
}

fn subjects<'a>(all: &'a Everything, kind: &str) -> Vec<(String, Subject<'a>)> {
    let subject = all.subject();
    let with = |performance: &'a Performance| Subject { performance: Some(performance), ..subject };
    match kind {
        "term-curve" => {
            [0, 1].into_iter().map(|j| (format!("-f{j}"), Subject { feature: Some(j), ..subject })).collect()
        }
        "dependence" | "column-histogram" | "partial-dependence" => [0, 1, 3, 5, 11]
            .into_iter()
            .filter(|j| *j < all.parts.contributions().features.len())
            .map(|j| (format!("-f{j}"), Subject { feature: Some(j), ..subject }))
            .collect(),
        "confusion" => vec![("-two".to_owned(), with(&all.binary)), ("-four".to_owned(), with(&all.multiclass))],
        "class-roc" => vec![(String::new(), with(&all.multiclass))],
        "residuals" | "predicted-actual" => vec![(String::new(), with(&all.regression))],
        _ => vec![(String::new(), subject)],
    }
}

/// Everything any chart may want.
pub struct Everything {
    pub parts: Parts,
    profile: TableProfile,
    binary: Performance,
    multiclass: Performance,
    regression: Performance,
    predictions: Vec<f64>,
    truth: Vec<f64>,
    challenge: Challenge,
    other: Vec<f64>,
}

impl Everything {
    pub fn new(plan: &Plan) -> Self {
        let parts = parts(plan);
        let attribution = parts.contributions();
        let width = attribution.features.len();
        let predictions: Vec<f64> = attribution
            .values
            .chunks(width)
            .map(|row| 1.0 / (1.0 + (-(attribution.base[0] + row.iter().sum::<f64>())).exp()))
            .collect();
        let truth = predictions.iter().enumerate().map(|(i, p)| f64::from(u8::from(p * 10.0 % 1.0 < *p || i % 7 == 0)));
        let truth = truth.collect();
        let challenge = challenge(&parts);
        let (_, second) = challenge.both();
        let other = second
            .values
            .chunks(second.features.len())
            .map(|row| 1.0 / (1.0 + (-(second.base[0] + row.iter().sum::<f64>())).exp()));
        let other = other.collect();
        Self {
            challenge,
            other,
            profile: profile(&parts.data),
            binary: binary(plan.rows.max(60)),
            multiclass: multiclass(),
            regression: regression(plan.rows),
            parts,
            predictions,
            truth,
        }
    }

    pub fn subject(&self) -> Subject<'_> {
        Subject {
            profile: Some(&self.profile),
            predictions: Some(PredictionView {
                values: &self.predictions,
                outputs: 1,
                scale: Scale::Probability,
                truth: &self.truth,
            }),
            challenger: Some(ChallengerView {
                card: &self.parts.card,
                predictions: &self.other,
                challenge: Some(&self.challenge),
                threshold: 0.3,
            }),
            ..self.parts.subject(Some(&self.binary))
        }
    }
}

fn bars(chart: &Chart) -> Vec<&Bar> {
    chart.marks.iter().flat_map(|m| if let Mark::Bars { bars, .. } = m { bars.as_slice() } else { &[] }).collect()
}

/// The dots of every lane with the lane's position.
fn dots(chart: &Chart) -> Vec<&Arc<[[f32; 2]]>> {
    chart.marks.iter().filter_map(|m| if let Mark::Points { xy, .. } = m { Some(xy) } else { None }).collect()
}

#[test]
fn a_bar_is_as_long_as_the_mean_absolute_contribution() {
    let parts = parts(&Plan::plain(50, 30));
    let chart = draw("importance-bar", &parts.subject(None));
    let mean = parts.contributions().mean_absolute(0);
    let bars = bars(&chart);
    assert_eq!(bars.len(), 16);
    for bar in &bars[..15] {
        assert!((bar.to - mean[bar.feature.unwrap()]).abs() < 1e-12);
    }
    assert!(bars[..15].windows(2).all(|w| w[0].to >= w[1].to && w[0].at > w[1].at), "largest on top");
    // The rest: mean |sum|, not the sum of means, which would overstate it.
    let named: Vec<usize> = bars[..15].iter().filter_map(|b| b.feature).collect();
    let rest: Vec<usize> = (0..30).filter(|j| !named.contains(j)).collect();
    let rows = parts.contributions().values.chunks(30);
    let expected = rows.map(|row| rest.iter().map(|&j| row[j]).sum::<f64>().abs()).sum::<f64>() / 50.0;
    assert!((bars[15].to - expected).abs() < 1e-12);
    assert!(expected < rest.iter().map(|&j| mean[j]).sum::<f64>() - 1e-3);
    assert!(chart.notes.iter().any(|n| n.contains("summed contributions")), "{:?}", chart.notes);
    assert_eq!(chart.table.rows.len(), 30);
}

#[test]
fn the_waterfall_climbs_from_the_base_to_the_prediction() {
    let plan = Plan { sampled: true, ..Plan::plain(5, 40) };
    let parts = parts(&plan);
    let chart = draw("waterfall", &Subject { row: Some(RowId(3)), ..parts.subject(None) });
    let bars = bars(&chart);
    let total: f64 = parts.contributions().row(0, 3).iter().sum();
    assert!((bars[0].from + 0.85).abs() < 1e-12, "starts at the base");
    assert!((bars.last().unwrap().to - (total - 0.85)).abs() < 1e-9, "ends at the prediction");
    assert!(bars.windows(2).all(|w| (w[0].to - w[1].from).abs() < 1e-12), "no gap between steps");
    let sizes: Vec<f64> = bars[1..].iter().map(|b| (b.to - b.from).abs()).collect();
    assert!(sizes.windows(2).all(|w| w[0] <= w[1] + 1e-12), "largest on top: {sizes:?}");
    assert!(bars[0].label.starts_with(['+', '−']) && bars[0].hover.contains("upwards"), "{}", bars[0].hover);
    assert!(bars[1].whisker.is_some());
    assert!(chart.notes.iter().any(|n| n.contains("28 other features: net")), "{:?}", chart.notes);
    let second = chart.x.second.as_ref().expect("log-odds also read as probability");
    for (at, text) in &second.ticks {
        assert!((1.0 / (1.0 + (-at).exp()) - text.parse::<f64>().unwrap()).abs() < 1e-9);
    }
}

#[test]
fn the_swarm_draws_every_row_and_says_when_it_cannot() {
    let few = Everything::new(&Plan::plain(200, 8));
    let chart = draw("beeswarm", &few.subject());
    assert_eq!(dots(&chart).iter().map(|d| d.len()).sum::<usize>(), 200 * 8);
    assert!(chart.notes.iter().any(|n| n == "All 200 rows are shown."), "{:?}", chart.notes);
    let order: Vec<&str> = candor::chart::ticks(&chart.y, 9).iter().map(|t| t.1.clone().leak() as &str).collect();
    assert_eq!(order.last(), Some(&"income"), "widest on top");
    let many = parts(&Plan::plain(30_000, 20));
    let whole = draw("beeswarm", &many.subject(None));
    assert!(dots(&whole).iter().all(|lane| lane.len() == 30_000), "the window holds every row in every lane");
    assert!(whole.notes.iter().any(|n| n == "All 30\u{2009}000 rows are shown."), "{:?}", whole.notes);
    let kind = find("beeswarm").unwrap();
    let fewer = Knobs::check(kind.knobs(), [("dots", "20000")]).unwrap();
    let chart = kind.draw(&many.subject(None), &fewer).unwrap();
    let lanes = dots(&chart);
    let count: usize = lanes.iter().map(|d| d.len()).sum();
    assert!(count <= 20_000 && count > 19_000, "{count}");
    assert!(chart.notes.iter().any(|n| n.contains("of 30\u{2009}000 rows are shown")), "{:?}", chart.notes);
    // The extremes of every named lane are kept, and every dot stays in its lane.
    let shown = lanes.len() - 1;
    for (i, lane) in lanes.iter().take(shown).enumerate() {
        let middle = (lanes.len() - 1 - i) as f32;
        assert!(lane.iter().all(|p| (p[1] - middle).abs() <= 0.43));
        let name = &chart.y.kind;
        let AxisKind::Names(names) = name else { panic!("lanes have names") };
        let name = &names.iter().find(|n| (n.0 as f32 - middle).abs() < 0.1).unwrap().1;
        let j = many.contributions().features.iter().position(|f| f == name).unwrap();
        let top = many.contributions().values.chunks(20).map(|r| r[j] as f32).fold(f32::MIN, f32::max);
        assert!(lane.iter().any(|p| p[0] == top), "the largest contribution of {name} is shown");
    }
    let last = chart.marks.last().unwrap();
    assert!(matches!(last, Mark::Points { paint: Paint::Role(_), .. }), "the sum row has no value to be coloured by");
}

#[test]
fn paper_holds_fewer_dots_says_so_and_keeps_the_extremes() {
    let many = parts(&Plan::plain(30_000, 20));
    let whole = draw("beeswarm", &many.subject(None));
    let paper = thinned(&whole);
    let count: usize = dots(&paper).iter().map(|lane| lane.len()).sum();
    assert!(count <= MOST_DOTS && count > MOST_DOTS - 400, "{count}");
    assert!(paper.notes[0].contains("dots are shown"), "{:?}", paper.notes);
    assert!(!paper.notes.iter().any(|n| n.starts_with("All ")), "{:?}", paper.notes);
    for (lane, all) in dots(&paper).iter().zip(dots(&whole)) {
        let top = |dots: &[[f32; 2]]| dots.iter().map(|p| p[0]).fold(f32::MIN, f32::max);
        assert_eq!(top(lane), top(all));
    }
    let text = svg(&whole, &PRINT, natural_size(&whole, 720)).unwrap();
    assert!(text.matches("<circle").count() <= MOST_DOTS + 50, "the painter thins out, too");
    let few = draw("beeswarm", &parts(&Plan::plain(200, 8)).subject(None));
    assert!(matches!(thinned(&few), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn a_true_interaction_is_suggested_and_noise_is_not() {
    let all = Everything::new(&Plan::plain(600, 8));
    let chart = draw("dependence", &Subject { feature: Some(0), ..all.subject() });
    assert!(chart.notes.iter().any(|n| n.contains("suggested by the data; age")), "{:?}", chart.notes);
    let chart = draw("dependence", &Subject { feature: Some(3), ..all.subject() });
    assert!(chart.notes.iter().any(|n| n.contains("none is convincing")), "{:?}", chart.notes);
}

/// The cells of a chart, mark by mark.
fn cells(chart: &Chart) -> Vec<&[(f64, f64, f32, String)]> {
    chart
        .marks
        .iter()
        .filter_map(|m| if let Mark::Cells { cells, .. } = m { Some(cells.as_slice()) } else { None })
        .collect()
}

#[test]
fn the_interaction_matrix_shades_pairs_and_outlines_what_features_do_alone() {
    let parts = parts(&Plan::plain(50, 6));
    let chart = draw("interaction-matrix", &parts.subject(None));
    let [pairs, own] = cells(&chart)[..] else { panic!("pairs and single features") };
    // Of the fifteen pairs, six never meet: those whose features are more than two places apart.
    assert_eq!((pairs.len(), own.len()), (9, 6));
    assert!(pairs.iter().all(|(x, y, _, _)| x + y < 4.9), "every pair stands once, below the diagonal");
    assert!(
        own.iter().all(|(x, y, share, text)| (x + y - 5.0).abs() < 1e-9 && *share == 0.0 && text.contains("alone"))
    );
    let darkest: Vec<_> = pairs.iter().filter(|cell| cell.2 >= 1.0).collect();
    assert_eq!((darkest.len(), darkest[0].3.as_str()), (1, "0.1"), "income with purpose, 0.2 / 2");
    for (_, _, share, text) in pairs {
        assert!((f64::from(*share) - text.parse::<f64>().unwrap() / 0.1).abs() < 5e-3, "{share} {text}");
    }
    let frames = chart.marks.iter().filter(|m| matches!(m, Mark::Line { .. })).count();
    assert_eq!(frames, 6, "every main effect is outlined");
    assert!(chart.notes.iter().any(|n| n.starts_with("Empty: the two features meet on no path")), "{:?}", chart.notes);
    assert!(chart.alt.contains("income with purpose (0.1)"), "{}", chart.alt);
    assert_eq!((chart.table.header.len(), chart.table.rows.len()), (4, 15));
    let many = super::chart_subjects::parts(&Plan::plain(50, 30));
    let chart = draw("interaction-matrix", &many.subject(None));
    assert_eq!(cells(&chart)[1].len(), 10);
    assert!(chart.notes.iter().any(|n| n.contains("10 of 30 features are shown")), "{:?}", chart.notes);
    assert_eq!(chart.table.rows.len(), 30 + 29 + 28, "the table has all");
}

/// The lines of a chart with their names.
fn lines(chart: &Chart) -> Vec<(&str, &[[f64; 2]])> {
    let line = |m: &'_ Mark| matches!(m, Mark::Line { .. });
    let found = chart.marks.iter().filter(|m| line(m));
    found
        .filter_map(|m| if let Mark::Line { xy, name, .. } = m { Some((name.as_str(), &xy[..])) } else { None })
        .collect()
}

#[test]
fn partial_dependence_steps_from_threshold_to_threshold_before_the_curves_of_rows() {
    let parts = parts(&Plan::plain(80, 8));
    let chart = draw("partial-dependence", &parts.subject(None));
    let lines = lines(&chart);
    assert_eq!(lines.len(), 4, "three rows and the mean");
    let (name, mean) = lines[3];
    assert_eq!((name, lines[0].0), ("mean of 80 rows", "row 0"), "the mean is drawn last, in front");
    let steps: Vec<[f64; 2]> = mean[1..7].to_vec();
    assert_eq!(steps, [[500.0, 1.0], [500.0, 2.0], [1000.0, 2.0], [1000.0, 3.0], [2000.0, 3.0], [2000.0, 4.0]]);
    let income = &parts.data.columns()[0].values;
    let largest = (0..80).map(|i| income.position(i)).fold(0.0, f64::max);
    assert!(mean[7][0] >= largest && mean[0][0] < 500.0, "the ends are those of the table");
    assert!(lines[0].1.iter().zip(mean).all(|(row, mean)| row[0] == mean[0] && row[1] == mean[1] - 1.0));
    assert!(matches!(chart.marks[0], Mark::Band { .. }), "rows are counted below");
    assert_eq!(chart.table.rows.len(), 5);
    let plain = Knobs::check(find("partial-dependence").unwrap().knobs(), [("single-rows", "off")]).unwrap();
    let alone = find("partial-dependence").unwrap().draw(&parts.subject(None), &plain).unwrap();
    assert_eq!(self::lines(&alone).len(), 1);
    let named = draw("partial-dependence", &Subject { feature: Some(1), ..parts.subject(None) });
    let AxisKind::Names(names) = &named.x.kind else { panic!("levels have names") };
    assert_eq!((names.len(), names[0].1.as_str()), (8, "car"), "no lane for the missing value that no row has");
    let gaps = self::lines(&named)[3].1.iter().filter(|p| p[0].is_nan()).count();
    assert_eq!(gaps, 7, "levels are not joined");
    let absent = find("partial-dependence").unwrap();
    let refused =
        absent.draw(&Subject { feature: Some(99), ..parts.subject(None) }, &plain).expect_err("no such input");
    assert!(refused.to_string().contains("not part of this explanation"));
}

#[test]
fn missing_values_stand_in_a_lane_of_their_own() {
    let all = Everything::new(&Plan { missing: true, ..Plan::plain(300, 6) });
    let chart = draw("dependence", &Subject { feature: Some(0), ..all.subject() });
    assert_eq!(dots(&chart)[0].len(), 300);
    let AxisKind::Names(names) = &chart.x.kind else { panic!("the lane has a name") };
    assert_eq!(names[0].1, "missing");
    let lane = dots(&chart)[0].iter().filter(|p| f64::from(p[0]) < names[0].0 + 0.4 * (0.0 - names[0].0)).count();
    assert_eq!(lane, all.profile.columns[0].missing);
}

#[test]
fn every_kind_refuses_politely_and_needs_agree() {
    let all = Everything::new(&Plan::plain(60, 6));
    for kind in KINDS {
        let empty = Subject::default();
        let refusal = kind.draw(&empty, &Knobs::defaults(kind.knobs())).expect_err("nothing is there");
        assert!(!refusal.to_string().is_empty());
        assert!(kind.needs().unmet(&empty).is_some(), "{} must not be offered", kind.id());
        for (_, subject) in subjects(&all, kind.id()) {
            assert_eq!(kind.needs().unmet(&subject), None, "{}", kind.id());
            let chart = kind.draw(&subject, &Knobs::defaults(kind.knobs())).expect("everything is there");
            assert!(chart.alt.len() > 60 && chart.alt.chars().any(|c| c.is_ascii_digit()), "{}", chart.alt);
            assert!(!chart.table.rows.is_empty() && !chart.notes.is_empty(), "{}", kind.id());
            assert!(chart.table.rows.iter().all(|r| r.len() == chart.table.header.len()), "{}", kind.id());
            assert_eq!(csv(&chart).lines().count(), chart.table.rows.len() + 1);
        }
    }
    let subject = Subject { row: Some(RowId(9_999)), output: 7, ..all.subject() };
    for kind in KINDS {
        // An output that does not exist is refused, not a panic, by every kind that reads one.
        let answer = kind.draw(&subject, &Knobs::defaults(kind.knobs()));
        let told_by_output = kind.needs().answer.is_some_and(|shape| shape != Shape::Importance);
        if told_by_output || kind.needs().predictions {
            assert!(answer.is_err(), "{}", kind.id());
        }
    }
}

/// Number attributes `name="…"` of a line of SVG.
fn attribute(line: &str, name: &str) -> Option<f64> {
    line.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0.parse().ok()
}

#[test]
fn a_painted_dot_stands_where_its_number_says() {
    let parts = parts(&Plan::plain(40, 3));
    let chart = draw("beeswarm", &Subject { data: None, ..parts.subject(None) });
    let picture = svg(&chart, &LIGHT, (720, 400)).unwrap();
    let circles: Vec<(f64, f64)> = picture
        .lines()
        .filter(|l| l.starts_with("<circle "))
        .filter_map(|l| Some((attribute(l, "cx")?, attribute(l, "cy")?)))
        .collect();
    let dots: Vec<[f32; 2]> = dots(&chart).iter().flat_map(|d| d.iter().copied()).collect();
    assert_eq!(circles.len(), dots.len());
    // Two dots fix the map from data to picture; all others must follow it to the rounding of a tenth of a point.
    for axis in 0..2 {
        let data = |i: usize| f64::from(dots[i][axis]);
        let drawn = |i: usize| if axis == 0 { circles[i].0 } else { circles[i].1 };
        let by = |a: &usize, b: &usize| data(*a).total_cmp(&data(*b));
        let (low, high) = ((0..dots.len()).min_by(by).unwrap(), (0..dots.len()).max_by(by).unwrap());
        let scale = (drawn(high) - drawn(low)) / (data(high) - data(low));
        assert!(if axis == 0 { scale > 0.0 } else { scale < 0.0 });
        for i in 0..dots.len() {
            let expected = drawn(low) + scale * (data(i) - data(low));
            assert!((expected - drawn(i)).abs() <= 1.6, "dot {i}: {expected} {}", drawn(i));
        }
    }
}

#[test]
fn pictures_are_stable_small_and_keep_every_text_inside() {
    let plans = [
        Plan { long_names: true, missing: true, ..Plan::plain(120, 14) },
        Plan::plain(1, 12),
        Plan { zero: true, ..Plan::plain(20, 5) },
    ];
    for plan in &plans {
        let all = Everything::new(plan);
        for kind in KINDS {
            for (_, subject) in subjects(&all, kind.id()) {
                let Ok(chart) = kind.draw(&subject, &Knobs::defaults(kind.knobs())) else { continue };
                for (theme, width) in [(&LIGHT, 720), (&DARK, 460), (&PRINT, 330)] {
                    let size = natural_size(&chart, width);
                    let picture = svg(&chart, theme, size).unwrap();
                    assert_eq!(picture, svg(&chart, theme, size).unwrap(), "same chart, same bytes");
                    check_picture(&picture, kind.id(), size);
                }
            }
        }
    }
}

fn check_picture(picture: &str, kind: &str, size: (u32, u32)) {
    assert!(!picture.contains("NaN") && !picture.contains("inf\""), "{kind}");
    assert!(picture.starts_with("<svg ") && picture.contains("role=\"img\"") && picture.contains("<desc>"), "{kind}");
    for line in picture.lines().filter(|l| l.starts_with("<text ")) {
        let (x, y, em) = ["x", "y", "font-size"].map(|a| attribute(line, a).expect("every text has it")).into();
        let text = line.split_once('>').expect("a tag ends").1.trim_end_matches("</text>");
        let text = text.replace("&amp;", "&").replace("&apos;", "'").replace("&quot;", "\"");
        let weight = if line.contains("bold") { Weight::SemiBold } else { Weight::Regular };
        let wide = width(&text, em, weight);
        let left = match line {
            l if l.contains("\"middle\"") => x - wide / 2.0,
            l if l.contains("\"end\"") => x - wide,
            _ => x,
        };
        let (right, bottom) = (f64::from(size.0) * 10.0, f64::from(size.1) * 10.0);
        assert!(left >= -1.0 && left + wide <= right + 1.0, "{kind} at {size:?}: “{text}” {left} {wide}");
        assert!(y - 0.8 * em >= 0.0 && y + 0.25 * em <= bottom, "{kind} at {size:?}: “{text}” at {y}");
    }
}

#[test]
fn twenty_thousand_dots_stay_below_two_megabytes() {
    let parts = parts(&Plan { missing: true, ..Plan::plain(30_000, 12) });
    for id in ["beeswarm", "dependence"] {
        let chart = draw(id, &parts.subject(None));
        let bytes = svg(&chart, &LIGHT, natural_size(&chart, 720)).unwrap().len();
        assert!(bytes < 2_000_000 && bytes > 500_000, "{id}: {bytes}");
    }
}

#[test]
fn a_picture_too_small_for_its_texts_is_refused() {
    let parts = parts(&Plan::plain(10, 6));
    let chart = draw("importance-bar", &parts.subject(None));
    assert_eq!(svg(&chart, &LIGHT, (720, 90)), Err(PaintError::TooSmall));
    assert_eq!(svg(&chart, &LIGHT, (0, 0)), Err(PaintError::TooSmall));
}
