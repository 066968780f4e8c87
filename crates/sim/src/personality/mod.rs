//! What differs from release to release, as data.
//!
//! Source: see [`releases`].

mod releases;

use serde::{Deserialize, Serialize};

/// A release of EMQX to behave like.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Release {
    /// 4.4.12: statuses as maps by node, messages of refusals as lists.
    #[serde(rename = "4.4.12")]
    V4_4_12,
    /// 4.4.17: `availability_check` wants credentials, and `/nodes` does not say how many clients
    /// are connected, which it does from 4.4.19 on.
    #[serde(rename = "4.4.17")]
    V4_4_17,
    /// 4.4.24.
    #[serde(rename = "4.4")]
    V4_4,
    /// 5.3.2.
    #[serde(rename = "5.3")]
    V5_3,
    /// 5.8.8.
    #[default]
    #[serde(rename = "5.8")]
    V5_8,
    /// 5.10.2: calls between nodes give up after 15 seconds.
    #[serde(rename = "5.10")]
    V5_10,
    /// 6.0.3: API keys may have scopes.
    #[serde(rename = "6.x", alias = "6", alias = "6.0")]
    V6,
    /// 6.2.4: a node that cannot be asked is listed as `unreachable`.
    #[serde(rename = "6.2")]
    V6_2,
    /// The community edition of 5.8.8, which cannot rebalance.
    #[serde(rename = "5.8-community")]
    V5_8Community,
}

impl Release {
    /// Every release that can rebalance.
    pub const ALL: [Self; 8] = [
        Self::V4_4_12,
        Self::V4_4_17,
        Self::V4_4,
        Self::V5_3,
        Self::V5_8,
        Self::V5_10,
        Self::V6,
        Self::V6_2,
    ];

    /// The word for it in configurations: "5.3", "5.8".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V4_4_12 => "4.4.12",
            Self::V4_4_17 => "4.4.17",
            Self::V4_4 => "4.4",
            Self::V5_3 => "5.3",
            Self::V5_8 => "5.8",
            Self::V5_10 => "5.10",
            Self::V6 => "6.x",
            Self::V6_2 => "6.2",
            Self::V5_8Community => "5.8-community",
        }
    }

    /// The version it calls itself, such as "5.8.8".
    pub const fn version(self) -> &'static str {
        self.rules().version
    }

    /// What this release does.
    pub(crate) const fn rules(self) -> &'static Personality {
        match self {
            Self::V4_4_12 => &releases::V4_4_12,
            Self::V4_4_17 => &releases::V4_4_17,
            Self::V4_4 => &releases::V4_4,
            Self::V5_3 => &releases::V5_3,
            Self::V5_8 => &releases::V5_8,
            Self::V5_10 => &releases::V5_10,
            Self::V6 => &releases::V6,
            Self::V6_2 => &releases::V6_2,
            Self::V5_8Community => &releases::V5_8_COMMUNITY,
        }
    }
}

/// Which HTTP API a release has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Api {
    /// `/api/v4`.
    V4,
    /// `/api/v5`.
    V5,
}

/// The rules, fields and texts of one release.
#[derive(Debug)]
pub(crate) struct Personality {
    pub(crate) api: Api,
    /// As in `/nodes`.
    pub(crate) version: &'static str,
    pub(crate) otp_release: &'static str,
    /// As in `/nodes`: "Enterprise", or "Opensource".
    pub(crate) edition: &'static str,
    /// Whether there is anything under `/load_rebalance`: not in community editions before 5.9.
    pub(crate) rebalances: bool,
    /// Whether `/nodes` has `live_connections`: in EMQX 4 since 4.4.19 (tags of its public source).
    pub(crate) shows_live_connections: bool,
    /// Whether `/nodes` lists a node that could not be asked, as `unreachable`, and does not leave
    /// it out: in releases from late 2026. Source: EMQX's `emqx_mgmt.erl`; not recorded.
    pub(crate) lists_unreachable: bool,
    /// Whether texts and fields are those of 6.0.3.
    pub(crate) speaks_6: bool,
    /// Whether `availability_check` wants no credentials: since 5.4.
    pub(crate) availability_is_public: bool,
    /// Whether donors take connections during `wait_health_check`: since 5.4.
    pub(crate) donors_accept_while_waiting: bool,
    /// Whether an evacuation holds its node's agent from its start, not from the first eviction.
    pub(crate) evacuation_holds_agent_at_once: bool,
    /// Why a node cannot be the donor of a second rebalance.
    pub(crate) second_coordinator: &'static str,
    /// How minirest complains of a code that the API does not declare.
    pub(crate) undeclared_code: &'static str,
    /// Whether a body that is not JSON by its content type is answered with 415.
    pub(crate) checks_content_type: bool,
    /// Whether `true` is quoted in validation errors.
    pub(crate) quotes_booleans: bool,
    /// Code and message when an API key is used on `/api_key`.
    pub(crate) key_on_key_path: (&'static str, &'static str),
    /// Whether API keys have a role.
    pub(crate) keys_have_roles: bool,
    /// Whether `/nodes` and `/stats` have `cluster_sessions`.
    pub(crate) counts_cluster_sessions: bool,
    /// Whether `/monitor_current` has the counters of 5.8.
    pub(crate) monitors_more: bool,
    /// Message for a wait over the maximum; `{field}` stands for its name.
    pub(crate) wait_too_long: &'static str,
    /// Message for a body of `null`.
    pub(crate) null_body: &'static str,
    /// Message for a node that is up but whose rebalance application is not; `{path}` and `{line}`
    /// stand for the handler.
    pub(crate) not_running: &'static str,
    /// Whether `global_status` has maps by node, not lists: before 4.4.17, as far as is known.
    pub(crate) statuses_by_node: bool,
    /// Whether the message of a refused command is a list: before 4.4.17.
    pub(crate) messages_are_lists: bool,
    /// Whether calls between nodes give up after 15 s, and starts take `*_rpc_timeout`: since 5.9.
    /// Before, such a call may hang until the node is declared down.
    pub(crate) rpc_timeouts: bool,
    /// Whether API keys may have scopes: since 5.10.4, 6.0.3, 6.1.2 and 6.2.1.
    pub(crate) keys_have_scopes: bool,
    /// What a request without credentials is told.
    pub(crate) no_credentials: &'static str,
    /// What a request with a token that nobody knows is told.
    pub(crate) bad_token: &'static str,
    /// What a coordinator dies of if a node answers with an error.
    pub(crate) bad_results: &'static str,
}
