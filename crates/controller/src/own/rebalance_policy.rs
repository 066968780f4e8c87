//! `RebalancePolicy`: when a cluster is rebalanced by itself.
#![expect(unreachable_pub, reason = "the derive repeats the types where nobody can reach them")]

use super::options::{self, Given};
use super::{Approval, LoadRebalanceSpec, PolicyStatus, Target};
use crate::order::{Kind, Order};
use crate::wishes::Wishes;
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::policy::Policy;
use emqx_rebalance_core::{Asked, Error, Mode, PlanOptions, Problem, Result};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// When an EMQX cluster is rebalanced by itself, and how much that may cost. Each time that it is, a
/// `LoadRebalance` is made, which this object owns.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "emqx-rebalance.io",
    version = "v1alpha1",
    kind = "RebalancePolicy",
    plural = "rebalancepolicies",
    doc = "When an EMQX cluster is rebalanced by itself, and how much that may cost.",
    namespaced,
    status = "PolicyStatus",
    derive = "PartialEq",
    category = "emqx-rebalance",
    shortname = "rbp",
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.policy.mode"),
    printcolumn(
        name = "Balance", type_ = "string", json_path = ".status.over",
        description = "Fullest node over the mean when the cluster was read last"
    ),
    printcolumn(
        name = "Decision", type_ = "string", json_path = ".status.decision.reason",
        description = "What was decided last, in a word"
    ),
    printcolumn(
        name = "Since", type_ = "date", json_path = ".status.decision.since",
        description = "Since when that is decided again and again"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Clients", type_ = "integer", json_path = ".status.clients", priority = 1
    ),
    printcolumn(
        name = "Proposal", type_ = "integer", json_path = ".status.proposal.id", priority = 1,
        description = "The plan that waits for approval"
    ),
    printcolumn(
        name = "Why", type_ = "string", json_path = ".status.decision.message", priority = 1
    ),
    validation = Rule::new("self.spec.target == oldSelf.spec.target")
        .message("the target stays: make another RebalancePolicy for another cluster")
        .reason(Reason::FieldValueForbidden)
)]
#[serde(rename_all = "camelCase")]
pub struct RebalancePolicySpec {
    /// The cluster.
    pub target: Target,
    /// When it is rebalanced, and how much that may cost.
    #[serde(default)]
    #[schemars(schema_with = "options::policy")]
    pub policy: Given,
    /// How to find the runs: `single` is the one run that EMQX would do by itself, `level` as many at once
    /// as it takes to end level.
    #[serde(default = "level")]
    #[schemars(schema_with = "options::level_mode")]
    pub mode: Mode,
    /// How fast and how far: EMQX's options of a rebalance.
    #[serde(default)]
    #[schemars(schema_with = "options::strategy")]
    pub strategy: Given,
    /// What plans are made for.
    #[serde(default)]
    #[schemars(schema_with = "options::plan")]
    pub plan: Given,
    /// How patiently plans are driven, and what stops them.
    #[serde(default)]
    #[schemars(schema_with = "options::driver")]
    pub driver: Given,
    /// Seconds from one look at the cluster to the next.
    #[serde(default = "thirty")]
    #[schemars(range(min = 1, max = 3600))]
    pub poll_interval_seconds: u32,
    /// Of a policy that proposes: the number of the plan in `status.proposal` that is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("format" = "int64"))]
    pub approved_proposal: Option<u64>,
    /// The number of the one that is not to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("format" = "int64"))]
    pub rejected_proposal: Option<u64>,
    /// Whether this is another cluster than one whose nodes have the same names, which another
    /// RebalancePolicy of this namespace looks after.
    #[serde(default)]
    pub distinct: bool,
    /// Seconds after its end until a `LoadRebalance` of this policy is deleted: a week by default.
    #[serde(default = "week")]
    pub run_ttl_seconds: u32,
}

const fn level() -> Mode {
    Mode::Level
}

const fn thirty() -> u32 {
    30
}

const fn week() -> u32 {
    7 * 86_400
}

/// What a policy asks for, read.
pub(crate) struct Terms {
    pub(crate) policy: Policy,
    pub(crate) asked: Asked,
    pub(crate) driver: DriverOptions,
}

impl RebalancePolicySpec {
    /// What it asks for.
    ///
    /// # Errors
    /// Every problem, by the field's name.
    pub(crate) fn terms(&self) -> Result<Terms> {
        let mut problems = Vec::new();
        let policy: Policy = options::taken(&self.policy, "spec.policy", &mut problems);
        let crossed = Error::invalid("policy", policy.problems());
        problems.extend(options::named(&crossed, "spec.policy"));
        if policy.unless_query.is_some() {
            let bound = "left out: the controller asks no Prometheus";
            problems.push(Problem::new("spec.policy.unlessQuery", "a query", bound));
        }
        let strategy = options::taken(&self.strategy, "spec.strategy", &mut problems);
        let plan: PlanOptions = options::taken(&self.plan, "spec.plan", &mut problems);
        let driver = options::taken(&self.driver, "spec.driver", &mut problems);
        problems.extend(self.target.problems());
        if !problems.is_empty() {
            return Err(Error::invalid("spec", problems));
        }
        let options = PlanOptions { mode: self.mode, ..plan };
        Ok(Terms { policy, asked: Asked { strategy, options }, driver })
    }

    /// The cluster, as an order means it.
    pub(crate) fn place(&self, metadata: &ObjectMeta) -> Order {
        let ObjectMeta { name, namespace, .. } = metadata.clone();
        let metadata = ObjectMeta { name, namespace, ..ObjectMeta::default() };
        let wishes: Wishes = self.target.wishes();
        let target = self.target.to_target();
        Order { target, wishes: Ok(wishes), ..Order::bare(Kind::LoadRebalance, metadata) }
    }

    /// The rebalance that is to be made, driven with `driver`.
    pub(crate) fn run(&self, driver: &DriverOptions, reason: Option<String>) -> LoadRebalanceSpec {
        LoadRebalanceSpec {
            target: self.target.clone(),
            mode: self.mode,
            strategy: self.strategy.clone(),
            plan: self.plan.clone(),
            driver: options::given(driver),
            dry_run: false,
            approval: Approval::NotRequired,
            stop: false,
            force: false,
            reason,
            ttl_seconds_after_finished: Some(self.run_ttl_seconds),
        }
    }
}
