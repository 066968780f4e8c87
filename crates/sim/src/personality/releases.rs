//! The releases there are. Source: the recordings in tests/contract (5.3.2, 5.8.8 and 6.0.3); for the others
//! EMQX's source and documentation at that version, since no cluster of them was recorded.

use super::{Api, Personality};

pub(super) const V5_3: Personality = Personality {
    api: Api::V5,
    version: "5.3.2",
    otp_release: "25.2.3\n/13.1.5",
    edition: "Enterprise",
    rebalances: true,
    shows_live_connections: true,
    lists_unreachable: false,
    speaks_6: false,
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
    monitors_more: false,
    wait_too_long: "#{exception => #{kind => validation_error,message => \"timeout value too \
        large (max: 4294967 s)\",schema_module => emqx_schema},field => <<\"{field}\">>,path => \
        \"root\",reason => failed_to_check_field}",
    null_body: "throw, {emqx_node_rebalance_api,[#{kind => validation_error,path => \
        \"{schema}\",reason => required_field}]}, \
        [{hocon_tconf,assert,2,[{file,\"hocon_tconf.erl\"},{line,1226}]}]",
    not_running: NOT_RUNNING,
    statuses_by_node: false,
    messages_are_lists: false,
    rpc_timeouts: false,
    keys_have_scopes: false,
    no_credentials: "Support authorization: basic/bearer ",
    bad_token: "Get a token by POST /login",
    bad_results: "bad_nodes",
};

pub(super) const V5_8: Personality = Personality {
    api: Api::V5,
    version: "5.8.8",
    otp_release: "27.3.4.1/15.2.7",
    edition: "Enterprise",
    rebalances: true,
    shows_live_connections: true,
    lists_unreachable: false,
    speaks_6: false,
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
    monitors_more: true,
    wait_too_long: "#{reason => failed_to_check_field,path => \"root\",exception => #{message => \
        \"timeout value too large (max: 4294967 s)\",kind => validation_error,schema_module => \
        emqx_schema},field => <<\"{field}\">>}",
    null_body: "throw, {emqx_node_rebalance_api,[#{reason => required_field,path => \
        \"{schema}\",kind => validation_error}]}, \
        [{hocon_tconf,assert,2,[{file,\"hocon_tconf.erl\"},{line,1234}]}]",
    not_running: NOT_RUNNING,
    statuses_by_node: false,
    messages_are_lists: false,
    rpc_timeouts: false,
    keys_have_scopes: false,
    no_credentials: "Support authorization: basic/bearer ",
    bad_token: "Get a token by POST /login",
    bad_results: "bad_nodes",
};

const NOT_RUNNING: &str = "exit, {noproc,{gen_statem,call,\
    [emqx_node_rebalance_evacuation,status,infinity]}}, \
    [{gen,do_for_proc,2,[{file,\"gen.erl\"},{line,565}]}]";

/// 5.9 to 5.10.3. Source: `emqx_node_rebalance.erl` and `emqx_node_rebalance_status.erl` of 5.10.
pub(super) const V5_10: Personality =
    Personality { version: "5.10.2", rpc_timeouts: true, bad_results: "bad_results", ..V5_8 };

/// 6.0.3. Source: its recordings; keys' scopes: `emqx_mgmt_auth.erl` (`check_path_in_scopes`),
/// emqx#16942.
pub(super) const V6: Personality = Personality {
    version: "6.0.3",
    keys_have_scopes: true,
    speaks_6: true,
    wait_too_long: "{\"value\":{value},\"reason\":\"timeout value too large (max: 4294967 s)\",\
        \"path\":\"root.{field}\",\"kind\":\"validation_error\"}",
    no_credentials: "Missing authorization header. Use Basic auth with API key/secret, or Bearer \
        token from POST /api/v5/login. API keys can be bootstrapped from config \
        (api_key.bootstrap_file) or created via POST /api/v5/api_key",
    bad_token: "Invalid bearer token. Use API key (Basic auth) for persistent access, or get a new \
        bearer token by POST /api/v5/login. API keys can be bootstrapped from config \
        (api_key.bootstrap_file) or created via POST /api/v5/api_key",
    ..V5_10
};

/// 6.2.4. Source: EMQX's `emqx_mgmt.erl` of late 2026; not recorded.
pub(super) const V6_2: Personality =
    Personality { version: "6.2.4", lists_unreachable: true, ..V6 };

/// The community edition before 5.9: one edition since.
pub(super) const V5_8_COMMUNITY: Personality =
    Personality { edition: "Opensource", rebalances: false, ..V5_8 };

/// 4.4.24. Source: EMQX's documentation of release 4.4 and its list of changes.
pub(super) const V4_4: Personality = Personality {
    api: Api::V4,
    version: "4.4.24",
    otp_release: "24.3.4.2",
    availability_is_public: true,
    donors_accept_while_waiting: true,
    evacuation_holds_agent_at_once: true,
    ..V5_3
};

/// 4.4.17 and 4.4.18; those up to 4.4.23 differ in showing `live_connections`.
pub(super) const V4_4_17: Personality = Personality {
    version: "4.4.17",
    availability_is_public: false,
    donors_accept_while_waiting: false,
    shows_live_connections: false,
    ..V4_4
};

/// 4.4.12 to 4.4.16. Source: `emqx_node_rebalance_api.erl` of August 2022.
pub(super) const V4_4_12: Personality =
    Personality { version: "4.4.12", statuses_by_node: true, messages_are_lists: true, ..V4_4_17 };
