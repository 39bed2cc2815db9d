//! Times, relative and exact.

use crate::domain::Moment;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// "3 Nov 2026".
#[must_use]
pub fn date(moment: Moment) -> String {
    let (year, month, day) = moment.date();
    format!("{day} {} {year}", MONTHS[month - 1])
}

/// "3 Nov 2026, 12:03 UTC": what stands behind a relative time.
#[must_use]
pub fn exactly(moment: Moment) -> String {
    let (hour, minute) = moment.time();
    format!("{}, {hour:02}:{minute:02} UTC", date(moment))
}

/// "12:03:07 UTC on 3 Nov 2026": for what nobody can repeat.
#[must_use]
pub fn to_the_second(moment: Moment) -> String {
    let (hour, minute) = moment.time();
    let second = moment.0.div_euclid(1_000).rem_euclid(60);
    format!("{hour:02}:{minute:02}:{second:02} UTC on {}", date(moment))
}

/// "4 minutes ago"; after a month, the date.
#[must_use]
pub fn ago(then: Moment, now: Moment) -> String {
    let minutes = now.since(then).as_secs() / 60;
    match minutes {
        0 => "just now".into(),
        1..60 => format!("{} ago", counted(minutes, "minute")),
        60..1_440 => format!("{} ago", counted(minutes / 60, "hour")),
        1_440..43_200 => format!("{} ago", counted(minutes / 1_440, "day")),
        _ => date(then),
    }
}

fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_said_in_the_largest_unit_that_fits() {
        let now = Moment(1_793_707_380_000);
        for (seconds, said) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (240, "4 minutes ago"),
            (7_200, "2 hours ago"),
            (86_400, "1 day ago"),
            (40 * 86_400, "24 Sep 2026"),
        ] {
            assert_eq!(ago(now - Duration::from_secs(seconds), now), said);
        }
    }

    #[test]
    fn a_time_in_the_future_is_just_now() {
        assert_eq!(ago(Moment(10_000_000), Moment(0)), "just now");
    }
}
