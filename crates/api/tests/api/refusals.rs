//! What each way of saying no is read as, to the last field.

use emqx_rebalance_api::ApiVersion::{self, V4, V5};
use emqx_rebalance_api::{MAX_BODY, parse_probe, probe};
use emqx_rebalance_core::{
    Error, ErrorKind, Refusal, RefusalReason as Reason, StartAnswer, StopAnswer,
};
use http::Response;
use serde_json::json;

fn response(status: u16, body: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap()
}

fn v5(status: u16, code: &str, message: &str) -> Refusal {
    let body = json!({"code": code, "message": message}).to_string();
    refusal(V5, status, &body)
}

fn v4(message: &serde_json::Value) -> Refusal {
    refusal(V4, 200, &json!({"code": 400, "message": message}).to_string())
}

fn refusal(api: ApiVersion, status: u16, body: &str) -> Refusal {
    match api.parse_start(&response(status, body)).unwrap_or_else(|e| panic!("{body}: {e}")) {
        StartAnswer::Refused(refusal) => refusal,
        StartAnswer::Started => panic!("started by {body}"),
    }
}

fn nodes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The rebalance application does not run on these nodes.
fn gone(names: &[&str]) -> Reason {
    Reason::NotRunning { nodes: nodes(names) }
}

fn option(option: &str, value: &str, why: &str) -> Reason {
    Reason::BadOption { option: option.into(), value: value.into(), why: why.into() }
}

#[test]
fn v5_says_no_in_these_ways() {
    for (status, code, message, expected) in [
        (400, "BAD_REQUEST", "error on node 'a@b': nothing_to_balance", Reason::NothingToBalance),
        (400, "BAD_REQUEST", "error on node 'a@b': already_started", Reason::AlreadyStarted),
        (
            400,
            "BAD_REQUEST",
            "error on node 'a@b': eviction_agent_busy",
            Reason::EvictionAgentBusy { nodes: vec![] },
        ),
        (
            400,
            "NOT_FOUND",
            "Nodes unavailable: ['emqx3@127.0.0.1','emqx2@127.0.0.1']",
            Reason::NodesUnavailable { nodes: nodes(&["emqx3@127.0.0.1", "emqx2@127.0.0.1"]) },
        ),
        (
            400,
            "BAD_REQUEST",
            "Invalid nodes: [<<\"nosuch2@127.0.0.1\">>,<<\"nosuch1@127.0.0.1\">>]",
            Reason::InvalidNodes { nodes: nodes(&["nosuch2@127.0.0.1", "nosuch1@127.0.0.1"]) },
        ),
        (
            404,
            "NOT_FOUND",
            "Node not found: nosuch@127.0.0.1",
            Reason::NodeNotFound { node: "nosuch@127.0.0.1".into() },
        ),
        (
            400,
            "BAD_REQUEST",
            r#"{"value":10.0,"reason":{"expected":"pos_integer()"},"path":"root.conn_evict_rate","kind":"validation_error"}"#,
            option("conn_evict_rate", "10.0", "expected pos_integer()"),
        ),
        (
            400,
            "BAD_REQUEST",
            r#"{"value":[],"reason":"returned_false","path":"root.nodes","kind":"validation_error"}"#,
            option("nodes", "[]", "returned_false"),
        ),
        (
            400,
            "BAD_REQUEST",
            r#"{"unmatched":"abs_conn_threshold,...","unknown":"conn_evict_rpc_timeout","reason":"unknown_fields","path":"root","kind":"validation_error"}"#,
            option("conn_evict_rpc_timeout", "", "unknown_fields"),
        ),
        (
            400,
            "BAD_REQUEST",
            "#{reason => failed_to_check_field,path => \"root\",exception => #{message => \"timeout value too large (max: 4294967 s)\",kind => validation_error},field => <<\"wait_takeover\">>}",
            option("wait_takeover", "", "timeout value too large (max: 4294967 s)"),
        ),
        (500, "INTERNAL_ERROR", "exit, {noproc,{gen_statem,call,[…]}}, []", gone(&[])),
        (500, "INTERNAL_ERROR", "error, badarg, []", Reason::Failed),
        (400, "BAD_REQUEST", "something new", Reason::Other),
        (409, "CONFLICT", "", Reason::Other),
    ] {
        let found = v5(status, code, message);
        assert_eq!(found.reason, expected, "{message}");
        assert_eq!(found.status, status);
    }
}

/// The code RPC_ERROR is not declared in EMQX, so its 503 becomes a 500 with Erlang text.
#[test]
fn v5_s_rpc_errors_are_no_json() {
    let text = |word: &str, error: &str| {
        format!(
            "{word} 'RPC_ERROR', message <<\"RPC error on node 'emqx2@127.0.0.1': {{'EXIT',\\n      \
             {{{{{{bad_nodes,\\n     [{{'emqx1@127.0.0.1',\\n   {error}}}]}},\\n  [{{m,f,1,[]}}]\">>"
        )
    };
    let busy = Reason::EvictionAgentBusy { nodes: nodes(&["emqx1@127.0.0.1"]) };
    for (word, error) in [
        ("not support code", "{error,already_enabled}"),
        ("Unsupported code", "{error,invalid_coordinator}"),
        ("Unsupported code", "{error,eviction_agent_busy}"),
    ] {
        let found = refusal(V5, 500, &text(word, error));
        assert_eq!(found.reason, busy);
        assert!(!found.may_have_happened());
        assert!(!found.text.contains("\\n"), "{}", found.text);
    }
    let lost = refusal(V5, 500, &text("Unsupported code", "{badrpc,nodedown}"));
    assert_eq!(lost.reason, Reason::RpcFailed { nodes: nodes(&["emqx1@127.0.0.1"]) });
    assert!(lost.may_have_happened());
    let half = refusal(V5, 500, &text("Unsupported code", "{error,{exit,{noproc,agent}}}"));
    assert_eq!(half.reason, lost.reason, "a donor's agent is gone, not the coordinator");
    let itself =
        "Unsupported code 'RPC_ERROR', message <<\"RPC error on node 'a@b': {'EXIT',{noproc";
    assert_eq!(refusal(V5, 500, itself).reason, gone(&["a@b"]));
    let timeout = v5(503, "RPC_ERROR", "RPC error on node 'emqx2@127.0.0.1': {error,timeout}");
    assert_eq!(timeout.reason, Reason::RpcFailed { nodes: nodes(&["emqx2@127.0.0.1"]) });
}

/// Knowledge of EMQX 6.0.3: the error of a start that involves a node whose rebalance application
/// has died names that node, whichever coordinates.
#[test]
fn the_node_whose_application_died_is_blamed_and_not_the_coordinator() {
    let text = "Unsupported code 'RPC_ERROR', message <<\"RPC error on node 'emqx3@127.0.0.1': \
                {'EXIT',\\n {{{bad_results,\\n [{'emqx1@127.0.0.1',\\n {error,{exit,{noproc,\
                {gen_statem,call,[emqx_eviction_agent,conn_count,infinity]}}}}}]},\\n [{m,f,1,[]}]\">>";
    let found = refusal(V5, 500, text);
    assert_eq!(found.reason, gone(&["emqx1@127.0.0.1"]));
    assert_eq!(Error::from(found).context()["nodes"], "emqx1@127.0.0.1");
}

#[test]
fn a_stop_of_nothing_is_not_a_refusal() {
    let body = r#"{"code":"BAD_REQUEST","message":"error on node 'a@b': not_started"}"#;
    assert_eq!(V5.parse_stop(&response(400, body)).unwrap(), StopAnswer::NotStarted);
    let body = r#"{"code":400,"message":"not_started"}"#;
    assert_eq!(V4.parse_stop_evacuation(&response(200, body)).unwrap(), StopAnswer::NotStarted);
}

/// Texts of EMQX 4.4's API source; before 4.4.17 they come as lists of pieces.
#[test]
fn v4_says_no_with_200() {
    for (message, expected) in [
        (json!("nothing_to_balance"), Reason::NothingToBalance),
        (json!(["nothing_to_balance"]), Reason::NothingToBalance),
        (json!(["already", [95, "started"]]), Reason::AlreadyStarted),
        (json!("eviction_agent_busy"), Reason::EvictionAgentBusy { nodes: vec![] }),
        (json!("invalid node: nosuch@b"), Reason::InvalidNodes { nodes: nodes(&["nosuch@b"]) }),
        (
            json!("unavailable nodes in nodes: ['a@b','c@d']"),
            Reason::NodesUnavailable { nodes: nodes(&["a@b", "c@d"]) },
        ),
        (
            json!("no available nodes list in migrate_to: ['a@b']"),
            Reason::NodesUnavailable { nodes: nodes(&["a@b"]) },
        ),
        (
            json!("invalid conn_evict_rate value"),
            option("conn_evict_rate", "", "invalid conn_evict_rate value"),
        ),
        (json!("Unknown rebalance param: {<<\"foo\">>,1}"), option("foo", "", "unknown_fields")),
        (
            json!("Error communicating with node 'a@b'"),
            Reason::RpcFailed { nodes: nodes(&["a@b"]) },
        ),
    ] {
        assert_eq!(v4(&message).reason, expected, "{message}");
    }
}

#[test]
fn answers_that_are_not_emqx_s_say_what_to_do() {
    let page = "<!DOCTYPE html><html><body>Please log in</body></html>";
    for (status, body, kind, says) in [
        (200, page, ErrorKind::Protocol, "login page"),
        (200, "", ErrorKind::Protocol, "empty answer"),
        (200, "[]", ErrorKind::Protocol, "check the URL"),
        (200, "{\"trunca", ErrorKind::Protocol, "check the URL"),
        (204, "", ErrorKind::Protocol, "empty answer"),
        (302, "", ErrorKind::Protocol, "redirect"),
        (400, "", ErrorKind::Unauthorized, "authorization header"),
        (401, "{}", ErrorKind::Unauthorized, "check the API key and its secret, or the login"),
        (401, r#"{"code":"BAD_API_KEY_OR_SECRET"}"#, ErrorKind::Unauthorized, "the API key"),
        (401, r#"{"code":"BAD_MFA_TOKEN"}"#, ErrorKind::Unauthorized, "second factor"),
        (401, r#"{"code":"LOGIN_LOCKED"}"#, ErrorKind::Unauthorized, "locked this user"),
        (401, r#"{"code":"PASSWORD_EXPIRED"}"#, ErrorKind::Unauthorized, "has expired"),
        (401, r#"{"code":"API_KEY_NOT_ALLOW"}"#, ErrorKind::Unauthorized, "no API key do this"),
        (401, r#"{"code":"TOKEN_TIME_OUT"}"#, ErrorKind::Unauthorized, "log in again"),
        (403, r#"{"code":"FORBIDDEN"}"#, ErrorKind::Forbidden, "`cluster_operations`"),
        (
            403,
            r#"{"code":"UNAUTHORIZED_ROLE","message":"This API Key don't have permission"}"#,
            ErrorKind::Forbidden,
            "the API key may not do this",
        ),
        (
            403,
            r#"{"code":"UNAUTHORIZED_ROLE","message":"You don't have permission"}"#,
            ErrorKind::Forbidden,
            "to whoever asks",
        ),
        (404, page, ErrorKind::Unsupported, "no such endpoint"),
        // EMQX to a client that accepts JSON: a community edition before 5.9 about all of this.
        (
            404,
            r#"{"code":"NOT_FOUND","message":"Request Path Not Found"}"#,
            ErrorKind::Unsupported,
            "community edition before 5.9",
        ),
        (404, "", ErrorKind::Unsupported, "no such endpoint"),
        (405, "", ErrorKind::Unsupported, "no such method"),
        (415, "{}", ErrorKind::Protocol, "content type"),
        (500, page, ErrorKind::Protocol, "a proxy before it fails"),
        (502, page, ErrorKind::Unreachable, "proxy"),
        (429, "", ErrorKind::Unreachable, "ask again later"),
        (503, "{}", ErrorKind::Protocol, "EMQX failed"),
        (503, page, ErrorKind::Protocol, "a proxy before it fails"),
        (504, "", ErrorKind::Timeout, "proxy"),
    ] {
        for api in [V4, V5] {
            let response = response(status, body);
            let errors = [
                api.parse_start(&response).unwrap_err(),
                api.parse_stop(&response).unwrap_err(),
                api.parse_start_evacuation(&response).unwrap_err(),
                api.parse_stop_evacuation(&response).unwrap_err(),
                api.parse_global_status(&response).unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.kind(), kind, "{api} {status} {body}: {error}");
                assert!(error.message().contains(says), "{api} {status} {body}: {error}");
            }
        }
    }
}

#[test]
fn no_answer_makes_a_long_error() {
    let long = "x".repeat(100_000);
    let fields = json!({"code": &long, "message": &long}).to_string();
    for body in [long, fields] {
        for status in [200, 400, 404, 500, 503] {
            let error = V5.parse_nodes(&response(status, &body)).unwrap_err();
            assert!(format!("{error} {error:?}").len() < 4000);
            if let Ok(StartAnswer::Refused(refusal)) = V5.parse_start(&response(status, &body)) {
                assert!(format!("{refusal:?} {}", Error::from(refusal.clone())).len() < 4000);
            }
        }
    }
}

#[test]
fn a_body_over_the_limit_is_an_error_for_every_answer() {
    let response = Response::new(vec![b' '; MAX_BODY + 1]);
    for api in [V4, V5] {
        let errors = [
            api.parse_nodes(&response).unwrap_err(),
            api.parse_cluster(&response).unwrap_err(),
            api.parse_node_status(&response).unwrap_err(),
            api.parse_status(&response).unwrap_err(),
            api.parse_global_status(&response).unwrap_err(),
            api.parse_availability_check(&response).unwrap_err(),
            api.parse_start(&response).unwrap_err(),
            parse_probe(api, &response).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(error.context().contains_key("limit"), "{error}");
        }
    }
}

#[test]
fn a_503_of_a_proxy_does_not_close_a_node() {
    for body in ["<html>503</html>", r#"{"code":"SERVICE_UNAVAILABLE"}"#, "{}", ""] {
        assert!(V5.parse_availability_check(&response(503, body)).is_err(), "{body}");
    }
}

#[test]
fn the_version_of_the_api_is_found_by_asking() {
    assert_eq!(probe(V5).uri(), "/api/v5/status");
    assert_eq!(probe(V4).uri(), "/api/v4/nodes");
    let up = response(200, "Node a@b is started\nemqx is running");
    let booting = response(503, "Node a@b is started\nemqx is not_running");
    assert!(parse_probe(V5, &up).unwrap());
    assert!(parse_probe(V5, &booting).unwrap());
    for (status, body) in [(404, "<html>"), (401, "{}"), (200, "<html>"), (302, "")] {
        assert!(!parse_probe(V5, &response(status, body)).unwrap(), "{status}");
    }
    assert!(parse_probe(V5, &response(502, "")).is_err());
    assert!(parse_probe(V4, &response(200, r#"{"code":0,"data":[]}"#)).unwrap());
    for (status, body, kind) in [
        (401, "{}", ErrorKind::Unauthorized),
        (403, "{}", ErrorKind::Forbidden),
        (404, "<html>", ErrorKind::Protocol),
        (200, "<html>", ErrorKind::Protocol),
        (200, "{}", ErrorKind::Protocol),
    ] {
        assert_eq!(parse_probe(V4, &response(status, body)).unwrap_err().kind(), kind, "{status}");
    }
}
