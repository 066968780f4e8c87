//! When evicted clients knock at the load balancer again.

use crate::number::float;
use std::collections::VecDeque;

/// Clients on their way back, by the second.
///
/// A client dropped by a tick comes back 0.5 to 1.5 times the delay later, any time in between as
/// likely. A second has two parts: before its ticks, which are taken to fall a little after the
/// full second, and after them.
#[derive(Clone, Debug)]
pub(crate) struct Returns {
    /// Shares of a tick's clients that are back after it in the same second, before the next
    /// second's ticks, after them, and so on.
    shares: Vec<(f64, f64)>,
    /// Clients dropped in this second, the one before, …
    dropped: VecDeque<f64>,
    /// Of the second before, what is due before this second's ticks.
    waiting: f64,
}

impl Returns {
    /// Clients that take `delay_s` on average, of ticks that fall `lag_s` after the full second.
    pub(crate) fn new(delay_s: f64, lag_s: f64) -> Self {
        let back = |after_s: f64| {
            let (shortest, longest) = (0.5 * delay_s, 1.5 * delay_s);
            if after_s < shortest {
                0.0
            } else if after_s >= longest {
                1.0
            } else {
                (after_s - shortest) / (longest - shortest)
            }
        };
        let mut shares = Vec::new();
        let mut second = 0;
        loop {
            let (from, tick) = (float(second), float(second + 1));
            let change = tick - lag_s;
            let before = if second == 0 { 0.0 } else { back(from) };
            shares.push((back(change) - before, back(tick) - back(change)));
            second += 1;
            if before >= 1.0 || (back(tick) >= 1.0 && second > 1) {
                break;
            }
        }
        Self { dropped: VecDeque::from(vec![0.0; shares.len()]), shares, waiting: 0.0 }
    }

    /// Clients that come back between the full second and its ticks.
    pub(crate) fn before_ticks(&mut self) -> f64 {
        std::mem::take(&mut self.waiting)
    }

    /// Clients that come back between this second's ticks, which dropped `dropped`, and the next
    /// full second.
    pub(crate) fn after_ticks(&mut self, dropped: f64) -> f64 {
        self.dropped.pop_back();
        self.dropped.push_front(dropped);
        let sum = |share: fn(&(f64, f64)) -> f64| {
            self.dropped.iter().zip(&self.shares).map(|(n, shares)| n * share(shares)).sum::<f64>()
        };
        self.waiting = sum(|shares| shares.1);
        sum(|shares| shares.0)
    }

    /// Whether every second of late dropped as many as the last, so that as many come back.
    pub(crate) fn is_steady(&self) -> bool {
        let mut dropped = self.dropped.iter();
        let last = dropped.next().copied().unwrap_or(0.0);
        dropped.all(|n| (n - last).abs() < 1e-9)
    }

    /// Whether everyone is back.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting <= 0.0 && self.dropped.iter().all(|n| *n <= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_comes_back_once() {
        for delay_s in [0.0, 0.3, 1.0, 7.5] {
            let mut returns = Returns::new(delay_s, 0.1);
            let mut back = returns.before_ticks() + returns.after_ticks(100.0);
            for _ in 0..20 {
                back += returns.before_ticks() + returns.after_ticks(0.0);
            }
            assert!((back - 100.0).abs() < 1e-9, "{delay_s}: {back}");
            assert!(returns.is_empty());
        }
    }
}
