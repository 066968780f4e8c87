//! What to plan, as one object.

use crate::error::Result;
use crate::input::{Fields, FromFields};
use crate::plan::{Plan, PlanOptions, plan};
use crate::snapshot::Snapshot;
#[cfg(feature = "typescript")]
use crate::snapshot::SnapshotInput;
use crate::strategy::Strategy;
use serde::de::{Deserialize, Deserializer};

/// What to plan: `snapshot`, and every option of [`Strategy`] and [`PlanOptions`] by its name.
/// Options of the strategy may stand in an object `strategy` as well.
///
/// ```
/// use emqx_rebalance_core::PlanRequest;
///
/// let json = r#"{"snapshot": {"nodes": [{"node": "a@h", "connections": 900}, {"node": "b@h"}]},
///                "mode": "level", "strategy": {"conn_evict_rate": 50}}"#;
/// let request: PlanRequest = serde_json::from_str(json)?;
/// assert_eq!(request.plan()?.runs.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct PlanRequest {
    /// The loads to plan for. Left out where the cluster itself is asked for them.
    #[cfg_attr(feature = "typescript", ts(as = "Option<SnapshotInput>"))]
    pub snapshot: Option<Snapshot>,
    /// How fast and how far.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub strategy: Strategy,
    /// What else.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub options: PlanOptions,
}

impl PlanRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// `config_invalid` with every problem of snapshot and options at once.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self> {
        let mut fields = Fields::read(deserializer, WHAT)?;
        let strategy = fields.object("strategy", "an object of EMQX's options");
        fields.merge(strategy.unwrap_or_default());
        let snapshot = super::snapshot(&mut fields);
        let strategy = Strategy::take(&mut fields);
        let options = PlanOptions::take(&mut fields);
        fields.finish(WHAT, &[Strategy::OPTIONS, PlanOptions::OPTIONS].concat())?;
        Ok(Self { snapshot, strategy, options })
    }

    /// Plans.
    ///
    /// # Errors
    /// `config_invalid` without a snapshot; else as [`crate::plan`].
    pub fn plan(&self) -> Result<Plan> {
        let missing = || super::missing(WHAT, "snapshot", super::SNAPSHOT);
        plan(self.snapshot.as_ref().ok_or_else(missing)?, &self.strategy, &self.options)
    }
}

impl<'de> Deserialize<'de> for PlanRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

const WHAT: &str = "plan request";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Mode;

    fn read(json: &str) -> Result<PlanRequest> {
        PlanRequest::read(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn options_stand_beside_the_snapshot_or_in_the_strategy() {
        let request = read(
            r#"{"snapshot":{"nodes":[{"node":"a@h","connections":7}]},"mode":"level",
                "strategy":{"conn_evict_rate":7},"wait_takeover":"10s","nodes":null}"#,
        )
        .unwrap();
        assert_eq!(request.options.mode, Mode::Level);
        assert_eq!(request.strategy.conn_evict_rate.get(), 7);
        assert_eq!(request.strategy.wait_takeover, 10);
        assert!(request.snapshot.is_some());
        assert_eq!(read("{}").unwrap(), PlanRequest::default());
    }

    #[test]
    fn problems_of_every_part_are_named_at_once() {
        let error = read(
            r#"{"snapshot":{"nodes":[{"node":"a"},{"node":"a"}]},"strategy":{"conn_evict_rate":0},
                "mode":"levle","foo":1}"#,
        )
        .unwrap_err();
        let fields: Vec<_> = error.problems().iter().map(|p| p.field.as_str()).collect();
        for field in ["nodes[1].node", "conn_evict_rate", "mode", "foo"] {
            assert!(fields.contains(&field), "{field} not in {fields:?}");
        }
    }

    #[test]
    fn weights_are_the_planners_whoever_asks() {
        let nodes = r#""snapshot":{"nodes":[{"node":"a@h","connections":900},{"node":"b@h"}]}"#;
        let level = r#""mode":"level","load_balancer":"round_robin""#;
        let ask = |weights: &str| read(&format!(r#"{{{nodes},{level},"weights":{weights}}}"#));
        let plan = ask(r#"{"b@h":2}"#).unwrap().plan().unwrap();
        let end = |i: usize| plan.forecast.end[i].connections;
        assert_eq!((end(0), end(1)), (300, 600));
        assert!(plan.asked.options.weights.is_empty(), "the fingerprint has them");
        assert_eq!(plan.fingerprint.nodes[1].weight, Some(2.0));
        let error = ask(r#"{"c@h":2}"#).unwrap().plan().unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::UnknownNode);
        for (bad, field) in [
            (r#"{"b@h":0}"#, "weights.b@h"),
            (r#"{"b@h":"x"}"#, "weights.b@h"),
            (r#"{"b h":1}"#, "weights.node"),
            ("7", "weights"),
        ] {
            assert_eq!(ask(bad).unwrap_err().context()["field"], field, "{bad}");
        }
        assert!(ask("[]").unwrap().options.weights.is_empty(), "an empty table of Lua");
    }

    #[test]
    fn nothing_is_given_twice() {
        for json in [
            r#"{"strategy":{"conn_evict_rate":7},"conn_evict_rate":8}"#,
            r#"{"snapshot":{"nodes":[{"node":"a"}]},"snapshot":{"nodes":[{"node":"b"}]}}"#,
            r#"{"mode":"level","mode":"single"}"#,
        ] {
            let text = read(json).unwrap_err().to_string();
            assert!(text.contains("given twice") || text.contains("given once"), "{text}");
        }
    }

    #[test]
    fn a_plan_needs_a_snapshot() {
        let error = read("{}").unwrap().plan().unwrap_err();
        assert_eq!(error.context()["field"], "snapshot");
        assert!(read("[]").is_err() && read("7").is_err());
    }

    #[test]
    fn what_is_no_object_is_named() {
        let error = read(r#"{"snapshot":5,"strategy":"fast","mode":"levle"}"#).unwrap_err();
        let fields: Vec<_> = error.problems().iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["strategy", "snapshot", "mode"]);
    }
}
