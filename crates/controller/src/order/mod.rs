//! What an object asks for and what is known of it, whichever resource it is: all that a reconciliation
//! works with.

mod kind;
mod read;

pub(crate) use kind::Kind;

use crate::resource::RebalanceStatus;
use crate::wishes::Wishes;
use emqx_rebalance_core::{Evacuation, EvacuationPlanOptions, NodeName, Result, Strategy};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::{DynamicObject, DynamicResourceScope};
use kube::{Resource, ResourceExt};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// An object that asks for something to be done to a cluster. Never written as a whole: only patches
/// are sent, so that what this crate does not know stays as it is.
///
/// Reading one does not fail for what it holds: one object must not keep the list from being read that
/// all the others stand in.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) kind: Kind,
    /// Names, times and finalizers.
    pub(crate) metadata: ObjectMeta,
    /// The cluster.
    pub(crate) target: Target,
    /// What is to be done to it.
    pub(crate) task: Result<Task>,
    /// How, and what else is asked for.
    pub(crate) wishes: Result<Wishes>,
    /// Whether what runs is to be stopped. Apart from the other wishes, since a run must be stoppable
    /// whatever else the object says.
    pub(crate) asks_to_stop: bool,
    /// What another process needs to go on. Of EMQX's resource, what a version before left there.
    pub(crate) state: Option<String>,
    /// The `Rebalance` that it was made of, if it was.
    pub(crate) behalf: Option<Behalf>,
    /// What became of it.
    pub(crate) status: Option<RebalanceStatus>,
    /// What cannot be read of it, and why; `None` if all of it can be.
    pub(crate) unreadable: Option<String>,
}

/// A `Rebalance` in whose place something of ours is done, in the same namespace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Behalf {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) uid: String,
}

/// What is to be done to a cluster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Task {
    /// A rebalance, so fast and so far.
    Rebalance(Strategy),
    /// One node is to be emptied.
    Evacuation { place: Place, evacuation: Evacuation, options: EvacuationPlanOptions },
}

/// Where a node is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// At this name in EMQX.
    Node(NodeName),
    /// In this pod of the object's namespace.
    Pod(String),
}

/// The cluster that an object means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    /// One of EMQX's operator, as a resource of that kind and that name.
    Instance { kind: String, name: String },
    /// The one at these URLs, with commas between them.
    Urls(String),
}

impl Target {
    /// An `EMQX` without a name, which is nobody's.
    pub(crate) fn nothing() -> Self {
        Self::Instance { kind: "EMQX".to_owned(), name: String::new() }
    }

    /// Whether the object itself says where its cluster is.
    pub(crate) const fn is_direct(&self) -> bool {
        matches!(self, Self::Urls(_))
    }
}

impl Order {
    /// An order of which nothing is known but where it is.
    pub(crate) fn bare(kind: Kind, metadata: ObjectMeta) -> Self {
        Self {
            kind,
            metadata,
            target: Target::nothing(),
            task: Ok(Task::Rebalance(Strategy::default())),
            wishes: Ok(Wishes::default()),
            asks_to_stop: false,
            state: None,
            behalf: None,
            status: None,
            unreadable: None,
        }
    }

    /// Where it is, and nothing else of it.
    pub(crate) fn origin(&self) -> Self {
        let ObjectMeta { name, namespace, uid, generation, .. } = self.metadata.clone();
        let metadata = ObjectMeta { name, namespace, uid, generation, ..ObjectMeta::default() };
        Self { behalf: self.behalf.clone(), ..Self::bare(self.kind, metadata) }
    }

    /// The object that somebody has asked by, and looks at: this one, or the one that it was made of.
    pub(crate) fn asker(&self) -> Self {
        let Some(Behalf { kind, name, uid }) = self.behalf.clone() else { return self.origin() };
        let (name, uid, namespace) = (Some(name), Some(uid), self.namespace());
        Self::bare(kind, ObjectMeta { name, namespace, uid, ..ObjectMeta::default() })
    }

    /// In whose words to speak of its fields.
    pub(crate) fn voice(&self) -> Kind {
        self.behalf.as_ref().map_or(self.kind, |behalf| behalf.kind)
    }

    /// Whether it is to go away.
    pub(crate) fn is_deleted(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// `Processing`, `Completed` or `Failed`; absent before anything was started.
    pub(crate) fn phase(&self) -> Option<&str> {
        self.status.as_ref()?.phase.as_deref().filter(|phase| !phase.is_empty())
    }

    /// Whether its phase is one that we wrote: EMQX's operator 2.x, which may work on the same objects,
    /// gives no reasons.
    pub(crate) fn is_phase_ours(&self) -> bool {
        let conditions = self.status.iter().filter_map(|status| status.conditions.as_deref());
        let mut of_phase = conditions.flatten().filter(|c| Some(c.type_.as_str()) == self.phase());
        let has_reason = of_phase.any(|c| c.reason.as_deref().is_some_and(|text| !text.is_empty()));
        self.kind.is_own() || has_reason
    }

    /// Whether something was begun for it.
    pub(crate) fn has_begun(&self) -> bool {
        self.phase().is_some() || self.state.is_some()
    }

    /// Whether it has its verdict.
    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.phase(), Some("Completed" | "Failed"))
    }

    /// Whether our finalizer is on it.
    pub(crate) fn is_kept(&self) -> bool {
        self.finalizers().iter().any(|name| name == FINALIZER)
    }

    /// The kind and the name with its namespace, for people.
    pub(crate) fn full_name(&self) -> String {
        let (asker, namespace) = (self.asker(), self.namespace().unwrap_or_default());
        format!("{} {namespace}/{}", asker.kind.word(), asker.name_any())
    }
}

/// The finalizer by which an object stays until its runs are stopped.
pub(crate) const FINALIZER: &str = "emqx-rebalance.io/stop";
/// The phase of an evacuation whose node is empty: it is safe to stop.
pub(crate) const EMPTY: &str = "Empty";

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        DynamicObject::deserialize(deserializer).map(Self::from)
    }
}

impl Resource for Order {
    type DynamicType = Kind;
    type Scope = DynamicResourceScope;

    fn kind(kind: &Kind) -> Cow<'_, str> {
        Cow::Borrowed(kind.word())
    }

    fn group(kind: &Kind) -> Cow<'_, str> {
        Cow::Borrowed(kind.group())
    }

    fn version(kind: &Kind) -> Cow<'_, str> {
        Cow::Borrowed(kind.version())
    }

    fn plural(kind: &Kind) -> Cow<'_, str> {
        kind::plural(kind)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod mutated;
