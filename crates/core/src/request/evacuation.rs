//! Which node to empty, as one object.

use crate::emqx::Evacuation;
use crate::error::Result;
use crate::evacuate::{EvacuationPlan, EvacuationPlanOptions, plan_evacuation};
use crate::input::{Fields, FromFields};
use crate::node::NodeName;
use crate::snapshot::Snapshot;
#[cfg(feature = "typescript")]
use crate::snapshot::SnapshotInput;
use serde::de::{Deserialize, Deserializer};

/// Which node to empty: `snapshot` and `node`, and every option of [`Evacuation`] and
/// [`EvacuationPlanOptions`] by its name.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EvacuationRequest {
    /// The loads to plan for. Left out where the cluster itself is asked for them.
    #[cfg_attr(feature = "typescript", ts(as = "Option<SnapshotInput>"))]
    pub snapshot: Option<Snapshot>,
    /// The node to empty.
    pub node: NodeName,
    /// How fast, and where to.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub evacuation: Evacuation,
    /// What surrounds the cluster.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub options: EvacuationPlanOptions,
}

impl EvacuationRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// `config_invalid` with every problem of snapshot and options at once.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self> {
        let mut fields = Fields::read(deserializer, WHAT)?;
        let snapshot = super::snapshot(&mut fields);
        let node = fields.node("node");
        let evacuation = Evacuation::take(&mut fields);
        let options = EvacuationPlanOptions::take(&mut fields);
        let own: &[&str] = &["node"];
        fields
            .finish(WHAT, &[own, Evacuation::OPTIONS, EvacuationPlanOptions::OPTIONS].concat())?;
        let node = node.ok_or_else(|| super::missing(WHAT, "node", "the node to empty"))?;
        Ok(Self { snapshot, node, evacuation, options })
    }

    /// Plans.
    ///
    /// ```
    /// use emqx_rebalance_core::EvacuationRequest;
    ///
    /// let json = r#"{"snapshot": {"nodes": [{"node": "a@h", "connections": 9000}, {"node": "b@h"}]},
    ///                "node": "a@h", "conn_evict_rate": 500}"#;
    /// let plan = serde_json::from_str::<EvacuationRequest>(json)?.plan()?;
    /// assert_eq!(plan.clients_to[0].as_str(), "b@h");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `config_invalid` without a snapshot; else as [`plan_evacuation`].
    pub fn plan(&self) -> Result<EvacuationPlan> {
        let missing = || super::missing(WHAT, "snapshot", super::SNAPSHOT);
        let snapshot = self.snapshot.as_ref().ok_or_else(missing)?;
        plan_evacuation(snapshot, &self.node, &self.evacuation, &self.options)
    }
}

impl<'de> Deserialize<'de> for EvacuationRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

const WHAT: &str = "evacuation request";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::StartRequest;

    #[test]
    fn a_node_is_planned_empty_and_started() {
        let json = r#"{"snapshot":{"nodes":[{"node":"a@h","connections":90},{"node":"b@h"}]},
            "node":"a@h","conn_evict_rate":10,"load_balancer":"random"}"#;
        let request: EvacuationRequest = serde_json::from_str(json).unwrap();
        let plan = request.plan().unwrap();
        let start = serde_json::json!({ "plan": plan, "who": "me" }).to_string();
        let start: StartRequest<EvacuationPlan> = serde_json::from_str(&start).unwrap();
        assert!(start.driver().is_ok());
    }

    #[test]
    fn the_node_must_be_named() {
        let error = serde_json::from_str::<EvacuationRequest>("{}").unwrap_err();
        assert!(error.to_string().contains("`node` is `absent`"), "{error}");
    }
}
