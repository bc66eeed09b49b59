//! The hours of the day in which nothing is told, by the person's own clock.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, Time, UtcOffset};
use utoipa::ToSchema;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// From one time of the day to another, the next day's if that is earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub(crate) struct QuietHours {
    from: Time,
    to: Time,
    offset: UtcOffset,
}

/// The hours as they are written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = QuietHours)]
pub(crate) struct Written {
    /// When they begin, `HH:MM`.
    #[schema(example = "22:00")]
    from: String,
    /// When they end, `HH:MM`.
    #[schema(example = "07:00")]
    to: String,
    /// How far the person's clock is ahead of UTC.
    #[schema(example = 60)]
    utc_offset_minutes: i16,
}

impl TryFrom<Written> for QuietHours {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let time = |text: &str| {
            let is_written =
                text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
            let (hour, minute) = text.split_once(':').filter(|_| is_written)?;
            Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()
        };
        let (from, to) =
            time(&written.from).zip(time(&written.to)).ok_or("write the times as HH:MM, such as 22:00")?;
        if from == to {
            return Err("from and to must differ; use null for no quiet hours");
        }
        let offset = Some(written.utc_offset_minutes)
            .filter(|minutes| (-14 * 60..=14 * 60).contains(minutes))
            .and_then(|minutes| UtcOffset::from_whole_seconds(i32::from(minutes) * 60).ok())
            .ok_or("utc_offset_minutes must be between -840 and 840")?;
        Ok(Self { from, to, offset })
    }
}

impl From<QuietHours> for Written {
    fn from(hours: QuietHours) -> Self {
        let written = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        let utc_offset_minutes = hours.offset.whole_minutes();
        Self { from: written(hours.from), to: written(hours.to), utc_offset_minutes }
    }
}

impl QuietHours {
    /// For how long it stays quiet from `now`; `None` when it is not quiet.
    pub(crate) fn rest(&self, now: OffsetDateTime) -> Option<Duration> {
        let now = now.to_offset(self.offset).time();
        let until_end = seconds_between(now, self.to);
        // Within, the end comes before the next beginning.
        let is_quiet = until_end > 0 && until_end <= seconds_between(self.from, self.to);
        is_quiet.then(|| Duration::from_secs(until_end))
    }
}

/// From one time of the day to when it is next the other.
fn seconds_between(from: Time, to: Time) -> u64 {
    let seconds = |time: Time| {
        let (hour, minute, second) = time.as_hms();
        u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second)
    };
    (seconds(to) + DAY_SECONDS - seconds(from)) % DAY_SECONDS
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    fn hours(from: &str, to: &str, offset: i16) -> QuietHours {
        serde_json::from_value(json!({ "from": from, "to": to, "utc_offset_minutes": offset })).unwrap()
    }

    fn at(text: &str) -> OffsetDateTime {
        OffsetDateTime::parse(text, &Rfc3339).unwrap()
    }

    #[test]
    fn over_midnight_and_by_the_persons_clock() {
        let night = hours("22:00", "07:00", 60);
        for (now, minutes) in [
            (at("2026-01-01T20:59:59Z"), None),
            (at("2026-01-01T21:00:00Z"), Some(9 * 60)),
            (at("2026-01-02T05:59:00Z"), Some(1)),
            (at("2026-01-02T06:00:00Z"), None),
            (at("2026-01-02T12:00:00Z"), None),
        ] {
            assert_eq!(night.rest(now), minutes.map(Duration::from_mins), "{now}");
        }
        let noon = hours("12:00", "13:00", -120);
        assert!(noon.rest(at("2026-01-01T14:30:00Z")).is_some());
        assert!(noon.rest(at("2026-01-01T12:30:00Z")).is_none());
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (from, to, offset) in [
            ("7:00", "08:00", 0),
            ("24:00", "08:00", 0),
            ("08:60", "09:00", 0),
            ("08:00", "08:00", 0),
            ("+8:00", "09:00", 0),
            ("08:00", "09:00", 841),
            ("", "", 0),
        ] {
            let written = Written { from: from.into(), to: to.into(), utc_offset_minutes: offset };
            assert!(QuietHours::try_from(written).is_err(), "{from} {to} {offset}");
        }
        let written = json!({ "from": "22:00", "to": "07:05", "utc_offset_minutes": -90 });
        let hours: QuietHours = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(hours).unwrap(), written);
    }
}
