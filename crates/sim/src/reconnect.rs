//! How clients come back.

use emqx_rebalance_core::{Error, Problem, Result};
use serde::{Deserialize, Serialize};

/// How clients behave that lost their connection.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Reconnect {
    /// Shortest time until a client connects again, in milliseconds. Default 50.
    pub min_ms: u64,
    /// Longest time until a client connects again, in milliseconds; evenly spread between the
    /// two. Default 500.
    pub max_ms: u64,
    /// Time until a client that was refused tries again, in milliseconds. At least 1, default 500.
    pub retry_ms: u64,
    /// Share of clients that keep their session while they are away. 0 to 100, default 100.
    pub persistent_percent: u32,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self { min_ms: 50, max_ms: 500, retry_ms: 500, persistent_percent: 100 }
    }
}

impl Reconnect {
    /// Clients that are back the moment they were sent away.
    pub fn immediate() -> Self {
        Self { min_ms: 0, max_ms: 0, ..Self::default() }
    }

    /// Checks every field.
    pub(crate) fn validate(&self) -> Result<()> {
        let mut problems = Vec::new();
        self.check(&mut problems);
        if problems.is_empty() { Ok(()) } else { Err(Error::invalid("clients", problems)) }
    }

    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        if self.max_ms < self.min_ms {
            let bound = format!("at least `reconnect.min_ms`, {}", self.min_ms);
            problems.push(Problem::new("reconnect.max_ms", self.max_ms, bound));
        }
        if self.max_ms > MAX_DELAY_MS {
            let bound = format!("at most {MAX_DELAY_MS}");
            problems.push(Problem::new("reconnect.max_ms", self.max_ms, bound));
        }
        if self.retry_ms == 0 {
            problems.push(Problem::new("reconnect.retry_ms", 0, "a whole number from 1"));
        }
        if self.persistent_percent > 100 {
            let percent = self.persistent_percent;
            problems.push(Problem::new("reconnect.persistent_percent", percent, "0 to 100"));
        }
    }
}

/// A day.
pub(crate) const MAX_DELAY_MS: u64 = 86_400_000;
