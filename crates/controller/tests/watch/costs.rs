//! What the controller costs: the program in a process of its own.
//!
//! `cargo test --release -p emqx-rebalance-controller --test watch costs -- --nocapture` prints the figures.

use crate::api::{Api, Key};
use crate::relay::Relay;
use crate::scene::{Scene, within};
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// The controller's program; it ends with this.
struct Program {
    child: Child,
    metrics: SocketAddr,
    _kubeconfig: tempfile::NamedTempFile,
}

impl Program {
    /// Starts it and waits until it serves its metrics, wherever there was a free port.
    async fn start(api: &Api) -> Self {
        let server = api.config().cluster_url;
        let mut kubeconfig = tempfile::NamedTempFile::new().unwrap();
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "a",
            "clusters": [{"name": "a", "cluster": {"server": server.to_string()}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "users": [{"name": "a", "user": {}}],
        });
        kubeconfig.write_all(text.to_string().as_bytes()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_emqx-rebalance-controller"))
            .args(["run", "--no-leader-elect", "--metrics-addr=127.0.0.1:0"])
            .arg("--allowed-hosts=127.0.0.1")
            .env("KUBECONFIG", kubeconfig.path())
            .env("NO_COLOR", "1")
            .env("RUST_LOG", "warn,emqx_rebalance_controller::run=info")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let metrics = loop {
            let line = log.next_line().await.unwrap().expect("it says where it serves");
            if let Some((_, address)) = line.split_once("address=") {
                break address.trim().parse().unwrap();
            }
        };
        tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                eprintln!("{line}");
            }
        });
        Self { child, metrics, _kubeconfig: kubeconfig }
    }

    /// A figure of `/proc/PID/status` in MiB.
    fn memory_mib(&self, figure: &str) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    }

    async fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.metrics).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    async fn metric(&self, name: &str) -> f64 {
        let text = self.metrics().await;
        let full = format!("emqx_rebalance_controller_{name} ");
        text.lines().find_map(|line| line.strip_prefix(&full)).unwrap().parse().unwrap()
    }
}

fn rebalance(api: &Api, relay: &Relay, name: &str) -> Key {
    let key = Key::new("rebalances", name);
    let annotations = json!({
        "rebalance.emqx.io/url": relay.urls(), "rebalance.emqx.io/secret": "emqx-key",
    });
    let object = json!({
        "apiVersion": "apps.emqx.io/v2beta1", "kind": "Rebalance",
        "metadata": {"annotations": annotations},
        "spec": {"instanceName": "emqx", "rebalanceStrategy": {
            "connEvictRate": 50, "waitHealthCheck": 2, "waitTakeover": 2,
            "absConnThreshold": 10, "relConnThreshold": "1.01",
        }},
    });
    api.state.create(&key, object);
    key
}

async fn until_phase(api: &Api, key: &Key, phase: &str) {
    let found = |object: Value| (object.pointer("/status/phase")? == phase).then_some(());
    api.state.until(|state| state.get(key).and_then(found)).await;
}

#[tokio::test]
async fn one_rebalance_and_a_thousand_objects() {
    let test = async {
        let scene = Scene::quiet(&[600, 0]).await;
        let program = Program::start(&scene.api).await;
        println!("resident without objects: {:.1} MiB", program.memory_mib("VmRSS"));
        one(&scene, &program).await;
        thousand(&scene, &program).await;
    };
    within(240, test).await;
}

async fn one(scene: &Scene, program: &Program) {
    let (api, relay) = (&scene.api, &scene.relay);
    let before = api.state.asked();
    let created = Instant::now();
    let key = rebalance(api, relay, "one");
    until_phase(api, &key, "Processing").await;
    let processing = created.elapsed();
    relay.until_started().await;
    let started = created.elapsed();
    until_phase(api, &key, "Completed").await;
    println!("from create to Processing {processing:.1?}, to the start at EMQX {started:.1?}");
    println!("to Completed {:.1?}", created.elapsed());
    let asked: Vec<_> = api
        .state
        .asked()
        .into_iter()
        .map(|(what, count)| (count - before.get(&what).copied().unwrap_or(0), what))
        .filter(|(count, _)| *count > 0)
        .collect();
    let total: u64 = asked.iter().map(|(count, _)| count).sum();
    println!("requests to Kubernetes: {total} in all, {asked:?}");
    let count = program.metric("reconcile_seconds_count").await;
    let sum = program.metric("reconcile_seconds_sum").await;
    println!("{count} reconciliations, {:.1} ms on average", sum / count * 1000.0);
    assert!(total < 60, "{total}");
}

async fn thousand(scene: &Scene, program: &Program) {
    let api = &scene.api;
    let (_emqx, relay) = scene.another_cluster(&[900, 0]).await;
    let keys: Vec<Key> = (0..1000).map(|i| rebalance(api, &relay, &format!("r{i:04}"))).collect();
    let created = Instant::now();
    for key in &keys {
        let seen = |object: Value| object.pointer("/status/conditions/0").map(drop);
        api.state.until(|state| state.get(key).and_then(seen)).await;
    }
    println!("a thousand objects, all with a condition after {:.1?}", created.elapsed());
    let (now, peak) = (program.memory_mib("VmRSS"), program.memory_mib("VmHWM"));
    println!("resident with a thousand objects: {now:.1} MiB, at most {peak:.1} MiB");
    assert!(peak < 128.0, "{peak}");
}
