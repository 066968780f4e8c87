//! EMQX's words for what a rebalance or an evacuation does.

use crate::forecast::RunPhase;
use serde::{Deserialize, Serialize};

/// What a rebalance does now. Reads from and writes to EMQX's word.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "RunPhase | string"))]
#[serde(from = "String", into = "String")]
pub enum RunState {
    /// One of the four phases.
    Phase(RunPhase),
    /// A word that this crate does not know, in at most 60 characters. The run goes on.
    Other(String),
}

/// What an evacuation does now. Reads from and writes to EMQX's word.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
#[serde(from = "String", into = "String")]
pub enum EvacuationState {
    /// Waits for load balancers to notice; clients may still connect. EMQX 5.1 and later.
    WaitingHealthCheck,
    /// Drops clients and refuses new ones, as in every state that follows.
    EvictingConns,
    /// Waits for clients to take over their sessions elsewhere.
    WaitingTakeover,
    /// Moves the sessions whose client is away.
    EvictingSessions,
    /// Empty, and refusing clients until the evacuation is stopped.
    Prohibiting,
    /// A word that this crate does not know, in at most 60 characters.
    Other(String),
}

impl RunState {
    /// The phase, if the word is known.
    pub fn phase(&self) -> Option<RunPhase> {
        match self {
            Self::Phase(phase) => Some(*phase),
            Self::Other(_) => None,
        }
    }

    /// EMQX's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phase(RunPhase::WaitHealthCheck) => "wait_health_check",
            Self::Phase(RunPhase::EvictingConns) => "evicting_conns",
            Self::Phase(RunPhase::WaitTakeover) => "wait_takeover",
            Self::Phase(RunPhase::EvictingSessions) => "evicting_sessions",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for RunState {
    /// Reads `wait_` and `waiting_` alike: EMQX spells rebalances one way and evacuations the other.
    fn from(word: String) -> Self {
        Self::Phase(match word.as_str() {
            "wait_health_check" | "waiting_health_check" => RunPhase::WaitHealthCheck,
            "evicting_conns" => RunPhase::EvictingConns,
            "wait_takeover" | "waiting_takeover" => RunPhase::WaitTakeover,
            "evicting_sessions" => RunPhase::EvictingSessions,
            _ => return Self::Other(bounded(&word)),
        })
    }
}

impl From<RunState> for String {
    fn from(state: RunState) -> Self {
        state.as_str().to_owned()
    }
}

impl EvacuationState {
    /// EMQX's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::WaitingHealthCheck => "waiting_health_check",
            Self::EvictingConns => "evicting_conns",
            Self::WaitingTakeover => "waiting_takeover",
            Self::EvictingSessions => "evicting_sessions",
            Self::Prohibiting => "prohibiting",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for EvacuationState {
    /// Reads `wait_` and `waiting_` alike.
    fn from(word: String) -> Self {
        match word.as_str() {
            "wait_health_check" | "waiting_health_check" => Self::WaitingHealthCheck,
            "evicting_conns" => Self::EvictingConns,
            "wait_takeover" | "waiting_takeover" => Self::WaitingTakeover,
            "evicting_sessions" => Self::EvictingSessions,
            "prohibiting" => Self::Prohibiting,
            _ => Self::Other(bounded(&word)),
        }
    }
}

impl From<EvacuationState> for String {
    fn from(state: EvacuationState) -> Self {
        state.as_str().to_owned()
    }
}

fn bounded(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(MAX_WORD).collect()
}

const MAX_WORD: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_wait_are_read() {
        for word in ["wait_takeover", "waiting_takeover"] {
            assert_eq!(RunState::from(word.to_owned()).phase(), Some(RunPhase::WaitTakeover));
            assert_eq!(EvacuationState::from(word.to_owned()), EvacuationState::WaitingTakeover);
        }
    }

    #[test]
    fn an_unknown_word_is_kept_and_bounded() {
        let state = RunState::from("purging\n".repeat(20));
        assert_eq!(state.phase(), None);
        assert_eq!(state.as_str().len(), 60);
        assert!(!state.as_str().contains('\n'));
    }
}
