//! Charts: what their numbers say, that they refuse politely, and that the painter keeps what the chart promised.

use candor::base::Knobs;
use candor::chart::kind::find;
use candor::chart::theme::{DARK, LIGHT, PRINT};
use candor::chart::{Chart, Subject, natural_size, png, svg};

use super::chart_subjects::{Parts, Plan, parts};

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
        let parts = parts(&plan);
        for kind in candor::chart::KINDS {
            for (suffix, subject) in subjects(&parts, kind.id()) {
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

fn subjects<'a>(parts: &'a Parts, kind: &str) -> Vec<(String, Subject<'a>)> {
    let subject = parts.subject(None);
    if kind == "dependence" {
        let features = [0, 1, 3, 5, 11];
        let present = features.into_iter().filter(|j| *j < parts.contributions().features.len());
        return present.map(|j| (format!("-f{j}"), Subject { feature: Some(j), ..subject })).collect();
    }
    vec![(String::new(), subject)]
}

#[test]
fn a_bar_is_as_long_as_the_mean_absolute_contribution() {
    let parts = parts(&Plan::plain(50, 6));
    let chart = draw("importance-bar", &parts.subject(None));
    assert!(chart.alt.contains("income"), "{}", chart.alt);
}
