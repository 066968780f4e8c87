//! Dates as EMQX writes them, without a clock.

/// Seconds since 1970 as "2026-11-22T07:44:01+00:00".
pub(crate) fn write(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

/// Seconds since 1970 of "2026-11-22T07:44:01Z" or with "+00:00"; `None` if it is no such text.
pub(crate) fn read(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', ' '])?;
    let time = time.strip_suffix('Z').or_else(|| time.strip_suffix("+00:00"))?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time.split('.').next()?, ':')?;
    let good = (1970..10_000).contains(&year) && (1..=12).contains(&month);
    if !good || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

fn numbers(text: &str, by: char) -> Option<[u64; 3]> {
    let parts: Vec<u64> = text.split(by).map(str::parse).collect::<Result<_, _>>().ok()?;
    parts.try_into().ok()
}

/// Days since 1970 of a date. Years begin in March here, so that leap days come last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let century = year / 100;
    year * 365 + year / 4 - century + century / 4 + of_year - DAYS_TO_1970
}

fn civil(since_1970: u64) -> (u64, u64, u64) {
    let days = since_1970 + DAYS_TO_1970;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Days from 1 March of year 0 to 1 January 1970.
const DAYS_TO_1970: u64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_back_as_they_were_written() {
        for seconds in [0, 951_782_400, 951_868_799, 1_795_333_441, 4_070_908_800] {
            assert_eq!(read(&write(seconds)), Some(seconds), "{}", write(seconds));
        }
        assert_eq!(write(1_795_333_441), "2026-11-22T07:44:01+00:00");
        assert_eq!(read("2001-01-01T00:00:00Z"), Some(978_307_200));
        for bad in ["", "2001-01-01", "2001-13-01T00:00:00Z", "1960-01-01T00:00:00Z", "T"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
