//! Clients that come and go by themselves, whatever is rebalanced.

use crate::rng::Rng;
use emqx_rebalance_core::{Problem, Timestamp};
use serde::{Deserialize, Serialize};

/// Clients that come and go by themselves: each at a time of its own, so many on average.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Drift {
    /// New clients a second, on average. 0 to 10,000, default 0.
    pub arrivals_per_s: f64,
    /// Clients a second that leave for good, on average, each as likely as any other. The share that
    /// keeps its session leaves it behind. 0 to 10,000, default 0.
    pub departures_per_s: f64,
}

impl Drift {
    /// Whether nobody comes or goes.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        for (name, per_s) in
            [("arrivals_per_s", self.arrivals_per_s), ("departures_per_s", self.departures_per_s)]
        {
            if !(0.0..=MAX_PER_S).contains(&per_s) {
                let bound = format!("a number from 0 to {MAX_PER_S}");
                problems.push(Problem::new(format!("drift.{name}"), per_s, bound));
            }
        }
    }
}

/// Events that know nothing of each other: a Poisson process.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    per_s: f64,
    /// The next one, in seconds.
    next_s: f64,
    rng: Rng,
}

impl Stream {
    /// Events from time zero on; none at all if there are 0 a second.
    pub(crate) fn new(per_s: f64, seed: u64) -> Option<Self> {
        let mut stream = Self { per_s, next_s: 0.0, rng: Rng::new(seed) };
        stream.draw();
        (per_s > 0.0).then_some(stream)
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Timestamp {
        Timestamp::from_ms(crate::population::ms_of(self.next_s))
    }

    /// How many are due at `now`.
    pub(crate) fn take(&mut self, now: Timestamp) -> u64 {
        let mut due = 0;
        while self.next() <= now {
            due += 1;
            self.draw();
        }
        due
    }

    /// The time between two events is exponential.
    fn draw(&mut self) {
        self.next_s -= (1.0 - self.rng.share()).ln() / self.per_s;
    }
}

const MAX_PER_S: f64 = 10_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_happens_by_default() {
        assert!(Drift::default().is_none());
        assert!(Stream::new(0.0, 1).is_none());
    }

    #[test]
    fn what_is_no_rate_is_named_with_its_bound() {
        for per_s in [-1.0, 10_001.0, f64::NAN] {
            let mut problems = Vec::new();
            Drift { arrivals_per_s: per_s, departures_per_s: per_s }.check(&mut problems);
            let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
            assert_eq!(fields, ["drift.arrivals_per_s", "drift.departures_per_s"]);
            assert!(problems.iter().all(|problem| problem.bound.contains("0 to 10000")));
        }
    }

    #[test]
    fn however_time_passes_the_same_events_happen() {
        let mut leaps = Stream::new(3.0, 5).unwrap();
        let mut steps = leaps.clone();
        let all = leaps.take(Timestamp::from_ms(100_000));
        let sum: u64 = (0..=1000).map(|step| steps.take(Timestamp::from_ms(step * 100))).sum();
        assert_eq!(all, sum);
    }
}
