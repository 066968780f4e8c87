//! What the definitions of our resources let in and what they refuse, by an evaluator of their rules: the
//! API servers that tests can have are older than such rules.

use super::*;
use kube_cel::Validator;
use serde_json::{Value, json};

fn schema(definition: &CustomResourceDefinition) -> Value {
    let schema = definition.spec.versions[0].schema.as_ref().unwrap();
    serde_json::to_value(schema.open_api_v3_schema.as_ref().unwrap()).unwrap()
}

/// What the rules say of `object`, which was `old`.
fn said(object: &Value, old: Option<&Value>) -> Vec<String> {
    let is_load = object["kind"] == "LoadRebalance";
    let schema = schema(&if is_load { LoadRebalance::crd() } else { NodeEvacuation::crd() });
    match Validator::new().validate_with_defaults(&schema, object, old) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.into_vec().into_iter().map(|error| error.message).collect(),
    }
}

fn load(spec: &Value, status: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "LoadRebalance",
        "metadata": {"name": "a"}, "spec": {"target": {"instance": {"name": "emqx"}}},
    });
    for (name, value) in spec.as_object().unwrap() {
        object["spec"][name] = value.clone();
    }
    if !status.is_null() {
        object["status"] = status.clone();
    }
    object
}

#[test]
fn a_cluster_is_an_instance_or_urls() {
    let target = |target: Value| said(&load(&json!({ "target": target }), &json!(null)), None);
    assert_eq!(target(json!({"instance": {"name": "a"}})), Vec::<String>::new());
    assert_eq!(target(json!({"urls": ["http://a:18083"]})), Vec::<String>::new());
    for wrong in [json!({}), json!({"instance": {"name": "a"}, "urls": ["http://a:18083"]})] {
        let said = target(wrong);
        assert!(said.len() == 1 && said[0].starts_with("exactly one of"), "{said:?}");
    }
}

#[test]
fn what_is_done_stays_once_it_has_begun() {
    let before = load(&json!({}), &json!(null));
    let changes = [
        json!({"target": {"instance": {"name": "other"}}}),
        json!({"mode": "level"}),
        json!({"strategy": {"connEvictRate": 7}}),
        json!({"plan": {"maxWaves": 1}}),
        json!({"driver": {"settleS": 9}}),
        json!({"force": true}),
    ];
    let begun = json!({"startedTime": "2026-01-01T00:00:00Z"});
    let driven = load(&json!({}), &begun);
    for change in changes {
        assert_eq!(said(&load(&change, &json!(null)), Some(&before)), Vec::<String>::new());
        let said = said(&load(&change, &begun), Some(&driven));
        assert!(said.len() == 1 && said[0].ends_with("once it has begun"), "{change}: {said:?}");
    }
    for change in [
        json!({"stop": true}),
        json!({"approval": "Given"}),
        json!({"dryRun": true}),
        json!({"ttlSecondsAfterFinished": 1}),
        json!({"reason": "for the record"}),
    ] {
        assert_eq!(said(&load(&change, &begun), Some(&driven)), Vec::<String>::new(), "{change}");
    }
}

#[test]
fn an_evacuation_names_its_node_once_and_for_all() {
    let evacuation = |place: Value, status: &Value| {
        let mut object = load(&place, status);
        object["kind"] = json!("NodeEvacuation");
        object
    };
    let new = |place: Value| said(&evacuation(place, &json!(null)), None);
    assert_eq!(new(json!({"pod": "emqx-core-1"})), Vec::<String>::new());
    assert_eq!(new(json!({"node": "emqx@a"})), Vec::<String>::new());
    assert_eq!(new(json!({})).len(), 1);
    assert_eq!(new(json!({"node": "emqx@a", "pod": "emqx-core-1"})).len(), 1);
    let begun = json!({"startedTime": "2026-01-01T00:00:00Z"});
    let driven = evacuation(json!({"pod": "emqx-core-1"}), &begun);
    for (change, refused) in [
        (json!({"pod": "emqx-core-2"}), 1),
        (json!({"node": "emqx@a"}), 1),
        (json!({"pod": "emqx-core-1", "strategy": {"connEvictRate": 7}}), 1),
        (json!({"pod": "emqx-core-1", "open": true}), 0),
    ] {
        let said = said(&evacuation(change.clone(), &begun), Some(&driven));
        assert_eq!(said.len(), refused, "{change}: {said:?}");
    }
    let opened = evacuation(json!({"pod": "emqx-core-1", "open": true}), &begun);
    assert_eq!(said(&driven, Some(&opened)).len(), 1, "it is not closed again");
}

#[test]
fn a_stop_is_not_taken_back() {
    let stopped = load(&json!({"stop": true}), &json!(null));
    let said = said(&load(&json!({}), &json!(null)), Some(&stopped));
    assert_eq!(said, ["a stop is not taken back"]);
}

/// An API server refuses a definition whose rules may cost too much.
#[test]
fn every_rule_can_be_read_and_is_cheap() {
    fn rules<'a>(schema: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
        for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
            found.push((rule["rule"].as_str().unwrap(), schema));
        }
        for field in schema["properties"].as_object().into_iter().flat_map(serde_json::Map::values)
        {
            rules(field, found);
        }
    }
    let schemas: Vec<_> = definitions().iter().map(schema).collect();
    let mut found = Vec::new();
    schemas.iter().for_each(|schema| rules(schema, &mut found));
    assert_eq!(found.len(), 9);
    for (rule, schema) in found {
        let compiled = kube_cel::compile_schema(schema);
        assert!(!compiled.has_errors(), "{rule}: {:?}", compiled.compilation_errors());
        let warnings = kube_cel::estimate_rule_cost(rule, &compiled);
        assert!(warnings.is_empty(), "{rule}: {warnings:?}");
    }
}

#[test]
fn bounds_and_defaults_are_those_of_the_core() {
    let schema = schema(&LoadRebalance::crd());
    let spec = &schema["properties"]["spec"]["properties"];
    let rate = &spec["strategy"]["properties"]["connEvictRate"];
    assert_eq!((&rate["minimum"], &rate["default"]), (&json!(1.0), &json!(500)));
    let threshold = &spec["strategy"]["properties"]["relConnThreshold"];
    assert_eq!(threshold["exclusiveMinimum"], true);
    assert_eq!(spec["mode"]["enum"], json!(["single", "level"]));
    assert_eq!(spec["approval"]["default"], "NotRequired");
    assert!(spec["plan"]["properties"].get("mode").is_none(), "it stands by itself");
    let conditions = &schema["properties"]["status"]["properties"]["conditions"];
    assert_eq!(conditions["x-kubernetes-list-map-keys"], json!(["type"]));
}

#[test]
fn a_policy_stays_with_its_cluster_and_levels_unless_told_otherwise() {
    let policy = |name: &str| {
        json!({
            "apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "RebalancePolicy",
            "metadata": {"name": "a"}, "spec": {"target": {"instance": {"name": name}}},
        })
    };
    let schema = schema(&RebalancePolicy::crd());
    let said = |object: &Value, old: Option<&Value>| {
        let found = Validator::new().validate_with_defaults(&schema, object, old);
        found.map_or_else(|errors| errors.into_vec().len(), |()| 0)
    };
    let (one, other) = (policy("one"), policy("other"));
    assert_eq!([said(&one, None), said(&one, Some(&one)), said(&other, Some(&one))], [0, 0, 1]);
    let spec = &schema["properties"]["spec"]["properties"];
    assert_eq!(spec["mode"]["default"], "level");
    let policy = &spec["policy"]["properties"];
    assert_eq!(policy["mode"]["default"], "observe");
    assert!(policy.get("unlessQuery").is_none(), "nobody could ask it");
    let spec: RebalancePolicySpec =
        serde_json::from_value(json!({"target": {"instance": {"name": "one"}}})).unwrap();
    assert_eq!((spec.mode, spec.poll_interval_seconds), (emqx_rebalance_core::Mode::Level, 30));
    assert!(spec.terms().is_ok());
}

#[test]
fn people_find_it_and_see_the_balance_before_and_after() {
    let names = LoadRebalance::crd().spec.names;
    assert_eq!(names.short_names, Some(vec!["lrb".to_owned()]));
    assert_eq!(names.categories, Some(vec!["emqx-rebalance".to_owned()]));
    let version = LoadRebalance::crd().spec.versions.remove(0);
    let columns = version.additional_printer_columns.unwrap_or_default();
    let shown = columns.iter().filter(|column| column.priority.unwrap_or_default() == 0);
    let names: Vec<_> = shown.map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["Phase", "Progress", "Before", "After", "Age"]);
}
