//! Which nodes new clients are kept from for a while, so that the others fill first.

use crate::error::Problem;
use crate::input::{NumberRange, number, options, whole};
use crate::node::NodeName;
use crate::number::float;
use crate::snapshot::NodeLoad;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

options! {
    /// When a load balancer is told that a node takes no new clients. Nobody is disconnected by it.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct AdmissionRules("health") {
        /// A node is closed to new clients once it holds this share more than its share of all clients.
        pub out_over: f64 = number(&OVER).of("share").or("0.1"),
        /// It is open again once it holds less than this share more. At most `out_over`.
        pub in_over: f64 = number(&OVER).of("share").or("0.03"),
        /// Most nodes that are closed at one time. One node is always open.
        pub max_out: u32 = whole(1, 1000).of("nodes").or("1"),
    }
}

impl AdmissionRules {
    /// What is wrong with options that are good by themselves.
    pub fn problems(&self) -> Vec<Problem> {
        let bound = || format!("at most `out_over`, which is {}", self.out_over);
        let is_over = self.in_over > self.out_over;
        is_over.then(|| Problem::new("in_over", self.in_over, bound())).into_iter().collect()
    }
}

/// Which nodes are closed to new clients.
///
/// None is while too little is known: once the last look is too long ago, while a node is down or does not
/// answer, and while a rebalance is on, which closes its donors itself.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Admission {
    out: BTreeSet<NodeName>,
    seen_at: Timestamp,
}

impl Admission {
    /// Takes in what was seen at `now`: the nodes, and whether a rebalance is on.
    ///
    /// ```
    /// use emqx_rebalance_core::policy::{Admission, AdmissionRules};
    /// use emqx_rebalance_core::{NodeLoad, NodeName, Timestamp};
    ///
    /// let load = |name: &str, clients| NodeLoad::new(NodeName::new(name).unwrap(), clients);
    /// let mut admission = Admission::default();
    /// let (now, minute_ms) = (Timestamp::from_ms(1_000_000), 60_000);
    /// admission.see(&AdmissionRules::default(), now, &[load("a@h", 900), load("b@h", 100)], false);
    /// let fuller = NodeName::new("a@h").unwrap();
    /// assert!(!admission.takes(&fuller, now, minute_ms));
    /// assert!(admission.takes(&fuller, now.plus_ms(90_000), minute_ms), "that is too long ago");
    /// ```
    pub fn see(
        &mut self,
        rules: &AdmissionRules,
        now: Timestamp,
        nodes: &[NodeLoad],
        is_rebalanced: bool,
    ) {
        self.seen_at = now;
        let Some(mut over) = over(nodes).filter(|_| !is_rebalanced) else {
            self.out.clear();
            return;
        };
        let bound = |node: &NodeName| {
            if self.out.contains(node) { rules.in_over } else { rules.out_over }
        };
        over.retain(|(node, over)| *over >= bound(node));
        // Those that are closed stay so before others are; then the fullest.
        over.sort_by(|(a, over_a), (b, over_b)| {
            let is_out = |node| self.out.contains(node);
            is_out(b).cmp(&is_out(a)).then(over_b.total_cmp(over_a)).then(a.cmp(b))
        });
        let most = usize::try_from(rules.max_out).unwrap_or(usize::MAX).min(nodes.len() - 1);
        self.out = over.into_iter().take(most).map(|(node, _)| node.clone()).collect();
    }

    /// Whether `node` takes new clients, as far as is known at `now` by a look that is good for so long.
    pub fn takes(&self, node: &NodeName, now: Timestamp, good_for_ms: u64) -> bool {
        let is_old = now < self.seen_at || now.ms_since(self.seen_at) > good_for_ms;
        is_old || !self.out.contains(node)
    }
}

/// By how much each node is over its share; `None` if that is not known of all of them, or there is no other.
fn over(nodes: &[NodeLoad]) -> Option<Vec<(&NodeName, f64)>> {
    let clients: f64 = nodes.iter().map(|load| float(load.connections)).sum();
    let weights: f64 = nodes.iter().map(NodeLoad::weight).sum();
    if nodes.len() < 2 || clients <= 0.0 || !nodes.iter().all(|load| load.status.counts()) {
        return None;
    }
    let over =
        |load: &NodeLoad| float(load.connections) * weights / (clients * load.weight()) - 1.0;
    Some(nodes.iter().map(|load| (&load.node, over(load))).collect())
}

const OVER: NumberRange = NumberRange {
    min: 0.0,
    max: 100.0,
    is_over_min: true,
    words: "a share more than 0, such as 0.1, up to 100",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::NodeStatus;
    use proptest::prelude::*;

    fn nodes(counts: &[u64]) -> Vec<NodeLoad> {
        let load = |(i, clients): (usize, &u64)| {
            NodeLoad::new(NodeName::new(format!("n{i}@h")).unwrap(), *clients)
        };
        counts.iter().enumerate().map(load).collect()
    }

    fn closed(admission: &Admission, nodes: &[NodeLoad], now: Timestamp) -> Vec<usize> {
        let is_out = |(i, load): (usize, &NodeLoad)| {
            (!admission.takes(&load.node, now, 30_000)).then_some(i)
        };
        nodes.iter().enumerate().filter_map(is_out).collect()
    }

    fn at(s: u64) -> Timestamp {
        Timestamp::from_ms(s * 1000)
    }

    #[test]
    fn a_node_stays_closed_until_it_is_well_below() {
        let rules = AdmissionRules::default();
        let mut admission = Admission::default();
        let mut see = |s: u64, counts: &[u64]| {
            let nodes = nodes(counts);
            admission.see(&rules, at(s), &nodes, false);
            closed(&admission, &nodes, at(s))
        };
        assert_eq!(see(1, &[1_090, 1_000, 910]), [0_usize; 0]);
        assert_eq!(see(2, &[1_110, 1_000, 890]), [0]);
        assert_eq!(see(3, &[1_050, 1_000, 950]), [0], "not yet");
        assert_eq!(see(4, &[1_020, 1_000, 980]), [0_usize; 0]);
        assert_eq!(see(5, &[1_200, 1_300, 500]), [1], "the fullest, and no more than one");
        assert_eq!(see(6, &[1_400, 1_200, 400]), [1], "it keeps its turn");
    }

    #[test]
    fn nobody_is_kept_out_where_too_little_is_known() {
        let rules = AdmissionRules { max_out: 5, ..AdmissionRules::default() };
        let uneven = nodes(&[900, 100, 0]);
        for status in [NodeStatus::Unknown, NodeStatus::Stopped, NodeStatus::Evacuating] {
            let mut admission = Admission::default();
            admission.see(&rules, at(1), &uneven, false);
            assert_eq!(closed(&admission, &uneven, at(1)), [0]);
            let mut changed = uneven.clone();
            changed[1].status = status;
            admission.see(&rules, at(2), &changed, false);
            assert_eq!(closed(&admission, &uneven, at(2)), [0_usize; 0], "{status:?}");
        }
        let mut admission = Admission::default();
        admission.see(&rules, at(1), &uneven, true);
        assert_eq!(closed(&admission, &uneven, at(1)), [0_usize; 0], "a rebalance is on");
        admission.see(&rules, at(60), &nodes(&[5]), false);
        admission.see(&rules, at(61), &uneven, false);
        assert_eq!(closed(&admission, &uneven, at(100)), [0_usize; 0], "too long ago");
        assert_eq!(closed(&admission, &uneven, at(1)), [0_usize; 0], "the clock went back");
    }

    proptest! {
        #[test]
        fn never_more_than_allowed_and_never_all(
            looks in prop::collection::vec(prop::collection::vec(0_u64..10_000, 1..7), 1..20),
            max_out in 1_u32..9,
        ) {
            let rules = AdmissionRules { max_out, ..AdmissionRules::default() };
            let mut admission = Admission::default();
            for (s, counts) in looks.iter().enumerate() {
                let (nodes, now) = (nodes(counts), at(s as u64));
                let before = closed(&admission, &nodes, now);
                admission.see(&rules, now, &nodes, false);
                let out = closed(&admission, &nodes, now);
                prop_assert!(out.len() <= max_out as usize && out.len() < nodes.len().max(1));
                let mean = float(counts.iter().sum::<u64>()) / float(counts.len() as u64);
                for i in out {
                    let least = if before.contains(&i) { rules.in_over } else { rules.out_over };
                    prop_assert!(float(counts[i]) >= mean * (1.0 + least) * 0.999_999);
                }
            }
        }
    }
}
