//! Whom EMQX would empty and whom it would fill.

use super::model::Decision;
use crate::number::float;
use crate::snapshot::NodeLoad;
use crate::strategy::Strategy;

/// Donors and recipients as EMQX tells them apart: by connections against the average alone.
pub(crate) struct Split<'a> {
    pub(crate) donors: Vec<&'a NodeLoad>,
    pub(crate) recipients: Vec<&'a NodeLoad>,
}

impl<'a> Split<'a> {
    /// A node at the average exactly is a donor, so equal nodes are all donors.
    pub(crate) fn of(nodes: &[&'a NodeLoad]) -> Self {
        let average = mean(nodes, |load| load.connections);
        let (donors, recipients) =
            nodes.iter().partition(|load| float(load.connections) >= average);
        Self { donors, recipients }
    }

    /// What EMQX answers to a start.
    pub(crate) fn decide(&self, strategy: &Strategy) -> Decision {
        let (donor_conns, recipient_conns) = self.conn_means();
        let (donor_sessions, recipient_sessions) = self.session_means();
        let balanced = strategy.conns_within(donor_conns, recipient_conns)
            && strategy.sessions_within(donor_sessions, recipient_sessions);
        if self.donors.is_empty() || self.recipients.is_empty() || balanced {
            Decision::NothingToBalance
        } else {
            Decision::Start
        }
    }

    /// Average connections of donors and recipients.
    pub(crate) fn conn_means(&self) -> (f64, f64) {
        let conns = |load: &NodeLoad| load.connections;
        (mean(&self.donors, conns), mean(&self.recipients, conns))
    }

    /// Average sessions of donors and recipients. At the start EMQX counts all sessions, later
    /// only those whose client is away.
    pub(crate) fn session_means(&self) -> (f64, f64) {
        let sessions = |load: &NodeLoad| load.sessions;
        (mean(&self.donors, sessions), mean(&self.recipients, sessions))
    }
}

fn mean(nodes: &[&NodeLoad], count: impl Fn(&NodeLoad) -> u64) -> f64 {
    if nodes.is_empty() {
        return 0.0;
    }
    let total = nodes.iter().map(|load| count(load)).fold(0, u64::saturating_add);
    float(total) / float(nodes.len() as u64)
}
