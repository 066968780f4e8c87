//! Which cluster an object means: as it spells it, until EMQX has said which nodes the cluster has. Objects that
//! mean the same one take turns, however they spell it.
//!
//! No two namespaces share a cluster here, so that nobody is held up by, or learns of, another one's objects.
//! Where both do reach one cluster, EMQX shows the run of the other.

use crate::instance::listed;
use crate::order::{Order, Target};
use emqx_rebalance_core::{Job, NodeName};
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// How an object spells the cluster that it means.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Spelling {
    namespace: String,
    place: String,
}

impl Spelling {
    /// The same for every order, case and end of the same URLs.
    pub(crate) fn of(object: &Order) -> Self {
        let place = match &object.target {
            Target::Urls(urls) => {
                let urls = listed(urls).map(|url| url.trim_end_matches('/').to_lowercase());
                Vec::from_iter(BTreeSet::from_iter(urls)).join(",")
            }
            Target::Instance { name, .. } => name.clone(),
        };
        Self { namespace: object.namespace().unwrap_or_default(), place }
    }
}

/// What EMQX has said of the clusters that objects mean.
#[derive(Debug, Default)]
pub(crate) struct Clusters(BTreeMap<Spelling, Seen>);

#[derive(Debug)]
struct Seen {
    nodes: BTreeSet<NodeName>,
    /// The spelling that stands for all of the cluster.
    name: Spelling,
}

impl Clusters {
    /// One name for all spellings of the cluster of `object`, as far as they are known.
    pub(crate) fn name(&self, object: &Order) -> Spelling {
        let spelling = Spelling::of(object);
        self.0.get(&spelling).map_or(spelling, |seen| seen.name.clone())
    }

    /// EMQX says that the cluster of `object` is the one of `job`. One whose nodes come and go is still the
    /// same: some of them are those that were there.
    pub(crate) fn learn(&mut self, object: &Order, job: &Job) {
        let (spelling, nodes) = (Spelling::of(object), nodes(job));
        let is_same = |other: &Spelling, seen: &Seen| {
            other.namespace == spelling.namespace
                && *other != spelling
                && !seen.nodes.is_disjoint(&nodes)
        };
        let other = self.0.iter().find(|(other, seen)| is_same(other, seen));
        let name = other.map_or_else(|| spelling.clone(), |(_, seen)| seen.name.clone());
        self.0.insert(spelling, Seen { nodes, name });
    }

    /// Forgets what no object spells any more.
    pub(crate) fn keep_only(&mut self, spellings: &BTreeSet<Spelling>) {
        self.0.retain(|spelling, _| spellings.contains(spelling));
    }
}

/// Every node that the cluster had when the plan was made.
fn nodes(job: &Job) -> BTreeSet<NodeName> {
    match job {
        Job::Rebalance(plan) => {
            plan.fingerprint.nodes.iter().map(|count| count.node.clone()).collect()
        }
        Job::Evacuation(plan) => {
            let others = plan.clients_to.iter().chain(&plan.sessions_to);
            others.chain([plan.node()]).cloned().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Kind;
    use emqx_rebalance_core::{PlanOptions, Snapshot, Strategy, plan};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    fn at(namespace: &str, urls: &str) -> Order {
        let namespace = Some(namespace.to_owned());
        let metadata = ObjectMeta { namespace, ..ObjectMeta::default() };
        let target = Target::Urls(urls.to_owned());
        Order { target, ..Order::bare(Kind::LoadRebalance, metadata) }
    }

    fn of(nodes: &[&str]) -> Job {
        let nodes: Vec<_> =
            nodes.iter().map(|node| serde_json::json!({"node": node, "connections": 1})).collect();
        let snapshot: Snapshot =
            serde_json::from_value(serde_json::json!({ "nodes": nodes })).unwrap();
        plan(&snapshot, &Strategy::default(), &PlanOptions::default()).unwrap().into()
    }

    #[test]
    fn a_cluster_is_one_however_it_is_spelt() {
        let spelling = Spelling::of(&at("mqtt", "http://a:18083,http://b:18083"));
        assert_eq!(Spelling::of(&at("mqtt", " http://B:18083/, http://a:18083 ,")), spelling);
        assert_ne!(Spelling::of(&at("mqtt", "http://a:18083")), spelling);
    }

    #[test]
    fn a_cluster_is_one_whichever_way_leads_there() {
        let mut clusters = Clusters::default();
        let [one, other] = [at("mqtt", "http://a"), at("mqtt", "http://b")];
        assert_ne!(clusters.name(&one), clusters.name(&other));
        clusters.learn(&one, &of(&["emqx@a", "emqx@b"]));
        clusters.learn(&other, &of(&["emqx@b", "emqx@c"]));
        assert_eq!(clusters.name(&one), clusters.name(&other));
        clusters.learn(&other, &of(&["emqx@d"]));
        assert_ne!(clusters.name(&one), clusters.name(&other));
    }

    #[test]
    fn namespaces_share_none() {
        let mut clusters = Clusters::default();
        let [mine, theirs] = [at("mqtt", "http://a"), at("theirs", "http://a")];
        clusters.learn(&mine, &of(&["emqx@a"]));
        clusters.learn(&theirs, &of(&["emqx@a"]));
        assert_ne!(clusters.name(&mine), clusters.name(&theirs));
    }

    #[test]
    fn what_nobody_spells_is_forgotten() {
        let mut clusters = Clusters::default();
        clusters.learn(&at("mqtt", "http://a"), &of(&["emqx@a"]));
        clusters.keep_only(&BTreeSet::new());
        assert!(clusters.0.is_empty());
    }
}
