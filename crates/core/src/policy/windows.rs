//! When runs may be on: windows of people's days.

use crate::input::{Field, Fields, Kind, Loose, Shape, Spec};
use crate::units::Timestamp;
use croner::Cron;
use croner::parser::{CronParser, Seconds};
use jiff::Zoned;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::Serialize;
use std::fmt;

/// A window that opens again and again.
#[derive(Clone, Debug, Serialize)]
pub struct Window {
    /// When it opens, as cron has it: minute, hour, day of month, month, day of week.
    pub cron: String,
    /// How long it stays open, in seconds. 60 to 7 days.
    pub duration_s: u32,
    #[serde(skip)]
    opens: Cron,
}

/// Windows, in any number; none is always open.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Windows(Vec<Window>);

/// A time zone by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

/// Whether runs may be on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opening {
    /// Always.
    Always,
    /// Until then.
    Until(Timestamp),
    /// Not now, but from then on, if ever.
    Closed(Option<Timestamp>),
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        (&self.cron, self.duration_s) == (&other.cron, other.duration_s)
    }
}

impl Window {
    /// When the window that is open at `now` closes.
    fn closes(&self, now: &Zoned) -> Option<Timestamp> {
        let opened = self.opens.find_previous_occurrence(now, true).ok()?;
        let closes = of(&opened)?.plus_ms(u64::from(self.duration_s) * 1000);
        (closes > of(now)?).then_some(closes)
    }
}

impl Windows {
    /// The windows, as they were given.
    pub fn as_slice(&self) -> &[Window] {
        &self.0
    }

    /// Whether runs may be on at `now` in `zone`. Windows that overlap, or follow at once, are one.
    pub fn at(&self, now: Timestamp, zone: &Zone) -> Opening {
        if self.0.is_empty() {
            return Opening::Always;
        }
        let Some(mut closes) = self.closes(now, zone) else {
            return Opening::Closed(self.opens(now, zone));
        };
        for _ in 0..MAX_CHAIN {
            let Some(later) = self.closes(closes, zone) else { break };
            closes = later;
        }
        Opening::Until(closes)
    }

    fn closes(&self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let now = zone.time(now)?;
        self.0.iter().filter_map(|window| window.closes(&now)).max()
    }

    fn opens(&self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let now = zone.time(now)?;
        let next = |window: &Window| window.opens.find_next_occurrence(&now, false).ok();
        self.0.iter().filter_map(|window| of(&next(window)?)).min()
    }
}

impl Zone {
    /// The time zone of that name in the database that this was built with.
    pub fn new(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("utc") { "UTC" } else { name };
        TimeZoneDatabase::bundled().get(name).ok().map(Self)
    }

    /// `at` as people of this zone write it, to the minute.
    pub(super) fn shown(&self, at: Timestamp) -> String {
        let shown = self.time(at).map(|time| time.strftime("%Y-%m-%d %H:%M %Z").to_string());
        shown.unwrap_or_else(|| format!("{} ms after 1970", at.as_ms()))
    }

    fn time(&self, at: Timestamp) -> Option<Zoned> {
        let ms = i64::try_from(at.as_ms()).ok()?;
        jiff::Timestamp::from_millisecond(ms).ok().map(|at| at.to_zoned(self.0.clone()))
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn of(time: &Zoned) -> Option<Timestamp> {
    u64::try_from(time.timestamp().as_millisecond()).ok().map(Timestamp::from_ms)
}

impl Field for Zone {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }
}

impl Field for Windows {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }

    fn is_left_out(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a time zone.
#[derive(Clone, Copy)]
pub(super) struct ReadZone;

/// The name of a time zone.
pub(super) const fn zone() -> Spec<ReadZone> {
    Spec::new(ReadZone)
}

impl Kind for ReadZone {
    type Value = Zone;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<Zone> {
        let value = fields.take(name)?;
        let zone = match &value {
            Loose::Text(text) => Zone::new(text),
            _ => None,
        };
        if zone.is_none() {
            fields.problem(name, value, "a name of the IANA database such as `Europe/Berlin`");
        }
        zone
    }

    fn shape(&self) -> Shape {
        Shape::Text { max: MAX_TEXT }
    }
}

/// Reads windows.
#[derive(Clone, Copy)]
pub(super) struct ReadWindows;

/// Any number of windows.
pub(super) const fn windows() -> Spec<ReadWindows> {
    Spec::new(ReadWindows)
}

impl Kind for ReadWindows {
    type Value = Windows;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<Windows> {
        let list = match fields.take(name)? {
            Loose::List(list) if list.len() <= MAX_WINDOWS => list,
            value => {
                fields.problem(name, value, format!("a list of at most {MAX_WINDOWS} windows"));
                return None;
            }
        };
        let count = list.len();
        let read = |(i, value): (usize, Loose)| window(fields, &format!("{name}[{i}]"), value);
        let windows: Vec<Window> = list.into_iter().enumerate().filter_map(read).collect();
        (windows.len() == count).then_some(Windows(windows))
    }

    fn shape(&self) -> Shape {
        Shape::Windows
    }
}

fn window(fields: &mut Fields, place: &str, value: Loose) -> Option<Window> {
    let Loose::Object(inner) = value else {
        fields.problem(place, value, "an object with `cron` and `duration_s`");
        return None;
    };
    let mut inner = Fields::from(inner);
    for name in ["cron", "duration_s"] {
        inner.need(name);
    }
    let cron = inner.text("cron", 1..=MAX_TEXT);
    let duration_s = inner.seconds("duration_s", MAX_OPEN_S);
    if let Some(short) = duration_s.filter(|duration_s| *duration_s < MIN_OPEN_S) {
        inner.problem("duration_s", short, format!("at least {MIN_OPEN_S} s"));
    }
    let opens = cron.as_deref().map(parse);
    if let (Some(cron), Some(Err(why))) = (&cron, &opens) {
        inner.problem("cron", cron, format!("five fields of cron such as `0 2 * * *`: {why}"));
    }
    let is_good = !inner.has_problems_of(|_| true);
    fields.merge_at(place, inner, &["cron", "duration_s"]);
    let opens = opens.and_then(Result::ok).filter(|_| is_good)?;
    Some(Window { cron: cron?, duration_s: duration_s?, opens })
}

/// A pattern that comes true some day.
fn parse(cron: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
    let opens = parser.parse(cron).map_err(|error| error.to_string())?;
    let any_day = Zone::default().time(Timestamp::from_ms(ANY_DAY_MS));
    let next = any_day.and_then(|day| opens.find_next_occurrence(&day, true).ok());
    next.map(|_| opens).ok_or_else(|| "it never comes true".to_owned())
}

/// Windows of one policy.
const MAX_WINDOWS: usize = 50;
/// Windows that follow each other without a gap; what lasts longer is looked at again when it is over.
const MAX_CHAIN: usize = 20;
/// Bytes of a pattern, or of a zone's name.
const MAX_TEXT: usize = 200;
const MIN_OPEN_S: u32 = 60;
const MAX_OPEN_S: u32 = 7 * 86_400;
/// 2024-01-01.
const ANY_DAY_MS: u64 = 1_704_067_200_000;
