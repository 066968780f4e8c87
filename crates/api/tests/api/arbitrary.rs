//! No answer, however strange, makes a panic; what is written reads the same.

use emqx_rebalance_api::ApiVersion::{self, V4, V5};
use emqx_rebalance_api::parse_probe;
use emqx_rebalance_core::{GlobalStatus, NodeName, RunPhase, RunState, RunStatus};
use emqx_rebalance_testkit::cases::cases;
use http::Response;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// EMQX's own words, so that the strange gets past the first check.
pub(crate) const WORDS: [&str; 32] = [
    "code",
    "message",
    "data",
    "nodes",
    "node",
    "node_status",
    "running",
    "connections",
    "live_connections",
    "rebalances",
    "evacuations",
    "purges",
    "status",
    "enabled",
    "process",
    "rebalance",
    "evacuation",
    "state",
    "evicting_conns",
    "coordinator_node",
    "a@b",
    "stats",
    "donors",
    "recipients",
    "connection_goal",
    "token",
    "NODE_EVACUATING",
    "Nodes unavailable: [",
    "{\"path\":\"root",
    "#{field => <<\"",
    "RPC_ERROR {bad_nodes,[{'é",
    "error on node '",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(&WORDS[..]).prop_map(str::to_owned), ".{0,12}"]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![
        Just(200),
        prop::sample::select(vec![204, 302, 400, 401, 403, 404, 405, 415, 500, 502, 503]),
        100u16..=999,
    ]
}

/// Reads `response` as every answer there is. Errors must stay short.
pub(crate) fn read_all(api: ApiVersion, response: &Response<Vec<u8>>) {
    let errors = [
        api.parse_nodes(response).err(),
        api.parse_node(response).err(),
        api.parse_cluster(response).err(),
        api.parse_node_status(response).err(),
        api.parse_status(response).err(),
        api.parse_global_status(response).err(),
        api.parse_availability_check(response).err(),
        api.parse_start(response).err(),
        api.parse_stop(response).err(),
        api.parse_start_evacuation(response).err(),
        api.parse_stop_evacuation(response).err(),
        api.parse_login(response).err(),
        parse_probe(api, response).err(),
    ];
    for error in errors.into_iter().flatten() {
        let text = error.to_string();
        assert!(text.chars().count() < 3000 && !text.contains('\n'), "{text}");
    }
}

fn run() -> impl Strategy<Value = RunStatus> {
    let names = || prop::collection::btree_set("[a-z]{1,8}@[a-z0-9.]{1,8}", 1..5);
    let phase = prop::sample::select(vec![
        RunPhase::WaitHealthCheck,
        RunPhase::EvictingConns,
        RunPhase::WaitTakeover,
        RunPhase::EvictingSessions,
    ]);
    let goal = || prop::option::of(0.0..1e9);
    let rate = || prop::option::of(1u64..1 << 53);
    (names(), names(), phase, rate(), rate(), goal(), goal(), goal(), goal()).prop_map(
        |(donors, recipients, phase, conn, sess, goal, average, sess_goal, sess_average)| {
            let names = |set: std::collections::BTreeSet<String>| {
                set.into_iter().map(|name| name.try_into().unwrap()).collect::<Vec<NodeName>>()
            };
            let donors = names(donors);
            RunStatus {
                coordinator: donors[0].clone(),
                state: RunState::Phase(phase),
                donors,
                recipients: names(recipients),
                conn_evict_rate: conn,
                sess_evict_rate: sess,
                connection_goal: goal,
                donor_conn_avg: average,
                disconnected_session_goal: sess_goal,
                donor_sess_avg: sess_average,
            }
        },
    )
}

/// As EMQX writes it.
fn render(run: &RunStatus) -> Value {
    json!({
        "node": run.coordinator, "coordinator_node": run.coordinator, "state": run.state,
        "donors": run.donors, "recipients": run.recipients,
        "connection_eviction_rate": run.conn_evict_rate,
        "session_eviction_rate": run.sess_evict_rate,
        "connection_goal": run.connection_goal, "donor_conn_avg": run.donor_conn_avg,
        "disconnected_session_goal": run.disconnected_session_goal,
        "donor_sess_avg": run.donor_sess_avg, "new_in_7_0": {"x": 1}
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), status in status()) {
        let response = Response::builder().status(status).body(bytes).unwrap();
        read_all(V4, &response);
        read_all(V5, &response);
    }

    #[test]
    fn json_never_panics(value in any_json(), status in status()) {
        let body = value.to_string().into_bytes();
        let response = Response::builder().status(status).body(body).unwrap();
        read_all(V4, &response);
        read_all(V5, &response);
    }

    #[test]
    fn texts_never_panic(text in "[\\[\\]{}'\"<>,#= a-zé@_]{0,60}", at in 0..WORDS.len()) {
        let message = format!("{}{text}", WORDS[at]);
        for (status, body) in [
            (400, json!({"code": "BAD_REQUEST", "message": message}).to_string()),
            (500, message.clone()),
            (200, json!({"code": 400, "message": [message]}).to_string()),
        ] {
            let response = Response::builder().status(status).body(body.into_bytes()).unwrap();
            read_all(V4, &response);
            read_all(V5, &response);
        }
    }

    #[test]
    fn a_run_reads_as_it_was(run in run()) {
        let body = json!({"rebalances": [render(&run)], "evacuations": [], "purges": []});
        let response = Response::new(body.to_string().into_bytes());
        let expected = GlobalStatus { rebalances: vec![run], ..GlobalStatus::default() };
        for api in [V4, V5] {
            prop_assert_eq!(&api.parse_global_status(&response).unwrap(), &expected);
        }
        let text = serde_json::to_string(&expected).unwrap();
        prop_assert_eq!(serde_json::from_str::<GlobalStatus>(&text).unwrap(), expected);
    }
}
