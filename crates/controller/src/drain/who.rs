//! Who asks for a drain: a pod, for itself and for no other.

use super::Refusal;
use axum::http::StatusCode;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec};
use kube::Client;
use kube::api::{Api, PostParams};
use tracing::warn;

/// A pod that has shown who it is.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Pod {
    pub(super) namespace: String,
    pub(super) name: String,
}

/// The pod that `token` was given to. Kubernetes binds the tokens that it projects into a pod to that
/// pod, and says so when it is asked about one.
pub(super) async fn asks(client: &Client, token: &str) -> Result<Pod, Refusal> {
    if token.is_empty() || token.len() > MAX_TOKEN {
        return Err(unknown());
    }
    let spec = TokenReviewSpec {
        token: Some(token.to_owned()),
        audiences: Some(vec![AUDIENCE.to_owned()]),
    };
    let review = TokenReview { spec, ..TokenReview::default() };
    let api: Api<TokenReview> = Api::all(client.clone());
    let reviewed = api.create(&PostParams::default(), &review).await.map_err(|error| {
        warn!(%error, "a token cannot be reviewed");
        let message = "the Kubernetes API does not say whose the token is";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
    })?;
    pod(&reviewed).ok_or_else(unknown)
}

fn pod(reviewed: &TokenReview) -> Option<Pod> {
    let status = reviewed.status.as_ref()?;
    let is_ours = status.audiences.iter().flatten().any(|audience| audience == AUDIENCE);
    let user = status.user.as_ref().filter(|_| status.authenticated == Some(true) && is_ours)?;
    let account = user.username.as_deref()?.strip_prefix("system:serviceaccount:")?;
    let (namespace, _) = account.split_once(':')?;
    let name = user.extra.as_ref()?.get(POD)?.first()?;
    Some(Pod { namespace: namespace.to_owned(), name: name.clone() })
}

fn unknown() -> Refusal {
    let message =
        format!("send the token that is projected into the pod for the audience {AUDIENCE}");
    Refusal::new(StatusCode::UNAUTHORIZED, message)
}

/// Whom a token must be for: one for the API server itself is not to be sent to us.
const AUDIENCE: &str = "emqx-rebalance";
/// Where Kubernetes says which pod a token is bound to.
const POD: &str = "authentication.kubernetes.io/pod-name";
/// Longer than any token.
const MAX_TOKEN: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn asked(status: &Value) -> Option<Pod> {
        pod(&serde_json::from_value(json!({"spec": {}, "status": status})).unwrap())
    }

    fn status() -> Value {
        json!({
            "authenticated": true, "audiences": ["emqx-rebalance"],
            "user": {
                "username": "system:serviceaccount:mqtt:emqx",
                "extra": {"authentication.kubernetes.io/pod-name": ["emqx-core-0"]},
            },
        })
    }

    #[test]
    fn a_pod_is_who_its_token_is_bound_to() {
        let expected = Pod { namespace: "mqtt".to_owned(), name: "emqx-core-0".to_owned() };
        assert_eq!(asked(&status()), Some(expected));
    }

    #[test]
    fn nobody_else_is_one() {
        for (path, value) in [
            ("/authenticated", json!(false)),
            ("/audiences", json!(["https://kubernetes.default.svc"])),
            ("/audiences", json!(null)),
            ("/user/username", json!("admin")),
            ("/user/extra", json!({})),
            ("/user", json!(null)),
        ] {
            let mut status = status();
            *status.pointer_mut(path).unwrap() = value;
            assert_eq!(asked(&status), None, "{path}");
        }
    }
}
