//! Everything that is known of an evacuation, as a value that can be stored and read back.

use super::plan::EvacuationPlan;
use crate::driver::state::Stage;
use crate::driver::track::TrackState;
use crate::driver::watch::Watch;
use crate::driver::{DriverOptions, Purpose};
use crate::emqx::EvacuationState;
use crate::node::NodeName;
use crate::snapshot::NodeLoad;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything an [`super::Evacuator`] knows. Store it after every step and before the step's
/// requests are sent; [`super::Evacuator::restore`] goes on from it, in another process too.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EvacuatorState {
    /// Version of this JSON: 1.
    #[serde(deserialize_with = "crate::snapshot::known_version")]
    pub version: u32,
    /// What is being done.
    pub plan: EvacuationPlan,
    /// How patiently.
    pub options: DriverOptions,
    /// Who asked for it, and why.
    #[serde(default)]
    pub purpose: Purpose,
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) stage: Stage,
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) track: TrackState,
    /// What EMQX said last of what it does.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) shown: Option<EvacuationState>,
    /// Other nodes that were being evacuated before ours.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) others: Vec<NodeName>,
    /// Since when the node's own counts are 0 although EMQX moves sessions.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) empty_since: Option<Timestamp>,
    /// What it means if EMQX shows no evacuation.
    #[cfg_attr(feature = "typescript", ts(skip))]
    #[serde(default)]
    pub(super) silence: Unshown,
    /// Whether EMQX has said that it stopped it: what it shows from then on is somebody else's.
    #[cfg_attr(feature = "typescript", ts(skip))]
    #[serde(default)]
    pub(super) is_over: bool,
    /// Whether it was told to stop.
    #[cfg_attr(feature = "typescript", ts(skip))]
    #[serde(default)]
    pub(super) was_told: bool,
    /// Whether the answer to a start was ever lost: that start may arrive late.
    #[cfg_attr(feature = "typescript", ts(skip))]
    #[serde(default)]
    pub(super) was_doubted: bool,
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub(super) watch: Watch,
}

impl EvacuatorState {
    pub(super) fn new(plan: EvacuationPlan, options: DriverOptions) -> Self {
        Self {
            version: crate::snapshot::VERSION,
            plan,
            options,
            purpose: Purpose::default(),
            stage: Stage::Preflight,
            track: TrackState::Pending,
            shown: None,
            others: Vec::new(),
            empty_since: None,
            silence: Unshown::default(),
            is_over: false,
            was_told: false,
            was_doubted: false,
            watch: Watch::default(),
        }
    }

    /// Forgets what died with the process. A start among it may have arrived.
    pub(super) fn after_restart(mut self) -> Self {
        self.was_doubted |= self.track.doubt_after_restart();
        self.watch.forget_requests();
        self.stage.look_again(&mut self.watch);
        self.silence = Unshown::Unheard;
        self
    }

    /// The node to empty.
    pub(super) fn node(&self) -> &NodeName {
        self.plan.node()
    }

    /// The load of the node to empty, as last seen.
    pub(super) fn load(&self) -> Option<&NodeLoad> {
        self.watch.nodes.iter().find(|load| load.node == *self.node())
    }

    /// Takes note of whether the node was down when the nodes were read, and of whether it has
    /// answered a stop, which takes its rebalance application.
    pub(super) fn hear(&mut self, is_down: Option<bool>, has_answered: bool) {
        match (is_down, self.silence) {
            (Some(true), _) | (Some(false), Unshown::Unheard) => {
                self.silence = Unshown::MeansNothing { until: self.watch.now.plus_ms(BOOT_MS) };
            }
            _ => {}
        }
        if has_answered {
            self.silence = Unshown::MeansNone;
        }
    }

    /// Whether the node is down, or may be booting: EMQX shows no evacuation then, and goes on with it
    /// once the node is up.
    pub(super) fn is_away(&self) -> bool {
        match self.silence {
            Unshown::MeansNone => false,
            Unshown::MeansNothing { until } => self.watch.now < until,
            Unshown::Unheard => true,
        }
    }

    /// The node to empty and those that its clients and sessions go to, each once.
    pub(super) fn plan_nodes(&self) -> Vec<NodeName> {
        let mut nodes = vec![self.node().clone()];
        for node in self.plan.clients_to.iter().chain(&self.plan.sessions_to) {
            if !nodes.contains(node) {
                nodes.push(node.clone());
            }
        }
        nodes
    }
}

/// What it means if EMQX shows no evacuation.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unshown {
    /// That there is none.
    #[default]
    MeansNone,
    /// Nothing: the node is down, or may be booting.
    MeansNothing { until: Timestamp },
    /// Nothing yet: who restored this does not know whether the node was restarted meanwhile.
    Unheard,
}

/// How long after its return a node may say nothing of its evacuation: its API answers 2 to 3 s before
/// its rebalance application runs.
pub(super) const BOOT_MS: u64 = 10_000;
