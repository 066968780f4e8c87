//! Which resource an order is: where its state stands, and what its fields are called.

use crate::own;
use crate::resource::{self, Served};
use std::borrow::Cow;

/// Which resource an order is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
    /// EMQX's `Rebalance`: what goes beyond its fields stands in annotations. A `LoadRebalance` that is made
    /// of it is done in its place.
    Rebalance(Served),
    /// Our `LoadRebalance`: the state stands in its status, which nobody else may write.
    LoadRebalance,
    /// Our `NodeEvacuation`: the same, of one node.
    NodeEvacuation,
}

impl Kind {
    /// Every kind, in the versions to ask for first.
    pub(crate) const ALL: [Self; 4] = [
        Self::Rebalance(Served::V2Beta1),
        Self::Rebalance(Served::V1Beta4),
        Self::LoadRebalance,
        Self::NodeEvacuation,
    ];

    /// The kind that an object says it is of.
    pub(crate) fn of(api_version: &str, kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| {
            known.word() == kind && api_version == format!("{}/{}", known.group(), known.version())
        })
    }

    /// As it stands in `kind`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Rebalance(_) => "Rebalance",
            Self::LoadRebalance => "LoadRebalance",
            Self::NodeEvacuation => "NodeEvacuation",
        }
    }

    pub(crate) const fn group(self) -> &'static str {
        match self {
            Self::Rebalance(_) => resource::GROUP,
            Self::LoadRebalance | Self::NodeEvacuation => own::GROUP,
        }
    }

    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::Rebalance(served) => served.as_str(),
            Self::LoadRebalance | Self::NodeEvacuation => own::VERSION,
        }
    }

    const fn plural(self) -> &'static str {
        match self {
            Self::Rebalance(_) => "rebalances",
            Self::LoadRebalance => "loadrebalances",
            Self::NodeEvacuation => "nodeevacuations",
        }
    }

    /// Whether it is a resource of ours.
    pub(crate) const fn is_own(self) -> bool {
        !matches!(self, Self::Rebalance(_))
    }

    /// Where the object says at which URLs its cluster is.
    pub(crate) const fn urls_field(self) -> &'static str {
        match self {
            Self::Rebalance(_) => "rebalance.emqx.io/url",
            Self::LoadRebalance | Self::NodeEvacuation => "spec.target.urls",
        }
    }

    /// Where it says of which kind and which name its EMQX resource is.
    pub(crate) const fn instance_fields(self) -> (&'static str, &'static str) {
        match self {
            Self::Rebalance(_) => ("spec.instanceKind", "spec.instanceName"),
            Self::LoadRebalance | Self::NodeEvacuation => {
                ("spec.target.instance.kind", "spec.target.instance.name")
            }
        }
    }

    /// How somebody agrees to its plan.
    pub(crate) const fn how_to_approve(self) -> &'static str {
        match self {
            Self::Rebalance(_) => "set the annotation rebalance.emqx.io/approve=yes to start",
            Self::LoadRebalance | Self::NodeEvacuation => "set spec.approval to Given to start",
        }
    }
}

impl Default for Kind {
    fn default() -> Self {
        Self::Rebalance(Served::default())
    }
}

/// `Resource` of an order, whose kind is known when the program runs.
pub(super) fn plural(kind: &Kind) -> Cow<'_, str> {
    Cow::Borrowed(kind.plural())
}
