//! The configuration as a JSON schema, for editors.

use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::policy::{AdmissionRules, Policy};
use emqx_rebalance_core::{Described, OptionInfo, PlanOptions, Shape, Strategy};
use serde_json::{Map, Value, json};

/// The JSON schema of the configuration: every option, its meaning, its default and its bounds, of the tables that read it.
pub fn schema() -> Value {
    let days = |about: &str, default: u32| json!({"type": "integer", "minimum": 1, "default": default, "description": about});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The fleet of emqx-rebalance watch",
        "type": "object",
        "additionalProperties": false,
        "required": ["clusters"],
        "properties": {
            "store": {"type": "string", "default": "fleet.db", "description": "The SQLite file that keeps what is known."},
            "listen": {"type": "string", "description": "Where the HTTP API, metrics and health checks are served, such as 127.0.0.1:8090. Default: nowhere."},
            "tokens": {"type": "array", "items": token(), "description": "Who may ask. Without any, whoever is on this machine may look and do nothing."},
            "keep_polls_d": days("Days that each poll is kept.", 2),
            "keep_minutes_d": days("Days that each minute is kept.", 14),
            "keep_hours_d": days("Days that each hour is kept, and decisions and runs.", 400),
            "clusters": {"type": "array", "minItems": 1, "items": cluster()},
        },
    })
}

fn token() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
            "name": text("Who that is, as decisions and records name them."),
            "role": {"enum": ["viewer", "approver"], "default": "viewer", "description": "A viewer sees all that there is; an approver also approves, rejects and stops."},
            "token_env": text("The variable of the environment that holds the token, of 16 characters or more."),
            "token_file": text("The file that holds it."),
        },
    })
}

fn cluster() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    let urls = json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "Base URLs of EMQX's API, of one node or of several."});
    let plan = [PlanOptions::describe(), Strategy::describe()].concat();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
            "name": text("What the cluster is called here."),
            "poll_interval_s": {"type": "integer", "minimum": 1, "maximum": 3600, "default": 5,
                "description": "Seconds between two polls."},
            "distinct": {"type": "boolean", "default": false,
                "description": "Whether it is another cluster than one whose nodes have the same names."},
            "url": urls,
            "urls": urls,
            "node_urls": {"type": "object", "additionalProperties": {"type": "string"},
                "description": "Base URLs of single nodes by their names."},
            "find_nodes": {"type": "boolean", "default": true, "description": "Whether other nodes are looked for at their own hosts."},
            "api_key": text("An API key."),
            "api_secret_env": text("The variable of the environment that holds its secret."),
            "api_secret_file": text("The file that holds its secret."),
            "username": text("A user of the dashboard."),
            "password_env": text("The variable of the environment that holds the password."),
            "password_file": text("The file that holds the password."),
            "ca_cert": text("PEM file with further certificate authorities."),
            "client_cert": text("PEM file with the client's certificate."),
            "client_key": text("PEM file with its key."),
            "connect_timeout_s": {"type": "number", "exclusiveMinimum": 0, "default": 3},
            "request_timeout_s": {"type": "number", "exclusiveMinimum": 0, "default": 50},
            "start_timeout_s": {"type": "number", "exclusiveMinimum": 0, "default": 60},
            "policy": policy(),
            "health": object(&AdmissionRules::describe()),
            "plan": object(&plan),
            "driver": object(&DriverOptions::describe()),
        },
    })
}

/// A policy, as far as this process can follow one.
fn policy() -> Value {
    let mut options = Policy::describe();
    options.retain(|option| option.name != "unless_query");
    object(&options)
}

fn object(options: &[OptionInfo]) -> Value {
    let properties: Map<String, Value> =
        options.iter().map(|option| (option.name.to_owned(), property(option))).collect();
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

fn property(option: &OptionInfo) -> Value {
    let mut property = shape(&option.shape);
    if let Value::Object(members) = &mut property {
        members.insert("description".to_owned(), option.sentences().into());
    }
    property
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Whole { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Seconds { .. } => json!({"type": ["integer", "string"]}),
        Shape::Number(range) if range.is_over_min => {
            json!({"type": "number", "exclusiveMinimum": range.min})
        }
        Shape::Number(range) => json!({"type": "number", "minimum": range.min}),
        Shape::Word(words) => json!({"enum": words}),
        Shape::Text { max } => json!({"type": "string", "minLength": 1, "maxLength": max}),
        Shape::Node => json!({"type": "string"}),
        Shape::Nodes | Shape::AnyNodes => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Shares => {
            json!({"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0}})
        }
        Shape::WordOrWhole { .. } => json!({"type": ["string", "integer"]}),
        Shape::Budget => json!({"type": ["string", "number"]}),
        Shape::Profile => json!({"type": ["string", "number", "object"]}),
        Shape::Windows => json!({"type": "array", "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["cron", "duration_s"],
            "properties": {"cron": {"type": "string"}, "duration_s": {"type": ["integer", "string"]}},
        }}),
    }
}
