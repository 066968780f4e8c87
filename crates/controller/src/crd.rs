//! The custom resource definition, for clusters without EMQX's operator.
//!
//! It accepts the objects that EMQX's own accepts, checks no more of them, and keeps our further status
//! fields. It is never installed over EMQX's by default. Shape and columns: EMQX Operator 2.2,
//! `config/crd/bases/apps.emqx.io_rebalances.yaml`.

use crate::resource::{GROUP, RebalanceSpec, RebalanceStatus, Served};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::core::schema::StructuralSchemaRewriter;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The definition of `rebalances.apps.emqx.io` with both versions; v2beta1 is stored.
///
/// # Errors
/// If Kubernetes' own types do not take the schema, which a test rules out.
pub fn definition() -> Result<CustomResourceDefinition, serde_json::Error> {
    serde_json::from_value(json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("rebalances.{GROUP}")},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": "Rebalance",
                "listKind": "RebalanceList",
                "plural": "rebalances",
                "singular": "rebalance",
            },
            "scope": "Namespaced",
            "versions": Served::ALL.map(version),
        },
    }))
}

/// The definition as YAML.
///
/// # Errors
/// As [`definition`].
pub fn yaml() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Ok(serde_saphyr::to_string(&definition()?)?)
}

fn version(served: Served) -> Value {
    let mut spec = schema::<RebalanceSpec>();
    // EMQX's article names the kind in v1beta4 too.
    if let Some(kind) = spec.pointer_mut("/properties/instanceKind/default") {
        *kind = json!(served.instance_kind());
    }
    json!({
        "name": served.as_str(),
        "served": true,
        "storage": served == Served::default(),
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": "Status", "type": "string", "jsonPath": ".status.phase"},
            {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
            {
                "name": "Progress", "type": "string", "priority": 1,
                "jsonPath": ".status.progress.percent",
            },
            {
                "name": "Left", "type": "integer", "priority": 1,
                "description": "Seconds to the end at the measured pace",
                "jsonPath": ".status.progress.etaSeconds",
            },
            {
                "name": "Outcome", "type": "string", "priority": 1,
                "jsonPath": ".status.outcome.result",
            },
        ],
        "schema": {"openAPIV3Schema": {
            "description": "A request to rebalance the clients of an EMQX cluster, once.",
            "type": "object",
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"type": "object"},
                "spec": spec,
                "status": schema::<RebalanceStatus>(),
            },
        }},
    })
}

/// The schema of `T` as Kubernetes takes it.
fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::openapi3().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let generator = settings.with_transform(StructuralSchemaRewriter).into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    remove_titles(&mut schema);
    schema
}

/// The names of our Rust types are nobody's business.
fn remove_titles(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        object.remove("title");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_served_and_one_is_stored() {
        let definition = definition().unwrap();
        let versions: Vec<_> = definition
            .spec
            .versions
            .iter()
            .map(|version| (version.name.as_str(), version.served, version.storage))
            .collect();
        assert_eq!(versions, [("v2beta1", true, true), ("v1beta4", true, false)]);
    }

    #[test]
    fn defaults_bounds_and_required_fields_are_those_of_emqx() {
        let value = serde_json::to_value(definition().unwrap()).unwrap();
        let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
        let at = |path: &str| value.pointer(&format!("{spec}{path}")).cloned();
        let strategy = "/properties/rebalanceStrategy";
        assert_eq!(at("/required"), Some(json!(["instanceName", "rebalanceStrategy"])));
        assert_eq!(at("/properties/instanceKind/default"), Some(json!("EMQX")));
        assert_eq!(at(&format!("{strategy}/required")), Some(json!(["connEvictRate"])));
        for (field, default) in [
            ("sessEvictRate", json!(500)),
            ("waitTakeover", json!(60)),
            ("waitHealthCheck", json!(60)),
            ("absConnThreshold", json!(1000)),
            ("absSessThreshold", json!(1000)),
            ("relConnThreshold", json!("1.1")),
            ("relSessThreshold", json!("1.1")),
        ] {
            let found = at(&format!("{strategy}/properties/{field}/default"));
            assert_eq!(found, Some(default), "{field}");
        }
        let rate = format!("{strategy}/properties/connEvictRate");
        assert_eq!(at(&format!("{rate}/minimum")), Some(json!(1.0)));
        assert_eq!(at(&format!("{rate}/default")), None);
    }

    /// What EMQX's definition lets in, ours does: a problem with it is said in a condition.
    #[test]
    fn nothing_is_stricter_than_emqx_s() {
        let stricter =
            ["pattern", "minimum", "maximum", "enum", "minLength", "maxLength", "required"];
        let mut found = Vec::new();
        for version in definition().unwrap().spec.versions {
            let schema = serde_json::to_value(version.schema.unwrap()).unwrap();
            assert_eq!(schema.pointer("/openAPIV3Schema/required"), None);
            collect(
                &schema["openAPIV3Schema"]["properties"]["spec"],
                "spec",
                &stricter,
                &mut found,
            );
        }
        found.sort();
        found.dedup();
        let emqx = [
            "spec.rebalanceStrategy.connEvictRate.minimum",
            "spec.rebalanceStrategy.required",
            "spec.required",
        ];
        assert_eq!(found, emqx);
    }

    fn collect(schema: &Value, path: &str, words: &[&str], found: &mut Vec<String>) {
        found.extend(
            words
                .iter()
                .filter(|word| schema.get(**word).is_some())
                .map(|word| format!("{path}.{word}")),
        );
        let nested = schema.get("properties").and_then(Value::as_object);
        for (name, schema) in nested.into_iter().flatten() {
            collect(schema, &format!("{path}.{name}"), words, found);
        }
    }

    #[test]
    fn each_version_has_its_own_kind() {
        let value = serde_json::to_value(definition().unwrap()).unwrap();
        let kind = "schema/openAPIV3Schema/properties/spec/properties/instanceKind/default";
        for (i, expected) in ["EMQX", "EmqxEnterprise"].into_iter().enumerate() {
            let found = value.pointer(&format!("/spec/versions/{i}/{kind}"));
            assert_eq!(found, Some(&json!(expected)));
        }
    }

    #[test]
    fn the_columns_are_emqx_s_unless_more_are_asked_for() {
        let definition = definition().unwrap();
        for version in definition.spec.versions {
            let columns = version.additional_printer_columns.unwrap_or_default();
            let shown = columns.iter().filter(|column| column.priority.is_none());
            let names: Vec<_> = shown.map(|column| column.name.as_str()).collect();
            assert_eq!(names, ["Status", "Age"]);
        }
    }
}
