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
/// assert_eq!(error.to_string(), "invalid plan: `plan` is `[]` but must be an object");
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
    let problems = if let Some((name, value, bound)) = about_a_field(said) {
        vec![Problem::new(within(&place, name), value, bound)]
    } else if let Some((value, bound)) = found_and_expected(said) {
        let value = if place.is_empty() { shown.to_owned() } else { value };
        let field = if place.is_empty() { what } else { place.as_str() };
        vec![Problem::new(field, value, bound)]
    } else {
        of_options(&place, said).unwrap_or_else(|| {
            // A type's own words, which say what is wrong and with what.
            let field = if place.is_empty() { what } else { place.as_str() };
            let value = if place.is_empty() { shown } else { "given" };
            vec![Problem::new(field, value, format!("good: {said}"))]
        })
    };
    Error::invalid(what, problems)
}

/// A field that is not there, or should not be.
fn about_a_field(said: &str) -> Option<(&str, &'static str, String)> {
    if let Some(name) = said.strip_prefix("missing field `") {
        return Some((name.trim_end_matches('`'), ABSENT, "given".to_owned()));
    }
    let (name, known) = said.strip_prefix("unknown field `")?.split_once("`, expected ")?;
    let known = known.trim_start_matches("one of ").replace('`', "");
    Some((name, "given", format!("left out: the fields are {known}")))
}

/// What was found, and what should have been, of the errors that serde words itself.
fn found_and_expected(said: &str) -> Option<(String, String)> {
    let kinds = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "];
    let said = kinds.iter().find_map(|kind| said.strip_prefix(kind))?;
    let (value, bound) = said.rsplit_once(", expected ")?;
    Some((found(value), expected(bound)))
}

/// serde's words for a value, such as ``integer `5` ``, as people write the value.
fn found(value: &str) -> String {
    match value {
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        "unit value" => "null".to_owned(),
        value => {
            let kinds = ["boolean ", "integer ", "floating point ", "string "];
            let bare = kinds.iter().find_map(|kind| value.strip_prefix(kind)).unwrap_or(value);
            bare.replace(['`', '"'], "")
        }
    }
}

/// serde's words for a type, as people know it.
fn expected(bound: &str) -> String {
    let is_object = ["struct ", "internally tagged enum ", "adjacently tagged enum "];
    let known = match bound {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" => "a text",
        "a sequence" => "a list",
        "a map" => "an object",
        bound if is_object.iter().any(|kind| bound.starts_with(kind)) => "an object",
        bound => return bound.replace('`', ""),
    };
    known.to_owned()
}

/// The problems of options within a value, which have their own: of a snapshot's node, or a profile.
fn of_options(place: &str, said: &str) -> Option<Vec<Problem>> {
    let (_, problems) = said.strip_prefix("invalid ")?.split_once(": `")?;
    let each = problems.split("; `").map(|problem| {
        let (field, rest) = problem.split_once("` is `")?;
        let (value, bound) = rest.split_once("` but must be ")?;
        Some(Problem::new(within(place, field), value, bound))
    });
    each.collect()
}

fn within(place: &str, field: &str) -> String {
    // An option of one value alone is called as that is.
    let is_same = place == field || place.ends_with(&format!(".{field}"));
    match (place.is_empty(), is_same) {
        (true, _) => field.to_owned(),
        (false, true) => place.to_owned(),
        (false, false) => format!("{place}.{field}"),
    }
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

    #[test]
    fn the_words_are_those_of_people() {
        for (said, expected) in [
            (
                "in `a`: invalid type: string \"x\", expected u64",
                "`a` is `x` but must be a whole number",
            ),
            (
                "in `a`: invalid value: integer `-1`, expected usize",
                "`a` is `-1` but must be a whole",
            ),
            (
                "in `a`: in `2`: invalid type: map, expected a string",
                "`a[2]` is `an object` but must be a text",
            ),
            (
                "unknown field `foo`, expected one of `a`, `b`",
                "`foo` is `given` but must be left out",
            ),
            (
                "in `n`: in `0`: invalid node: `c` is `-1` but must be x; `d` is `2` but must be y",
                "`n[0].c` is `-1` but must be x; `n[0].d` is `2` but must be y",
            ),
            (
                "in `r`: invalid r: `r` is `z` but must be one",
                "invalid w: `r` is `z` but must be one",
            ),
            ("in `a`: odd", "`a` is `given` but must be good: odd"),
        ] {
            let text = invalid("w", "shown", said).to_string();
            assert!(text.contains(expected), "{text}");
        }
    }

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
        assert!(deep.contains("`fingerprint.nodes[0].node` is `7` but must be a text"), "{deep}");
    }
}
