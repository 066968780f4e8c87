//! How many of the evicted clients are back at a time.

use std::collections::BTreeMap;

/// The stream of clients that a draft's runs send back to the load balancer.
///
/// Every tick drops its clients at once; each is back 0.5 to 1.5 times the reconnect delay later,
/// any time in between as likely. So the number back is a sum of ramps, one for each tick, and has
/// a closed form: asking costs as much as there are different numbers of ticks.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    first_s: f64,
    /// Shortest and longest time that a client is away.
    away_s: (f64, f64),
    /// Clients dropped per tick, by how many seconds before `first_s` that begins and how many ticks
    /// it lasts.
    pulses: BTreeMap<(u64, u64), f64>,
}

impl Flow {
    /// A stream whose first tick is at `first_s`, of clients that take `delay_s` on average.
    pub(crate) fn new(first_s: f64, delay_s: f64) -> Self {
        Self { first_s, away_s: (0.5 * delay_s, 1.5 * delay_s), pulses: BTreeMap::new() }
    }

    /// Adds a run that drops `rate` clients in each of `ticks` ticks, from `ahead_s` before the
    /// first of the others on.
    pub(crate) fn add(&mut self, ahead_s: u64, ticks: u64, rate: f64) {
        *self.pulses.entry((ahead_s, ticks)).or_default() += rate;
    }

    /// Clients dropped in all.
    pub(crate) fn total(&self) -> f64 {
        self.pulses.iter().map(|((_, ticks), rate)| count(*ticks) * rate).sum()
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
        let (shortest, longest) = self.away_s;
        let begun = whole_below(since_first - shortest, ticks);
        let over = whole_below(since_first - longest, ticks);
        let ramps = begun - over;
        if ramps <= 0.0 {
            return over;
        }
        let starts = ramps * (over + begun - 1.0) / 2.0;
        over + (ramps * (since_first - shortest) - starts) / (longest - shortest)
    }
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
        let mut flow = Flow::new(10.0, 1.0);
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
        let mut flow = Flow::new(0.0, 0.0);
        flow.add(0, 2, 7.0);
        assert!((flow.back(0.0) - 7.0).abs() < 1e-9);
        assert!((flow.back(1.5) - 14.0).abs() < 1e-9);
    }
}
