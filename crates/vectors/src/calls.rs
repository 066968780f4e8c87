//! Calls that need no cluster: a request, and the result or the error.

use crate::{asked, reconnects};
use anyhow::Result;
use emqx_rebalance_core::{Error, EvacuationRequest, PlanRequest};
use emqx_rebalance_exchange::{Access, Dialect, Nowhere};
use serde::Serialize;
use serde_json::{Value, json};

const ABOUT: &str = "Calls that need no cluster. `call` names the function, `request` is its one \
    argument; the answer is `result`, or an error that as JSON is `error`. Made by the Rust core: \
    every language must give the same JSON, byte for byte where it can write JSON.";

/// The file.
pub(crate) fn file() -> Result<Value> {
    let cases: Result<Vec<Value>> = asked::cases()
        .into_iter()
        .chain(reconnects::cases())
        .map(|(name, call, request)| case(name, call, request))
        .collect();
    Ok(json!({ "about": ABOUT, "cases": cases? }))
}

fn case(name: &str, call: &str, request: Value) -> Result<Value> {
    let (key, answer) = match answer(call, &request) {
        Ok(result) => ("result", result?),
        Err(error) => ("error", serde_json::to_value(error)?),
    };
    Ok(json!({ "name": name, "call": call, "request": request, key: answer }))
}

fn answer(call: &str, request: &Value) -> Result<Result<Value>, Error> {
    match call {
        // These are refused in the same words whoever reads them.
        "cluster" => Access::read(request, Dialect::LUA, &Nowhere).map(|_| Ok(Value::Null)),
        "plan_evacuation" => EvacuationRequest::read(request)?.plan().map(value),
        _ => PlanRequest::read(request)?.plan().map(value),
    }
}

fn value(result: impl Serialize) -> Result<Value> {
    // By way of text, so that the file holds the very digits that the core writes.
    Ok(serde_json::from_str(&serde_json::to_string(&result)?)?)
}
