//! What to know of a cluster before anything is started: what was read, judged line by line.
//!
//! Nothing is asked here. [`Examined`] is what a host read, in as far as it could; [`diagnose`] says
//! what it means, and what a start with default options would be refused for.

mod access;
mod check;
mod nodes;
mod starts;
#[cfg(test)]
mod tests;

pub use check::{Check, CheckName, CheckState, Diagnosis};

use crate::driver::Status;
use crate::emqx::Availability;
use crate::error::Result;
use crate::node::NodeName;
use crate::plan::{Finding, PlanOptions};
use crate::snapshot::{NodeLoad, Snapshot};

/// What was read of a cluster, by questions that change nothing.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Each URL that was given, asked by itself and without a key.
    pub urls: Vec<Visit>,
    /// Who asks.
    pub asker: Asker,
    /// What the cluster says, or why it says nothing.
    pub cluster: Result<Readings>,
}

/// What answers at a URL.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The URL.
    pub url: String,
    /// Who answers, or why nobody does.
    pub answer: Result<Greeting>,
}

/// What a node says of itself to anybody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Greeting {
    /// The node that answered, if its name can be read.
    pub node: Option<NodeName>,
    /// Whether EMQX runs on it. A node that still boots says that it does not.
    pub running: bool,
    /// Seconds by which its clock is ahead of ours at least, negative if it is behind. `None` if the
    /// answer shows no time.
    pub clock_ahead_s: Option<i64>,
}

/// As whom the cluster is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asker {
    /// Nobody in particular.
    Anonymous,
    /// The holder of an API key. EMQX tells such a one nothing of its role.
    ApiKey,
    /// The holder of a token of a login made elsewhere.
    Token,
    /// A dashboard user, whose role EMQX tells with the login, since 5.3.
    Login {
        /// EMQX's word for the role, such as `administrator` or `viewer`.
        role: Option<String>,
    },
}

/// What a cluster says.
#[derive(Clone, Debug)]
pub struct Readings {
    /// EMQX's word for its edition.
    pub edition: Option<String>,
    /// Every node.
    pub nodes: Vec<NodeLoad>,
    /// What runs, or why that is not known.
    pub status: Result<Status>,
    /// What a plan is made of, or why there is none.
    pub snapshot: Result<Snapshot>,
    /// Each node that runs, asked by itself.
    pub doors: Vec<Door>,
}

/// What a node answers at its own URL.
#[derive(Clone, Debug)]
pub struct Door {
    /// The node.
    pub node: NodeName,
    /// What it says of itself.
    pub greeting: Result<Greeting>,
    /// What a load balancer's health check is told.
    pub availability: Result<Availability>,
}

/// What is known beside the cluster.
#[derive(Clone, Debug)]
pub struct Known {
    /// Options of a level plan, with the reconnect profile of the history if there is one.
    pub level: PlanOptions,
    /// What the history tells of how clients came back.
    pub remembered: Option<Finding>,
}

/// Says what `examined` means, in the order in which one would look into it.
pub fn diagnose(examined: &Examined, known: &Known) -> Diagnosis {
    let mut checks = access::checks(examined);
    if let Ok(readings) = &examined.cluster {
        checks.extend(nodes::checks(readings));
        checks.extend(starts::checks(readings, known));
    }
    Diagnosis { checks }
}
