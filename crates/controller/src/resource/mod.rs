//! The `Rebalance` object, whichever of its versions the API server serves.

mod raw;
mod spec;
mod status;

pub use spec::{RebalanceSpec, RebalanceStrategy};
pub use status::{
    Condition, OutcomeStatus, PlanStatus, ProgressStatus, RebalanceState, RebalanceStatus,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// A `Rebalance`, read from either version.
///
/// Reading one does not fail for what its `spec` or `status` hold: EMQX's definition asks for neither.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rebalance {
    /// Name, annotations, finalizers.
    pub(crate) metadata: ObjectMeta,
    /// What is asked for; nothing where it cannot be read.
    pub(crate) spec: RebalanceSpec,
    /// What became of it.
    pub(crate) status: Option<RebalanceStatus>,
    /// What cannot be read of it, and why; `None` if all of it can be.
    pub(crate) unreadable: Option<String>,
}

/// The version of `Rebalance` that the API server is asked for.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
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

impl Rebalance {
    /// The annotation of `name`.
    pub(crate) fn annotation(&self, name: &str) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(name).map(String::as_str)
    }
}

/// The API group of EMQX's resources.
pub(crate) const GROUP: &str = "apps.emqx.io";
