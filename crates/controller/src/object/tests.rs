//! Writes to one object, against an API server that is played by the test.

use super::*;
use http::{Request, Response};
use kube::client::Body;
use tower_test::mock::{Handle, pair};

type Server = Handle<Request<Body>, Response<Body>>;

fn client() -> (Client, Server) {
    let (service, server) = pair::<Request<Body>, Response<Body>>();
    (Client::new(service, "default"), server)
}

/// An object as it was last seen, with a state of ours.
fn ours() -> (Object, Mark, Server) {
    let (client, server) = client();
    let seen = rebalance("1", Some("ours"));
    (Object::of(&client, &seen), Mark::of(&seen), server)
}

fn rebalance(version: &str, state: Option<&str>) -> Order {
    serde_json::from_value(shown(version, state)).unwrap()
}

fn shown(version: &str, state: Option<&str>) -> Value {
    json!({
        "apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "LoadRebalance",
        "metadata": {
            "name": "sample", "namespace": "default", "uid": "u", "resourceVersion": version,
            "finalizers": [FINALIZER],
        },
        "spec": {"target": {"instance": {"name": "emqx"}}},
        "status": state.map(|state| json!({ "state": state })),
    })
}

async fn patched(server: &mut Server, code: u16, answer: &Value) -> Value {
    let (request, send) = server.next_request().await.expect("a request");
    assert_eq!(request.method(), http::Method::PATCH);
    let path = request.uri().path();
    let path = path.strip_suffix("/status").unwrap_or(path);
    assert_eq!(path, "/apis/emqx-rebalance.io/v1alpha1/namespaces/default/loadrebalances/sample");
    let sent = request.into_body().collect_bytes().await.unwrap();
    send.send_response(response(code, answer));
    serde_json::from_slice(&sent).unwrap()
}

async fn read(server: &mut Server, answer: &Value) {
    let (request, send) = server.next_request().await.expect("a request");
    assert_eq!(request.method(), http::Method::GET);
    send.send_response(response(200, answer));
}

fn response(code: u16, answer: &Value) -> Response<Body> {
    let body = Body::from(answer.to_string().into_bytes());
    Response::builder().status(code).body(body).unwrap()
}

fn conflict() -> Value {
    json!({"kind": "Status", "status": "Failure", "reason": "Conflict", "message": "", "code": 409})
}

#[test]
fn finalizers_of_others_stay() {
    let mark = |finalizers: &[&str]| Mark {
        finalizers: finalizers.iter().map(|name| (*name).to_owned()).collect(),
        ..Mark::default()
    };
    let held = |finalizers: &[&str], holds| mark(finalizers).held_now(None, holds);
    assert_eq!(held(&["theirs"], true)["finalizers"], json!(["theirs", FINALIZER]));
    assert_eq!(held(&["theirs"], false), Map::new());
    assert_eq!(held(&[FINALIZER, "theirs"], false)["finalizers"], json!(["theirs"]));
}

#[tokio::test]
async fn a_change_of_somebody_else_is_let_through() {
    let (object, mut mark, mut server) = ours();
    let playing = async {
        let first = patched(&mut server, 409, &conflict()).await;
        assert_eq!(first["metadata"]["resourceVersion"], "1");
        read(&mut server, &shown("2", Some("ours"))).await;
        let answer = shown("3", Some("next"));
        let second = patched(&mut server, 200, &answer).await;
        assert_eq!(second["metadata"]["resourceVersion"], "2");
        assert_eq!(second["status"]["state"], "next");
    };
    let (written, ()) = tokio::join!(object.write_state(&mut mark, Some("next")), playing);
    assert_eq!(written.unwrap(), Written::Done);
    assert_eq!((mark.version.as_deref(), mark.state.as_deref()), (Some("3"), Some("next")));
}

#[tokio::test]
async fn a_state_of_somebody_else_is_left_alone() {
    let (object, mut mark, mut server) = ours();
    let playing = async {
        patched(&mut server, 409, &conflict()).await;
        read(&mut server, &shown("2", Some("theirs"))).await;
    };
    let (written, ()) = tokio::join!(object.write_state(&mut mark, Some("next")), playing);
    assert!(matches!(written, Err(Failure::Taken)));
}

/// `change` by a process that knows its own state and meets `found`.
async fn tried(change: Change<'_>, found: Value) -> Result<Written, Failure> {
    let (object, mut mark, mut server) = ours();
    let playing = async move {
        let first = patched(&mut server, 409, &conflict()).await;
        assert_eq!(first["metadata"]["resourceVersion"], "1");
        assert_eq!(first["metadata"]["uid"], "u");
        read(&mut server, &found).await;
        if server.next_request().await.is_some() {
            panic!("it is written all the same");
        }
    };
    tokio::select! {
        written = object.write(&mut mark, change) => written,
        () = playing => panic!("the client is gone"),
    }
}

fn in_phase(mut object: Value, phase: &str) -> Value {
    let state = object["status"]["state"].take();
    object["status"] = json!({ "phase": phase, "state": state });
    object
}

/// A process that was frozen wakes up: another one has ended the rebalance, and left no state.
#[tokio::test]
async fn what_another_process_has_ended_is_not_begun_again() {
    let processing = json!({"phase": "Processing"});
    for change in [Change::State(Some("next")), Change::Status(&processing)] {
        for left in [None, Some("ours")] {
            let found = in_phase(shown("2", left), "Failed");
            assert!(matches!(tried(change, found).await, Err(Failure::Taken)), "{change:?}");
        }
        let mut found = in_phase(shown("2", None), "Processing");
        found["metadata"]["finalizers"] = json!([]);
        assert!(matches!(tried(change, found).await, Err(Failure::Taken)), "{change:?}");
    }
}

/// A start may be on its way to the API server while somebody deletes the object.
#[tokio::test]
async fn what_was_decided_before_a_deletion_was_known_is_not_stored() {
    let mut found = in_phase(shown("2", Some("ours")), "Processing");
    found["metadata"]["deletionTimestamp"] = json!("1970-01-01T00:00:00Z");
    let written = tried(Change::State(Some("next")), found).await;
    assert!(matches!(written, Err(Failure::CalledOff)));
}

#[tokio::test]
async fn a_state_that_was_taken_away_is_written_again_while_it_is_worked_on() {
    let (object, mut mark, mut server) = ours();
    let without = in_phase(shown("2", None), "Processing");
    let playing = async {
        patched(&mut server, 409, &conflict()).await;
        read(&mut server, &without).await;
        let answer = shown("3", Some("next"));
        let second = patched(&mut server, 200, &answer).await;
        assert_eq!(second["status"]["state"], "next");
    };
    let (written, ()) = tokio::join!(object.write_state(&mut mark, Some("next")), playing);
    assert_eq!(written.unwrap(), Written::Done);
}

#[tokio::test]
async fn a_verdict_does_not_keep_its_writer_from_letting_go() {
    let (object, mut mark, mut server) = ours();
    let ended = in_phase(shown("2", Some("ours")), "Completed");
    let playing = async {
        patched(&mut server, 409, &conflict()).await;
        read(&mut server, &ended).await;
        let answer = in_phase(shown("3", None), "Completed");
        assert_eq!(patched(&mut server, 200, &answer).await["status"]["state"], Value::Null);
        let last = patched(&mut server, 200, &answer).await;
        assert_eq!(last["metadata"]["finalizers"], json!([]));
    };
    let (written, ()) = tokio::join!(object.write_state(&mut mark, None), playing);
    assert_eq!(written.unwrap(), Written::Done);
}

#[tokio::test]
async fn another_object_of_the_same_name_is_not_ours() {
    let (client, mut server) = client();
    let object = Object::of(&client, &rebalance("1", None));
    let mut other = shown("9", None);
    other["metadata"]["uid"] = json!("another");
    let (found, ()) = tokio::join!(object.read(), read(&mut server, &other));
    assert!(found.unwrap().is_none());
}
