//! A plan in the numbers that a policy looks at.

use crate::driver::DriverOptions;
use crate::number::float;
use crate::plan::{Mode, Plan};
use serde::{Deserialize, Serialize};

/// A plan in the numbers that a policy looks at.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Figures {
    /// The fullest node over the mean before.
    pub over_before: f64,
    /// The same after, as forecast.
    pub over_after: f64,
    /// Clients that all waves drop, as forecast.
    pub disconnects: u64,
    /// The most that may be dropped in all, within the driver's own limit.
    pub most_disconnects: u64,
    /// Seconds that all waves take, as forecast.
    pub duration_s: u64,
    /// All clients of the nodes that take part.
    pub clients: u64,
}

impl Figures {
    /// Those of `plan`, driven with `driver`.
    pub(super) fn of(plan: &Plan, driver: &DriverOptions) -> Self {
        let count = plan.waves.len().min(driver.waves_of(plan));
        let mut waves = plan.waves.iter().take(count);
        let of_waves = waves.clone().map(|wave| wave.disconnects).fold(0, u64::saturating_add);
        let disconnects = plan.forecast.disconnects.max(of_waves);
        let most_disconnects = match plan.mode {
            Mode::Single => disconnects,
            Mode::Level => driver.disconnects_of(plan).max(disconnects),
        };
        // Only the first wave's time is known: the others are taken to be as long, as each has the same waits.
        let duration_s = plan.forecast.duration_s.saturating_mul(count.max(1) as u64);
        let clients = plan.forecast.end.iter().map(|end| end.connections);
        Self {
            over_before: plan.balance.before.over,
            over_after: waves.next_back().map_or(plan.balance.after.over, |wave| wave.over),
            disconnects,
            most_disconnects,
            duration_s: duration_s.saturating_add(driver.settle_s.into()),
            clients: clients.fold(0, u64::saturating_add),
        }
    }

    /// How much less the fullest node is over the mean.
    pub fn gain(&self) -> f64 {
        self.over_before - self.over_after
    }

    /// The gain over the share of all clients that are dropped. Endless if nobody is.
    pub fn ratio(&self) -> f64 {
        if self.disconnects == 0 {
            return f64::INFINITY;
        }
        self.gain() / (float(self.disconnects) / float(self.clients.max(1)))
    }
}
