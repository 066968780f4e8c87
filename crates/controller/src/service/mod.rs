//! Whether the donors have left the Service that clients connect to.
//!
//! EMQX closes its donors for new clients, but a Service sends clients to every pod that is ready. EMQX
//! Operator 2.x sets the pods' readiness gate from `availability_check`, 3.x has a readiness probe on
//! it; without either, clients that a donor drops may come back to a closed door.

mod slices;

pub(crate) use slices::still_in_service;

use emqx_rebalance_core::{NodeName, Timestamp};

/// What is known of the donors' way out of the Service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Departure {
    checked_at: Option<Timestamp>,
    /// The wave, and the donors in it of which it was told that they are out, or are not.
    told: (usize, Vec<NodeName>),
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
    /// Whether to look now for the `donors` of `wave`: every other second until the matter is settled
    /// for each of them. If so, takes note that it was looked.
    pub(crate) fn looks(&mut self, now: Timestamp, wave: usize, donors: &[NodeName]) -> bool {
        let (told_wave, told) = &self.told;
        let is_settled = *told_wave == wave && donors.iter().all(|donor| told.contains(donor));
        let is_recent = self.checked_at.is_some_and(|at| now.ms_since(at) < CHECK_EVERY_MS);
        let looks = !is_settled && !is_recent;
        if looks {
            self.checked_at = Some(now);
        }
        looks
    }

    /// Takes note of those of the `donors` of `wave` that are `still_in`; says what is worth telling.
    pub(crate) fn see(
        &mut self,
        wave: usize,
        donors: Vec<NodeName>,
        still_in: Vec<NodeName>,
        is_evicting: bool,
    ) -> Option<Sight> {
        let sight = if still_in.is_empty() { Sight::Out } else { Sight::StillIn(still_in) };
        if sight != Sight::Out && !is_evicting {
            return None;
        }
        self.told = (wave, donors);
        Some(sight)
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
        let donors = [node("a@b")];
        let mut departure = Departure::default();
        assert!(departure.looks(at(0), 1, &donors));
        assert_eq!(departure.see(1, donors.to_vec(), donors.to_vec(), false), None);
        assert!(!departure.looks(at(1000), 1, &donors));
        assert!(departure.looks(at(2000), 1, &donors));
        let seen = departure.see(1, donors.to_vec(), donors.to_vec(), true);
        assert_eq!(seen, Some(Sight::StillIn(donors.to_vec())));
        assert!(!departure.looks(at(9000), 1, &donors));
    }

    #[test]
    fn each_donor_of_each_wave_is_looked_at() {
        let at = Timestamp::from_ms;
        let both = [node("a@b"), node("c@d")];
        let mut departure = Departure::default();
        let seen = departure.see(1, both[..1].to_vec(), Vec::new(), false);
        assert_eq!(seen, Some(Sight::Out));
        assert!(!departure.looks(at(9000), 1, &both[..1]));
        assert!(departure.looks(at(9000), 1, &both));
        departure.see(1, both.to_vec(), Vec::new(), false);
        assert!(!departure.looks(at(19_000), 1, &both[1..]));
        assert!(departure.looks(at(19_000), 2, &both[1..]));
    }
}
