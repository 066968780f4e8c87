//! The words of the JSON, with their documentation.

use anyhow::{Context, Result};
use emqx_rebalance_core::driver::{Guard, OutcomeKind, Phase};
use emqx_rebalance_core::{
    Decision, ErrorKind, FindingCode, LoadBalancer, Mode, NamedProfile, NodeStatus, Role, RunPhase,
    Severity,
};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

/// A type of words.
pub(crate) struct Words {
    /// Its name.
    pub(crate) name: String,
    /// What it says.
    pub(crate) meaning: String,
    /// Each word, and what it means.
    pub(crate) words: Vec<(String, String)>,
}

/// Every type of words that people may meet, by name.
pub(crate) fn all() -> Result<Vec<Words>> {
    [
        of::<Decision>(),
        of::<ErrorKind>(),
        of::<FindingCode>(),
        of::<Guard>(),
        of::<LoadBalancer>(),
        of::<Mode>(),
        of::<NamedProfile>(),
        of::<NodeStatus>(),
        of::<OutcomeKind>(),
        of::<Phase>(),
        of::<Role>(),
        of::<RunPhase>(),
        of::<Severity>(),
    ]
    .into_iter()
    .collect()
}

/// The words of a type.
///
/// # Errors
/// If one of them has no documentation.
pub(crate) fn of<T: JsonSchema>() -> Result<Words> {
    let schema = schema_for!(T).to_value();
    let name = T::schema_name().into_owned();
    let words = schema.get("oneOf").and_then(Value::as_array);
    let words = words.with_context(|| format!("each word of {name} needs documentation"))?;
    let words = words.iter().map(|word| Ok((text(word, "const")?, text(word, "description")?)));
    let words = words.collect::<Result<_>>().with_context(|| name.clone())?;
    Ok(Words { meaning: text(&schema, "description")?, name, words })
}

/// A text of `schema`, on one line.
fn text(schema: &Value, key: &str) -> Result<String> {
    let text = schema.get(key).and_then(Value::as_str).context("a word without documentation")?;
    Ok(text.lines().collect::<Vec<_>>().join(" "))
}
