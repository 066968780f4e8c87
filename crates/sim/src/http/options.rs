//! Checks the options of a start, and complains in EMQX's own words.
//!
//! Source: recordings 04_errors.json and 05_evacuation_requests.json.

use super::duration;
use crate::coordinator::RpcTimeouts;
use crate::personality::Personality;
use emqx_rebalance_core::{AbsThreshold, EvictRate, MAX_WAIT_S, RelThreshold, Strategy};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The options that an endpoint takes, in the order in which EMQX checks them.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    fields: &'static [(&'static str, Kind)],
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Count,
    Ratio,
    Wait,
    RpcTimeout,
    Nodes,
    NonEmptyNodes,
    Anything,
}

/// Options of the right types.
#[derive(Debug)]
pub(crate) struct Options(BTreeMap<&'static str, Checked>);

#[derive(Debug)]
enum Checked {
    Count(u32),
    Ratio(f64),
    Seconds(u32),
    Milliseconds(u32),
    Names(Vec<String>),
    Ignored,
}

pub(crate) const REBALANCE: Schema = Schema {
    name: "rebalance_start",
    fields: &[
        ("wait_health_check", Kind::Wait),
        ("conn_evict_rate", Kind::Count),
        ("sess_evict_rate", Kind::Count),
        ("abs_conn_threshold", Kind::Count),
        ("rel_conn_threshold", Kind::Ratio),
        ("abs_sess_threshold", Kind::Count),
        ("rel_sess_threshold", Kind::Ratio),
        ("wait_takeover", Kind::Wait),
        ("nodes", Kind::Nodes),
    ],
};

/// Since 5.9. Source: `emqx_node_rebalance_api.erl` of 5.10.
pub(crate) const REBALANCE_WITH_RPC_TIMEOUTS: Schema = Schema {
    name: "rebalance_start",
    fields: &[
        ("wait_health_check", Kind::Wait),
        ("conn_evict_rate", Kind::Count),
        ("conn_evict_rpc_timeout", Kind::RpcTimeout),
        ("sess_evict_rate", Kind::Count),
        ("sess_evict_rpc_timeout", Kind::RpcTimeout),
        ("abs_conn_threshold", Kind::Count),
        ("rel_conn_threshold", Kind::Ratio),
        ("abs_sess_threshold", Kind::Count),
        ("rel_sess_threshold", Kind::Ratio),
        ("wait_takeover", Kind::Wait),
        ("nodes", Kind::Nodes),
    ],
};

pub(crate) const EVACUATION: Schema = Schema {
    name: "rebalance_evacuation_start",
    fields: &[
        ("wait_health_check", Kind::Wait),
        ("conn_evict_rate", Kind::Count),
        ("sess_evict_rate", Kind::Count),
        ("redirect_to", Kind::Anything),
        ("wait_takeover", Kind::Wait),
        ("migrate_to", Kind::NonEmptyNodes),
    ],
};

impl Schema {
    /// Reads `body`.
    ///
    /// # Errors
    /// EMQX's message about the first thing that is wrong; unknown fields come first.
    pub(crate) fn read(&self, body: &Value, rules: &Personality) -> Result<Options, String> {
        let Value::Object(body) = body else {
            return Err(invalid(&shown(body, rules), "\"bad_value_for_struct\"", "root"));
        };
        self.check_names(body)?;
        let mut options = BTreeMap::new();
        for (name, kind) in self.fields {
            // null counts as absent.
            if let Some(value) = body.get(*name).filter(|value| !value.is_null()) {
                options.insert(*name, kind.read(name, value, rules)?);
            }
        }
        Ok(Options(options))
    }

    fn check_names(&self, body: &Map<String, Value>) -> Result<(), String> {
        let known = |name: &str| self.fields.iter().any(|(field, _)| *field == name);
        let unknown: Vec<&str> = body.keys().map(String::as_str).filter(|n| !known(n)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let absent = self.fields.iter().map(|(name, _)| *name).filter(|n| !body.contains_key(*n));
        Err(format!(
            "{{\"unmatched\":{},\"unknown\":{},\"reason\":\"unknown_fields\",\
             \"path\":\"root\",\"kind\":\"validation_error\"}}",
            first_two(absent.collect()),
            first_two(unknown),
        ))
    }
}

impl Kind {
    fn read(self, name: &str, value: &Value, rules: &Personality) -> Result<Checked, String> {
        let path = format!("root.{name}");
        let expected = |what: &str| {
            invalid(&shown(value, rules), &format!("{{\"expected\":\"{what}\"}}"), &path)
        };
        let refused = || invalid(&shown(value, rules), "\"returned_false\"", &path);
        match self {
            Self::Count => {
                count(value).map(Checked::Count).ok_or_else(|| expected("pos_integer()"))
            }
            Self::Ratio => match ratio(value) {
                None => Err(expected("number()")),
                Some(ratio) if ratio <= 1.0 => Err(refused()),
                Some(ratio) => Ok(Checked::Ratio(ratio)),
            },
            Self::Wait => match duration::seconds(value) {
                None if rules.speaks_6 && value.is_string() => {
                    Err(invalid(&shown(value, rules), NO_DURATION, &path))
                }
                // The empty text is an empty list to Erlang.
                None if value == "" => Err(invalid("[]", WAIT_EXPECTED, &path)),
                None => Err(invalid(&shown(value, rules), WAIT_EXPECTED, &path)),
                Some(seconds) => u32::try_from(seconds)
                    .ok()
                    .filter(|seconds| *seconds <= MAX_WAIT_S)
                    .map(Checked::Seconds)
                    .ok_or_else(|| too_long(name, value, rules)),
            },
            Self::RpcTimeout => match duration::whole_ms(value) {
                None if rules.speaks_6 && value.is_string() => {
                    Err(invalid(&shown(value, rules), NO_DURATION, &path))
                }
                None => Err(invalid(&shown(value, rules), RPC_TIMEOUT_EXPECTED, &path)),
                Some(ms) => u32::try_from(ms)
                    .map(Checked::Milliseconds)
                    .map_err(|_| too_long(name, value, rules)),
            },
            Self::Nodes | Self::NonEmptyNodes if rules.speaks_6 && value.is_string() => {
                Err(invalid(&shown(value, rules), NO_TERM, &path))
            }
            Self::Nodes => match names(value) {
                None => Err(expected("[binary()]")),
                Some(names) if names.is_empty() => Err(refused()),
                Some(names) => Ok(Checked::Names(names)),
            },
            Self::NonEmptyNodes => names(value)
                .filter(|names| !names.is_empty())
                .map(Checked::Names)
                .ok_or_else(|| expected("[binary(),...]")),
            Self::Anything => Ok(Checked::Ignored),
        }
    }
}

impl Options {
    fn count(&self, name: &str) -> Option<u32> {
        match self.0.get(name) {
            Some(Checked::Count(count)) => Some(*count),
            _ => None,
        }
    }

    fn ratio(&self, name: &str) -> Option<RelThreshold> {
        match self.0.get(name) {
            Some(Checked::Ratio(ratio)) => RelThreshold::new(*ratio),
            _ => None,
        }
    }

    /// An evict rate, if it was given.
    pub(crate) fn rate(&self, name: &str) -> Option<EvictRate> {
        self.count(name).and_then(EvictRate::new)
    }

    /// Whole seconds, if they were given.
    pub(crate) fn seconds(&self, name: &str) -> Option<u32> {
        match self.0.get(name) {
            Some(Checked::Seconds(seconds)) => Some(*seconds),
            _ => None,
        }
    }

    /// Whole milliseconds, if they were given.
    fn milliseconds(&self, name: &str) -> Option<u32> {
        match self.0.get(name) {
            Some(Checked::Milliseconds(ms)) => Some(*ms),
            _ => None,
        }
    }

    /// How long the calls of a rebalance may take.
    pub(crate) fn rpc_timeouts(&self) -> RpcTimeouts {
        let base = RpcTimeouts::default();
        RpcTimeouts {
            conns_ms: self.milliseconds("conn_evict_rpc_timeout").unwrap_or(base.conns_ms),
            sessions_ms: self.milliseconds("sess_evict_rpc_timeout").unwrap_or(base.sessions_ms),
        }
    }

    /// Names of nodes, if they were given.
    pub(crate) fn names(&self, name: &str) -> Option<&[String]> {
        match self.0.get(name) {
            Some(Checked::Names(names)) => Some(names),
            _ => None,
        }
    }

    /// The options of a rebalance, defaults filled in.
    pub(crate) fn strategy(&self) -> Strategy {
        let base = Strategy::default();
        let abs = |name| self.count(name).and_then(AbsThreshold::new);
        Strategy {
            conn_evict_rate: self.rate("conn_evict_rate").unwrap_or(base.conn_evict_rate),
            sess_evict_rate: self.rate("sess_evict_rate").unwrap_or(base.sess_evict_rate),
            wait_health_check: self.seconds("wait_health_check").unwrap_or(base.wait_health_check),
            wait_takeover: self.seconds("wait_takeover").unwrap_or(base.wait_takeover),
            abs_conn_threshold: abs("abs_conn_threshold").unwrap_or(base.abs_conn_threshold),
            rel_conn_threshold: self.ratio("rel_conn_threshold").unwrap_or(base.rel_conn_threshold),
            abs_sess_threshold: abs("abs_sess_threshold").unwrap_or(base.abs_sess_threshold),
            rel_sess_threshold: self.ratio("rel_sess_threshold").unwrap_or(base.rel_sess_threshold),
            ..base
        }
    }
}

/// A positive whole number or its text. EMQX has no upper bound; more than u32 can say is the same.
fn count(value: &Value) -> Option<u32> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|n| *n > 0).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
}

fn ratio(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

fn names(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

fn invalid(value: &str, reason: &str, path: &str) -> String {
    format!(
        "{{\"value\":{value},\"reason\":{reason},\"path\":\"{path}\",\
         \"kind\":\"validation_error\"}}"
    )
}

/// A value as EMQX prints it: a list of characters or texts is one text to Erlang.
fn shown(value: &Value, rules: &Personality) -> String {
    match value {
        Value::Bool(flag) if rules.quotes_booleans => format!("\"{flag}\""),
        Value::Array(list) => characters(list)
            .filter(|text| !text.is_empty())
            .map_or_else(|| value.to_string(), |text| Value::String(text).to_string()),
        _ => value.to_string(),
    }
}

fn characters(list: &[Value]) -> Option<String> {
    let mut text = String::new();
    for item in list {
        match item {
            Value::String(part) => text.push_str(part),
            other => text.push(u8::try_from(other.as_u64()?).ok()?.into()),
        }
    }
    Some(text)
}

fn too_long(field: &str, value: &Value, rules: &Personality) -> String {
    rules.wait_too_long.replace("{field}", field).replace("{value}", &shown(value, rules))
}

/// The first two of `names` in order, as JSON text; more are only hinted at.
fn first_two(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    let more = names.len() > 2;
    names.truncate(2);
    let text = names.join(",") + if more { ",..." } else { "" };
    Value::String(text).to_string()
}

/// What 6.0.3 says of texts that are no duration, and no list.
const NO_DURATION: &str = "\"Not a valid duration\"";
const NO_TERM: &str = "\"Unable to parse Erlang term\"";
const WAIT_EXPECTED: &str = "{\"expected\":\"emqx_schema:timeout_duration_s()\"}";
const RPC_TIMEOUT_EXPECTED: &str = "{\"expected\":\"emqx_schema:timeout_duration_ms()\"}";
