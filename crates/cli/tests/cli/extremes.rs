//! Numbers in files may be any: whatever is read from one is shown and gone on with, or refused.

use crate::command::{binary, finish};
use emqx_rebalance_cli::{plan_text, status_text};
use emqx_rebalance_core::driver::{Driver, DriverOptions, Input, Record, StoredRebalance};
use emqx_rebalance_core::{Mode, Options, Plan, PlanOptions, Snapshot, Strategy, Timestamp, plan};
use emqx_rebalance_report::{ReportInput, render};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fs;

fn planned(mode: Mode) -> Plan {
    let nodes = json!({"version": 1, "nodes": [
        {"node": "emqx1@h", "connections": 900, "disconnected_sessions": 30},
        {"node": "emqx2@h", "connections": 500},
        {"node": "emqx3@h", "connections": 0},
    ]});
    let snapshot = Snapshot::read(nodes).unwrap();
    let options = PlanOptions { mode, ..PlanOptions::default() };
    plan(&snapshot, &serde_json::from_value::<Strategy>(json!({})).unwrap(), &options).unwrap()
}

/// Where the numbers are in `value`, as JSON pointers.
fn numbers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(i, item)| numbers(item, &format!("{at}/{i}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, field)| numbers(field, &format!("{at}/{key}"), found));
        }
        _ => {}
    }
}

/// `value` with each of its numbers, and with all of them, as large and as small as can be; of these
/// what can be read.
fn extremes<T: DeserializeOwned>(value: &Value) -> Vec<T> {
    let mut places = Vec::new();
    numbers(value, "", &mut places);
    let extremes =
        [json!(u64::MAX), json!((1_u64 << 53) - 1), json!(0), json!(1e308), json!(-1e308)];
    let mut all = Vec::new();
    for extreme in extremes {
        let mut whole = value.clone();
        for place in &places {
            let mut one = value.clone();
            for value in [&mut one, &mut whole] {
                if let Some(number) = value.pointer_mut(place) {
                    *number = extreme.clone();
                }
            }
            all.push(one);
        }
        whole["version"] = json!(1);
        all.push(whole);
    }
    all.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect()
}

#[test]
fn plans_of_any_numbers_are_shown() {
    for mode in [Mode::Single, Mode::Level] {
        let plans = extremes::<Plan>(&serde_json::to_value(planned(mode)).unwrap());
        assert!(plans.len() > 100, "{}", plans.len());
        for plan in &plans {
            assert!(!plan_text(plan).is_empty());
            let input = ReportInput {
                title: "any",
                made_at: "",
                plan,
                samples: &[],
                phases: &[],
                outcome: None,
                facts: &[],
            };
            assert!(render(&input).ends_with("</html>\n"));
        }
    }
}

#[test]
fn states_of_any_numbers_are_gone_on_with() {
    for mode in [Mode::Single, Mode::Level] {
        let mut driver = Driver::new(planned(mode), DriverOptions::default(), false).unwrap();
        assert!(!driver.step(Timestamp::from_ms(1000), Input::Tick).requests.is_empty());
        let states = extremes::<StoredRebalance>(&serde_json::to_value(driver.state()).unwrap());
        assert!(states.len() > 100, "{}", states.len());
        for state in states {
            let mut driver = Driver::restore(state);
            for now_ms in [0, 5_000, u64::MAX] {
                let _ = driver.step(Timestamp::from_ms(now_ms), Input::Tick);
                assert!(!status_text(&driver.status()).is_empty());
            }
            driver.record();
        }
    }
}

#[test]
fn records_of_any_numbers_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.jsonl");
    let record = json!({
        "version": 1, "began_at": 1000, "ended_at": 9000, "who": "alice", "moved": 7, "expected_s": 9,
        "plan": planned(Mode::Level), "nodes": [{"node": "emqx1@h", "connections": 900}],
        "waves": [{"runs": 1, "disconnects": 2, "moved": 3, "expected_s": 4, "expected_over": 0.1,
                   "over": 0.2}],
        "outcome": {"result": "completed", "detail": "done", "balance": {"over": 0.1, "under": 0.1, "cv": 0.1}},
    });
    serde_json::from_value::<Record>(record.clone()).unwrap();
    let records = extremes::<Record>(&record);
    assert!(records.len() > 100, "{}", records.len());
    let lines = records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n");
    fs::write(&file, lines.collect::<String>()).unwrap();
    let mut history = binary(&["history", "--limit", "100000", "--history"]);
    let said = finish(history.arg(&file), "");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let listed = said.out.lines().filter(|line| line.contains("completed")).count();
    assert_eq!(listed, records.len());
}
