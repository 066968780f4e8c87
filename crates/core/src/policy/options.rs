//! What a policy is made of.

use super::windows::{Windows, Zone, windows, zone};
use crate::error::Problem;
use crate::input::{Field, NumberRange, number, options, seconds, text, whole, word};
use serde::{Deserialize, Serialize};

options! {
    /// When a cluster is rebalanced by itself, and how much that may cost.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct Policy("policy") {
        /// What it does about an imbalance: `observe` notes what it would have done, `propose` makes a plan and waits
        /// for somebody to approve it, `auto` starts it.
        pub mode: Mode = word(&Mode::WORDS).or("observe"),
        /// The fullest node may be this share over the mean before anything is done: 0.1 is a tenth.
        pub imbalance_over: f64 = number(&OVER).of("share").or("0.1"),
        /// How long it must have been so. Time in which the cluster was not read does not count.
        pub imbalance_for_s: u32 = seconds(WEEK_S).or("10m"),
        /// An imbalance is over once the fullest node is less than this share over the mean, and not before: a load that
        /// swings around `imbalance_over` does not begin anew each time. Also the least imbalance that is mended
        /// when a node has joined or come back. At most `imbalance_over`.
        pub balanced_over: f64 = number(&OVER).of("share").or("0.05"),
        /// How long nodes must have been the same, and all of them up, and nobody else's run on, before anything is done.
        /// A node that joined or came back is then reason enough to act.
        pub node_settle_s: u32 = seconds(DAY_S).or("5m"),
        /// When runs may be on. A run must fit into what is left of a window by its forecast, and is stopped at its end.
        pub windows: Windows = windows().otherwise("always"),
        /// The time zone of `windows`, by its name in the IANA database, such as `Europe/Berlin`.
        pub time_zone: Zone = zone().or("UTC"),
        /// How long nothing is started after the end of a run.
        pub cool_down_s: u32 = seconds(MONTH_S).or("1h"),
        /// Most rebalances in any 24 hours.
        pub max_rebalances_per_day: u32 = whole(1, 1000).of("rebalances").or("4"),
        /// Most clients that may be dropped in any 24 hours.
        pub max_disconnects_per_day: Option<u32> =
            whole(1, u32::MAX).of("clients").otherwise("no limit"),
        /// The least that a rebalance must gain: how much less the fullest node is over the mean, by the forecast.
        pub min_gain: f64 = number(&SHARE).of("share").or("0.03"),
        /// The least that it must gain for what it costs: the gain over the share of all clients that are dropped. Moving a
        /// quarter of the clients to an empty fourth node gains a third, which is 1.33 times what it costs.
        pub min_gain_ratio: f64 = number(&RATIO).or("0.5"),
        /// A PromQL query that forbids a start while it returns anything, or cannot be asked.
        pub unless_query: Option<String> = text(MAX_QUERY).otherwise("nothing is asked"),
        /// How long a proposal may be approved, and how long an approved one may wait for its start.
        pub approval_s: u32 = seconds(WEEK_S).or("1d"),
    }
}

impl Policy {
    /// What is wrong with options that are good by themselves.
    pub fn problems(&self) -> Vec<Problem> {
        let bound = || format!("at most `imbalance_over`, which is {}", self.imbalance_over);
        let is_over = self.balanced_over > self.imbalance_over;
        is_over
            .then(|| Problem::new("balanced_over", self.balanced_over, bound()))
            .into_iter()
            .collect()
    }
}

/// What a policy does about an imbalance.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "words", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Notes what it would have done.
    #[default]
    Observe,
    /// Makes a plan and waits for somebody to approve it.
    Propose,
    /// Starts.
    Auto,
}

impl Mode {
    /// Their words.
    const WORDS: [(&str, Self); 3] = [
        (Self::Observe.as_str(), Self::Observe),
        (Self::Propose.as_str(), Self::Propose),
        (Self::Auto.as_str(), Self::Auto),
    ];

    /// The stable word: `observe`, `propose` or `auto`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Propose => "propose",
            Self::Auto => "auto",
        }
    }
}

impl Field for Mode {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }
}

impl Field for f64 {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }
}

const OVER: NumberRange = NumberRange {
    min: 0.0,
    max: 100.0,
    is_over_min: true,
    words: "a share more than 0, such as 0.1, up to 100",
};
const SHARE: NumberRange = NumberRange {
    min: 0.0,
    max: 100.0,
    is_over_min: false,
    words: "a share from 0 to 100, such as 0.03",
};
const RATIO: NumberRange = NumberRange {
    min: 0.0,
    max: 1000.0,
    is_over_min: false,
    words: "a number from 0 to 1000, such as 0.5",
};
const DAY_S: u32 = 86_400;
const WEEK_S: u32 = 7 * DAY_S;
const MONTH_S: u32 = 31 * DAY_S;
/// Bytes of a query, far more than anybody writes.
const MAX_QUERY: usize = 4096;
