//! Random clusters, plans, and what befalls them.

mod draw;

pub(super) use draw::{bad_line, chaos, lost_clients, slow_fleets};

use super::crowd::{Plight, Route};
use super::line::Lie;
use super::truth::shows_live;
use crate::node;
use emqx_rebalance_core::{ReconnectProfile, Strategy as Rules};
use emqx_rebalance_sim::{
    ClusterConfig, Fate, Fault, HttpFailure, HttpFault, LoadBalancer, NodeConfig, Policy,
    Reconnect, Release,
};
use proptest::prelude::*;
use std::ops::RangeInclusive;

/// Everything that a case is made of.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) config: ClusterConfig,
    pub(super) doors: Doors,
    pub(super) work: Work,
    /// Whether the plan is told how the clients come back.
    pub(super) is_told: bool,
    pub(super) rate: u32,
    pub(super) waits: (u32, u32),
    pub(super) patience: Patience,
    pub(super) troubles: Vec<Trouble>,
    pub(super) storm: Storm,
    /// What the network does to single requests, by how many were sent before.
    pub(super) fates: Vec<(usize, Fate)>,
    pub(super) mishaps: Vec<Mishap>,
    pub(super) stop_at_ms: Option<u64>,
    /// Whether the driver is handed one answer after the other, and may die between them.
    pub(super) one_by_one: bool,
}

impl Scenario {
    /// How the clients come back, if the plan is told.
    pub(super) fn told(&self) -> Option<ReconnectProfile> {
        self.config.reconnect.profile.clone().filter(|_| self.is_told)
    }
}

/// What the driver's host knows of the cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Doors {
    /// A URL for every node, and has to find out which is whose.
    Each,
    /// The same, and which is whose.
    Named,
    /// The URL of a load balancer before the nodes' APIs.
    Balanced,
}

/// What is driven.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    Single { coordinator: usize },
    Level,
    Evacuation { node: usize },
}

/// The options of the driver that matter here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) poll_interval_ms: u32,
    pub(super) empty_polls: u32,
    pub(super) settle_s: u32,
    pub(super) max_missing_percent: u32,
    pub(super) grace_s: u32,
}

/// A time in which the network loses and delays, on top of what the simulator breaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storm {
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
    /// Of 100 requests, so many never arrive, and of as many the answer is lost.
    pub(super) lost: u64,
    /// Of 100 requests, so many are delayed, on their way there and on their way back.
    pub(super) delayed: u64,
    /// Of 100 commands, so many arrive after their sender has given up.
    pub(super) late: u64,
    /// Each way takes at most so long.
    pub(super) slowest_ms: u64,
    pub(super) seed: u64,
}

/// Something that befalls the driver's process, at a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mishap {
    pub(super) step: usize,
    pub(super) what: Blow,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Blow {
    /// It dies, and another one goes on later, on a host whose clock differs.
    Death { before_sending: bool, for_ms: u64, skew_s: i64 },
    /// It stands still, as by SIGSTOP.
    Pause { for_ms: u64 },
    /// Its clock jumps.
    Jump { by_s: i64 },
}

/// Something that happens, and what follows from it, each with its time after the first.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) when: When,
    pub(super) what: Vec<(u64, What)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    At(u64),
    /// So many milliseconds after the driver first did or saw that.
    After(Moment, u64),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Moment {
    Starting,
    Started,
    Gone,
    Stopping,
    NextWave,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Emqx(Fault),
    Clients(Plight),
    /// Somebody starts just what the plan has started or will start: its run of that number, or its
    /// evacuation.
    Twin(usize),
    /// For so long, answers are not true.
    Lie(Lie, u64),
    /// The API key is good, or not.
    Key(bool),
}

/// EMQX's options of a run that moves so many clients a second, after and before so long.
pub(super) fn rules(rate: u32, (health, takeover): (u32, u32)) -> Rules {
    serde_json::from_str(&format!(
        r#"{{"conn_evict_rate":{rate},"sess_evict_rate":{rate},"wait_health_check":{health},
            "wait_takeover":{takeover},"abs_conn_threshold":5,"rel_conn_threshold":1.02,
            "abs_sess_threshold":5,"rel_sess_threshold":1.02}}"#
    ))
    .unwrap()
}
