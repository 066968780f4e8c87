//! `LoadRebalance`: one rebalance of a cluster.
#![expect(unreachable_pub, reason = "the derive repeats the types where nobody can reach them")]

use super::options::{self, Given};
use super::{OwnStatus, Target};
use crate::order::{Order, Task};
use crate::wishes::{self, Wishes};
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{Error, Mode, PlanOptions, Result, Strategy};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A rebalance of the clients of an EMQX cluster, done once. What it does cannot be changed any more once
/// it has begun.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "emqx-rebalance.io",
    version = "v1alpha1",
    kind = "LoadRebalance",
    doc = "A rebalance of the clients of an EMQX cluster, done once.",
    namespaced,
    status = "OwnStatus",
    derive = "PartialEq",
    category = "emqx-rebalance",
    shortname = "lrb",
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Progress", type_ = "string", json_path = ".status.progress.percent"),
    printcolumn(
        name = "Before", type_ = "string", json_path = ".status.plan.overBefore",
        description = "Fullest node over the mean when the plan was made"
    ),
    printcolumn(
        name = "After", type_ = "string", json_path = ".status.outcome.over",
        description = "Fullest node over the mean as measured at the end"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Left", type_ = "integer", json_path = ".status.progress.etaSeconds", priority = 1,
        description = "Seconds to the end at the measured pace"
    ),
    printcolumn(
        name = "Planned", type_ = "string", json_path = ".status.plan.overAfter", priority = 1,
        description = "Fullest node over the mean at the end, as forecast"
    ),
    printcolumn(
        name = "Outcome", type_ = "string", json_path = ".status.outcome.result", priority = 1
    ),
    validation = Rule::new(BEGUN_STAYS)
        .message("target, mode, strategy, plan, driver and force stay as they are once it has begun")
        .reason(Reason::FieldValueForbidden)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!oldSelf.stop || self.stop")
    .message("a stop is not taken back")
    .reason(Reason::FieldValueForbidden))]
pub struct LoadRebalanceSpec {
    /// The cluster.
    pub target: Target,
    /// How to find the runs: `single` is the one run that EMQX would do by itself, `level` as many at once
    /// as it takes to end level.
    #[serde(default)]
    #[schemars(schema_with = "options::mode")]
    pub mode: Mode,
    /// How fast and how far: EMQX's options of a rebalance.
    #[serde(default)]
    #[schemars(schema_with = "options::strategy")]
    pub strategy: Given,
    /// What the plan is made for.
    #[serde(default)]
    #[schemars(schema_with = "options::plan")]
    pub plan: Given,
    /// How patiently the plan is driven, and what stops it.
    #[serde(default)]
    #[schemars(schema_with = "options::driver")]
    pub driver: Given,
    /// Whether to plan, again every minute, and start nothing. Can be set to `false` to start.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether somebody must agree to the plan before it starts, and has.
    #[serde(default)]
    pub approval: Approval,
    /// Whether what runs is to be stopped. Cannot be taken back.
    #[serde(default)]
    pub stop: bool,
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

/// Whether somebody must agree to the plan before it starts, and has.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Approval {
    /// Nobody must.
    #[default]
    NotRequired,
    /// Somebody must, and has not yet.
    Required,
    /// Somebody has.
    Given,
}

/// As many letters as the schema takes.
const MAX_REASON: usize = 1024;

/// What is asked for stays once something was started for it.
const BEGUN_STAYS: &str = "!has(oldSelf.status) || !has(oldSelf.status.startedTime) || \
    (self.spec.target == oldSelf.spec.target && self.spec.mode == oldSelf.spec.mode && \
    self.spec.strategy == oldSelf.spec.strategy && self.spec.plan == oldSelf.spec.plan && \
    self.spec.driver == oldSelf.spec.driver && self.spec.force == oldSelf.spec.force)";

impl LoadRebalanceSpec {
    /// What `order` asks for, as far as it can be read.
    pub(crate) fn of(order: &Order) -> Self {
        let wishes = order.wishes.clone().unwrap_or_default();
        let strategy = match &order.task {
            Ok(Task::Rebalance(strategy)) => options::given(strategy),
            _ => Given::new(),
        };
        let mut plan = options::given(&wishes.plan);
        plan.remove("mode");
        let reason = wishes.reason.as_deref();
        Self {
            target: Target::of(order, &wishes),
            mode: wishes.plan.mode,
            strategy,
            plan,
            driver: options::given(&wishes.driver),
            dry_run: wishes.is_dry_run,
            approval: match wishes.approval {
                wishes::Approval::NotNeeded => Approval::NotRequired,
                wishes::Approval::Awaited => Approval::Required,
                wishes::Approval::Given => Approval::Given,
            },
            stop: order.asks_to_stop,
            force: wishes.is_forced,
            reason: reason.map(|text| text.chars().take(MAX_REASON).collect()),
            ttl_seconds_after_finished: None,
        }
    }

    /// Says on `order` what is asked for.
    pub(crate) fn ask(&self, order: &mut Order) {
        order.target = self.target.to_target();
        order.asks_to_stop = self.stop;
        (order.task, order.wishes) = (self.task().map(Task::Rebalance), self.wishes());
    }

    fn task(&self) -> Result<Strategy> {
        let problems = |problems| Error::invalid("strategy", problems);
        options::read(&self.strategy, "spec.strategy").map_err(problems)
    }

    /// All else that is asked for.
    fn wishes(&self) -> Result<Wishes> {
        let mut problems = Vec::new();
        let plan = options::taken::<PlanOptions>(&self.plan, "spec.plan", &mut problems);
        let driver = options::taken::<DriverOptions>(&self.driver, "spec.driver", &mut problems);
        problems.extend(self.target.problems());
        if !problems.is_empty() {
            return Err(Error::invalid("spec", problems));
        }
        Ok(Wishes {
            plan: PlanOptions { mode: self.mode, ..plan },
            driver,
            is_dry_run: self.dry_run,
            approval: match self.approval {
                Approval::NotRequired => wishes::Approval::NotNeeded,
                Approval::Required => wishes::Approval::Awaited,
                Approval::Given => wishes::Approval::Given,
            },
            is_forced: self.force,
            reason: self.reason.clone(),
            ttl: self.ttl_seconds_after_finished.map(|s| Duration::from_secs(s.into())),
            ..self.target.wishes()
        })
    }
}
