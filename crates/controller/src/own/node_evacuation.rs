//! `NodeEvacuation`: one node is emptied, is safe to stop, and is opened again.
#![expect(unreachable_pub, reason = "the derive repeats the types where nobody can reach them")]

use super::options::{self, Given};
use super::{OwnStatus, Target};
use crate::order::{Order, Place, Task};
use crate::wishes::{NAME_BOUND, Wishes, is_name};
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{Error, NodeName, Problem, Result};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The evacuation of one node of an EMQX cluster: it is emptied and stays closed, so that it is safe to
/// stop, until it is opened again.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "emqx-rebalance.io",
    version = "v1alpha1",
    kind = "NodeEvacuation",
    doc = "The evacuation of one node of an EMQX cluster, until it is opened again.",
    namespaced,
    status = "OwnStatus",
    derive = "PartialEq",
    category = "emqx-rebalance",
    shortname = "nev",
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Progress", type_ = "string", json_path = ".status.progress.percent"),
    printcolumn(name = "Pod", type_ = "string", json_path = ".spec.pod"),
    printcolumn(name = "Node", type_ = "string", json_path = ".spec.node", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Left", type_ = "integer", json_path = ".status.progress.etaSeconds", priority = 1,
        description = "Seconds to the end at the measured pace"
    ),
    printcolumn(
        name = "Outcome", type_ = "string", json_path = ".status.outcome.result", priority = 1
    ),
    validation = Rule::new(BEGUN_STAYS)
        .message("target, node, pod, strategy, plan, driver and force stay as they are once it has begun")
        .reason(Reason::FieldValueForbidden)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.node) != has(self.pod)")
        .message("exactly one of node and pod says which node is meant"),
    validation = Rule::new("!oldSelf.open || self.open")
        .message("what was opened is not closed again: make another NodeEvacuation")
        .reason(Reason::FieldValueForbidden)
)]
pub struct NodeEvacuationSpec {
    /// The cluster.
    pub target: Target,
    /// The node, by its name in EMQX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 255))]
    pub node: Option<String>,
    /// The node, by the pod of this namespace that it runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub pod: Option<String>,
    /// How fast, and where to: EMQX's options of an evacuation.
    #[serde(default)]
    #[schemars(schema_with = "options::evacuation")]
    pub strategy: Given,
    /// What the plan is made for.
    #[serde(default)]
    #[schemars(schema_with = "options::evacuation_plan")]
    pub plan: Given,
    /// How patiently it is driven, and what stops it.
    #[serde(default)]
    #[schemars(schema_with = "options::driver")]
    pub driver: Given,
    /// Whether to plan, again every minute, and start nothing. Can be set to `false` to start.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether the node is to take clients again: after it was emptied that completes it, before that it
    /// stops it. Cannot be taken back.
    #[serde(default)]
    pub open: bool,
    /// Whether to start in spite of findings that forbid it.
    #[serde(default)]
    pub force: bool,
    /// What it is done for, for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// Seconds after its end until the object is deleted. By default it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds_after_finished: Option<u32>,
}

/// What is asked for stays once something was started for it.
const BEGUN_STAYS: &str = "!has(oldSelf.status) || !has(oldSelf.status.startedTime) || \
    (self.spec.target == oldSelf.spec.target && has(self.spec.node) == has(oldSelf.spec.node) && \
    (!has(self.spec.node) || self.spec.node == oldSelf.spec.node) && \
    (!has(self.spec.pod) || self.spec.pod == oldSelf.spec.pod) && \
    self.spec.strategy == oldSelf.spec.strategy && self.spec.plan == oldSelf.spec.plan && \
    self.spec.driver == oldSelf.spec.driver && self.spec.force == oldSelf.spec.force)";

impl NodeEvacuationSpec {
    /// Says on `order` what is asked for.
    pub(crate) fn ask(&self, order: &mut Order) {
        order.target = self.target.to_target();
        order.asks_to_stop = self.open;
        (order.task, order.wishes) = (self.task(), self.wishes());
    }

    fn task(&self) -> Result<Task> {
        let mut problems = Vec::new();
        let evacuation = options::taken(&self.strategy, "spec.strategy", &mut problems);
        let options = options::taken(&self.plan, "spec.plan", &mut problems);
        match self.place() {
            Ok(place) if problems.is_empty() => Ok(Task::Evacuation { place, evacuation, options }),
            place => Err(Error::invalid("spec", problems.into_iter().chain(place.err()).collect())),
        }
    }

    fn place(&self) -> Result<Place, Problem> {
        match (&self.node, &self.pod) {
            (Some(node), None) => {
                let bad = |_| Problem::new("spec.node", node, "a name such as emqx@host");
                NodeName::new(node).map(Place::Node).map_err(bad)
            }
            (None, Some(pod)) if is_name(pod) => Ok(Place::Pod(pod.clone())),
            (None, Some(pod)) => Err(Problem::new("spec.pod", pod, NAME_BOUND)),
            _ => Err(Problem::new("spec.node", "", "there, unless spec.pod is, and not beside it")),
        }
    }

    fn wishes(&self) -> Result<Wishes> {
        let mut problems: Vec<_> = self.target.problems().collect();
        let driver: DriverOptions = options::taken(&self.driver, "spec.driver", &mut problems);
        if !problems.is_empty() {
            return Err(Error::invalid("spec", problems));
        }
        Ok(Wishes {
            driver,
            is_dry_run: self.dry_run,
            is_forced: self.force,
            reason: self.reason.clone(),
            ttl: self.ttl_seconds_after_finished.map(|s| Duration::from_secs(s.into())),
            ..self.target.wishes()
        })
    }
}
