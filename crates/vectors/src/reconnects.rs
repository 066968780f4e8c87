//! What the cases of `calls.json` ask of how clients come back.

use crate::asked::{Case, article, snapshot};
use serde_json::{Value, json};

/// Name, call and request of every case.
pub(crate) fn cases() -> Vec<Case> {
    [told(), refused()].concat()
}

/// Half of the clients are prompt, most others take up to a minute, one in ten never comes.
fn fleet() -> Value {
    json!({ "version": 1, "points": [[0.5, 0], [1.5, 0.5], [10, 0.5], [60, 0.9]] })
}

fn told() -> Vec<Case> {
    let quick = |reconnect: Value| {
        json!({
        "snapshot": article(), "conn_evict_rate": 50, "wait_health_check": 10, "wait_takeover": 10,
        "reconnect": reconnect })
    };
    vec![
        ("a reconnect profile in full", "plan", quick(fleet())),
        ("a reconnect profile by name", "plan", quick(json!("esp_mqtt"))),
        ("an average delay as a number", "plan", quick(json!(4))),
        ("an average delay as text", "plan", quick(json!("1m30s"))),
        ("a profile of one step", "plan", quick(json!({ "points": [[3, 1]] }))),
        ("a profile that says it is a preset", "plan", {
            quick(json!({ "name": "mqtt_js", "points": [[1, 0], [1.5, 1]] }))
        }),
        (
            "level, with a reconnect profile",
            "plan",
            json!({
            "snapshot": snapshot(&[1000, 600, 0, 0, 0]), "mode": "level",
            "load_balancer": "round_robin", "conn_evict_rate": 50, "reconnect": fleet() }),
        ),
        (
            "an evacuation with a reconnect profile",
            "plan_evacuation",
            json!({
            "snapshot": article(), "node": "emqx@n1", "conn_evict_rate": 100,
            "wait_health_check": 10, "wait_takeover": 20, "reconnect": "mobile_fleet" }),
        ),
    ]
}

fn refused() -> Vec<Case> {
    let plan = |reconnect: Value| json!({ "snapshot": article(), "reconnect": reconnect });
    let points = |points: Value| plan(json!({ "points": points }));
    let evacuation = |reconnect: Value| {
        json!({
        "snapshot": article(), "node": "emqx@n1", "reconnect": reconnect, "reconnect_delay_s": 2 })
    };
    vec![
        (
            "every problem of a profile at once",
            "plan",
            json!({
            "snapshot": article(), "conn_evict_rate": 0, "reconnect": {
                "version": 2, "name": "mqtt", "size": 3,
                "points": [[1, 0.5], [0.5, 0.4], [-3, 2], [86_401, 0.9]] } }),
        ),
        ("a profile without points", "plan", plan(json!({ "version": 1 }))),
        ("no point at all", "plan", points(json!([]))),
        ("points that are no list", "plan", points(json!("all"))),
        ("a point of three numbers", "plan", points(json!([[0, 0], [1, 0.5, 2]]))),
        ("a point of words", "plan", points(json!([["soon", "all"]]))),
        ("more points than a profile may have", "plan", points(json!(vec![(1, 1); 65]))),
        ("a profile of clients that never come", "plan", points(json!([[1, 0], [2, 0]]))),
        ("a name that no profile has", "plan", plan(json!("paho_pyton"))),
        ("a delay below 0", "plan", plan(json!(-1))),
        ("a delay of more than 16 hours", "plan", plan(json!("16h1s"))),
        ("a profile that is a list", "plan", plan(json!([[1, 1]]))),
        ("a profile that is neither", "plan", plan(json!(true))),
        (
            "a delay beside a profile",
            "plan",
            json!({
            "snapshot": article(), "reconnect": "mqtt_js", "reconnect_delay_s": 2 }),
        ),
        (
            "level, a delay beside a profile",
            "plan",
            json!({
            "snapshot": article(), "mode": "level", "reconnect": fleet(), "reconnect_delay_s": 2,
            "target_over": 2 }),
        ),
        ("an evacuation with a delay beside a profile", "plan_evacuation", evacuation(fleet())),
        ("an evacuation with a profile that is none", "plan_evacuation", evacuation(json!("x"))),
    ]
}
