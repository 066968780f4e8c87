//! What somebody asks for, changed: it is planned, or refused with problems that can be read.

use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::{Error, ErrorKind, EvacuationRequest, PlanRequest, ReconnectProfile};
use emqx_rebalance_testkit::cases::cases;
use emqx_rebalance_testkit::mutate::{changed, changes};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The words of options, and numbers in the shapes that people write.
const WORDS: [&str; 14] = [
    "level",
    "single",
    "least_connections",
    "sticky",
    "auto",
    "off",
    "running",
    "core",
    "a@h",
    "10s",
    "1e400",
    "50%",
    "mobile",
    "18446744073709551616",
];

fn request() -> Value {
    json!({
        "snapshot": {"nodes": [
            {"node": "a@h", "connections": 9000, "sessions": 9500, "disconnected_sessions": 500,
             "status": "running", "role": "core", "version": "5.8.8"},
            {"node": "b@h", "connections": 4000}, {"node": "c@h"}, {"node": "d@h"}
        ]},
        "mode": "level",
        "strategy": {"conn_evict_rate": 50, "wait_health_check": 30, "rel_conn_threshold": 1.05},
        "load_balancer": "round_robin",
        "weights": {"a@h": 2.0, "b@h": 1.0},
        "exclude": ["d@h"],
        "reconnect": {"points": [[0.5, 0.0], [5.0, 0.8], [60.0, 1.0]]},
        "pilot": "off",
        "max_unavailable": 2,
    })
}

fn evacuation() -> Value {
    json!({
        "snapshot": {"nodes": [{"node": "a@h", "connections": 900}, {"node": "b@h"}]},
        "node": "a@h", "conn_evict_rate": 50, "sess_evict_rate": 50, "wait_takeover": 10,
        "migrate_to": ["b@h"],
    })
}

/// The error of a request that cannot be read, or of what it asks for.
fn asked<T: DeserializeOwned>(
    document: Value,
    act: impl FnOnce(T) -> Result<(), Error>,
) -> Result<(), TestCaseError> {
    let said = match serde_json::from_value::<T>(document) {
        Ok(request) => act(request).err().map(|error| error.to_string()),
        // As hosts say it.
        Err(error) => Some(Error::new(ErrorKind::ConfigInvalid, "").with("why", error).to_string()),
    };
    let length = said.map_or(0, |said| said.chars().count());
    prop_assert!(length < MOST_TEXT, "{length} characters");
    Ok(())
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_changed_request_is_planned_or_refused(changes in changes(&WORDS)) {
        asked(changed(request(), &changes, "-"), |request: PlanRequest| request.plan().map(drop))?;
    }

    #[test]
    fn a_changed_evacuation_is_planned_or_refused(changes in changes(&WORDS)) {
        let evacuation = changed(evacuation(), &changes, "-");
        asked(evacuation, |request: EvacuationRequest| request.plan().map(drop))?;
    }

    #[test]
    fn a_changed_profile_is_read_or_refused(changes in changes(&WORDS)) {
        let profile = changed(json!({"profile": request()["reconnect"]}), &changes, "-");
        asked(profile["profile"].clone(), |_: ReconnectProfile| Ok(()))?;
    }

    #[test]
    fn a_changed_record_is_read_or_refused(changes in changes(&WORDS)) {
        let text = include_str!("stored/history.jsonl");
        let record = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        asked(changed(record, &changes, "-"), |_: Record| Ok(()))?;
    }
}

#[test]
fn what_is_changed_is_good_before() {
    serde_json::from_value::<PlanRequest>(request()).unwrap().plan().unwrap();
    serde_json::from_value::<EvacuationRequest>(evacuation()).unwrap().plan().unwrap();
}

/// Of an error: a value of 100,000 characters is not repeated.
const MOST_TEXT: usize = 20_000;
