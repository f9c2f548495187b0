//! The current UTC time as text for HTTP headers and log lines.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECONDS: u64 = 86_400;

/// Bytes of an HTTP date.
const HTTP_DATE_BYTES: usize = 29;

/// Calls `give` with the time as an HTTP date: `Fri, 02 Jan 2026 03:04:05 GMT`. Each thread formats it once a second.
pub fn http_date(give: impl FnOnce(&[u8])) {
    thread_local! {
        static LAST: Cell<(u64, [u8; HTTP_DATE_BYTES])> = const { Cell::new((0, [b' '; HTTP_DATE_BYTES])) };
    }
    let now = since_epoch().as_secs();
    let (mut second, mut text) = LAST.get();
    if second != now {
        second = now;
        let made = imf(now);
        if let Ok(made) = made.as_bytes().try_into() {
            text = made;
        }
        LAST.set((second, text));
    }
    give(&text);
}

/// The time in ISO 8601: `2026-01-02T03:04:05.678Z`.
#[must_use]
pub fn iso_now() -> String {
    let now = since_epoch();
    let (year, month, day) = civil(now.as_secs() / DAY_SECONDS);
    let (hour, minute, second) = clock(now.as_secs());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", now.subsec_millis())
}

fn imf(seconds: u64) -> String {
    let days = seconds / DAY_SECONDS;
    let (year, month, day) = civil(days);
    let (hour, minute, second) = clock(seconds);
    let (name, month) = (DAYS[(days % 7) as usize], MONTHS[month as usize - 1]);
    format!("{name}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

const fn clock(seconds: u64) -> (u64, u64, u64) {
    (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Year, month (1 to 12) and day of a day since 1970. Years start in March, so that the leap day is the last one.
const fn civil(days: u64) -> (u64, u64, u64) {
    // Days since 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + (month <= 2) as u64;
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::imf;

    #[test]
    fn http_dates_follow_the_calendar() {
        let cases = [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_767_323_045, "Fri, 02 Jan 2026 03:04:05 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ];
        for (seconds, text) in cases {
            assert_eq!(imf(seconds), text);
        }
    }
}
