//! The core's options as fields of a custom resource: their schema, and how they are read.

use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::policy::Policy;
use emqx_rebalance_core::{
    Described, Error, Evacuation, EvacuationPlanOptions, Mode, OptionInfo, Options, PlanOptions,
    Problem, Result, Shape, Strategy,
};
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Options as an object holds them, under their names in camelCase.
pub(super) type Given = Map<String, Value>;

/// The schema of EMQX's options of a rebalance.
pub(super) fn strategy(_: &mut SchemaGenerator) -> Schema {
    schema(Strategy::describe(), "How fast and how far: EMQX's options of a rebalance.")
}

/// The schema of the mode of a plan.
pub(super) fn mode(_: &mut SchemaGenerator) -> Schema {
    object(mode_field())
}

/// The same where `level` is the default.
pub(super) fn level_mode(_: &mut SchemaGenerator) -> Schema {
    object(with(mode_field(), [("default", Some(json!(Mode::Level.as_str())))]))
}

fn mode_field() -> Value {
    let mode = PlanOptions::describe().into_iter().find(|option| option.name == "mode");
    mode.as_ref().map(field).unwrap_or_default()
}

/// The schema of a policy, but for the query, since the controller asks nobody but EMQX and Kubernetes.
pub(super) fn policy(_: &mut SchemaGenerator) -> Schema {
    let options = Policy::describe().into_iter().filter(|option| option.name != "unless_query");
    schema(options.collect(), "When the cluster is rebalanced, and how much that may cost.")
}

/// The schema of the planner's options, but for the mode, which stands by itself.
pub(super) fn plan(_: &mut SchemaGenerator) -> Schema {
    let options = PlanOptions::describe().into_iter().filter(|option| option.name != "mode");
    schema(options.collect(), "What the plan is made for.")
}

/// The schema of the driver's options.
pub(super) fn driver(_: &mut SchemaGenerator) -> Schema {
    schema(DriverOptions::describe(), "How patiently the plan is driven, and what stops it.")
}

/// Reads the options that `given` holds in the field `path` of the object.
///
/// # Errors
/// Every problem, by the field's full name.
pub(super) fn read<T: Options>(given: &Given, path: &str) -> Result<T, Vec<Problem>> {
    let fields: Given = given.iter().map(|(name, v)| (snake_case(name), v.clone())).collect();
    T::read(Value::Object(fields)).map_err(|error| named(&error, path))
}

/// `options` as an object holds them.
pub(super) fn given(options: &impl Serialize) -> Given {
    let Ok(Value::Object(fields)) = serde_json::to_value(options) else { return Given::new() };
    let there = fields.into_iter().filter(|(_, value)| !value.is_null());
    there.map(|(name, value)| (camel_case(&name), value)).collect()
}

/// What `given` holds, or the defaults and some `problems` more.
pub(super) fn taken<T: Options + Default>(
    given: &Given,
    path: &str,
    problems: &mut Vec<Problem>,
) -> T {
    read(given, path).unwrap_or_else(|found| {
        problems.extend(found);
        T::default()
    })
}

/// The problems of `error`, under the names that the custom resource has.
pub(crate) fn named(error: &Error, path: &str) -> Vec<Problem> {
    let problem = |problem: &Problem| {
        let field = format!("{path}.{}", camel_case(&problem.field));
        Problem::new(field, &problem.value, problem.bound.clone())
    };
    error.problems().iter().map(problem).collect()
}

/// The schema of EMQX's options of an evacuation.
pub(super) fn evacuation(_: &mut SchemaGenerator) -> Schema {
    schema(Evacuation::describe(), "How fast, and where to: EMQX's options of an evacuation.")
}

/// The schema of the planner's options of an evacuation.
pub(super) fn evacuation_plan(_: &mut SchemaGenerator) -> Schema {
    schema(EvacuationPlanOptions::describe(), "What the plan is made for.")
}

fn schema(options: Vec<OptionInfo>, description: &str) -> Schema {
    let fields = options.iter().map(|option| (camel_case(option.name), field(option)));
    let fields: Map<String, Value> = fields.collect();
    object(json!({
        "type": "object", "description": description, "default": {}, "properties": fields,
    }))
}

fn field(option: &OptionInfo) -> Value {
    let default = option.default.map(|text| match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) => json!(text),
    });
    let more = [("description", Some(json!(option.sentences()))), ("default", default)];
    with(shape(&option.shape), more)
}

/// `schema` with those of `more` that there are.
fn with<const N: usize>(mut schema: Value, more: [(&str, Option<Value>); N]) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        let there = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        fields.extend(there);
    }
    schema
}

/// What Kubernetes itself refuses. The rest is the core's to say, in a condition.
fn shape(shape: &Shape) -> Value {
    let node = json!({"type": "string", "minLength": 3, "maxLength": 255});
    let nodes =
        |least: u32| json!({"type": "array", "minItems": least, "maxItems": 1000, "items": node});
    match shape {
        Shape::Whole { min, max } => {
            json!({"type": "integer", "format": "int64", "minimum": min, "maximum": max})
        }
        Shape::Seconds { max } => json!({
            "x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}],
            "minimum": 0, "maximum": max, "maxLength": MAX_TEXT,
        }),
        Shape::Number(range) => {
            let exclusive = Some(json!(true)).filter(|_| range.is_over_min);
            let maximum = range.max.is_finite().then(|| json!(range.max));
            let more = [("exclusiveMinimum", exclusive), ("maximum", maximum)];
            with(json!({"type": "number", "minimum": range.min}), more)
        }
        Shape::Word(words) => json!({"type": "string", "enum": words}),
        Shape::Text { max } => json!({"type": "string", "minLength": 1, "maxLength": max}),
        Shape::Node => node,
        Shape::Nodes => nodes(1),
        Shape::AnyNodes => nodes(0),
        Shape::Shares => json!({
            "type": "object", "maxProperties": 1000,
            "additionalProperties": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
        }),
        Shape::WordOrWhole { .. } | Shape::Budget => json!({
            "x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}],
            "maxLength": MAX_TEXT,
        }),
        Shape::Profile => json!({"x-kubernetes-preserve-unknown-fields": true}),
        Shape::Windows => json!({"type": "array", "maxItems": 50, "items": {
            "type": "object", "required": ["cron", "durationS"],
            "properties": {
                "cron": {"type": "string", "maxLength": 200},
                "durationS": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            },
        }}),
    }
}

fn object(value: Value) -> Schema {
    Schema::try_from(value).unwrap_or_default()
}

/// `conn_evict_rate` as custom resources have it: `connEvictRate`.
fn camel_case(name: &str) -> String {
    let (first, rest) = name.split_once('_').unwrap_or((name, ""));
    first.to_owned() + &pascal_case(rest)
}

/// `would_start` as a reason of Kubernetes: `WouldStart`.
pub(crate) fn pascal_case(name: &str) -> String {
    let capital = |word: &str| {
        let (initial, rest) = word.split_at(word.len().min(1));
        initial.to_uppercase() + rest
    };
    name.split('_').map(capital).collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Longer than any number or word with its unit.
const MAX_TEXT: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn every() -> Vec<OptionInfo> {
        let rebalance = [Strategy::describe(), PlanOptions::describe(), DriverOptions::describe()];
        let evacuation = [Evacuation::describe(), EvacuationPlanOptions::describe()];
        [rebalance.concat(), evacuation.concat()].concat()
    }

    #[test]
    fn a_name_comes_back_from_the_custom_resource_as_it_was() {
        for option in every() {
            assert_eq!(snake_case(&camel_case(option.name)), option.name);
        }
    }

    /// A default that the API server writes into the object is read as if it had been left out.
    #[test]
    fn the_defaults_of_the_schema_are_those_of_the_core() {
        fn check<T: Options + Described + Default + std::fmt::Debug + PartialEq>() {
            let options = T::describe();
            let defaults = options.iter().filter_map(|option| {
                Some((camel_case(option.name), field(option).get("default")?.clone()))
            });
            assert_eq!(read::<T>(&defaults.collect(), "spec").unwrap(), T::default());
        }
        check::<Strategy>();
        check::<PlanOptions>();
        check::<DriverOptions>();
        check::<Evacuation>();
        check::<EvacuationPlanOptions>();
        check::<Policy>();
    }
}
