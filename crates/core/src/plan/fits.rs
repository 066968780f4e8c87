//! Whether a plan still fits the cluster, so that nobody starts it on another one or too late.

use super::fingerprint::NodeCount;
use super::model::Plan;
use super::selection::would_take_part;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::number::float;
use crate::snapshot::{NodeStatus, Snapshot};

/// How much a cluster may have changed since a plan was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    counts: f64,
    max_age_s: u64,
}

impl Tolerance {
    /// Counts may differ by `counts` of the average load of a node, 0 to 1; the plan may be
    /// `max_age_s` seconds old.
    ///
    /// # Errors
    /// `config_invalid` if `counts` is no number from 0 to 1.
    pub fn new(counts: f64, max_age_s: u64) -> Result<Self> {
        if !(0.0..=1.0).contains(&counts) {
            let problem = Problem::new("tolerance", counts, "a number from 0 to 1");
            return Err(Error::invalid("tolerance", vec![problem]));
        }
        Ok(Self { counts, max_age_s })
    }
}

impl Default for Tolerance {
    /// 5 % of the average load and one hour.
    fn default() -> Self {
        Self { counts: 0.05, max_age_s: 3600 }
    }
}

impl Plan {
    /// Whether the plan can still be started on the cluster as it is: the same nodes with about the
    /// same counts, and not too long ago.
    ///
    /// ```
    /// use emqx_rebalance_core::{PlanRequest, Tolerance};
    ///
    /// let json = r#"{"snapshot": {"nodes": [{"node": "a@h", "connections": 9000}, {"node": "b@h"}]}}"#;
    /// let request: PlanRequest = serde_json::from_str(json)?;
    /// let (snapshot, mut plan) = (request.snapshot.clone().unwrap(), request.plan()?);
    /// plan.fingerprint.made_at_ms = Some(1_000);
    /// assert!(plan.check_fits(&snapshot, 60_000, &Tolerance::default()).is_ok());
    /// // A day later.
    /// assert!(plan.check_fits(&snapshot, 86_400_000, &Tolerance::default()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `conflict`, saying what changed and by how much.
    pub fn check_fits(
        &self,
        snapshot: &Snapshot,
        now_ms: u64,
        tolerance: &Tolerance,
    ) -> Result<()> {
        self.check_age(now_ms, tolerance.max_age_s)?;
        let nodes = &self.fingerprint.nodes;
        for load in snapshot.running() {
            if !nodes.iter().any(|count| count.node == load.node) {
                return Err(changed("a node has joined since").with("node", &load.node));
            }
        }
        let needed = snapshot.unknown();
        let mut needed = needed.filter(|load| would_take_part(snapshot, &self.asked.options, load));
        if let Some(load) = needed.next() {
            return Err(
                changed("a node is not known, as it does not answer").with("node", &load.node)
            );
        }
        // A node that is left out and not known is not needed, neither then nor now.
        let is_known = |count: &&NodeCount| {
            let now = snapshot.node(&count.node).map(|load| load.status);
            !count.unknown && now != Some(NodeStatus::Unknown)
        };
        let counted: Vec<&NodeCount> = nodes.iter().filter(is_known).collect();
        let total: u64 = counted.iter().map(|count| count.connections).sum();
        let allowed = float(total) / float(counted.len().max(1) as u64) * tolerance.counts;
        for count in counted {
            let load = snapshot
                .node(&count.node)
                .ok_or_else(|| changed("a node has left since").with("node", &count.node))?;
            if float(load.connections.abs_diff(count.connections)) > allowed {
                return Err(changed("a node's connections have changed too much since")
                    .with("node", &count.node)
                    .with("then", count.connections)
                    .with("now", load.connections)
                    .with("allowed", format!("{allowed:.0}")));
            }
        }
        Ok(())
    }

    fn check_age(&self, now_ms: u64, max_age_s: u64) -> Result<()> {
        let Some(made_at_ms) = self.fingerprint.made_at_ms else {
            return Err(changed("nobody knows how old it is"));
        };
        let age_s = now_ms.saturating_sub(made_at_ms) / 1000;
        if age_s > max_age_s {
            return Err(changed("it is too old").with("age_s", age_s).with("limit_s", max_age_s));
        }
        Ok(())
    }
}

fn changed(what: &str) -> Error {
    let message = format!("the plan does not fit the cluster any more, {what}: plan again");
    Error::new(ErrorKind::Conflict, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NodeName;
    use crate::plan::{PlanOptions, plan};
    use crate::snapshot::NodeLoad;
    use crate::strategy::Strategy;

    fn snapshot(counts: &[u64]) -> Snapshot {
        let node =
            |(i, n): (usize, &u64)| NodeLoad::new(NodeName::new(format!("emqx@n{i}")).unwrap(), *n);
        Snapshot::new(counts.iter().enumerate().map(node).collect()).unwrap()
    }

    #[test]
    fn a_plan_fits_only_about_the_cluster_it_was_made_for_and_only_for_a_time() {
        let made = snapshot(&[3000, 3000, 0]);
        let mut plan = plan(&made, &Strategy::default(), &PlanOptions::default()).unwrap();
        let tolerance = Tolerance::default();
        let says = |plan: &Plan, counts: &[u64], now_ms| {
            plan.check_fits(&snapshot(counts), now_ms, &tolerance).map_err(|e| e.to_string())
        };
        assert!(says(&plan, &[3000, 3000, 0], 0).unwrap_err().contains("how old"));
        plan.fingerprint.made_at_ms = Some(1_000_000);
        assert_eq!(says(&plan, &[3100, 2900, 99], 2_000_000), Ok(()));
        assert!(says(&plan, &[3101, 3000, 0], 2_000_000).unwrap_err().contains("then: `3000`"));
        assert!(says(&plan, &[3000, 3000], 2_000_000).unwrap_err().contains("left"));
        assert!(says(&plan, &[3000, 3000, 0, 0], 2_000_000).unwrap_err().contains("joined"));
        assert!(says(&plan, &[3000, 3000, 0], 5_000_000).unwrap_err().contains("too old"));
        assert!(Tolerance::new(1.5, 1).is_err());
    }

    #[test]
    fn a_plan_needs_nothing_of_a_node_that_it_leaves_out() {
        let mut nodes = snapshot(&[3000, 3000, 0, 500]).nodes().to_vec();
        nodes[3].status = NodeStatus::Unknown;
        let hung = Snapshot::new(nodes.clone()).unwrap();
        let exclude = vec![nodes[3].node.clone()];
        let without = PlanOptions { exclude, ..PlanOptions::default() };
        let tolerance = Tolerance::default();
        let fits = |options: &PlanOptions, made: &Snapshot, now: &Snapshot| {
            let mut plan = plan(made, &Strategy::default(), options).unwrap();
            plan.fingerprint.made_at_ms = Some(0);
            plan.check_fits(now, 0, &tolerance).map_err(|error| error.to_string())
        };
        assert_eq!(fits(&without, &hung, &hung), Ok(()));
        assert_eq!(fits(&without, &hung, &snapshot(&[3000, 3000, 0, 9000])), Ok(()));
        let whole = snapshot(&[3000, 3000, 0, 500]);
        assert_eq!(fits(&without, &whole, &hung), Ok(()));
        let error = fits(&PlanOptions::default(), &whole, &hung).unwrap_err();
        assert!(error.contains("not known") && error.contains("emqx@n3"), "{error}");
    }
}
