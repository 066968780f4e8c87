//! What a watch tells and takes over HTTP.

use crate::scene::{APPROVER, Scene, VIEWER, decided, embedded, ended};
use emqx_rebalance_core::driver::OutcomeKind;
use emqx_rebalance_core::policy::Reason;
use emqx_rebalance_watch::{Watch, openapi};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// What was answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Somebody who asks.
#[derive(Clone, Copy)]
struct Asker<'a> {
    at: SocketAddr,
    token: Option<&'a str>,
}

impl<'a> Asker<'a> {
    fn of(watch: &Watch, token: &'a str) -> Self {
        Self { at: watch.address().unwrap(), token: Some(token) }
    }

    async fn get(self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\n"), "").await
    }

    async fn post(self, path: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
        );
        self.send(&head, body).await
    }

    async fn send(self, head: &str, body: &str) -> Answer {
        let mut socket = TcpStream::connect(self.at).await.unwrap();
        let who = self.token.map(|token| format!("authorization: Bearer {token}\r\n"));
        let host =
            if head.contains("host:") { String::new() } else { format!("host: {}\r\n", self.at) };
        let request =
            format!("{head}{host}{}connection: close\r\n\r\n{body}", who.unwrap_or_default());
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, body: body.to_owned() }
    }
}

/// What is shown of `eu` once it is as `wanted`.
async fn shown(asker: Asker<'_>, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut socket = TcpStream::connect(asker.at).await.unwrap();
    let token = asker.token.unwrap_or_default();
    let request = format!(
        "GET /api/v1/clusters/eu/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(socket).lines();
    loop {
        let line = lines.next_line().await.unwrap().unwrap();
        let event = line.strip_prefix("data: ").map(serde_json::from_str::<Value>);
        match event {
            Some(event) if wanted(event.as_ref().unwrap()) => return event.unwrap(),
            _ => {}
        }
    }
}

async fn proposed(asker: Asker<'_>) -> Value {
    shown(asker, |event| event["proposal"].is_object()).await["proposal"].take()
}

fn choice(proposal: &Value) -> Value {
    json!({"id": proposal["id"], "fingerprint": proposal["fingerprint"], "reason": "OPS-7"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_looked_at_approved_and_driven_to_its_verdict() {
    let cluster = embedded(&[300, 300, 300, 0]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "propose", 100).served();
    let watch = scene.watch().await;
    let (vera, ann) = (Asker::of(&watch, VIEWER), Asker::of(&watch, APPROVER));
    let proposal = proposed(vera).await;
    assert!(proposal["figures"]["disconnects"].as_u64() >= Some(200), "{proposal}");
    // Whoever begins again finds it waiting.
    watch.end().await;
    let mut watch = scene.watch().await;
    let (vera, ann) = (
        Asker { at: watch.address().unwrap(), ..vera },
        Asker { at: watch.address().unwrap(), ..ann },
    );
    assert_eq!(proposed(vera).await, proposal);

    let stale = json!({"id": proposal["id"], "fingerprint": "0123456789abcdef"}).to_string();
    for (asker, body, status, kind) in [
        (vera, choice(&proposal).to_string(), 403, "forbidden"),
        (ann, stale, 409, "conflict"),
        (ann, "{".to_owned(), 400, "config_invalid"),
        (ann, json!({"id": 1}).to_string(), 400, "config_invalid"),
        (
            ann,
            json!({"id": 1, "fingerprint": "x", "reason": "a\nb"}).to_string(),
            400,
            "config_invalid",
        ),
        (
            ann,
            json!({"id": 1, "fingerprint": "x", "colour": "red"}).to_string(),
            400,
            "config_invalid",
        ),
        (
            Asker { token: Some("canary8-nobodys-token"), ..ann },
            choice(&proposal).to_string(),
            401,
            "unauthorized",
        ),
    ] {
        let answer = asker.post("/api/v1/clusters/eu/approve", &body).await;
        assert_eq!(
            (answer.status, answer.json()["kind"].as_str()),
            (status, Some(kind)),
            "{answer:?}"
        );
        assert!(!answer.body.contains("canary"), "{answer:?}");
    }
    let approved = ann.post("/api/v1/clusters/eu/approve", &choice(&proposal).to_string()).await;
    assert_eq!(
        (approved.status, approved.json()["who"].as_str()),
        (200, Some("ann")),
        "{approved:?}"
    );
    let record = ended(&mut watch).await;
    assert_eq!(record.outcome.result, OutcomeKind::Completed, "{}", record.outcome.detail);
    let who = (record.purpose.who.as_deref(), record.purpose.reason.as_deref());
    assert_eq!(who, (Some("ann"), Some("OPS-7")));
    let again = ann.post("/api/v1/clusters/eu/approve", &choice(&proposal).to_string()).await;
    assert_eq!(again.status, 409, "{again:?}");

    let runs = vera.get("/api/v1/runs?cluster=eu&limit=1").await.json();
    assert_eq!(runs[0]["record"]["reason"], "OPS-7", "{runs}");
    let decisions = vera.get("/api/v1/decisions").await.json();
    let reasons: Vec<&str> =
        decisions.as_array().unwrap().iter().filter_map(|row| row["reason"].as_str()).collect();
    assert!(reasons.contains(&"approved") && reasons.contains(&"ended"), "{reasons:?}");
    let metrics = vera.get("/metrics").await.body;
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    for line in [
        "emqx_rebalance_watch_outcomes_total{cluster=\"eu\",result=\"completed\"} 1",
        "emqx_rebalance_watch_decisions_total{cluster=\"eu\",reason=\"approved\"} 1",
        "emqx_rebalance_watch_node_up{cluster=\"eu\",node=\"emqx4@127.0.0.1\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_proposal_is_not_made_again_at_once_and_a_run_is_stopped_by_name() {
    let cluster = embedded(&[300, 300, 300, 0]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "propose", 1).served();
    let mut watch = scene.watch().await;
    let ann = Asker::of(&watch, APPROVER);
    let proposal = proposed(ann).await;
    let rejected = ann.post("/api/v1/clusters/eu/reject", &choice(&proposal).to_string()).await;
    assert_eq!((rejected.status, rejected.json()["reason"].as_str()), (200, Some("rejected")));
    decided(&mut watch, "eu", Reason::CoolDown).await;
    assert_eq!(ann.post("/api/v1/clusters/eu/stop", "{}").await.status, 409, "nothing is on");
    watch.end().await;

    let scene = Scene::new().with("eu", &cluster, 0, "auto", 1).served();
    let mut watch = scene.watch().await;
    let ann = Asker::of(&watch, APPROVER);
    decided(&mut watch, "eu", Reason::Running).await;
    let stopped =
        ann.post("/api/v1/clusters/eu/stop", &json!({"reason": "OPS-8"}).to_string()).await;
    assert_eq!(
        (stopped.status, stopped.json()["detail"].as_str()),
        (200, Some("ann stops the run: OPS-8"))
    );
    assert_eq!(ended(&mut watch).await.outcome.result, OutcomeKind::Stopped);
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_refused_and_what_is_shown_holds_no_secret() {
    let cluster = embedded(&[900, 100]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "observe", 100).served();
    let mut watch = scene.watch().await;
    let vera = Asker::of(&watch, VIEWER);
    decided(&mut watch, "eu", Reason::WouldStart).await;
    decided(&mut watch, "eu", Reason::CoolDown).await;
    for (path, status) in [
        ("/api/v1/clusters/us", 404),
        ("/api/v1/decisions?cluster=us", 404),
        ("/api/v1/decisions?limit=0", 400),
        ("/api/v1/decisions?limit=501", 400),
        ("/api/v1/decisions?limit=x", 400),
        ("/api/v1/runs?colour=red", 400),
        ("/api/v1/nothing", 404),
        ("/api/v1/clusters/eu/approve", 405),
    ] {
        let answer = vera.get(path).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert!(answer.json()["kind"].is_string(), "{path}: {answer:?}");
    }
    let large = json!({"id": 1, "fingerprint": "x".repeat(20_000)}).to_string();
    let answer = Asker::of(&watch, APPROVER).post("/api/v1/clusters/eu/approve", &large).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(Asker { token: None, ..vera }.get("/api/v1/clusters").await.status, 401);
    assert_eq!(Asker { token: None, ..vera }.get("/metrics").await.status, 401);
    assert_eq!(Asker { token: None, ..vera }.get("/readyz").await.status, 200);
    let secret = cluster.api_secret();
    for path in [
        "/api/v1/clusters",
        "/api/v1/clusters/eu",
        "/api/v1/decisions",
        "/metrics",
        "/api/v1/openapi.json",
    ] {
        let answer = vera.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.contains(&secret) && !answer.body.contains("canary"), "{path}");
    }
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fuller_node_takes_no_new_clients() {
    let cluster = embedded(&[900, 100]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "observe", 100).served();
    let mut watch = scene.watch().await;
    let anybody = Asker { at: watch.address().unwrap(), token: None };
    assert_eq!(anybody.get("/health/eu/emqx1@127.0.0.1").await.status, 200, "nothing is known yet");
    decided(&mut watch, "eu", Reason::WouldStart).await;
    decided(&mut watch, "eu", Reason::CoolDown).await;
    for (node, status) in [
        ("emqx1@127.0.0.1", 503),
        ("emqx1", 503),
        ("emqx2", 200),
        ("127.0.0.1", 200),
        ("nobody", 200),
    ] {
        assert_eq!(anybody.get(&format!("/health/eu/{node}")).await.status, status, "{node}");
    }
    watch.end().await;
}

/// Who floods the API has it say that it is busy, and closes no node.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_requests_is_refused_in_part_and_closes_no_node() {
    let cluster = embedded(&[500, 500]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "observe", 100).served();
    let watch = scene.watch().await;
    let vera = Asker::of(&watch, VIEWER);
    shown(vera, |event| event["read_at_ms"].is_number()).await;
    // Requests whose body never comes wait for it, each with a turn.
    let mut waiting = Vec::new();
    for _ in 0..80 {
        let mut socket = TcpStream::connect(vera.at).await.unwrap();
        let head = format!(
            "POST /api/v1/clusters/eu/stop HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer {APPROVER}\r\ncontent-length: 100\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        waiting.push(socket);
    }
    let mut busy = vera.get("/api/v1/clusters").await;
    while busy.status != 503 {
        busy = vera.get("/api/v1/clusters").await;
    }
    assert_eq!(
        (busy.json()["kind"].as_str(), busy.json()["retryable"].as_bool()),
        (Some("timeout"), Some(true))
    );
    for path in ["/health/eu/emqx1", "/health/eu/emqx2", "/healthz", "/readyz"] {
        assert_eq!(vera.get(path).await.status, 200, "{path}");
    }
    // They are given up.
    while vera.get("/api/v1/clusters").await.status != 200 {}
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_follow_than_may() {
    let cluster = embedded(&[500, 500]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "observe", 100).served();
    let watch = scene.watch().await;
    let vera = Asker::of(&watch, VIEWER);
    let mut following = Vec::new();
    for _ in 0..64 {
        let mut socket = TcpStream::connect(vera.at).await.unwrap();
        let head = format!(
            "GET /api/v1/clusters/eu/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {VIEWER}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        // Its head has come.
        socket.read_exact(&mut [0; 15]).await.unwrap();
        following.push(socket);
    }
    assert_eq!(vera.get("/api/v1/clusters/eu/events").await.status, 503);
    drop(following);
    shown(vera, |event| event["read_at_ms"].is_number()).await;
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_followed_as_they_come() {
    let cluster = embedded(&[300, 0]).await;
    let scene = Scene::new().with("eu", &cluster, 0, "observe", 100).served();
    let watch = scene.watch().await;
    let event = shown(Asker::of(&watch, VIEWER), |event| event["read_at_ms"].is_number()).await;
    assert_eq!(
        (event["name"].as_str(), event["clients"].as_u64()),
        (Some("eu"), Some(300)),
        "{event}"
    );
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tokens_whoever_is_on_this_machine_may_look_and_do_nothing() {
    let cluster = embedded(&[300, 0]).await;
    let mut scene = Scene::new().with("eu", &cluster, 0, "observe", 100);
    scene.text = format!("listen: 127.0.0.1:0\n{}", scene.text);
    let watch = scene.watch().await;
    let anybody = Asker { at: watch.address().unwrap(), token: None };
    assert_eq!(anybody.get("/api/v1/clusters").await.status, 200);
    let refused = anybody.post("/api/v1/clusters/eu/stop", "{}").await;
    assert_eq!((refused.status, refused.json()["kind"].as_str()), (403, Some("forbidden")));
    // As from a page that has a name of its own for this machine.
    let page = anybody.send("GET /api/v1/clusters HTTP/1.1\r\nhost: evil.example\r\n", "").await;
    assert_eq!(page.status, 403, "{page:?}");
    watch.end().await;
}

#[test]
fn the_description_that_is_kept_is_the_one_that_is_served() {
    let kept = include_str!("../../../../docs/watch-api.json");
    let kept: Value = serde_json::from_str(kept).unwrap();
    assert_eq!(
        kept,
        openapi(),
        "write it again: emqx-rebalance watch --openapi > docs/watch-api.json"
    );
}
