//! Reads values whose types know no problems of their own, such as plans and records: those that we
//! wrote. What is wrong in one says where it is.

use super::loose::Loose;
use super::take::ABSENT;
use crate::error::{Error, Problem, Result};
use serde::de::DeserializeOwned;

/// Reads a value of a type that has no options; `what` it is, in a word.
///
/// ```
/// use emqx_rebalance_core::{Loose, Plan, typed};
///
/// let error = typed::<Plan>("plan", Loose::List(Vec::new())).unwrap_err();
/// assert_eq!(error.to_string(), "invalid plan: `plan` is `a list` but must be an object");
/// ```
///
/// # Errors
/// `config_invalid` with the first problem: the place of the field, what is there, and what must be.
pub fn typed<T: DeserializeOwned>(what: &str, given: Loose) -> Result<T> {
    let shown = given.to_string();
    T::deserialize(given).map_err(|error| invalid(what, &shown, &error.to_string()))
}

/// The error for what serde says, such as ``in `runs`: in `0`: missing field `nodes` ``.
fn invalid(what: &str, shown: &str, said: &str) -> Error {
    let (place, said) = place(said);
    let at = |name: &str| if place.is_empty() { name.to_owned() } else { place.clone() };
    let problem = if let Some(name) = said.strip_prefix("missing field `") {
        let name = name.trim_end_matches('`');
        let field = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        Problem::new(field, ABSENT, "given")
    } else if let Some((value, bound)) = found_and_expected(said) {
        let value = if place.is_empty() { shown.to_owned() } else { value };
        Problem::new(at(what), value, bound)
    } else {
        // A type's own words, which say what is wrong and with what.
        let value = if place.is_empty() { shown } else { "given" };
        Problem::new(at(what), value, format!("good: {said}"))
    };
    Error::invalid(what, vec![problem])
}

/// What was found, and what should have been, of the errors that serde words itself.
fn found_and_expected(said: &str) -> Option<(String, String)> {
    let kinds = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "];
    let said = kinds.iter().find_map(|kind| said.strip_prefix(kind))?;
    let (value, bound) = said.rsplit_once(", expected ")?;
    let bound = if bound.starts_with("struct ") { "an object" } else { bound };
    Some((value.replace(['`', '"'], ""), bound.replace('`', "")))
}

/// The place that an error names, as people write it, and the rest of the error.
fn place(mut said: &str) -> (String, &str) {
    let mut place = String::new();
    while let Some((step, rest)) = said.strip_prefix("in `").and_then(|s| s.split_once("`: ")) {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            place.push_str(&format!("[{step}]"));
        } else {
            let dot = if place.is_empty() { "" } else { "." };
            place.push_str(&format!("{dot}{step}"));
        }
        said = rest;
    }
    (place, said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn problem(json: &str) -> String {
        let loose = serde_json::from_str(json).unwrap();
        let error = typed::<Plan>("plan", loose).unwrap_err();
        assert_eq!(error.problems().len(), 1);
        error.to_string()
    }

    #[test]
    fn what_is_wrong_with_a_value_of_ours_is_named_by_its_place() {
        let json = r#"{"version":1,"snapshot":{}}"#;
        assert_eq!(problem("{}"), "invalid plan: `version` is `absent` but must be given");
        assert!(problem("7").starts_with("invalid plan: `plan` is `7` but must be an object"));
        assert!(problem(json).contains("` is `absent` but must be given"), "{}", problem(json));
        let two = problem(r#"{"version":2}"#);
        assert!(two.contains("`version`") && two.contains('1'), "{two}");
        let wrong = problem(r#"{"version":1,"mode":"levl"}"#);
        assert_eq!(wrong, "invalid plan: `mode` is `levl` but must be single or level");
        let deep = problem(r#"{"version":1,"mode":"single","fingerprint":{"nodes":[{"node":7}]}}"#);
        assert!(deep.contains("`fingerprint.nodes[0].node` is `integer 7` but must be"), "{deep}");
    }
}
