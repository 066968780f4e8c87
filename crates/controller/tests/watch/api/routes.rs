//! Requests in, answers out.

use super::State;
use super::merge::applied;
use super::objects::{Key, Refusal};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract;
use axum::http::{Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

/// What a path names.
struct Target {
    resource: String,
    namespace: Option<String>,
    name: Option<String>,
    is_status: bool,
}

impl Target {
    fn of(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let rest = match parts.as_slice() {
            ["api", _, rest @ ..] => rest,
            ["apis", _, _, rest @ ..] => rest,
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => {
                (Some((*namespace).to_owned()), rest)
            }
            rest => (None, rest),
        };
        let resource = (*rest.first()?).to_owned();
        let name = rest.get(1).map(|name| (*name).to_owned());
        Some(Self { resource, namespace, name, is_status: rest.get(2) == Some(&"status") })
    }

    fn key(&self) -> Option<Key> {
        let (resource, namespace) = (self.resource.clone(), self.namespace.clone()?);
        Some(Key { resource, namespace, name: self.name.clone()? })
    }
}

pub(crate) async fn answer(
    extract::State(state): extract::State<Arc<State>>,
    request: Request<Body>,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    if state.is_down() {
        state.count("refused", &request.method().as_str().to_lowercase());
        state.announce();
        return refused((503, "ServiceUnavailable"));
    }
    if let Some(answer) = discovery(&path) {
        return json_answer(&answer);
    }
    let Some(target) = Target::of(&path) else { return refused((404, "NotFound")) };
    let query: BTreeMap<String, String> =
        extract::Query::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default();
    let method = request.method().clone();
    let sent = request.headers().get(header::CONTENT_TYPE);
    let is_apply = sent.is_some_and(|kind| kind == "application/apply-patch+yaml");
    if query.contains_key("watch") {
        state.count("watch", &target.resource);
        return watch(state, target, &query);
    }
    let verb =
        if target.name.is_none() && method == Method::GET { "list" } else { method.as_str() };
    let part = if target.is_status { "/status" } else { "" };
    let what = format!("{} {}{part}", verb.to_lowercase(), target.resource);
    state.count(&verb.to_lowercase(), &target.resource);
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let mut body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let has_state = body.pointer("/status/state").is_some_and(Value::is_string);
    let what = if has_state { format!("{what} with a state") } else { what };
    if let Some((_, code)) = state.faults().refusals.iter().find(|(asked, _)| *asked == what) {
        state.announce();
        return refused((*code, if *code == 403 { "Forbidden" } else { "Invalid" }));
    }
    if let Some(old) = target.key().filter(|_| is_apply).and_then(|key| state.get(&key)) {
        body = applied(&old, body);
    }
    let done = change(&state, &target, &method, &body, &query);
    done.map_or_else(refused, |value| json_answer(&value))
}

fn change(
    state: &State,
    target: &Target,
    method: &Method,
    body: &Value,
    query: &BTreeMap<String, String>,
) -> Result<Value, Refusal> {
    let prunes = state.faults().prunes && target.resource == "rebalances";
    let found = match (method, target.key()) {
        (&Method::GET, Some(key)) => state.objects().get(&key).cloned().ok_or((404, "NotFound")),
        (&Method::GET, None) => Ok(listed(state, target, query)),
        (&Method::POST, _) => {
            let name = body["metadata"]["name"].as_str().unwrap_or("unnamed").to_owned();
            let namespace = target.namespace.clone().unwrap_or_default();
            let key = Key { resource: target.resource.clone(), namespace, name };
            state.objects().create(&key, body.clone())
        }
        (&Method::PATCH, Some(key)) => {
            if target.resource == "loadrebalances" {
                state.takes_write();
            }
            let is_ours = ["rebalances", "loadrebalances"].contains(&target.resource.as_str());
            if is_ours
                && body.pointer("/metadata/resourceVersion").is_some()
                && state.takes_conflict()
            {
                state.objects().disturb(&key);
            }
            state.objects().patch(&key, body, target.is_status, prunes)
        }
        (&Method::PUT, Some(key)) => state.objects().replace(&key, body.clone(), target.is_status),
        (&Method::DELETE, Some(key)) => state.objects().delete(&key),
        _ => Err((405, "MethodNotAllowed")),
    };
    state.announce();
    found
}

fn listed(state: &State, target: &Target, query: &BTreeMap<String, String>) -> Value {
    let objects = state.objects();
    let mut items = objects.list(&target.resource, target.namespace.as_deref());
    let selector = query.get("labelSelector").cloned().unwrap_or_default();
    for (label, value) in selector.split(',').filter_map(|term| term.split_once('=')) {
        items.retain(|item| item["metadata"]["labels"][label] == value);
    }
    json!({
        "kind": "List", "apiVersion": "v1",
        "metadata": {"resourceVersion": objects.version().to_string()}, "items": items,
    })
}

/// Everything since a version, and then what follows, until the server is broken.
fn watch(state: Arc<State>, target: Target, query: &BTreeMap<String, String>) -> Response<Body> {
    let since = query.get("resourceVersion").and_then(|text| text.parse().ok()).unwrap_or(0);
    let changed = state.changed.subscribe();
    let begin = (state, target, changed, since);
    let lines = futures::stream::unfold(begin, |(state, target, mut changed, since)| async move {
        loop {
            changed.borrow_and_update();
            if state.is_down() {
                return None;
            }
            let (text, latest) = lines(&state, &target, since);
            if !text.is_empty() {
                let line = Ok::<_, Infallible>(Bytes::from(text));
                return Some((line, (state, target, changed, latest)));
            }
            changed.changed().await.ok()?;
        }
    });
    Response::new(Body::from_stream(lines))
}

fn lines(state: &State, target: &Target, since: u64) -> (String, u64) {
    let objects = state.objects();
    let is_shown = |namespace: &str| target.namespace.as_deref().is_none_or(|n| n == namespace);
    let shown = objects
        .changes_since(since)
        .filter(|change| change.resource == target.resource && is_shown(&change.namespace));
    let text: String = shown.map(|change| format!("{}\n", change.what)).collect();
    (text, objects.version())
}

fn discovery(path: &str) -> Option<Value> {
    let resource = |name: &str, kind: &str| {
        json!({
            "name": name, "kind": kind, "namespaced": true, "singularName": "",
            "verbs": ["get", "list", "watch", "patch"],
        })
    };
    match path {
        "/apis" => Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [{
            "name": "emqx-rebalance.io",
            "versions": [
                {"groupVersion": "emqx-rebalance.io/v1alpha1", "version": "v1alpha1"},
            ],
            "preferredVersion": {
                "groupVersion": "emqx-rebalance.io/v1alpha1", "version": "v1alpha1",
            },
        }, {
            "name": "apps.emqx.io",
            "versions": [
                {"groupVersion": "apps.emqx.io/v2beta1", "version": "v2beta1"},
                {"groupVersion": "apps.emqx.io/v1beta4", "version": "v1beta4"},
            ],
            "preferredVersion": {"groupVersion": "apps.emqx.io/v2beta1", "version": "v2beta1"},
        }]})),
        "/apis/emqx-rebalance.io/v1alpha1" => Some(json!({
            "kind": "APIResourceList", "groupVersion": "emqx-rebalance.io/v1alpha1",
            "resources": [
                resource("loadrebalances", "LoadRebalance"),
                resource("nodeevacuations", "NodeEvacuation"),
                resource("rebalancepolicies", "RebalancePolicy"),
            ],
        })),
        "/apis/apps.emqx.io/v2beta1" => Some(json!({
            "kind": "APIResourceList", "groupVersion": "apps.emqx.io/v2beta1",
            "resources": [resource("rebalances", "Rebalance"), resource("emqxes", "EMQX")],
        })),
        "/apis/apps.emqx.io/v1beta4" => Some(json!({
            "kind": "APIResourceList", "groupVersion": "apps.emqx.io/v1beta4",
            "resources": [
                resource("rebalances", "Rebalance"),
                resource("emqxenterprises", "EmqxEnterprise"),
            ],
        })),
        _ => None,
    }
}

fn json_answer(value: &Value) -> Response<Body> {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn refused((code, reason): Refusal) -> Response<Body> {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": reason, "reason": reason, "code": code,
    });
    (StatusCode::from_u16(code).unwrap(), json_answer(&status)).into_response()
}
