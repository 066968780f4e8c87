//! What native Rust answers to the calls of the tests, as text: `reference VECTORS…` writes a JSON
//! list of calls and answers, which the JavaScript package has to give to the byte.

use anyhow::{Context, Result};
use emqx_rebalance_core::{Error, EvacuationRequest, PlanRequest};
use serde::Serialize;
use serde_json::{Deserializer, Value, json};
use std::io::Write;
use std::{env, fs, io};

/// One call, the text it is given, and the text it gives or throws.
#[derive(Serialize)]
struct Case {
    call: &'static str,
    request: String,
    answer: String,
}

fn main() -> Result<()> {
    let mut found: Vec<Case> = Vec::new();
    for path in env::args_os().skip(1) {
        let vectors: Value = serde_json::from_slice(&fs::read(path)?)?;
        let cases = vectors.get("cases").and_then(Value::as_array).context("no cases")?;
        found.extend(cases.iter().flat_map(calls));
    }
    Ok(io::stdout().write_all(&serde_json::to_vec(&found)?)?)
}

/// The call that a vector is, or else every way to call the package with the cluster that it holds.
fn calls(case: &Value) -> Vec<Case> {
    match (case.get("call").and_then(Value::as_str), case.get("request")) {
        // Which needs more than planning.
        (Some("cluster"), _) => Vec::new(),
        (Some("plan_evacuation"), Some(request)) => vec![evacuation(request.clone())],
        (_, Some(request)) => vec![plan(request.clone())],
        (_, None) => ways(case),
    }
}

/// Every way to call the package with one cluster, a bad one among them.
fn ways(case: &Value) -> Vec<Case> {
    let part = |name: &str| case.get(name).cloned().unwrap_or_default();
    let snapshot = json!({ "nodes": part("nodes") });
    let (strategy, node) =
        (part("strategy"), part("nodes").pointer("/0/node").cloned().unwrap_or_default());
    vec![
        plan(json!({ "snapshot": snapshot, "strategy": strategy })),
        plan(json!({ "snapshot": snapshot, "strategy": strategy, "mode": "level" })),
        plan(
            json!({ "snapshot": snapshot, "mode": "level", "load_balancer": "least_connections" }),
        ),
        plan(
            json!({ "snapshot": snapshot, "conn_evict_rate": 0, "wait_takeover": "never", "x": 1.5 }),
        ),
        evacuation(json!({ "snapshot": snapshot, "node": node, "reconnect_delay_s": 0.3 })),
    ]
}

fn plan(request: Value) -> Case {
    let request = request.to_string();
    let plan = PlanRequest::read(&mut Deserializer::from_str(&request));
    Case { answer: text(plan.and_then(|request| request.plan())), call: "plan", request }
}

fn evacuation(request: Value) -> Case {
    let request = request.to_string();
    let plan = EvacuationRequest::read(&mut Deserializer::from_str(&request));
    Case { answer: text(plan.and_then(|request| request.plan())), call: "plan_evacuation", request }
}

fn text<T: Serialize>(result: Result<T, Error>) -> String {
    match result {
        Ok(value) => serde_json::to_string(&value),
        Err(error) => serde_json::to_string(&error),
    }
    .unwrap_or_default()
}
