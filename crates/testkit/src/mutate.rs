//! Documents that somebody or something has changed.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// Something that is done to one place in a document.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is not there any more.
    Remove,
    /// It is there twice, if it stands in a list.
    Twice,
    /// It is something else.
    Put(Value),
}

/// Where in a document, and what is done there.
pub type Changes = Vec<(Index, Change)>;

/// One to four changes: values of every type, at and beyond every bound, and `words`, which such documents
/// are made of, so that the strange gets past the first check.
pub fn changes(words: &[&str]) -> impl Strategy<Value = Changes> + use<> {
    let numbers = [json!(-1), json!(0), json!(1), json!(u64::MAX), json!(i64::MIN), json!(1e308)];
    let others = [Value::Null, json!(true), json!([]), json!({}), json!([[[[]]]]), json!("\0")];
    let long = json!("x".repeat(100_000));
    let put = select(numbers.into_iter().chain(others).chain([long]).collect::<Vec<_>>());
    let words: Vec<Value> = words.iter().map(|word| json!(word)).chain([json!("")]).collect();
    let change = prop_oneof![
        1 => Just(Change::Remove),
        1 => Just(Change::Twice),
        3 => put.prop_map(Change::Put),
        2 => select(words).prop_map(Change::Put),
        1 => any::<i64>().prop_map(|number| Change::Put(json!(number))),
    ];
    prop::collection::vec((any::<Index>(), change), 1..=4)
}

/// `document` with `changes`, none of them within the JSON pointer `kept`.
pub fn changed(mut document: Value, changes: &Changes, kept: &str) -> Value {
    for (index, change) in changes {
        let mut found = Vec::new();
        places(&document, "", &mut found);
        found.retain(|place| place != kept && !place.starts_with(&format!("{kept}/")));
        if !found.is_empty() {
            carry_out(&mut document, index.get::<String>(&found), change);
        }
    }
    document
}

/// The JSON pointers of all that is in `value`.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        places(value, &place, found);
        found.push(place);
    }
}

/// Does nothing to a place that is no more.
fn carry_out(document: &mut Value, place: &str, change: &Change) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    let at = || name.parse::<usize>().ok();
    match (document.pointer_mut(parent), change) {
        (Some(Value::Object(members)), Change::Remove) => {
            members.remove(&name.replace("~1", "/").replace("~0", "~"));
        }
        (Some(Value::Array(items)), Change::Remove) => {
            if let Some(at) = at().filter(|at| *at < items.len()) {
                items.remove(at);
            }
        }
        (Some(Value::Array(items)), Change::Twice) => {
            items.extend(at().and_then(|at| items.get(at).cloned()));
        }
        (Some(_), Change::Put(value)) => {
            if let Some(there) = document.pointer_mut(place) {
                *there = value.clone();
            }
        }
        _ => {}
    }
}
