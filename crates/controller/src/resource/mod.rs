//! The `Rebalance` object, whichever of its versions the API server serves.

mod raw;
mod spec;
mod status;

pub use spec::{RebalanceSpec, RebalanceStrategy};
pub use status::{
    Condition, OutcomeStatus, PlanStatus, ProgressStatus, RebalanceState, RebalanceStatus,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::DynamicResourceScope;
use raw::Raw;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A `Rebalance`, read from either version. Never written as a whole: only patches are sent, so
/// that what this crate does not know stays as it is.
///
/// Reading one does not fail for what its `spec` or `status` hold: EMQX's definition asks for
/// neither, and one object must not keep the list from being read that all the others stand in.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(from = "Raw")]
pub struct Rebalance {
    /// Name, annotations, finalizers.
    pub metadata: ObjectMeta,
    /// What is asked for; nothing where it cannot be read.
    pub spec: RebalanceSpec,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RebalanceStatus>,
    /// What cannot be read of it, and why; `None` if all of it can be.
    #[serde(skip)]
    pub unreadable: Option<String>,
}

/// The version of `Rebalance` that the API server is asked for.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Served {
    /// Of EMQX Operator 2.1: the objects name an `EmqxEnterprise`.
    V1Beta4,
    /// Of EMQX Operator 2.2 and later.
    #[default]
    V2Beta1,
}

impl Served {
    /// Every version, the one to prefer first.
    pub const ALL: [Self; 2] = [Self::V2Beta1, Self::V1Beta4];

    /// As it stands in `apiVersion`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1Beta4 => "v1beta4",
            Self::V2Beta1 => "v2beta1",
        }
    }

    /// The kind of the EMQX resource that an object means which does not say.
    pub(crate) const fn instance_kind(self) -> &'static str {
        match self {
            Self::V1Beta4 => "EmqxEnterprise",
            Self::V2Beta1 => "EMQX",
        }
    }
}

impl Resource for Rebalance {
    type DynamicType = Served;
    type Scope = DynamicResourceScope;

    fn kind(_: &Served) -> Cow<'_, str> {
        Cow::Borrowed("Rebalance")
    }

    fn group(_: &Served) -> Cow<'_, str> {
        Cow::Borrowed(GROUP)
    }

    fn version(served: &Served) -> Cow<'_, str> {
        Cow::Borrowed(served.as_str())
    }

    fn plural(_: &Served) -> Cow<'_, str> {
        Cow::Borrowed("rebalances")
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl Rebalance {
    /// The annotation of `name`.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(name).map(String::as_str)
    }

    /// Whether it is to go away.
    pub fn is_deleted(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// `Processing`, `Completed` or `Failed`; absent before anything was started.
    pub fn phase(&self) -> Option<&str> {
        self.status.as_ref()?.phase.as_deref().filter(|phase| !phase.is_empty())
    }

    /// Whether its phase is one that we wrote: EMQX's operator 2.x, which may work on the same objects,
    /// gives no reasons.
    pub fn is_phase_ours(&self) -> bool {
        let conditions = self.status.iter().filter_map(|status| status.conditions.as_deref());
        let mut of_phase = conditions.flatten().filter(|c| Some(c.type_.as_str()) == self.phase());
        of_phase.any(|condition| condition.reason.as_deref().is_some_and(|text| !text.is_empty()))
    }

    /// Whether it has its verdict.
    pub fn is_ended(&self) -> bool {
        matches!(self.phase(), Some("Completed" | "Failed"))
    }
}

/// The API group of EMQX's resources.
pub(crate) const GROUP: &str = "apps.emqx.io";
