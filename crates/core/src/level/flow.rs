//! How many of the evicted clients are back at a time.

use crate::reconnect::Ramp;
use std::collections::BTreeMap;

/// The stream of clients that a draft's runs send back to the load balancer.
///
/// Every tick drops its clients at once; they are back by the reconnect profile, which is a sum of ramps.
/// So the number back is one too, a few ramps for each tick, and has a closed form: asking costs as much
/// as there are ramps in the profile and different numbers of ticks.
#[derive(Clone, Debug)]
pub(crate) struct Flow<'a> {
    first_s: f64,
    profile: &'a [Ramp],
    /// Clients dropped per tick, by how many seconds before `first_s` that begins and how many ticks
    /// it lasts.
    pulses: BTreeMap<(u64, u64), f64>,
}

impl<'a> Flow<'a> {
    /// A stream whose first tick is at `first_s`, of clients that come back by `profile`.
    pub(crate) fn new(first_s: f64, profile: &'a [Ramp]) -> Self {
        Self { first_s, profile, pulses: BTreeMap::new() }
    }

    /// Adds a run that drops `rate` clients in each of `ticks` ticks, from `ahead_s` before the
    /// first of the others on.
    pub(crate) fn add(&mut self, ahead_s: u64, ticks: u64, rate: f64) {
        *self.pulses.entry((ahead_s, ticks)).or_default() += rate;
    }

    /// Clients that ever come back.
    pub(crate) fn total(&self) -> f64 {
        let dropped: f64 = self.pulses.iter().map(|((_, ticks), rate)| count(*ticks) * rate).sum();
        dropped * self.profile.iter().map(|ramp| ramp.share).sum::<f64>()
    }

    /// Clients back by `t`.
    pub(crate) fn back(&self, t: f64) -> f64 {
        let back = |(&(ahead_s, ticks), rate): (&(u64, u64), &f64)| {
            rate * self.ticks_back(t - self.first_s + count(ahead_s), ticks)
        };
        self.pulses.iter().map(back).sum()
    }

    /// Of `ticks` ticks, how many have their clients back `since_first` seconds after the first;
    /// parts count as parts.
    fn ticks_back(&self, since_first: f64, ticks: u64) -> f64 {
        self.profile.iter().map(|ramp| ramp.share * over(*ramp, since_first, ticks)).sum()
    }
}

/// Of `ticks` ticks, how many have all of one ramp back `since_first` seconds after the first.
fn over(ramp: Ramp, since_first: f64, ticks: u64) -> f64 {
    let begun = whole_below(since_first - ramp.from_s, ticks);
    let over = whole_below(since_first - ramp.to_s, ticks);
    let rising = begun - over;
    if rising <= 0.0 {
        return over;
    }
    let starts = rising * (over + begun - 1.0) / 2.0;
    over + (rising * (since_first - ramp.from_s) - starts) / (ramp.to_s - ramp.from_s)
}

/// How many of the ticks at 0, 1, 2, … are at or before `t`, at most `ticks`.
fn whole_below(t: f64, ticks: u64) -> f64 {
    (t.floor() + 1.0).clamp(0.0, count(ticks))
}

fn count(n: u64) -> f64 {
    crate::number::float(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_comes_back_and_half_of_a_tick_after_the_delay() {
        let ramps = [Ramp { from_s: 0.5, to_s: 1.5, share: 1.0 }];
        let mut flow = Flow::new(10.0, &ramps);
        flow.add(0, 3, 20.0);
        flow.add(0, 1, 5.0);
        assert!((flow.back(10.5) - 0.0).abs() < 1e-9);
        assert!((flow.back(11.0) - 12.5).abs() < 1e-9);
        assert!((flow.back(11.5) - 25.0).abs() < 1e-9);
        assert!((flow.back(12.5) - 45.0).abs() < 1e-9);
        assert!((flow.back(99.0) - 65.0).abs() < 1e-9);
        assert!((flow.total() - 65.0).abs() < 1e-9);
    }

    #[test]
    fn without_a_delay_they_are_back_at_once() {
        let ramps = [Ramp { from_s: 0.0, to_s: 0.0, share: 1.0 }];
        let mut flow = Flow::new(0.0, &ramps);
        flow.add(0, 2, 7.0);
        assert!((flow.back(0.0) - 7.0).abs() < 1e-9);
        assert!((flow.back(1.5) - 14.0).abs() < 1e-9);
    }
}
