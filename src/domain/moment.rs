//! A point in time that both sides and both databases understand alike.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970-01-01T00:00:00Z. Whoever needs "now" is given one: nothing here reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// How long from `earlier` to here; zero when `earlier` lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Whole days from here to `later`, rounded up, so that "1 day left" holds until the last minute. Never negative.
    #[must_use]
    pub fn days_until(self, later: Self) -> u32 {
        let days = (later.0 - self.0).max(0).div_euclid(DAY_MS) + i64::from((later.0 - self.0).max(0) % DAY_MS != 0);
        u32::try_from(days).unwrap_or(u32::MAX)
    }

    /// Year, month (1 to 12) and day in UTC, by Howard Hinnant's `civil_from_days`
    /// (<https://howardhinnant.github.io/date_algorithms.html>): a calendar crate would double the browser's download
    /// for this one question.
    #[must_use]
    pub fn date(self) -> (i64, usize, i64) {
        let shifted = self.0.div_euclid(DAY_MS) + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, usize::try_from(month).unwrap_or(1), day)
    }

    /// What RFC 3339 writes of UTC: `2026-11-24T13:45:09.123Z`; fractions are left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
        let is_utc = text.ends_with('Z') && text.is_ascii();
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute) = (number(11..13)?, number(14..16)?);
        let second = if text.as_bytes().get(16) == Some(&b':') { number(17..19)? } else { 0 };
        // The other way of `date`, by the same author.
        let shifted = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
        let seconds = (hour * 60 + minute) * 60 + second;
        is_utc.then_some(Self(days * DAY_MS + seconds * 1_000))
    }

    /// Hour and minute in UTC.
    #[must_use]
    pub fn time(self) -> (i64, i64) {
        let minutes = self.0.rem_euclid(DAY_MS) / 60_000;
        (minutes / 60, minutes % 60)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 in UTC, to the minute: what a `datetime` attribute wants.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), (hour, minute)) = (self.date(), self.time());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_knows_its_date() {
        for (ms, text) in [
            (0, "1970-01-01T00:00Z"),
            (951_782_400_000, "2000-02-29T00:00Z"),
            (1_795_305_599_000, "2026-11-21T23:59Z"),
            (-1, "1969-12-31T23:59Z"),
        ] {
            assert_eq!(Moment(ms).to_string(), text);
            assert_eq!(Moment::parse(text), Some(Moment(ms.div_euclid(60_000) * 60_000)));
        }
    }

    #[test]
    fn days_are_rounded_up_and_never_negative() {
        let now = Moment(1_000_000);
        assert_eq!(now.days_until(now + Duration::from_secs(1)), 1);
        assert_eq!(now.days_until(now + Duration::from_hours(24)), 1);
        assert_eq!(now.days_until(now + Duration::from_secs(86_401)), 2);
        assert_eq!(now.days_until(Moment(0)), 0);
    }
}
