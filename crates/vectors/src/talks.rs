//! Conversations with a cluster: what goes in and what comes out, step by step.

use anyhow::Result;
use emqx_rebalance_core::Error;
use emqx_rebalance_core::driver::{DriverState, StoredRebalance};
use emqx_rebalance_exchange::sansio::{Cluster, HttpAnswer};
use emqx_rebalance_exchange::{Access, Question, Reply, job};
use emqx_rebalance_sim::{ClusterConfig, Incident, VirtualCluster};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ABOUT: &str = "Conversations of hosts with an HTTP client of their own. Each case is one \
    cluster, reached as `access` says; its `turns` are calls one after the other. Each step hands \
    `answers` in at `now_ms` and must give `requests`, `wake_at_ms` and, at the end of a question, \
    `result` or `error`; a run gives `events`, and at its end `status`. The answers are the embedded \
    cluster's. Made by the Rust core: every language must give the same.";

/// The file.
pub(crate) fn file() -> Result<Value> {
    let cases = vec![
        Conversation::new("level, start and verdict", &[60, 40, 0], &["http://n0"])?
            .question("connect")?
            .question("snapshot")?
            .level_run()?
            .question("status")?
            .case,
        Conversation::new("another node is asked", &[30, 0], &["http://n9", "http://n1"])?
            .question("snapshot")?
            .case,
        Conversation::new("nobody is there", &[30, 0], &["http://n9"])?.question("status")?.case,
        Conversation::new("nothing to stop", &[30, 0], &["http://n0"])?.question("stop")?.case,
    ];
    Ok(json!({ "about": ABOUT, "cases": cases }))
}

struct Conversation {
    host: VirtualCluster,
    cluster: Cluster,
    case: Value,
}

impl Conversation {
    fn new(name: &str, clients: &[u64], urls: &[&str]) -> Result<Self> {
        let config = ClusterConfig::with_clients(clients)?;
        let access = json!({
            "urls": urls, "api_key": config.credentials.api_key,
            "api_secret": config.credentials.api_secret, "find_nodes": false,
        });
        let host = VirtualCluster::new(config)?;
        let cluster = Cluster::new(Access {
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            node_urls: BTreeMap::new(),
            find_nodes: false,
            ..host.access()
        })?;
        let case = json!({ "name": name, "access": access, "turns": [] });
        Ok(Self { host, cluster, case })
    }

    fn question(mut self, call: &str) -> Result<Self> {
        // An error is an answer like any other.
        let _answer = self.ask(call, Value::Null)?;
        Ok(self)
    }

    /// Plans, starts what was planned and follows it to the verdict.
    fn level_run(mut self) -> Result<Self> {
        let asked = json!({
            "mode": "level", "conn_evict_rate": 10, "wait_health_check": 1, "wait_takeover": 1,
            "load_balancer": "round_robin",
        });
        let plan = self.ask("plan", asked)??;
        let request = json!({ "plan": plan, "reason": "a vector", "max_waves": 1 });
        let driver = job("start", &request)?;
        let mut steps = Vec::new();
        let drive = self.host.drive_by(&self.cluster, driver, |host, answers, step| {
            steps.push(json!(Seen { now_ms: host.now().as_ms(), answers, step }));
            Incident::None
        })?;
        // A state that is written and read is the same state.
        let state = serde_json::to_value(drive.run.driver())?;
        let read: StoredRebalance = serde_json::from_str(&state.to_string())?;
        let is_same = serde_json::to_value(DriverState::from(read))? == state;
        anyhow::ensure!(is_same, "the state changed on its way through JSON");
        let turn = json!({
            "call": "start", "request": request, "steps": steps, "status": drive.run.status(),
        });
        self.push(turn);
        Ok(self)
    }

    fn ask(&mut self, call: &str, request: Value) -> Result<Result<Reply, Error>> {
        let talk = self.cluster.ask(Question::read(call, &request)?);
        let mut steps = Vec::new();
        let answer = self.host.ask_with(talk, |host, answers, step| {
            steps.push(json!(Seen { now_ms: host.now().as_ms(), answers, step }));
        });
        self.push(json!({ "call": call, "request": request, "steps": steps }));
        Ok(answer)
    }

    fn push(&mut self, turn: Value) {
        if let Some(turns) = self.case.get_mut("turns").and_then(Value::as_array_mut) {
            turns.push(turn);
        }
    }
}

/// One step of a conversation.
#[derive(Serialize)]
struct Seen<'a, S> {
    now_ms: u64,
    answers: &'a [HttpAnswer],
    #[serde(flatten)]
    step: S,
}
