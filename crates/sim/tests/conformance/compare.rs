//! What of an answer must be equal, and what only of the same shape.

use http::{Response, StatusCode};
use serde_json::{Value, json};

/// Strings under these names are compared letter by letter; others only by being strings.
const EXACT: [&str; 16] = [
    "code",
    "coordinator_node",
    "desc",
    "donors",
    "edition",
    "expired_at",
    "message",
    "node",
    "node_status",
    "nodes",
    "process",
    "recipients",
    "role",
    "self",
    "session_recipients",
    "state",
];

/// Headers that EMQX's answers are recorded with.
const HEADERS: [&str; 4] = ["allow", "content-type", "retry-after", "www-authenticate"];

/// A body with everything blanked that cannot be equal in two clusters.
pub(crate) fn shape(value: &Value) -> Value {
    shape_of("", value)
}

fn shape_of(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), shape_of(name, value))).collect()
        }
        Value::Array(items) => items.iter().map(|item| shape_of(name, item)).collect(),
        Value::Number(number) if number.is_f64() => json!("<float>"),
        Value::Number(_) => json!("<integer>"),
        Value::String(text) if name == "message" => json!(without_trace(text)),
        Value::String(text) if EXACT.contains(&name) => json!(text),
        Value::String(_) => json!("<text>"),
        other => other.clone(),
    }
}

/// A crash's message without its stack trace, which names lines of EMQX's source.
fn without_trace(text: &str) -> &str {
    text.find(", [{").map_or(text, |end| &text[..end])
}

/// The recorded answer against ours: what differs, if anything does.
/// Fields of ours that begin with one of `absent` are not looked at.
pub(crate) fn differs(
    recorded: &Value,
    ours: &Response<Vec<u8>>,
    absent: &[&str],
) -> Option<String> {
    let status = recorded["status"].as_u64();
    if status != Some(ours.status().as_u16().into()) {
        return Some(format!("status {status:?}, ours {}: {}", ours.status(), text(ours)));
    }
    for name in HEADERS {
        let theirs = recorded["headers"].get(name).and_then(Value::as_str);
        let ours = ours.headers().get(name).map(|value| value.to_str().unwrap());
        if theirs != ours {
            return Some(format!("header {name}: {theirs:?}, ours {ours:?}"));
        }
    }
    body_differs(&recorded["body"], ours, absent)
}

fn body_differs(recorded: &Value, ours: &Response<Vec<u8>>, absent: &[&str]) -> Option<String> {
    if let Value::String(theirs) = recorded {
        // Bodies over 600 characters are cut in the recordings, and say so.
        let (theirs, cut) =
            theirs.split_once('…').map_or((theirs.as_str(), false), |(a, _)| (a, true));
        let ours = text(ours);
        let same = if cut { ours.starts_with(theirs.trim_end()) } else { ours == theirs };
        return (!same).then(|| format!("body\n  {theirs:?}, ours\n  {ours:?}"));
    }
    let mut ours = body(ours);
    remove(&mut ours, absent);
    (shape(recorded) != shape(&ours))
        .then(|| format!("body\n  {}, ours\n  {}", shape(recorded), shape(&ours)))
}

fn remove(value: &mut Value, absent: &[&str]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !absent.iter().any(|begin| name.starts_with(begin)));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, absent)),
        _ => {}
    }
}

fn text(answer: &Response<Vec<u8>>) -> String {
    String::from_utf8(answer.body().clone()).unwrap()
}

/// The body of an answer as JSON; null if it has none.
pub(crate) fn body(answer: &Response<Vec<u8>>) -> Value {
    if answer.body().is_empty() || answer.status() == StatusCode::NO_CONTENT {
        return Value::Null;
    }
    serde_json::from_slice(answer.body()).unwrap()
}
