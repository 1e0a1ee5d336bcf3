//! Decision, force, heatmap, violin, gain and lift: values against slow counting; and the sentence of every kind.

use candor::base::{Knobs, RowId};
use candor::chart::kind::find;
use candor::chart::{Bar, Cell, Chart, KINDS, Mark, PredictionView, Role, Subject};
use candor::model::Scale;
use candor::model::performance::Detail;

use super::chart_subjects::{Plan, binary, multiclass, parts, profile, regression};

pub fn draw(id: &str, subject: &Subject<'_>, settings: &[(&str, &str)]) -> Chart {
    let kind = find(id).expect("a registered kind");
    let knobs = Knobs::check(kind.knobs(), settings.iter().copied()).expect("settings of this kind");
    kind.draw(subject, &knobs).expect("everything it needs is there")
}

pub fn bars(chart: &Chart) -> Vec<&Bar> {
    chart.marks.iter().flat_map(|m| if let Mark::Bars { bars, .. } = m { bars.as_slice() } else { &[] }).collect()
}

pub fn number(cell: &Cell) -> f64 {
    if let Cell::Number(value) = cell { *value } else { panic!("a number, not {cell:?}") }
}

#[test]
fn decision_lines_climb_from_the_base_to_each_prediction() {
    let parts = parts(&Plan::plain(40, 9));
    let chart = draw("decision", &parts.subject(None), &[("features", "4")]);
    let attribution = parts.contributions();
    let line = |m| if let &Mark::Line { ref xy, ref name, role, .. } = m { Some((xy, name, role)) } else { None };
    let lines: Vec<_> = chart.marks.iter().filter_map(line).collect();
    assert_eq!(lines.len(), 40);
    for (xy, name, role) in &lines {
        let row: usize = name.trim_start_matches("Row ").parse().expect("lines are named by row");
        let total: f64 = attribution.row(0, row).iter().sum();
        assert!((xy[0][0] + 0.85).abs() < 1e-12 && (xy[xy.len() - 1][0] - (total - 0.85)).abs() < 1e-9);
        let largest = xy[xy.len() - 1][0] - xy[xy.len() - 2][0];
        assert!((largest - attribution.row(0, row)[0]).abs() < 1e-12, "income matters most and stands on top");
        assert!(row == 0 || matches!(role, Role::Signed(s) if f64::from(*s) * total >= 0.0), "{role:?} {total}");
    }
    assert_eq!(lines[39].1, "Row 0", "the chosen row is drawn last, in front");
    let few = draw("decision", &parts.subject(None), &[("rows", "7")]);
    let drawn = few.table.rows.len();
    assert!((7..=8).contains(&drawn), "seven and the chosen one");
    assert!(few.notes.iter().any(|n| n.starts_with(&format!("{drawn} of 40 rows are drawn"))), "{:?}", few.notes);
}

#[test]
fn the_force_strip_is_as_long_as_what_pushes() {
    let parts = parts(&Plan { missing: true, ..Plan::plain(20, 12) });
    let chart = draw("force", &Subject { row: Some(RowId(4)), ..parts.subject(None) }, &[("features", "5")]);
    let row = parts.contributions().row(0, 4);
    let prediction: f64 = row.iter().sum::<f64>() - 0.85;
    let (up, down): (f64, f64) = (row.iter().map(|v| v.max(0.0)).sum(), row.iter().map(|v| v.min(0.0)).sum());
    let bars = bars(&chart);
    let left = bars.iter().map(|b| b.from.min(b.to)).fold(f64::INFINITY, f64::min);
    let right = bars.iter().map(|b| b.from.max(b.to)).fold(f64::NEG_INFINITY, f64::max);
    assert!((left - (prediction - up)).abs() < 1e-9 && (right - (prediction - down)).abs() < 1e-9);
    let length: f64 = bars.iter().map(|b| (b.to - b.from).abs()).sum();
    assert!((length - (up - down)).abs() < 1e-9);
    assert!(bars.iter().all(|b| (b.role == Role::Raises) == (b.to > b.from)));
    assert!(chart.x.second.is_some(), "log-odds also read as probability");
}

#[test]
fn the_heatmap_holds_each_row_once_and_says_what_is_missing() {
    let parts = parts(&Plan { missing: true, ..Plan::plain(60, 8) });
    let chart = draw("explanation-heatmap", &parts.subject(None), &[("features", "5")]);
    let mut rows: Vec<usize> = chart.table.rows.iter().map(|r| number(&r[0]) as usize).collect();
    for cells in &chart.table.rows {
        let row = parts.contributions().row(0, number(&cells[0]) as usize);
        assert!((number(&cells[1]) - (row.iter().sum::<f64>() - 0.85)).abs() < 1e-9);
        let all: f64 = cells[2..].iter().map(number).sum();
        assert!((all - row.iter().sum::<f64>()).abs() < 1e-9, "every lane together is the whole row");
    }
    rows.sort_unstable();
    assert_eq!(rows, (0..60).collect::<Vec<_>>());
    let columns = parts.data.columns().iter().filter(|c| chart.table.header.iter().any(|h| **h == *c.name));
    let holes: usize = columns.map(|c| (0..60).filter(|i| c.values.is_missing(*i)).count()).sum();
    let said = format!("{holes} cells with a missing");
    assert!(holes > 0 && chart.notes.iter().any(|n| n.starts_with(&said)), "{holes} {:?}", chart.notes);
    let again = draw("explanation-heatmap", &parts.subject(None), &[("features", "5")]);
    assert_eq!(format!("{:?}", chart.table), format!("{:?}", again.table));
}

#[test]
fn a_violin_ends_at_the_extremes_and_holds_all_its_rows() {
    let parts = parts(&Plan::plain(500, 6));
    let chart = draw("violin", &parts.subject(None), &[("width", "common")]);
    let mut income: Vec<f64> = parts.contributions().values.chunks(6).map(|r| r[0]).collect();
    income.sort_by(f64::total_cmp);
    let marks = chart.marks.iter();
    let bands: Vec<_> =
        marks.filter_map(|m| if let Mark::Band { edges, .. } = m { Some(edges) } else { None }).collect();
    let area = |w: &[[f64; 3]]| (w[1][0] - w[0][0]) * (w[0][2] - w[0][1] + w[1][2] - w[1][1]) / 2.0;
    let areas: Vec<f64> = bands.iter().map(|e| e.windows(2).map(area).sum()).collect();
    let first = bands[0];
    assert!((first[0][0] - income[0]).abs() < 1e-12 && (first[first.len() - 1][0] - income[499]).abs() < 1e-12);
    let most = areas.iter().copied().fold(0.0, f64::max);
    assert!(areas.iter().all(|a| *a > 0.85 * most), "equally many rows have nearly equal areas: {areas:?}");
    let median = f64::midpoint(income[249], income[250]);
    assert!((number(&chart.table.rows[0][4]) - median).abs() < 1e-12);
}

#[test]
fn gain_and_lift_agree_with_counting() {
    let performance = binary(300);
    let parts = parts(&Plan::plain(30, 4));
    let subject = parts.subject(Some(&performance));
    let Detail::Binary(detail) = &performance.detail else { panic!("two classes") };
    let positives = detail.positives_above[0];
    let rate = positives / 300.0;
    let is_positive = |i: usize| detail.positives_above[i] - detail.positives_above.get(i + 1).copied().unwrap_or(0.0);
    let (gain, lift) = (draw("gain", &subject, &[]), draw("lift", &subject, &[]));
    for (cells, own) in gain.table.rows[1..].iter().zip(&lift.table.rows) {
        let taken: Vec<usize> = (0..300).filter(|i| detail.scores[*i] >= number(&cells[3])).collect();
        let found: f64 = taken.iter().map(|i| is_positive(*i)).sum();
        let share = taken.len() as f64 / 300.0;
        assert!((number(&cells[0]) - share).abs() < 1e-12 && (number(&cells[1]) - found / positives).abs() < 1e-12);
        assert!((number(&cells[2]) - (share / rate).min(1.0)).abs() < 1e-12, "the perfect line");
        assert!((number(&own[1]) - found / positives / share).abs() < 1e-9, "lift");
    }
    assert_eq!(gain.legend.len(), 3, "model, perfect and random");
}

#[test]
fn every_kind_says_in_one_sentence_what_it_shows() {
    let parts = parts(&Plan { missing: true, ..Plan::plain(300, 12) });
    let values: Vec<f64> = (0..300).map(|i| f64::from(i) / 300.0).collect();
    let truth: Vec<f64> =
        (0..300).map(|i| if i % 11 == 3 { f64::NAN } else { f64::from(u8::from(i % 3 == 0)) }).collect();
    let profile = profile(&parts.data);
    // Charts of two models have nothing to draw from one.
    for kind in KINDS.iter().filter(|kind| kind.needs().challenger.is_none()) {
        let view = PredictionView { values: &values, outputs: 1, scale: Scale::Probability, truth: &truth };
        let drawn: Vec<Chart> = [binary(300), multiclass(), regression(200)]
            .iter()
            .map(|p| Subject { profile: Some(&profile), predictions: Some(view), ..parts.subject(Some(p)) })
            .filter_map(|subject| kind.draw(&subject, &Knobs::defaults(kind.knobs())).ok())
            .collect();
        assert!(!drawn.is_empty(), "{}", kind.id());
        for chart in drawn {
            let said = &chart.sentence;
            assert!(said.chars().any(|c| c.is_ascii_digit()) && said.len() > 30, "{}: {said}", kind.id());
            assert!(!said.ends_with('.') && !said.contains('\n') && !said.contains("NaN"), "{}: {said}", kind.id());
            let low = said.to_lowercase();
            for word in ["cause", "because", "due to", "leads to", "drives", "impact"] {
                assert!(!low.contains(word), "{}: {said}", kind.id());
            }
        }
    }
}
