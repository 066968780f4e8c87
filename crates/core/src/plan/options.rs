//! What to plan, beside the strategy.

use super::pilot::{Pilot, pilot};
use crate::balancer::LoadBalancer;
use crate::error::{Error, Problem, Result};
use crate::input::{
    Field, NumberRange, any_nodes, node, nodes, options, seconds, shares, unchecked, whole, word,
};
use crate::node::NodeName;
use crate::reconnect::{self, RECONNECT_DELAY, ReconnectProfile, profile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

options! {
    /// What to plan, beside the strategy.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
    pub struct PlanOptions("options") {
        /// How to find the runs: `single` is the one run that EMQX would do by itself, `level` as many at
        /// once as it takes to end level.
        pub mode: Mode = word(&Mode::WORDS).or("single"),
        /// The nodes to balance.
        pub nodes: Option<Vec<NodeName>> =
            nodes().otherwise("every running node of one role, replicants if there are any"),
        /// Nodes to leave out.
        #[ts(as = "Option<Vec<NodeName>>", optional)]
        pub exclude: Vec<NodeName> = any_nodes(),
        /// How much nodes should carry against the others, where the snapshot says nothing else. EMQX
        /// knows nothing of it.
        #[ts(as = "Option<BTreeMap<NodeName, f64>>", optional)]
        pub weights: BTreeMap<NodeName, f64> = shares().otherwise("1"),
        /// The node to run it: a donor that dies as coordinator costs two nodes at once.
        pub coordinator: Option<NodeName> = node().otherwise("the emptiest recipient"),
        /// How the load balancer picks nodes. A `level` plan that does not know it is made for even
        /// spreading, which least connections does no worse with.
        pub load_balancer: Option<LoadBalancer> =
            word(&LoadBalancer::WORDS).otherwise("not known"),
        /// Seconds that a dropped client takes to come back, on average.
        pub reconnect_delay_s: Option<f64> = unchecked(&RECONNECT_DELAY).of("s").otherwise("1"),
        /// How dropped clients come back: a reconnect profile, a name of one, or an average delay.
        #[ts(type = "ReconnectProfile | NamedProfile | number | string", optional)]
        pub reconnect: Option<ReconnectProfile> =
            profile().otherwise("as `reconnect_delay_s` says"),
        /// Whether a small part goes first, of which the rest learns how clients come back.
        #[ts(type = "\"off\" | \"auto\" | number", optional)]
        pub pilot: Pilot = pilot().level().or("auto"),
        /// Most clients per second that may come back to one node.
        pub max_reconnect_rate: Option<f64> =
            unchecked(&RECONNECT_RATE).of("clients/s").level().otherwise("no limit"),
        /// Most clients per second that may come back to the whole cluster.
        pub max_cluster_reconnect_rate: Option<f64> =
            unchecked(&RECONNECT_RATE).of("clients/s").level().otherwise("no limit"),
        /// Most nodes that may be closed to new clients at once. Where more are to be levelled, they are closed in
        /// groups, one after the other.
        pub max_unavailable: Option<u32> =
            whole(1, u32::MAX).of("nodes").level().otherwise("no limit"),
        /// The fullest node may end this share over the mean. A cluster within it is left alone.
        pub target_over: Option<f64> = unchecked(&SHARE).of("share").level().otherwise("0.002"),
        /// Most seconds that the plan may take.
        pub max_duration_s: Option<u32> = seconds(u32::MAX).level().otherwise("no limit"),
    }
}

impl PlanOptions {
    /// How dropped clients come back, if it was said.
    pub(crate) fn told_profile(&self) -> Option<ReconnectProfile> {
        reconnect::told(self.reconnect.as_ref(), self.reconnect_delay_s)
    }

    /// How dropped clients are taken to come back: within a second or so, where nothing was said.
    pub(crate) fn profile(&self) -> ReconnectProfile {
        self.told_profile().unwrap_or_else(|| ReconnectProfile::of_delay(1.0))
    }

    /// Checks that a profile is all that is said of how clients come back.
    ///
    /// # Errors
    /// `config_invalid` if there is a delay as well.
    pub(crate) fn check_profile(&self) -> Result<()> {
        let profile = self.reconnect.as_ref();
        let problem =
            profile.and_then(|told| reconnect::problem(Some(told), self.reconnect_delay_s));
        problem.map_or(Ok(()), |problem| Err(Error::invalid("options", vec![problem])))
    }

    /// The load balancer's policy, if it is known.
    pub(crate) fn policy(&self) -> Option<LoadBalancer> {
        self.load_balancer.filter(|kind| *kind != LoadBalancer::Auto)
    }

    /// The share over the mean that is good enough.
    pub(crate) fn goal(&self) -> f64 {
        self.target_over.unwrap_or(0.002)
    }

    /// Checks what was set without being read, all at once.
    ///
    /// # Errors
    /// `config_invalid` with every number that is out of bounds.
    pub(crate) fn check(&self) -> Result<()> {
        let numbers = [
            SHARE.problem("target_over", self.target_over),
            RECONNECT_RATE.problem("max_reconnect_rate", self.max_reconnect_rate),
            RECONNECT_RATE.problem("max_cluster_reconnect_rate", self.max_cluster_reconnect_rate),
        ];
        let closed = self.max_unavailable.filter(|most| *most == 0);
        let closed = closed.map(|most| Problem::new("max_unavailable", most, "at least 1 node"));
        let told = reconnect::problem(self.reconnect.as_ref(), self.reconnect_delay_s);
        let others = [closed, told];
        let problems: Vec<Problem> = numbers.into_iter().chain(others).flatten().collect();
        if problems.is_empty() { Ok(()) } else { Err(Error::invalid("options", problems)) }
    }
}

/// How the runs of a plan are found.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The one run that EMQX would do by itself.
    #[default]
    Single,
    /// As many runs at once as it takes to end level.
    Level,
}

impl Mode {
    /// Their words.
    const WORDS: [(&str, Self); 2] =
        [(Self::Single.as_str(), Self::Single), (Self::Level.as_str(), Self::Level)];

    /// The stable word: `single` or `level`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Level => "level",
        }
    }
}

impl Field for Mode {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }
}

const RECONNECT_RATE: NumberRange = NumberRange {
    min: 1.0,
    max: f64::INFINITY,
    is_over_min: false,
    words: "a number of clients per second, at least 1",
};
const SHARE: NumberRange = NumberRange {
    min: 0.0,
    max: 1.0,
    is_over_min: false,
    words: "a share from 0 to 1, such as 0.005",
};
