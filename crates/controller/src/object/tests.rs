//! Writes to one object, against an API server that is played by the test.

use super::*;
use http::{Request, Response};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
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
    (Object::of(&client, Served::default(), &seen), Mark::of(&seen), server)
}

fn rebalance(version: &str, state: Option<&str>) -> Rebalance {
    let mut annotations = Map::new();
    if let Some(state) = state {
        annotations.insert(STATE.to_owned(), json!(state));
    }
    serde_json::from_value(json!({
        "metadata": {
            "name": "sample", "namespace": "default", "uid": "u", "resourceVersion": version,
            "annotations": annotations,
        },
        "spec": {"instanceName": "emqx", "rebalanceStrategy": {"connEvictRate": 1}},
    }))
    .unwrap()
}

async fn patched(server: &mut Server, code: u16, answer: &Value) -> Value {
    let (request, send) = server.next_request().await.expect("a request");
    assert_eq!(request.method(), http::Method::PATCH);
    let path = request.uri().path();
    let path = path.strip_suffix("/status").unwrap_or(path);
    assert_eq!(path, "/apis/apps.emqx.io/v2beta1/namespaces/default/rebalances/sample");
    let sent = request.into_body().collect_bytes().await.unwrap();
    send.send_response(response(code, answer));
    serde_json::from_slice(&sent).unwrap()
}

async fn read(server: &mut Server, answer: &Rebalance) {
    let (request, send) = server.next_request().await.expect("a request");
    assert_eq!(request.method(), http::Method::GET);
    send.send_response(response(200, &serde_json::to_value(answer).unwrap()));
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
    let mark = Mark { finalizers: vec!["theirs".to_owned()], ..Mark::default() };
    assert_eq!(mark.replaced_by(Some("s"))["finalizers"], json!(["theirs", FINALIZER]));
    let mark =
        Mark { finalizers: vec![FINALIZER.to_owned(), "theirs".to_owned()], ..Mark::default() };
    let patched = mark.replaced_by(None);
    assert_eq!(patched["finalizers"], json!(["theirs"]));
    assert_eq!(patched["annotations"][STATE], Value::Null);
}

#[tokio::test]
async fn a_change_of_somebody_else_is_let_through() {
    let (object, mut mark, mut server) = ours();
    let playing = async {
        let first = patched(&mut server, 409, &conflict()).await;
        assert_eq!(first["metadata"]["resourceVersion"], "1");
        read(&mut server, &rebalance("2", Some("ours"))).await;
        let answer = serde_json::to_value(rebalance("3", Some("next"))).unwrap();
        let second = patched(&mut server, 200, &answer).await;
        assert_eq!(second["metadata"]["resourceVersion"], "2");
        assert_eq!(second["metadata"]["annotations"][STATE], "next");
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
        read(&mut server, &rebalance("2", Some("theirs"))).await;
    };
    let (written, ()) = tokio::join!(object.write_state(&mut mark, Some("next")), playing);
    assert!(matches!(written, Err(Failure::Taken)));
}

/// `change` by a process that knows its own state and meets `found`.
async fn tried(change: Change<'_>, found: Rebalance) -> Result<Written, Failure> {
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

fn in_phase(mut object: Rebalance, phase: &str) -> Rebalance {
    object.status.get_or_insert_default().phase = Some(phase.to_owned());
    object
}

/// A process that was frozen wakes up: another one has ended the rebalance, and left no state.
#[tokio::test]
async fn what_another_process_has_ended_is_not_begun_again() {
    let processing = json!({"phase": "Processing"});
    for change in [Change::State(Some("next")), Change::Status(&processing)] {
        for left in [None, Some("ours")] {
            let found = in_phase(rebalance("2", left), "Failed");
            assert!(matches!(tried(change, found).await, Err(Failure::Taken)), "{change:?}");
        }
        let found = in_phase(rebalance("2", None), "Processing");
        assert!(matches!(tried(change, found).await, Err(Failure::Taken)), "{change:?}");
    }
}

/// A start may be on its way to the API server while somebody deletes the object.
#[tokio::test]
async fn what_was_decided_before_a_deletion_was_known_is_not_stored() {
    let mut found = in_phase(rebalance("2", Some("ours")), "Processing");
    found.metadata.deletion_timestamp = Some(Time(jiff::Timestamp::UNIX_EPOCH));
    let written = tried(Change::State(Some("next")), found).await;
    assert!(matches!(written, Err(Failure::CalledOff)));
}

#[tokio::test]
async fn a_state_that_was_taken_away_is_written_again_while_it_is_worked_on() {
    let (object, mut mark, mut server) = ours();
    let mut without = in_phase(rebalance("2", None), "Processing");
    without.metadata.finalizers = Some(vec![FINALIZER.to_owned()]);
    let playing = async {
        patched(&mut server, 409, &conflict()).await;
        read(&mut server, &without).await;
        let answer = serde_json::to_value(rebalance("3", Some("next"))).unwrap();
        let second = patched(&mut server, 200, &answer).await;
        assert_eq!(second["metadata"]["annotations"][STATE], "next");
    };
    let (written, ()) = tokio::join!(object.write_state(&mut mark, Some("next")), playing);
    assert_eq!(written.unwrap(), Written::Done);
}

#[tokio::test]
async fn a_verdict_does_not_keep_its_writer_from_letting_go() {
    let (object, mut mark, mut server) = ours();
    let ended = in_phase(rebalance("2", Some("ours")), "Completed");
    let playing = async {
        patched(&mut server, 409, &conflict()).await;
        read(&mut server, &ended).await;
        let answer = serde_json::to_value(rebalance("3", None)).unwrap();
        patched(&mut server, 200, &answer).await;
    };
    let (written, ()) = tokio::join!(object.write_state(&mut mark, None), playing);
    assert_eq!(written.unwrap(), Written::Done);
}

#[tokio::test]
async fn another_object_of_the_same_name_is_not_ours() {
    let (client, mut server) = client();
    let object = Object::of(&client, Served::default(), &rebalance("1", None));
    let mut other = rebalance("9", None);
    other.metadata.uid = Some("another".to_owned());
    let (found, ()) = tokio::join!(object.read(), read(&mut server, &other));
    assert_eq!(found.unwrap(), None);
}
