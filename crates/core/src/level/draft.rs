//! What every node does in a plan, before it is written down as runs.

use crate::number::float;

/// A node as the planner sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Site {
    /// Clients now.
    pub(crate) clients: f64,
    /// Clients it should end with.
    pub(crate) target: f64,
    /// Whether a run may close it. Other nodes take their share of clients whatever the plan.
    pub(crate) member: bool,
}

impl Site {
    /// What the node has too much; negative if it lacks clients.
    pub(crate) fn excess(&self) -> f64 {
        self.clients - self.target
    }
}

/// The part of a node that a run of its own closes: a donor, or a cordoned recipient.
///
/// It drops `rate` clients in each of `ticks` ticks and stays closed for `wait_s` seconds more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Hold {
    pub(crate) rate: u64,
    pub(crate) ticks: u64,
    pub(crate) wait_s: u64,
    /// Seconds by which its first tick comes before the donors'. 0 for a donor.
    pub(crate) ahead_s: u64,
}

impl Hold {
    /// Clients it drops.
    pub(crate) fn drops(&self) -> u64 {
        self.rate * self.ticks
    }

    /// Seconds from the donors' first tick to the end of the run; negative if it ends before.
    pub(crate) fn lasts_s(&self) -> f64 {
        float(self.ticks + self.wait_s) - float(self.ahead_s)
    }
}

/// What every node does. `None` stays open throughout.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) holds: Vec<Option<Hold>>,
    /// Which of the holds are donors' (the others are cordons).
    pub(crate) donors: Vec<bool>,
}

impl Draft {
    /// Clients dropped in all.
    pub(crate) fn drops(&self) -> u64 {
        self.holds.iter().flatten().map(Hold::drops).sum()
    }

    /// Seconds from the donors' first tick to the end of the last run.
    pub(crate) fn lasts_s(&self) -> f64 {
        self.holds.iter().flatten().map(Hold::lasts_s).fold(0.0, f64::max)
    }
}
