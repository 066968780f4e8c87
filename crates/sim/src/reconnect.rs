//! How clients come back.

use emqx_rebalance_core::{Error, Problem, ReconnectProfile, Result};
use serde::{Deserialize, Serialize};

/// How clients behave that lost their connection.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Reconnect {
    /// Shortest time until a client connects again, in milliseconds. Default 50.
    pub min_ms: u64,
    /// Longest time until a client connects again, in milliseconds; evenly spread between the
    /// two. Default 500.
    pub max_ms: u64,
    /// How clients connect again, in place of `min_ms` and `max_ms`: a reconnect profile, a name of
    /// one, or an average delay. Each client comes at a time of its own, and the share that never
    /// comes does not. Default: as `min_ms` and `max_ms` say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "typescript",
        ts(type = "ReconnectProfile | NamedProfile | number | string", optional)
    )]
    pub profile: Option<ReconnectProfile>,
    /// Time until a client that was refused tries again, in milliseconds. At least 1, default 500.
    pub retry_ms: u64,
    /// Share of clients that keep their session while they are away, for two hours at most, as EMQX's
    /// `session_expiry_interval` has it. 0 to 100, default 100.
    pub persistent_percent: u32,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self { min_ms: 50, max_ms: 500, profile: None, retry_ms: 500, persistent_percent: 100 }
    }
}

impl Reconnect {
    /// Clients that are back the moment they were sent away.
    pub fn immediate() -> Self {
        Self { min_ms: 0, max_ms: 0, ..Self::default() }
    }

    /// Clients that come back as `profile` says.
    pub fn by(profile: ReconnectProfile) -> Self {
        Self { profile: Some(profile), ..Self::default() }
    }

    /// Checks every field.
    pub(crate) fn validate(&self) -> Result<()> {
        let mut problems = Vec::new();
        self.check(&mut problems);
        if problems.is_empty() { Ok(()) } else { Err(Error::invalid("clients", problems)) }
    }

    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        if self.max_ms < self.min_ms {
            let bound = format!("at least `reconnect.min_ms`, {}", self.min_ms);
            problems.push(Problem::new("reconnect.max_ms", self.max_ms, bound));
        }
        if self.max_ms > MAX_DELAY_MS {
            let bound = format!("at most {MAX_DELAY_MS}");
            problems.push(Problem::new("reconnect.max_ms", self.max_ms, bound));
        }
        self.check_told_once(problems);
        if self.retry_ms == 0 {
            problems.push(Problem::new("reconnect.retry_ms", 0, "a whole number from 1"));
        }
        if self.persistent_percent > 100 {
            let percent = self.persistent_percent;
            problems.push(Problem::new("reconnect.persistent_percent", percent, "0 to 100"));
        }
    }

    /// Next to a profile the two times are left out, or as they are by default.
    fn check_told_once(&self, problems: &mut Vec<Problem>) {
        let Self { min_ms, max_ms, .. } = Self::default();
        let times = [("min_ms", self.min_ms, min_ms), ("max_ms", self.max_ms, max_ms)];
        let told = |(_, ms, default): &(_, u64, u64)| self.profile.is_some() && ms != default;
        for (name, ms, _) in times.into_iter().filter(told) {
            let bound = "left out where `reconnect.profile` says it all";
            problems.push(Problem::new(format!("reconnect.{name}"), ms, bound));
        }
    }
}

/// A day.
pub(crate) const MAX_DELAY_MS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let reconnect: Reconnect = serde_json::from_str(text).unwrap();
        let error = reconnect.validate().err();
        let problems = error.iter().flat_map(|error| error.problems());
        problems.map(|problem| problem.field.clone()).collect()
    }

    #[test]
    fn a_profile_is_told_in_every_form() {
        for text in [
            r#"{"profile": {"points": [[0.5, 0], [1.5, 0.95]]}}"#,
            r#"{"profile": "mqtt_js", "retry_ms": 100}"#,
            r#"{"profile": "1m30s", "persistent_percent": 50}"#,
            r#"{"profile": 2, "min_ms": 50, "max_ms": 500}"#,
        ] {
            assert_eq!(problems(text), [""; 0], "{text}");
            let reconnect: Reconnect = serde_json::from_str(text).unwrap();
            let written = serde_json::to_string(&reconnect).unwrap();
            assert_eq!(serde_json::from_str::<Reconnect>(&written).unwrap(), reconnect);
        }
    }

    #[test]
    fn times_beside_a_profile_are_one_too_many() {
        let text = r#"{"profile": 2, "min_ms": 0, "max_ms": 100}"#;
        assert_eq!(problems(text), ["reconnect.min_ms", "reconnect.max_ms"]);
    }

    #[test]
    fn a_bad_profile_is_named_with_its_place_and_bound() {
        let text = r#"{"profile": {"points": [[1, 0], [2, 1.5]]}}"#;
        let error = serde_json::from_str::<Reconnect>(text).unwrap_err().to_string();
        assert!(error.contains("points[1][1]") && error.contains("from 0 to 1"), "{error}");
    }
}
