//! Clients that come and go by themselves.

use crate::number::float;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// The clients of a cluster while nobody drops any: what they gain or lose then, they do so all the time.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Drift {
    /// Sums over the looks: of seconds since the first, clients more than at the first, their squares and
    /// their products.
    looks: u32,
    first: Timestamp,
    clients: u64,
    seconds: f64,
    more: f64,
    seconds_squared: f64,
    more_squared: f64,
    products: f64,
}

impl Drift {
    /// Takes note that `clients` are connected `now`, while nobody drops any.
    pub(crate) fn note(&mut self, now: Timestamp, clients: u64) {
        if self.looks == 0 {
            (self.first, self.clients) = (now, clients);
        }
        let seconds = float(now.ms_since(self.first)) / 1000.0;
        let more = float(clients) - float(self.clients);
        self.looks = self.looks.saturating_add(1);
        self.seconds += seconds;
        self.more += more;
        self.seconds_squared += seconds * seconds;
        self.more_squared += more * more;
        self.products += seconds * more;
    }

    /// Clients that come a second more than go, by the least squares; 0 where that may be chance.
    pub(crate) fn per_s(&self) -> f64 {
        let looks = f64::from(self.looks);
        let spread = self.seconds_squared - self.seconds * self.seconds / looks;
        if self.looks < LEAST_LOOKS || spread <= 0.0 {
            return 0.0;
        }
        let along = self.products - self.seconds * self.more / looks;
        let pace = along / spread;
        let unexplained = self.more_squared - self.more * self.more / looks - pace * along;
        let error = (unexplained.max(0.0) / (looks - 2.0) / spread).sqrt();
        if pace.abs() > SURE * error { pace } else { 0.0 }
    }
}

/// Fewer looks tell no trend from chance.
const LEAST_LOOKS: u32 = 8;
/// Standard errors from 0 at which it is no chance any more, for the few looks there are.
const SURE: f64 = 5.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(clients: &[u64]) -> f64 {
        let mut drift = Drift::default();
        for (second, clients) in clients.iter().enumerate() {
            drift.note(Timestamp::from_ms(5_000 + 1000 * second as u64), *clients);
        }
        drift.per_s()
    }

    #[test]
    fn a_steady_trend_is_told_from_chance() {
        for (clients, per_s) in [
            (&[100, 98, 96, 94, 92, 90, 88, 86][..], -2.0),
            (&[1000, 1009, 1021, 1030, 1039, 1051, 1060, 1069, 1080][..], 10.0),
            (&[100, 100, 100, 100, 100, 100, 100, 100][..], 0.0),
            (&[100, 103, 98, 101, 99, 102, 97, 100, 104, 99][..], 0.0),
            // Too few to tell.
            (&[100, 90, 80, 70, 60, 50, 40][..], 0.0),
        ] {
            assert!((seen(clients) - per_s).abs() < 0.2, "{clients:?}");
        }
    }
}
