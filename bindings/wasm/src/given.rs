//! Options as a page gave them, and everything that is wrong with them.

use emqx_rebalance_core::{Error, Problem, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// The options of one object by name, and the problems found so far.
///
/// Unlike the core's `Fields` it knows lists and objects, and shows no value that may be a secret.
pub(crate) struct Given {
    values: BTreeMap<String, Value>,
    problems: Vec<Problem>,
}

impl Given {
    pub(crate) fn read(text: &str) -> Result<Self> {
        let values = serde_json::from_slice(text.as_bytes()).map_err(|_| {
            Error::invalid(WHAT, vec![Problem::new("options", "no object", "an object of options")])
        })?;
        Ok(Self { values, problems: Vec::new() })
    }

    /// Takes an option out; null counts as absent.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str, bound: &str) -> Option<T> {
        self.take_if(name, bound, |_| true)
    }

    /// The same with an option that has to be `good`.
    pub(crate) fn take_if<T: DeserializeOwned>(
        &mut self,
        name: &str,
        bound: &str,
        good: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let value = self.value(name)?;
        let shown = shown(&value);
        let found = serde_json::from_value(value).ok().filter(good);
        if found.is_none() {
            self.problem(name, &shown, bound);
        }
        found
    }

    /// The same with an option that is never shown.
    pub(crate) fn take_secret<T: DeserializeOwned>(
        &mut self,
        name: &str,
        bound: &str,
    ) -> Option<T> {
        let found = serde_json::from_value(self.value(name)?).ok();
        if found.is_none() {
            self.problem(name, HIDDEN, bound);
        }
        found
    }

    pub(crate) fn problem(&mut self, field: &str, value: &str, bound: &str) {
        self.problems.push(Problem::new(field, value, bound));
    }

    /// Whether something is wrong with an option.
    pub(crate) fn has_problem(&self, name: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == name)
    }

    /// Complains of the options that nobody took: their names are not `known`.
    pub(crate) fn end(&mut self, known: &[&str]) {
        let bound = format!("left out: the options are {}", known.join(", "));
        for (name, value) in std::mem::take(&mut self.values) {
            if !value.is_null() {
                self.problem(&name, HIDDEN, &bound);
            }
        }
    }

    /// Gives what was made of the options.
    ///
    /// # Errors
    /// All problems at once, if there are any.
    pub(crate) fn finish<T>(self, made: Option<T>) -> Result<T> {
        made.filter(|_| self.problems.is_empty()).ok_or_else(|| Error::invalid(WHAT, self.problems))
    }

    fn value(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }
}

/// A value in few words. Of a text that may be a URL with a password, nothing before the `@`.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => {
            text.rsplit('@').next().unwrap_or_default().chars().take(MAX_SHOWN).collect()
        }
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

const WHAT: &str = "cluster";
/// Instead of what may be a secret.
const HIDDEN: &str = "not shown";
const MAX_SHOWN: usize = 60;
