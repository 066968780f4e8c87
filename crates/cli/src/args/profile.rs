//! How clients come back, as people type it: a file, a name or a time.

use super::quantity::Quantities;
use super::words::Words;
use crate::input;
use clap::Args;
use emqx_rebalance_core::{Error, NamedProfile, PlanOptions, ReconnectProfile, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;

/// How the clients of an embedded cluster come back.
#[derive(Args, Debug)]
pub(crate) struct FleetArgs {
    /// How dropped clients come back: a reconnect profile, a name of one, or an average delay
    /// [default: within half a second or so]
    #[arg(long, value_name = "FILE|NAME|TIME", allow_hyphen_values = true)]
    #[arg(value_parser = Words(NamedProfile::ALL.map(NamedProfile::as_str).to_vec()))]
    reconnect: Option<String>,
}

impl FleetArgs {
    /// The profile, if one was given.
    ///
    /// # Errors
    /// `config_invalid` with every problem of it.
    pub(crate) fn resolve(&self) -> Result<Option<ReconnectProfile>> {
        let Some(text) = &self.reconnect else { return Ok(None) };
        let mut numbers = Quantities::default();
        let value = value(NAME, text, &mut numbers)?;
        numbers.finish()?;
        let given: Map<String, Value> =
            value.into_iter().map(|value| (NAME.to_owned(), value)).collect();
        // A name or a time that is wrong never comes this far.
        let in_its_file = |error: Error| {
            let problems = error.problems().iter().map(|problem| input::in_file(problem, text));
            Error::invalid("options", problems.collect())
        };
        Ok(input::checked::<PlanOptions>(given).map_err(in_its_file)?.reconnect)
    }
}

/// What `text` gives the option `name`: what its file holds if it is one, or else itself.
///
/// # Errors
/// `config_invalid` if there is such a file that cannot be read.
pub(super) fn value(name: &str, text: &str, numbers: &mut Quantities) -> Result<Option<Value>> {
    let path = Path::new(text);
    // What a shell passes on as a file may be a pipe.
    if text == "-" || path.exists() && !path.is_dir() {
        return input::profile(path).map(Some);
    }
    let value = Value::from(text);
    if ReconnectProfile::deserialize(&value).is_ok() {
        return Ok(Some(value));
    }
    numbers.problem(name, text, &bound());
    Ok(None)
}

/// All that it may be.
fn bound() -> String {
    format!(
        "a file with a reconnect profile (there is none of this name; `-` reads standard input), one of {}, or an average delay \
         such as `1.5`, `500ms` or `1m30s`, up to 16 hours",
        NamedProfile::ALL.map(NamedProfile::as_str).join(", ")
    )
}

/// The core's name of the option.
const NAME: &str = "reconnect";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_or_a_time_is_left_to_the_core() {
        let mut numbers = Quantities::default();
        for text in ["mqtt_js", "1.5", "500ms", "1m30s"] {
            assert_eq!(value("reconnect", text, &mut numbers).unwrap(), Some(json!(text)));
        }
        assert!(numbers.finish().is_ok());
    }

    #[test]
    fn what_is_neither_says_all_three_ways() {
        for text in ["soon", "17h", "-1", "", "/", "none.json"] {
            let mut numbers = Quantities::default();
            assert_eq!(value("reconnect", text, &mut numbers).unwrap(), None);
            let error = numbers.finish().unwrap_err();
            let problem = &error.problems()[0];
            assert_eq!((problem.field.as_str(), problem.value.as_str()), ("reconnect", text));
            for way in ["a file with", "mqtt_js", "1m30s"] {
                assert!(problem.bound.contains(way), "{}", problem.bound);
            }
        }
    }
}
