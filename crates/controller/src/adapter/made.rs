//! The `LoadRebalance` that is made of a `Rebalance`.

use crate::context::Context;
use crate::failure::{Failure, is_status, refusal};
use crate::object::MANAGER;
use crate::order::{Behalf, Kind, Order};
use crate::own::{LoadRebalance, LoadRebalanceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::api::{Api, PostParams};
use kube::runtime::reflector::ObjectRef;
use kube::{Resource, ResourceExt};

/// What making it came to.
pub(super) enum Made {
    /// It is there.
    Done,
    /// The API server knows no such resource.
    NotDefined,
    /// The API server does not take it, and says why.
    Refused(String),
}

/// Where the one is that is made of `object`, whether or not it is there.
pub(super) fn origin(object: &Order) -> Order {
    let (name, namespace) = (Some(name(object)), object.namespace());
    let metadata = ObjectMeta { name, namespace, ..ObjectMeta::default() };
    let uid = object.uid().unwrap_or_default();
    let behalf = Behalf { kind: object.kind, name: object.name_any(), uid };
    Order { behalf: Some(behalf), ..Order::bare(Kind::LoadRebalance, metadata) }
}

/// The same, by which a watch keeps it.
pub(super) fn key(object: &Order) -> ObjectRef<Order> {
    ObjectRef::from_obj_with(&origin(object), Kind::LoadRebalance)
}

/// Named for the object and for when it was there: another one of its name has another one made of it, and
/// nobody else names theirs so.
fn name(object: &Order) -> String {
    let (name, uid) = (object.name_any(), object.uid().unwrap_or_default());
    let short: String = name.chars().take(MAX_NAME).collect();
    let last = uid.rsplit('-').next().unwrap_or_default();
    format!("{}-{last}", short.trim_end_matches(['-', '.']))
}

/// Makes it, unless it is there.
pub(super) async fn make(context: &Context, object: &Order) -> Result<Made, Failure> {
    let mut made = LoadRebalance::new(&name(object), LoadRebalanceSpec::of(object));
    made.metadata.namespace = object.namespace();
    made.metadata.labels = Some([(LABEL.to_owned(), "Rebalance".to_owned())].into());
    made.metadata.owner_references = Some(vec![owner(object)]);
    match api(context, object).create(&params(), &made).await {
        Err(error) if is_status(&error, 404) => Ok(Made::NotDefined),
        // The right to do it may be given.
        Err(error) if is_status(&error, 403) => Err(error.into()),
        Err(error) if !is_status(&error, 409) => match refusal(&error) {
            Some(message) => Ok(Made::Refused(message.to_owned())),
            None => Err(error.into()),
        },
        _ => Ok(Made::Done),
    }
}

/// Whether `object` asks for something else than what was `made` of it, as far as that can still be had.
pub(super) fn differs(object: &Order, made: &Order) -> bool {
    if object.unreadable.is_some() || made.asks_to_stop {
        return false;
    }
    if object.asks_to_stop {
        return true;
    }
    let mut asked = Order::bare(Kind::LoadRebalance, ObjectMeta::default());
    LoadRebalanceSpec::of(object).ask(&mut asked);
    !made.has_begun()
        && (asked.target != made.target
            || asked.task.ok() != made.task.clone().ok()
            || asked.wishes.ok() != made.wishes.clone().ok())
}

/// Has it ask for what `object` asks for now. Once it has begun, all that can be had is a stop, which is
/// not taken back.
pub(super) async fn change(context: &Context, object: &Order) -> Result<(), Failure> {
    let api = api(context, object);
    let Some(mut made) = api.get_opt(&name(object)).await? else { return Ok(()) };
    let is_begun = made.status.as_ref().is_some_and(|s| s.phase.is_some() || s.state.is_some());
    let stop = made.spec.stop || object.asks_to_stop;
    if !is_begun {
        made.spec = LoadRebalanceSpec::of(object);
    }
    made.spec.stop = stop;
    match api.replace(&name(object), &params(), &made).await {
        // Whoever has changed it meanwhile is seen by the watch.
        Err(error) if !is_status(&error, 404) && !is_status(&error, 409) => Err(error.into()),
        _ => Ok(()),
    }
}

fn owner(object: &Order) -> OwnerReference {
    OwnerReference {
        api_version: Order::api_version(&object.kind).into_owned(),
        kind: object.kind.word().to_owned(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

fn api(context: &Context, object: &Order) -> Api<LoadRebalance> {
    Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default())
}

fn params() -> PostParams {
    PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() }
}

/// By which those are found that were made of another object.
const LABEL: &str = "emqx-rebalance.io/made-of";
/// What a name of 253 letters leaves beside the last part of a UID.
const MAX_NAME: usize = 230;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Target;
    use crate::wishes::{Approval, is_name};
    use serde_json::json;

    fn rebalance(name: &str) -> Order {
        serde_json::from_value(json!({
            "apiVersion": "apps.emqx.io/v2beta1", "kind": "Rebalance",
            "metadata": {
                "name": name, "namespace": "mqtt", "uid": "0b0e7f3c-5a52-4d43-9d3b-8c1a5c1f2e9d",
                "annotations": {
                    "rebalance.emqx.io/mode": "level", "rebalance.emqx.io/approve": "required",
                    "rebalance.emqx.io/reconnect": "mqtt_js", "rebalance.emqx.io/reason": "JIRA-7",
                    "rebalance.emqx.io/plan-options":
                        r#"{"target_over": 0.1, "weights": {"emqx@a_b": 2}, "max_unavailable": 2}"#,
                    "rebalance.emqx.io/driver-options": r#"{"max_missing_percent": 20, "max_disconnects": "1.2x"}"#,
                    "rebalance.emqx.io/secret": "key", "rebalance.emqx.io/service": "clients",
                    "rebalance.emqx.io/url": " http://a:18083, http://b:18083 ",
                },
            },
            "spec": {"instanceName": "emqx", "rebalanceStrategy": {
                "connEvictRate": 7, "relConnThreshold": "1.3", "waitTakeover": 5,
            }},
        }))
        .unwrap()
    }

    /// As the API server has it, and as it is read from there.
    fn made(object: &Order) -> Order {
        let mut made = LoadRebalance::new(&name(object), LoadRebalanceSpec::of(object));
        made.metadata.owner_references = Some(vec![owner(object)]);
        serde_json::from_value(serde_json::to_value(made).unwrap()).unwrap()
    }

    #[test]
    fn what_is_made_asks_for_the_same() {
        let object = rebalance("a");
        let made = made(&object);
        assert_eq!(made.unreadable, None);
        assert_eq!(made.task.clone().unwrap(), object.task.clone().unwrap());
        assert_eq!(made.target, Target::Urls("http://a:18083,http://b:18083".to_owned()));
        assert_eq!(made.wishes.clone().unwrap(), object.wishes.clone().unwrap());
        assert_eq!(made.wishes.as_ref().unwrap().approval, Approval::Awaited);
        assert!(!differs(&object, &made));
    }

    #[test]
    fn it_speaks_for_the_object_that_it_was_made_of() {
        let object = rebalance("a");
        let made = Order { metadata: origin(&object).metadata, ..made(&object) };
        assert_eq!(made.full_name(), "Rebalance mqtt/a");
        assert_eq!(made.voice().urls_field(), "rebalance.emqx.io/url");
        assert_eq!(made.behalf, origin(&object).behalf);
    }

    #[test]
    fn changes_are_seen_until_it_has_begun_and_a_stop_always() {
        let mut object = rebalance("a");
        let mut made = made(&object);
        object.wishes.as_mut().unwrap().approval = Approval::Given;
        assert!(differs(&object, &made));
        made.status.get_or_insert_default().phase = Some("Processing".to_owned());
        assert!(!differs(&object, &made));
        object.asks_to_stop = true;
        assert!(differs(&object, &made));
        made.asks_to_stop = true;
        assert!(!differs(&object, &made));
    }

    #[test]
    fn it_has_a_name_of_its_own_whatever_the_object_is_called() {
        assert_eq!(name(&rebalance("sample")), "sample-8c1a5c1f2e9d");
        let long = format!("{}.{}", "a".repeat(229), "b".repeat(23));
        let name = name(&rebalance(&long));
        assert!(is_name(&name) && name.len() <= 253, "{name}");
    }
}
