//! How dropped clients come back.

mod drift;
mod learn;
mod named;
mod read;
mod seen;
mod told;

pub(crate) use drift::Drift;
pub(crate) use learn::{Learned, Learning};
pub use named::NamedProfile;
pub(crate) use read::profile;
pub use seen::Reconnects;
pub(crate) use told::{RECONNECT_DELAY, problem, told};

use crate::error::{Error, Problem, Result};
use crate::snapshot::VERSION;
use serde::{Serialize, Serializer};

/// Which share of the clients that were dropped is back after which time.
///
/// A curve through points, straight between them and flat after the last: what is missing to 1 there is
/// the share that never comes. Before the first point nobody is back; two points at one time are a step.
///
/// As JSON `{"version": 1, "points": [[0.5, 0], [1.5, 0.5], [10, 0.5], [60, 1]]}`, seconds and shares.
/// Where one is read, the name of a [`NamedProfile`] or the average delay, as a number of seconds or text
/// such as `1m30s`, is one too.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(as = "Written"))]
pub struct ReconnectProfile {
    name: Option<NamedProfile>,
    points: Vec<Point>,
}

/// A point of a profile.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    at_s: f64,
    share: f64,
}

/// A share of the clients that comes back evenly between two times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ramp {
    pub(crate) from_s: f64,
    pub(crate) to_s: f64,
    pub(crate) share: f64,
}

impl Ramp {
    /// The share of all clients that is back by it `after_s` seconds.
    pub(crate) fn back_by(self, after_s: f64) -> f64 {
        if after_s >= self.to_s {
            self.share
        } else if after_s <= self.from_s {
            0.0
        } else {
            self.share * (after_s - self.from_s) / (self.to_s - self.from_s)
        }
    }
}

impl Ramp {
    /// What [`Self::back_by`] adds up to from 0 to `after_s`, in seconds.
    fn sum_to(self, after_s: f64) -> f64 {
        let begun_s = (after_s.min(self.to_s) - self.from_s).max(0.0);
        let rising = if begun_s > 0.0 { begun_s * self.back_by(after_s) / 2.0 } else { 0.0 };
        rising + self.share * (after_s - self.to_s).max(0.0)
    }
}

impl ReconnectProfile {
    /// A profile through `points`: seconds, and the share that is back by then.
    ///
    /// # Errors
    /// `config_invalid` with every problem at once: there must be 1 to [`Self::MOST_POINTS`] points, at
    /// times from 0 to 86,400 s that never go back, with shares from 0 to 1 that never fall, the last one
    /// more than 0.
    ///
    /// ```
    /// use emqx_rebalance_core::ReconnectProfile;
    ///
    /// let half_never_come = ReconnectProfile::new(&[(1.0, 0.0), (2.0, 0.5)])?;
    /// assert_eq!(half_never_come.comes(), 0.5);
    /// # Ok::<(), emqx_rebalance_core::Error>(())
    /// ```
    pub fn new(points: &[(f64, f64)]) -> Result<Self> {
        let points: Vec<Point> =
            points.iter().map(|(at_s, share)| Point { at_s: *at_s, share: *share }).collect();
        let problems = problems(&points);
        if problems.is_empty() {
            Ok(Self { name: None, points })
        } else {
            Err(Error::invalid("reconnect profile", problems))
        }
    }

    /// The most points that a profile may have.
    pub const MOST_POINTS: usize = 64;

    /// Clients that take `delay_s` seconds on average: half to one and a half of it, any time in between
    /// as likely. What is no time from 0 to 86,400 s is taken for the nearest.
    pub fn of_delay(delay_s: f64) -> Self {
        let delay_s = delay_s.clamp(0.0, LONGEST_S / 1.5);
        let point = |at_s, share| Point { at_s, share };
        Self { name: None, points: vec![point(0.5 * delay_s, 0.0), point(1.5 * delay_s, 1.0)] }
    }

    /// The preset that it is, if it is one.
    pub fn name(&self) -> Option<NamedProfile> {
        self.name
    }

    /// Its points: seconds, and the share that is back by then.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        self.points.iter().map(|point| (point.at_s, point.share))
    }

    /// The share of all dropped clients that is back after `after_s` seconds.
    ///
    /// ```
    /// use emqx_rebalance_core::ReconnectProfile;
    ///
    /// let profile: ReconnectProfile =
    ///     serde_json::from_str(r#"{"points": [[0.5, 0], [1.5, 0.5], [10, 0.5], [60, 0.9]]}"#)?;
    /// assert_eq!(profile.back_by(1.0), 0.25);
    /// assert_eq!(profile.back_by(3600.0), 0.9);
    /// assert_eq!(profile.time_of(0.5), 1.4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn back_by(&self, after_s: f64) -> f64 {
        self.ramps().map(|ramp| ramp.back_by(after_s)).sum()
    }

    /// The share of all dropped clients that ever comes back.
    pub fn comes(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.share)
    }

    /// When `part` of those that ever come are back, in seconds: 0.99 for all but the last hundredth.
    pub fn time_of(&self, part: f64) -> f64 {
        let share = self.comes() * part.clamp(0.0, 1.0);
        let reached = self.ramps_to().find(|(_, end)| *end >= share - 1e-12);
        reached.map_or(0.0, |(ramp, end)| {
            let missing = (end - share).max(0.0) / ramp.share;
            ramp.to_s - missing * (ramp.to_s - ramp.from_s)
        })
    }

    /// When a client is back before which `share` of all that were dropped are, in seconds; `None` if it
    /// never comes. With shares that are evenly spread from 0 to 1, clients come back as the profile says.
    ///
    /// ```
    /// use emqx_rebalance_core::ReconnectProfile;
    ///
    /// let half_never_come = ReconnectProfile::new(&[(1.0, 0.0), (2.0, 0.5)])?;
    /// assert_eq!(half_never_come.back_after(0.25), Some(1.5));
    /// assert_eq!(half_never_come.back_after(0.5), None);
    /// # Ok::<(), emqx_rebalance_core::Error>(())
    /// ```
    pub fn back_after(&self, share: f64) -> Option<f64> {
        let comes = self.comes();
        (share < comes).then(|| self.time_of(share / comes))
    }

    /// When the last one is back, in seconds.
    pub fn longest_s(&self) -> f64 {
        self.time_of(1.0)
    }

    /// Seconds that those take on average who come.
    pub fn mean_s(&self) -> f64 {
        let sum: f64 = self.ramps().map(|ramp| ramp.share * (ramp.from_s + ramp.to_s) / 2.0).sum();
        sum / self.comes()
    }

    /// How far the shares of two profiles lie apart at most.
    pub(crate) fn apart(&self, other: &Self) -> f64 {
        let times = self.points.iter().chain(&other.points).map(|point| point.at_s);
        times.map(|at_s| (self.back_by(at_s) - other.back_by(at_s)).abs()).fold(0.0, f64::max)
    }

    /// Of clients that are dropped one a second from 0 to `until_s`, how many are back at `at_s`.
    pub(crate) fn back_of_stream(&self, until_s: f64, at_s: f64) -> f64 {
        self.ramps().map(|ramp| ramp.sum_to(at_s) - ramp.sum_to(at_s - until_s)).sum()
    }

    /// Its rising parts, in order.
    pub(crate) fn ramps(&self) -> impl Iterator<Item = Ramp> {
        let before =
            Point { at_s: self.points.first().map_or(0.0, |first| first.at_s), share: 0.0 };
        let from = std::iter::once(before).chain(self.points.iter().copied());
        let rises = from.zip(&self.points).filter(|(from, to)| to.share > from.share);
        rises.map(|(from, to)| Ramp {
            from_s: from.at_s,
            to_s: to.at_s,
            share: to.share - from.share,
        })
    }

    /// Those with the share that is back at the end of each.
    fn ramps_to(&self) -> impl Iterator<Item = (Ramp, f64)> {
        self.ramps().scan(0.0, |sum, ramp| {
            *sum += ramp.share;
            Some((ramp, *sum))
        })
    }
}

impl Serialize for ReconnectProfile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written {
            version: VERSION,
            name: self.name,
            points: self.points.iter().map(|point| (point.at_s, point.share)).collect(),
        }
        .serialize(serializer)
    }
}

/// Which share of the clients that were dropped is back after which time: a curve through points, straight
/// between them and flat after the last.
#[derive(Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "ReconnectProfile"))]
pub(crate) struct Written {
    /// Version of this JSON: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<u32>", optional))]
    version: u32,
    /// The preset that it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    name: Option<NamedProfile>,
    /// Seconds, and the share that is back by then: 1 to 64 points.
    points: Vec<(f64, f64)>,
}

/// What is wrong with `points`.
fn problems(points: &[Point]) -> Vec<Problem> {
    let most = ReconnectProfile::MOST_POINTS;
    if !(1..=most).contains(&points.len()) {
        let bound = format!("a list of 1 to {most} points");
        return vec![Problem::new("points", format!("{} points", points.len()), bound)];
    }
    let mut problems = Vec::new();
    let (mut at_s, mut share) = (0.0, 0.0);
    for (i, point) in points.iter().enumerate() {
        let mut check = |part: usize, value: f64, least: f64, most: f64, what: &str| {
            if !(least..=most).contains(&value) {
                let bound =
                    format!("{what} from {least} to {most}: no point lies below the one before");
                problems.push(Problem::new(format!("points[{i}][{part}]"), value, bound));
            }
        };
        check(0, point.at_s, at_s, LONGEST_S, "a number of seconds");
        check(1, point.share, share, 1.0, "a share");
        (at_s, share) = (at_s.max(point.at_s), share.max(point.share));
    }
    if problems.is_empty() && share <= 0.0 {
        let field = format!("points[{}][1]", points.len() - 1);
        problems.push(Problem::new(field, share, "more than 0: somebody must come back"));
    }
    problems
}

/// A day: longer than anybody waits for a client.
const LONGEST_S: f64 = 86_400.0;
