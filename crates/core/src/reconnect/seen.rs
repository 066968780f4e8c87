//! How clients come back, as a driver has seen it.

use super::ReconnectProfile;
use serde::{Deserialize, Serialize};

/// How clients come back, as a driver has seen it so far: of those that were dropped in this job.
///
/// What was not seen yet is taken to go on at the pace of late.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Reconnects {
    /// Clients dropped that this is learned of.
    pub clients: u64,
    /// How long the first of them was watched, in seconds.
    pub watched_s: f64,
    /// Seconds after which half of all dropped clients are back; absent if fewer ever come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_s: Option<f64>,
    /// Seconds after which 90 % of all dropped clients are back; absent if fewer ever come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_s: Option<f64>,
    /// The share of the dropped clients that does not come back, for all that was seen: 0 to 1.
    pub missing: f64,
    /// The whole curve, to plan the next job with.
    #[cfg_attr(feature = "typescript", ts(as = "super::Written"))]
    pub profile: ReconnectProfile,
}

impl Reconnects {
    /// Whether it is of clients enough to plan the next job with: fewer than 200 are too little, a pilot shows as much.
    pub const fn is_telling(&self) -> bool {
        self.clients >= 200
    }

    /// In words: "half are back after 1.2 s, 90 % after 14 s, 0.3 % do not come back".
    ///
    /// ```
    /// use emqx_rebalance_core::Reconnects;
    ///
    /// let json = r#"{"clients": 200, "watched_s": 30, "half_s": 1.2, "missing": 0.003,
    ///     "profile": {"points": [[1.2, 0.5], [14, 0.997]]}}"#;
    /// let seen: Reconnects = serde_json::from_str(json)?;
    /// assert_eq!(seen.told(), "half are back after 1.2 s, 0.3 % do not come back");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn told(&self) -> String {
        let after = |what: &str, seconds: f64| match seconds {
            seconds if seconds < 10.0 => format!("{what} after {seconds:.1} s"),
            seconds => format!("{what} after {seconds:.0} s"),
        };
        let half = self.half_s.map(|seconds| after("half are back", seconds));
        let most = self.most_s.map(|seconds| after("90 %", seconds));
        let missing = (self.missing >= 0.0005)
            .then(|| format!("{:.1} % do not come back", self.missing * 100.0));
        half.into_iter().chain(most).chain(missing).collect::<Vec<_>>().join(", ")
    }
}
