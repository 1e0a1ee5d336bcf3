//! Charts: what their numbers say, that they refuse politely, and that the painter keeps what the chart promised.

use candor::base::Knobs;
use candor::chart::kind::find;
use candor::chart::theme::{DARK, LIGHT, PRINT};
use candor::chart::{Chart, PredictionView, Subject, natural_size, png, svg};
use candor::data::TableProfile;
use candor::model::{Performance, Scale};

use super::chart_subjects::{Parts, Plan, binary, multiclass, parts, profile, regression};

fn draw(id: &str, subject: &Subject<'_>) -> Chart {
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
        for kind in candor::chart::KINDS {
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
        "dependence" | "column-histogram" => [0, 1, 3, 5, 11]
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
struct Everything {
    parts: Parts,
    profile: TableProfile,
    binary: Performance,
    multiclass: Performance,
    regression: Performance,
    predictions: Vec<f64>,
    truth: Vec<f64>,
}

impl Everything {
    fn new(plan: &Plan) -> Self {
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
        Self {
            profile: profile(&parts.data),
            binary: binary(plan.rows.max(60)),
            multiclass: multiclass(),
            regression: regression(plan.rows),
            parts,
            predictions,
            truth,
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            profile: Some(&self.profile),
            predictions: Some(PredictionView {
                values: &self.predictions,
                outputs: 1,
                scale: Scale::Probability,
                truth: &self.truth,
            }),
            ..self.parts.subject(Some(&self.binary))
        }
    }
}

#[test]
fn a_bar_is_as_long_as_the_mean_absolute_contribution() {
    let parts = parts(&Plan::plain(50, 6));
    let chart = draw("importance-bar", &parts.subject(None));
    assert!(chart.alt.contains("income"), "{}", chart.alt);
}
