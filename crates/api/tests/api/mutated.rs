//! Recorded answers that something has changed: each is read or an error, and the errors stay short.

use crate::arbitrary::{WORDS, read_all};
use crate::recording::{recordings, response};
use emqx_rebalance_api::ApiVersion::{V4, V5};
use emqx_rebalance_testkit::cases::cases;
use emqx_rebalance_testkit::mutate::{Changes, changed, changes};
use http::Response;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Answers of every kind: of those that differ in their values alone, the largest.
static ANSWERS: LazyLock<Vec<Answer>> = LazyLock::new(answers);

struct Answer {
    status: u16,
    body: Value,
}

fn answers() -> Vec<Answer> {
    let mut found: BTreeMap<String, Answer> = BTreeMap::new();
    for recording in recordings(|_| true) {
        for row in recording.rows {
            let answer = &row["response"];
            let Some(read) = response(&answer["status"], &answer["body"]) else { continue };
            let Ok(body) = serde_json::from_slice::<Value>(read.body()) else { continue };
            let kind = format!("{} {}", read.status(), shape(&body));
            let size = body.to_string().len();
            let answer = Answer { status: read.status().as_u16(), body };
            let is_larger = |old: &Answer| old.body.to_string().len() >= size;
            if !found.get(&kind).is_some_and(is_larger) {
                found.insert(kind, answer);
            }
        }
    }
    found.into_values().collect()
}

/// The names of its members, or of those of its first item.
fn shape(body: &Value) -> String {
    match body {
        Value::Object(members) => members.keys().cloned().collect::<Vec<_>>().join(","),
        Value::Array(items) => format!("[{}]", items.first().map(shape).unwrap_or_default()),
        _ => String::new(),
    }
}

fn read(status: u16, body: Vec<u8>) {
    let response = Response::builder().status(status).body(body).unwrap();
    read_all(V4, &response);
    read_all(V5, &response);
}

#[test]
fn there_are_answers_of_every_kind() {
    assert!(ANSWERS.len() > 20, "{} kinds", ANSWERS.len());
}

fn change() -> impl Strategy<Value = (Index, Changes)> {
    (any::<Index>(), changes(&WORDS))
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_changed_answer_is_read_or_an_error((which, changes) in change()) {
        let answer = which.get(&ANSWERS);
        let body = changed(answer.body.clone(), &changes, "-");
        read(answer.status, body.to_string().into_bytes());
    }

    #[test]
    fn an_answer_that_broke_off_is_an_error(which in any::<Index>(), at in any::<Index>()) {
        let answer = which.get(&ANSWERS);
        let mut text = answer.body.to_string().into_bytes();
        text.truncate(at.index(text.len()));
        read(answer.status, text);
    }

    #[test]
    fn an_answer_with_other_bytes_in_it_is_read_or_an_error(
        which in any::<Index>(),
        at in any::<Index>(),
        bytes in prop::collection::vec(any::<u8>(), 1..8),
    ) {
        let answer = which.get(&ANSWERS);
        let mut text = answer.body.to_string().into_bytes();
        let at = at.index(text.len());
        let end = (at + bytes.len()).min(text.len());
        text.splice(at..end, bytes);
        read(answer.status, text);
    }
}
