use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use crate::fault::{Fault, FaultCode};

/// A time in UTC, to the microsecond, written `YYYY-MM-DD HH:MM:SS.ffffff`, so that texts sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(NaiveDateTime);

const LENGTH: usize = "YYYY-MM-DD HH:MM:SS.ffffff".len();

impl Timestamp {
    /// The `tm_delete` of a customer that is not deleted.
    pub const NEVER: &str = "9999-01-01 00:00:00.000000";

    /// The current time.
    pub fn now() -> Self {
        Self::from_micros(Utc::now().timestamp_micros()).unwrap_or(Self(NaiveDateTime::MIN))
    }

    /// # Errors
    /// A fault for any other form, and for a time that does not exist.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        text.as_bytes()
            .try_into()
            .ok()
            .and_then(parse)
            .map(Self)
            .ok_or_else(|| {
                Fault::new(
                    FaultCode::InvalidFormat,
                    "must be a timestamp like 2022-02-01 00:00:00.000000",
                )
            })
    }

    /// The time `micros` microseconds after 1970-01-01 00:00:00, if its year has four digits.
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros)
            .map(|time| time.naive_utc())
            .filter(|time| (YEAR_0..YEAR_10000).contains(time))
            .map(Self)
    }

    /// Microseconds since 1970-01-01 00:00:00.
    pub fn micros(self) -> i64 {
        self.0.and_utc().timestamp_micros()
    }

    /// The same time as RFC 3339 writes it: `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
    pub fn to_rfc3339(self) -> String {
        format!("{}Z", self.to_string().replace(' ', "T"))
    }

    /// Whole seconds since 1970-01-01 00:00:00, as DynamoDB's time to live counts them.
    pub fn seconds(self) -> i64 {
        self.0.and_utc().timestamp()
    }
}

/// Parses `YYYY-MM-DD HH:MM:SS.ffffff`. By hand: chrono's format interpreter costs 1 µs a field.
fn parse(text: &[u8; LENGTH]) -> Option<NaiveDateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b' ', rest @ ..] = text else {
        return None;
    };
    let [h1, h2, b':', i1, i2, b':', s1, s2, b'.', f1, f2, f3, f4, f5, f6] = rest else {
        return None;
    };
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?,
        number(&[*m1, *m2])?,
        number(&[*d1, *d2])?,
    )?;
    let micros = number(&[*f1, *f2, *f3, *f4, *f5, *f6])?;
    date.and_hms_micro_opt(
        number(&[*h1, *h2])?,
        number(&[*i1, *i2])?,
        number(&[*s1, *s2])?,
        micros,
    )
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u32::from(digit - b'0'))
    })
}

const YEAR_0: NaiveDateTime = midnight(0);
const YEAR_10000: NaiveDateTime = midnight(10_000);

const fn midnight(year: i32) -> NaiveDateTime {
    match NaiveDate::from_ymd_opt(year, 1, 1) {
        Some(day) => day.and_time(NaiveTime::MIN),
        None => NaiveDateTime::MIN,
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date(), self.0.time());
        let (year, month, day) = (date.year(), date.month(), date.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        let micros = time.nanosecond() / 1_000;
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}"
        )
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parsed_timestamp_is_written_unchanged() {
        for text in [
            "2022-02-01 00:00:00.000000",
            "2022-06-16 08:37:16.952738",
            "2024-02-29 23:59:59.999999",
            Timestamp::NEVER,
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(Timestamp::from_micros(time.micros()), Some(time));
        }
    }

    #[test]
    fn a_timestamp_always_has_six_fractional_digits() {
        let whole = Timestamp::from_micros(1_643_673_600_000_000).unwrap();
        assert_eq!(whole.to_string(), "2022-02-01 00:00:00.000000");
        assert_eq!(Timestamp::now().to_string().len(), LENGTH);
    }

    #[test]
    fn other_forms_and_impossible_times_are_refused() {
        for text in [
            "",
            "2022-02-01",
            "2022-02-01T00:00:00.000000",
            "2022-02-01 00:00:00",
            "2022-02-01 00:00:00.00000",
            "2022-02-01 00:00:00.0000000",
            "2022-02-30 00:00:00.000000",
            "2022-02-01 24:00:00.000000",
            "2022-02-01 00:60:00.000000",
            "2022-13-01 00:00:00.000000",
            "2022-02-01 23:59:60.000000",
            "+022-02-01 00:00:00.000000",
            "2022-02-01 00:00:00.00000é",
            "2022-02-01 00:00:00,000000",
            " 2022-02-01 00:00:00.00000",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_year_with_more_than_four_digits_is_refused() {
        assert!(Timestamp::from_micros(i64::MAX).is_none());
        assert!(Timestamp::from_micros(i64::MIN).is_none());
        assert!(Timestamp::from_micros(253_402_300_799_999_999).is_some());
        assert!(Timestamp::from_micros(253_402_300_800_000_000).is_none());
    }
}
