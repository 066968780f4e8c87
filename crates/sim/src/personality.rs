//! What differs from release to release, as data.
//!
//! Source: the recordings in tests/contract (5.3.2 and 5.8.8).

use serde::{Deserialize, Serialize};

/// A release of EMQX to behave like.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[non_exhaustive]
pub enum Release {
    /// 5.3.2.
    #[serde(rename = "5.3")]
    V5_3,
    /// 5.8.8.
    #[default]
    #[serde(rename = "5.8")]
    V5_8,
}

impl Release {
    /// Every release there is.
    pub const ALL: [Self; 2] = [Self::V5_3, Self::V5_8];

    /// The word for it in configurations: "5.3", "5.8".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V5_3 => "5.3",
            Self::V5_8 => "5.8",
        }
    }

    /// What this release does.
    pub(crate) const fn rules(self) -> &'static Personality {
        match self {
            Self::V5_3 => &V5_3,
            Self::V5_8 => &V5_8,
        }
    }
}

/// The rules, fields and texts of one release.
#[derive(Debug)]
pub(crate) struct Personality {
    /// As in `/nodes`.
    pub(crate) version: &'static str,
    pub(crate) otp_release: &'static str,
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
    /// Message for a wait over the maximum; `{field}` stands for its name.
    pub(crate) wait_too_long: &'static str,
    /// Message for a body of `null`.
    pub(crate) null_body: &'static str,
    /// Message for a node that is up but whose rebalance application is not; `{path}` and `{line}`
    /// stand for the handler.
    pub(crate) not_running: &'static str,
}

const V5_3: Personality = Personality {
    version: "5.3.2",
    otp_release: "25.2.3\n/13.1.5",
    availability_is_public: false,
    donors_accept_while_waiting: false,
    evacuation_holds_agent_at_once: false,
    second_coordinator: "already_enabled",
    undeclared_code: "not support code",
    checks_content_type: false,
    quotes_booleans: true,
    key_on_key_path: ("BAD_API_KEY_OR_SECRET", "Not allowed, Check api_key/api_secret"),
    keys_have_roles: false,
    counts_cluster_sessions: false,
    wait_too_long: "#{exception => #{kind => validation_error,message => \"timeout value too \
        large (max: 4294967 s)\",schema_module => emqx_schema},field => <<\"{field}\">>,path => \
        \"root\",reason => failed_to_check_field}",
    null_body: "throw, {emqx_node_rebalance_api,[#{kind => validation_error,path => \
        \"{schema}\",reason => required_field}]}, \
        [{hocon_tconf,assert,2,[{file,\"hocon_tconf.erl\"},{line,1226}]}]",
    not_running: NOT_RUNNING,
};

const V5_8: Personality = Personality {
    version: "5.8.8",
    otp_release: "27.3.4.1/15.2.7",
    availability_is_public: true,
    donors_accept_while_waiting: true,
    evacuation_holds_agent_at_once: true,
    second_coordinator: "invalid_coordinator",
    undeclared_code: "Unsupported code",
    checks_content_type: true,
    quotes_booleans: false,
    key_on_key_path: (
        "API_KEY_NOT_ALLOW",
        "Please use bearer Token instead, using API key/secret in api_key path is not permitted",
    ),
    keys_have_roles: true,
    counts_cluster_sessions: true,
    wait_too_long: "#{reason => failed_to_check_field,path => \"root\",exception => #{message => \
        \"timeout value too large (max: 4294967 s)\",kind => validation_error,schema_module => \
        emqx_schema},field => <<\"{field}\">>}",
    null_body: "throw, {emqx_node_rebalance_api,[#{reason => required_field,path => \
        \"{schema}\",kind => validation_error}]}, \
        [{hocon_tconf,assert,2,[{file,\"hocon_tconf.erl\"},{line,1234}]}]",
    not_running: NOT_RUNNING,
};

const NOT_RUNNING: &str = "exit, {noproc,{gen_statem,call,\
    [emqx_node_rebalance_evacuation,status,infinity]}}, \
    [{gen,do_for_proc,2,[{file,\"gen.erl\"},{line,565}]}]";
