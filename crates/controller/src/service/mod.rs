//! Whether the donors have left the Service that clients connect to, and the readiness gate that
//! makes them leave where nobody else does.
//!
//! EMQX closes its donors for new clients, but a Service sends clients to every pod that is ready. EMQX
//! Operator 2.x sets the pods' readiness gate from `availability_check`, 3.x has a readiness probe on
//! it; without either, clients that a donor drops may come back to a closed door.

mod gate;
mod slices;

pub(crate) use gate::{pods_with_gate, set};
pub(crate) use slices::still_in_service;

use emqx_rebalance_core::{NodeName, Timestamp};

/// What is known of the donors' way out of the Service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Departure {
    checked_at: Option<Timestamp>,
    /// Whether it was told that all are out, or that some are not.
    told: Option<bool>,
    /// The donors whose gates were closed, or refused to be.
    gated_for: Vec<NodeName>,
}

/// What a look at the Service has to tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sight {
    /// Every donor is out, in time.
    Out,
    /// Clients are dropped, and these donors still get new ones.
    StillIn(Vec<NodeName>),
}

impl Departure {
    /// Whether to look now: every other second until the matter is settled.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.told.is_none() && self.checked_at.is_none_or(|at| now.ms_since(at) >= CHECK_EVERY_MS)
    }

    /// Whether the gates are closed for just these donors.
    pub(crate) fn is_gated_for(&self, donors: &[NodeName]) -> bool {
        self.gated_for == donors
    }

    /// Takes note that the gates are closed for `donors`, as far as that is allowed.
    pub(crate) fn gate_for(&mut self, donors: Vec<NodeName>) {
        self.gated_for = donors;
    }

    /// Takes note of the donors that are `still_in`; says what is worth telling, once.
    pub(crate) fn see(
        &mut self,
        now: Timestamp,
        still_in: Vec<NodeName>,
        is_evicting: bool,
    ) -> Option<Sight> {
        self.checked_at = Some(now);
        if still_in.is_empty() {
            self.told = Some(true);
            return Some(Sight::Out);
        }
        if !is_evicting {
            return None;
        }
        self.told = Some(false);
        Some(Sight::StillIn(still_in))
    }
}

/// Where a node is in Kubernetes: EMQX's node names hold the pod's host name or its address.
#[derive(Debug, PartialEq)]
pub(crate) struct Whereabouts<'a> {
    /// The first label of the host name: the pod's name in a StatefulSet.
    pub(crate) pod: Option<&'a str>,
    /// The pod's address.
    pub(crate) ip: Option<&'a str>,
}

impl<'a> Whereabouts<'a> {
    pub(crate) fn of(node: &'a NodeName) -> Self {
        let host = node.host();
        let is_ip = host.is_some_and(|host| host.parse::<std::net::IpAddr>().is_ok());
        if is_ip {
            return Self { pod: None, ip: host };
        }
        Self { pod: host.and_then(|host| host.split('.').next()), ip: None }
    }
}

const CHECK_EVERY_MS: u64 = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> NodeName {
        NodeName::new(name).unwrap()
    }

    #[test]
    fn a_node_is_found_by_its_pod_or_its_address() {
        let core = node("emqx@emqx-core-0.emqx-headless.default.svc.cluster.local");
        assert_eq!(Whereabouts::of(&core), Whereabouts { pod: Some("emqx-core-0"), ip: None });
        let replicant = node("emqx@10.0.0.7");
        assert_eq!(Whereabouts::of(&replicant), Whereabouts { pod: None, ip: Some("10.0.0.7") });
    }

    #[test]
    fn donors_may_stay_until_clients_are_dropped() {
        let at = Timestamp::from_ms;
        let mut departure = Departure::default();
        assert!(departure.is_due(at(0)));
        assert_eq!(departure.see(at(0), vec![node("a@b")], false), None);
        assert!(!departure.is_due(at(1000)));
        assert!(departure.is_due(at(2000)));
        let seen = departure.see(at(2000), vec![node("a@b")], true);
        assert_eq!(seen, Some(Sight::StillIn(vec![node("a@b")])));
        assert!(!departure.is_due(at(9000)));
    }

    #[test]
    fn that_all_are_out_is_told_once() {
        let mut departure = Departure::default();
        assert_eq!(departure.see(Timestamp::from_ms(0), Vec::new(), false), Some(Sight::Out));
        assert!(!departure.is_due(Timestamp::from_ms(9000)));
    }
}
