//! When evicted clients knock at the load balancer again.

use crate::number::{float, whole};
use crate::reconnect::ReconnectProfile;
use std::collections::VecDeque;

/// Clients on their way back, by the second.
///
/// A second has two parts: before its ticks, which are taken to fall a little after the full second, and
/// after them.
#[derive(Clone, Debug)]
pub(crate) struct Returns {
    /// Shares of a tick's clients that are back after it in the same second, before the next
    /// second's ticks, after them, and so on.
    shares: Vec<(f64, f64)>,
    /// What the seconds of late have dropped that dropped anybody, the oldest first.
    drops: VecDeque<Drop>,
    /// The present second.
    now: u64,
    /// Seconds of late that dropped as many as the last one.
    alike_s: u64,
    /// What the last second dropped.
    last: f64,
    /// Of the seconds before, what is due before this second's ticks.
    waiting: f64,
}

/// Clients dropped in a second.
#[derive(Clone, Copy, Debug)]
struct Drop {
    second: u64,
    clients: f64,
}

impl Returns {
    /// Clients that come back by `profile`, of ticks that fall `lag_s` after the full second.
    pub(crate) fn new(profile: &ReconnectProfile, lag_s: f64) -> Self {
        let seconds = whole(profile.longest_s().ceil()).max(1);
        let share = |second: u64| {
            let (from, tick) = (float(second), float(second + 1));
            let before = if second == 0 { 0.0 } else { profile.back_by(from) };
            let change = profile.back_by(tick - lag_s);
            (change - before, profile.back_by(tick) - change)
        };
        let shares: Vec<(f64, f64)> = (0..seconds).map(share).collect();
        // Before the first second there was none that dropped anybody.
        let alike_s = seconds;
        Self { shares, drops: VecDeque::new(), now: 0, alike_s, last: 0.0, waiting: 0.0 }
    }

    /// Clients that come back between the full second and its ticks.
    pub(crate) fn before_ticks(&mut self) -> f64 {
        std::mem::take(&mut self.waiting)
    }

    /// Clients that come back between this second's ticks, which dropped `dropped`, and the next
    /// full second.
    pub(crate) fn after_ticks(&mut self, dropped: f64) -> f64 {
        self.note(dropped);
        let (mut back, mut waiting) = (0.0, 0.0);
        for drop in &self.drops {
            if let Some((after, before)) = self.shares_at(self.now - drop.second) {
                back += drop.clients * after;
                waiting += drop.clients * before;
            }
        }
        self.waiting = waiting;
        self.now += 1;
        back
    }

    fn note(&mut self, dropped: f64) {
        self.alike_s = if (dropped - self.last).abs() < 1e-9 { self.alike_s + 1 } else { 1 };
        self.last = dropped;
        if dropped > 0.0 {
            self.drops.push_back(Drop { second: self.now, clients: dropped });
        }
        let is_old = |drop: &Drop| self.now - drop.second >= self.shares.len() as u64;
        while self.drops.front().is_some_and(is_old) {
            self.drops.pop_front();
        }
    }

    fn shares_at(&self, age_s: u64) -> Option<(f64, f64)> {
        usize::try_from(age_s).ok().and_then(|age| self.shares.get(age)).copied()
    }

    /// Lets `seconds` pass that each do as the last one, where that [`Self::is_steady`]; gives the
    /// clients that come back in each.
    pub(crate) fn leap(&mut self, seconds: u64) -> f64 {
        self.now += seconds;
        for drop in &mut self.drops {
            drop.second += seconds;
        }
        self.last * self.shares.iter().map(|(after, before)| after + before).sum::<f64>()
    }

    /// Whether every second of late dropped as many as the last, so that as many come back.
    pub(crate) fn is_steady(&self) -> bool {
        self.alike_s >= self.shares.len() as u64
    }

    /// Whether everyone is back who comes.
    pub(crate) fn is_empty(&self) -> bool {
        let is_due = |drop: &Drop| self.now - drop.second < self.shares.len() as u64;
        self.waiting <= 0.0 && !self.drops.iter().any(is_due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_comes_back_once() {
        let fleet = ReconnectProfile::new(&[(0.5, 0.0), (1.5, 0.5), (10.0, 0.5), (60.0, 0.9)]);
        let profiles = [0.0, 0.3, 1.0, 7.5].map(ReconnectProfile::of_delay);
        for profile in profiles.into_iter().chain([fleet.unwrap()]) {
            let mut returns = Returns::new(&profile, 0.1);
            let mut back = returns.before_ticks() + returns.after_ticks(100.0);
            for _ in 0..70 {
                back += returns.before_ticks() + returns.after_ticks(0.0);
            }
            assert!((back - 100.0 * profile.comes()).abs() < 1e-9, "{profile:?}: {back}");
            assert!(returns.is_empty());
        }
    }

    #[test]
    fn a_leap_is_as_many_seconds_alike() {
        let profile = ReconnectProfile::new(&[(0.2, 0.0), (3.7, 0.8)]).unwrap();
        let steady = || {
            let mut returns = Returns::new(&profile, 0.1);
            for _ in 0..9 {
                returns.before_ticks();
                returns.after_ticks(10.0);
            }
            returns
        };
        let (mut by_seconds, mut at_once) = (steady(), steady());
        assert!(at_once.is_steady());
        let step =
            |returns: &mut Returns, dropped| returns.before_ticks() + returns.after_ticks(dropped);
        let back: f64 = (0..5).map(|_| step(&mut by_seconds, 10.0)).sum();
        assert!((back - 5.0 * at_once.leap(5)).abs() < 1e-9);
        for _ in 0..4 {
            assert!((step(&mut by_seconds, 0.0) - step(&mut at_once, 0.0)).abs() < 1e-9);
        }
        assert!(by_seconds.is_empty() && at_once.is_empty());
    }
}
