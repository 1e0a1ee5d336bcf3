//! Dates: reading the written forms that can be told apart, and writing ISO 8601. Proleptic Gregorian, UTC.

/// Milliseconds of a day.
pub const DAY_MILLIS: i64 = 86_400_000;

/// A written form of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    /// `2024-12-31` or `2024/12/31`, with or without a time of day.
    YearFirst,
    /// `31.12.2024`.
    DayFirst,
    /// `12/31/2024`.
    MonthFirstSlash,
    /// `31/12/2024`.
    DayFirstSlash,
}

impl DateForm {
    /// All forms, in the order they are tried.
    pub const ALL: [Self; 4] = [Self::YearFirst, Self::DayFirst, Self::MonthFirstSlash, Self::DayFirstSlash];

    /// Whether a column needs a day above 12 to prove the order of day and month.
    pub fn is_ambiguous(self) -> bool {
        matches!(self, Self::MonthFirstSlash | Self::DayFirstSlash)
    }
}

/// One date that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadDate {
    /// Milliseconds since 1970-01-01 UTC.
    pub millis: i64,
    /// Whether it has no time of day.
    pub day_only: bool,
    /// Whether its day is above 12, which settles the order of day and month.
    pub proves_order: bool,
}

/// Reads one date in the given form; `None` when the text is none or the day does not exist.
pub fn parse_date(text: &str, form: DateForm) -> Option<ReadDate> {
    let text = text.trim();
    if text.len() < 8 || text.len() > 40 || !text.is_ascii() {
        return None;
    }
    let cut = text.find(['T', ' ']).unwrap_or(text.len());
    let (date, time) = text.split_at(cut);
    let mark = match form {
        DateForm::YearFirst => {
            if date.contains('/') {
                '/'
            } else {
                '-'
            }
        }
        DateForm::DayFirst => '.',
        DateForm::MonthFirstSlash | DateForm::DayFirstSlash => '/',
    };
    let mut parts = date.split(mark);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match form {
        DateForm::YearFirst => (a, b, c),
        DateForm::DayFirst | DateForm::DayFirstSlash => (c, b, a),
        DateForm::MonthFirstSlash => (c, a, b),
    };
    let (year, month, day) = (digits(year, 4, 4)?, digits(month, 1, 2)?, digits(day, 1, 2)?);
    if !(1..=12).contains(&month) || day < 1 || day > month_days(year, month) {
        return None;
    }
    let within = if time.is_empty() { Some(0) } else { time_of_day(time.get(1..)?) }?;
    Some(ReadDate {
        millis: days_from_civil(year, month, day) * DAY_MILLIS + within,
        day_only: within == 0,
        proves_order: day > 12,
    })
}

/// Reads a date that a person typed for a column of whole days or of moments: milliseconds since 1970-01-01 UTC, or why it
/// is refused. Every written form is taken, but none that can mean two days.
pub fn typed(text: &str, only_days: bool) -> Result<i64, String> {
    let model = if only_days { "2024-12-31" } else { "2024-12-31 08:30" };
    let mut found: Vec<ReadDate> = DateForm::ALL.iter().filter_map(|form| parse_date(text, *form)).collect();
    found.dedup_by_key(|read| read.millis);
    match found[..] {
        [] if text.trim().is_empty() => Err(format!("Write a date such as {model}, or tick missing")),
        [] => {
            let parts = text.trim().split([' ', 'T']).next().unwrap_or_default().split(['-', '/', '.']);
            let looks = parts.clone().count() == 3 && parts.into_iter().all(|part| digits(part, 1, 4).is_some());
            let what = if looks { "There is no such day or time" } else { "This is no date" };
            Err(format!("{what}; write it as {model}"))
        }
        [read] if only_days && read.millis.rem_euclid(DAY_MILLIS) != 0 => {
            Err(format!("The column holds whole days; write it as {model}"))
        }
        [read] => Ok(read.millis),
        [first, second, ..] => Err(format!(
            "This can mean two days; write {} or {}",
            iso(first.millis, first.day_only),
            iso(second.millis, second.day_only)
        )),
    }
}

fn digits(text: &str, least: usize, most: usize) -> Option<i64> {
    ((least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.fff`, each with `Z` or an offset such as `+02:00`, in milliseconds.
fn time_of_day(text: &str) -> Option<i64> {
    let text = text.trim();
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => (text.get(..at)?, zone(text.get(at..)?)?),
        None => (text, 0),
    };
    let mut parts = clock.trim().split(':');
    let (hour, minute) = (digits(parts.next()?, 1, 2)?, digits(parts.next()?, 2, 2)?);
    let (second, fraction) = match parts.next() {
        None => (0, 0),
        Some(rest) => {
            let (whole, part) = rest.split_once('.').unwrap_or((rest, ""));
            let millis: String = part.chars().chain("000".chars()).take(3).collect();
            if part.len() > 9 || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            (digits(whole, 2, 2)?, digits(&millis, 3, 3)?)
        }
    };
    let valid = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    valid.then_some(((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction)
}

/// An offset from UTC in minutes.
fn zone(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let plain: String = text.chars().skip(1).filter(|c| *c != ':').collect();
    let (hours, minutes) = match plain.len() {
        2 => (digits(&plain, 2, 2)?, 0),
        4 => (digits(plain.get(..2)?, 2, 2)?, digits(plain.get(2..)?, 2, 2)?),
        _ => return None,
    };
    (hours < 19 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn month_days(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Source: Howard Hinnant, “chrono-compatible low-level date algorithms”.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A moment as ISO 8601: `2024-12-31`, or `2024-12-31 08:30:00` with a time of day; milliseconds only when there are
/// any.
pub fn iso(millis: i64, day_only: bool) -> String {
    let (year, month, day) = civil_from_days(millis.div_euclid(DAY_MILLIS));
    let date = format!("{year:04}-{month:02}-{day:02}");
    if day_only {
        return date;
    }
    let within = millis.rem_euclid(DAY_MILLIS);
    let (hour, minute, second) = (within / 3_600_000, within / 60_000 % 60, within / 1000 % 60);
    let clock = format!("{date} {hour:02}:{minute:02}:{second:02}");
    if within % 1000 == 0 { clock } else { format!("{clock}.{:03}", within % 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_a_round_trip() {
        for day in (-800_000..800_000).step_by(37) {
            let text = iso(day * DAY_MILLIS, true);
            if (1..=9999).contains(&civil_from_days(day).0) {
                let read = parse_date(&text, DateForm::YearFirst).expect("our own writing is readable");
                assert_eq!(read.millis, day * DAY_MILLIS, "{text}");
            }
        }
    }

    #[test]
    fn a_typed_date_is_taken_in_every_form_that_means_one_day() {
        let day = |text| typed(text, true).map(|millis| iso(millis, true));
        for text in ["2024-03-25", "2024/3/25", "25.03.2024", " 25/3/2024 ", "03/25/2024"] {
            assert_eq!(day(text).as_deref(), Ok("2024-03-25"), "{text}");
        }
        assert_eq!(day("04/04/2024").as_deref(), Ok("2024-04-04"), "both orders are the same day");
        let words = |text, only_days| typed(text, only_days).unwrap_err();
        assert_eq!(words("03/04/2024", true), "This can mean two days; write 2024-03-04 or 2024-04-03");
        assert_eq!(words("2023-02-30", true), "There is no such day or time; write it as 2024-12-31");
        assert_eq!(words("2023-02-03 25:00", false), "There is no such day or time; write it as 2024-12-31 08:30");
        assert_eq!(words("soon", false), "This is no date; write it as 2024-12-31 08:30");
        assert!(words("2024-03-25 10:00", true).starts_with("The column holds whole days"));
        assert!(words("  ", true).contains("tick missing"));
        assert_eq!(typed("1970-01-01 00:00:02", false), Ok(2_000));
    }

    #[test]
    fn times_and_zones_are_understood() {
        let read = |text| parse_date(text, DateForm::YearFirst).map(|d| iso(d.millis, d.day_only));
        assert_eq!(read("2024-03-01T08:30:00Z").as_deref(), Some("2024-03-01 08:30:00"));
        assert_eq!(read("2024-03-01 00:30:00.25+02:00").as_deref(), Some("2024-02-29 22:30:00.250"));
        assert_eq!(read("2024-03-01 25:00"), None);
        assert_eq!(read("1970-01-01").as_deref(), Some("1970-01-01"));
    }
}
