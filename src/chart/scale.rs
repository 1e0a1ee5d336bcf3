//! Ticks and ranges of axes: 1-2-5 steps for numbers, calendar steps for dates, probabilities for log-odds.

use crate::base::text;

use super::spec::{Axis, AxisKind, SecondAxis};

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Tick positions and texts of `axis`, ascending, about `wanted` of them: names as they are, numbers at 1-2-5 steps,
/// dates at calendar steps. Nothing outside the axis range.
pub fn ticks(axis: &Axis, wanted: usize) -> Vec<(f64, String)> {
    match &axis.kind {
        AxisKind::Names(names) => names.clone(),
        AxisKind::Linear => number_ticks(axis.range, wanted),
        AxisKind::Time => time_ticks(axis.range, wanted),
    }
}

/// The smallest of 1, 2, 5, 10 … times a power of ten that gives at most `wanted` steps over `span`.
pub fn nice_step(span: f64, wanted: usize) -> f64 {
    let raw = span.abs() / wanted.max(1) as f64;
    if !raw.is_finite() || raw < f64::MIN_POSITIVE {
        return 1.0;
    }
    let power = libm::pow(10.0, raw.log10().floor());
    let share = raw / power;
    // A hair of slack, so that 0.1 · 3 does not jump to the next step for its last bit.
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| share <= f * (1.0 + 1e-9)).unwrap_or(10.0);
    factor * power
}

/// 1-2-5 ticks inside `range`.
pub fn number_ticks(range: (f64, f64), wanted: usize) -> Vec<(f64, String)> {
    let (low, high) = range;
    if !(low.is_finite() && high.is_finite()) || high <= low {
        return if low.is_finite() { vec![(low, text::number(low))] } else { Vec::new() };
    }
    let step = nice_step(high - low, wanted);
    let slack = 1e-9 * (high - low);
    let first = ((low - slack) / step).ceil();
    let last = ((high + slack) / step).floor();
    let count = ((last - first).max(-1.0) + 1.0).min(200.0) as usize;
    (0..count)
        .map(|i| {
            let value = (first + i as f64) * step;
            let value = if value.abs() < step * 1e-9 { 0.0 } else { value };
            (value.clamp(low, high), tick_text(value, step, high.abs().max(low.abs())))
        })
        .collect()
}

/// A tick's text: as many decimals as the step needs; powers of ten where digits would not fit.
fn tick_text(value: f64, step: f64, largest: f64) -> String {
    if value.abs() < step * 1e-9 {
        return "0".to_owned();
    }
    if !(1e-5..1e9).contains(&largest) {
        return text::significant(value, 3);
    }
    let decimals = (-(step.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize;
    text::fixed(value, decimals)
}

/// `range` widened by `share` of its span on both sides; a single value gets room around it.
pub fn padded(range: (f64, f64), share: f64) -> (f64, f64) {
    let (low, high) = range;
    if !(low.is_finite() && high.is_finite()) {
        return (0.0, 1.0);
    }
    let span = high - low;
    if span <= 1e-12 * low.abs().max(high.abs()) {
        let room = if low.abs() > 0.0 { 0.5 * low.abs() } else { 1.0 };
        return (low - room, high + room);
    }
    (low - share * span, high + share * span)
}

/// Smallest and largest finite value; `None` when there is none.
pub fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((low, high)) => Some((v.min(low), v.max(high))),
    })
}

/// The probability of a log-odds value.
pub fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-log_odds))
}

/// The same axis read as probability: ticks at round probabilities inside a log-odds `range`, thinned so that no two
/// are closer than `1 / 12` of the range.
pub fn probability_axis(range: (f64, f64)) -> SecondAxis {
    const ROUND: [f64; 25] = [
        0.5, 0.1, 0.9, 0.01, 0.99, 0.2, 0.8, 0.05, 0.95, 0.3, 0.7, 0.001, 0.999, 0.4, 0.6, 0.02, 0.98, 0.0001, 0.9999,
        0.005, 0.995, 0.00001, 0.99999, 0.002, 0.998,
    ];
    let gap = (range.1 - range.0) / 12.0;
    let mut ticks: Vec<(f64, String)> = Vec::new();
    let offer = |p: f64, ticks: &mut Vec<(f64, String)>| {
        let at = libm::log(p / (1.0 - p));
        let free = ticks.iter().all(|(other, _)| (other - at).abs() >= gap);
        if at >= range.0 && at <= range.1 && free {
            ticks.push((at, exact_share(p)));
        }
    };
    for p in ROUND {
        offer(p, &mut ticks);
    }
    if ticks.len() < 3 {
        let (low, high) = (probability(range.0), probability(range.1));
        for (p, _) in number_ticks((low, high), 5) {
            if p > 0.0 && p < 1.0 {
                offer(p, &mut ticks);
            }
        }
    }
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
    SecondAxis { label: "probability".to_owned(), ticks }
}

fn exact_share(p: f64) -> String {
    let text = format!("{p:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Calendar ticks inside a range of milliseconds since 1970.
fn time_ticks(range: (f64, f64), wanted: usize) -> Vec<(f64, String)> {
    let (low, high) = range;
    if !(low.is_finite() && high.is_finite()) || high <= low {
        return if low.is_finite() { vec![(low, date(low))] } else { Vec::new() };
    }
    let raw = (high - low) / wanted.max(1) as f64;
    if raw > 20.0 * DAY {
        return month_ticks(range, raw);
    }
    let steps = [
        SECOND,
        5.0 * SECOND,
        15.0 * SECOND,
        MINUTE,
        5.0 * MINUTE,
        15.0 * MINUTE,
        HOUR,
        3.0 * HOUR,
        6.0 * HOUR,
        DAY,
        2.0 * DAY,
        7.0 * DAY,
        14.0 * DAY,
    ];
    let step = steps.into_iter().find(|s| *s >= raw).unwrap_or(14.0 * DAY);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last)
        .take(200)
        .map(|i| {
            let at = i as f64 * step;
            (at, if step >= DAY { date(at) } else { clock(at) })
        })
        .collect()
}

fn month_ticks(range: (f64, f64), raw: f64) -> Vec<(f64, String)> {
    let months_raw = raw / (30.44 * DAY);
    let years = nice_step(raw, 1) / (365.25 * DAY);
    let step = [1i64, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200]
        .into_iter()
        .find(|m| *m as f64 >= months_raw)
        .unwrap_or((years.ceil() as i64).max(1).saturating_mul(12));
    let (year, month, _) = civil(range.0);
    let mut index = (year * 12 + i64::from(month) - 1).div_euclid(step) * step;
    let mut ticks = Vec::new();
    while ticks.len() < 200 {
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
        let at = days_from_civil(year, month) as f64 * DAY;
        if at > range.1 {
            break;
        }
        if at >= range.0 {
            let text = if step % 12 == 0 { format!("{year}") } else { format!("{year}-{month:02}") };
            ticks.push((at, text));
        }
        index += step;
    }
    ticks
}

/// Year, month and day of a moment in UTC. Source: Howard Hinnant, “chrono-compatible low-level date algorithms”.
pub fn civil(millis: f64) -> (i64, u32, u32) {
    let days = (millis / DAY).floor().clamp(-1e12, 1e12) as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days from 1970-01-01 to the first of a month.
fn days_from_civil(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A day as `2024-03-09`.
pub fn date(millis: f64) -> String {
    let (year, month, day) = civil(millis);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A moment as `2024-03-09 14:05`, with seconds only where they are not zero.
pub fn moment(millis: f64) -> String {
    format!("{} {}", date(millis), clock(millis))
}

fn clock(millis: f64) -> String {
    let seconds = (millis.rem_euclid(DAY) / SECOND).floor() as u64;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(range: (f64, f64), wanted: usize) -> Vec<String> {
        number_ticks(range, wanted).into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_step_by_one_two_or_five() {
        assert_eq!(texts((-0.3, 0.31), 6), ["−0.2", "0", "0.2"]);
        assert_eq!(texts((0.0, 1.0), 5), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts((0.0, 120_000.0), 3), ["0", "50\u{2009}000", "100\u{2009}000"]);
    }

    #[test]
    fn empty_and_broken_ranges_do_not_hang() {
        assert_eq!(texts((2.0, 2.0), 5).len(), 1);
        assert!(texts((f64::NAN, 1.0), 5).is_empty());
        assert!(texts((-1e300, 1e300), 5).len() < 20);
        assert!(number_ticks((1.0, 1.0 + 1e-15), 5).len() <= 200);
    }

    #[test]
    fn probability_ticks_stand_at_their_log_odds() {
        let axis = probability_axis((-4.0, 4.0));
        assert!(axis.ticks.iter().any(|(at, text)| at.abs() < 1e-12 && text == "0.5"));
        for (at, text) in &axis.ticks {
            let p: f64 = text.parse().expect("a plain number");
            assert!((probability(*at) - p).abs() < 1e-9);
        }
        assert!(probability_axis((-0.2, 0.1)).ticks.len() >= 3);
    }

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(date(0.0), "1970-01-01");
        assert_eq!(date(951_782_400_000.0), "2000-02-29");
        assert_eq!(date(-DAY), "1969-12-31");
        let axis = Axis {
            label: String::new(),
            range: (946_684_800_000.0, 1_104_537_600_000.0),
            kind: AxisKind::Time,
            second: None,
        };
        let years: Vec<String> = ticks(&axis, 6).into_iter().map(|t| t.1).collect();
        assert_eq!(years, ["2000", "2001", "2002", "2003", "2004", "2005"]);
    }
}
