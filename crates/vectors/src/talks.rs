//! Conversations with a cluster: what goes in and what comes out, step by step.

use crate::host::Host;
use anyhow::Result;
use emqx_rebalance_core::driver::{Driver, StoredRebalance};
use emqx_rebalance_core::{Error, Plan, PlanRequest, StartRequest};
use emqx_rebalance_exchange::sansio::{Cluster, HttpRequest, RunStep, Talk, TalkStep};
use serde::Serialize;
use serde_json::{Value, json};

const ABOUT: &str = "Conversations of hosts with an HTTP client of their own. Each case is one \
    cluster, reached as `access` says; its `turns` are calls one after the other. Each step hands \
    `answers` in at `now_ms` and must give `requests`, `wake_at_ms` and, at the end of a question, \
    `result` or `error`; a run gives `events`, and at its end `status`. The answers are the embedded \
    cluster's. Made by the Rust core: every language must give the same.";

/// The file.
pub(crate) fn file() -> Result<Value> {
    let cases = vec![
        Conversation::new("level, start and verdict", &[60, 40, 0], &["http://n0"])?
            .question("connect", Cluster::connect)?
            .question("snapshot", Cluster::snapshot)?
            .level_run()?
            .question("status", Cluster::status)?
            .case,
        Conversation::new("another node is asked", &[30, 0], &["http://n9", "http://n1"])?
            .question("snapshot", Cluster::snapshot)?
            .case,
        Conversation::new("nobody is there", &[30, 0], &["http://n9"])?
            .question("status", Cluster::status)?
            .case,
        Conversation::new("nothing to stop", &[30, 0], &["http://n0"])?
            .question("stop", |cluster| cluster.stop(None))?
            .case,
    ];
    Ok(json!({ "about": ABOUT, "cases": cases }))
}

struct Conversation {
    host: Host,
    cluster: Cluster,
    case: Value,
}

impl Conversation {
    fn new(name: &str, clients: &[u64], urls: &[&str]) -> Result<Self> {
        let host = Host::new(clients)?;
        let cluster = Cluster::new(host.access(urls))?;
        let (api_key, api_secret) = host.credentials();
        let access = json!({
            "urls": urls, "api_key": api_key, "api_secret": api_secret, "find_nodes": false,
        });
        let case = json!({ "name": name, "access": access, "turns": [] });
        Ok(Self { host, cluster, case })
    }

    fn question<T: Serialize>(
        mut self,
        call: &str,
        ask: impl FnOnce(&Cluster) -> Talk<T>,
    ) -> Result<Self> {
        let talk = ask(&self.cluster);
        // An error is an answer like any other.
        let _ = self.ask(call, Value::Null, talk)?;
        Ok(self)
    }

    /// Plans, starts what was planned and follows it to the verdict.
    fn level_run(mut self) -> Result<Self> {
        let asked = json!({
            "mode": "level", "conn_evict_rate": 10, "wait_health_check": 1, "wait_takeover": 1,
            "load_balancer": "round_robin",
        });
        let talk = self.cluster.plan(PlanRequest::read(&asked)?);
        let plan = self.ask("plan", asked, talk)??;
        let request = json!({ "plan": plan, "reason": "a vector", "max_waves": 1 });
        let mut run = self.cluster.drive(StartRequest::<Plan>::read(&request)?.driver()?)?;
        let mut steps = Vec::new();
        self.host.run(&mut run, MAX_STEPS, |now_ms, answers, step| {
            steps.push(run_step(now_ms, answers, step));
        })?;
        // A state that is written and read is the same state.
        let state = serde_json::to_value(run.driver())?;
        let read: StoredRebalance = serde_json::from_str(&state.to_string())?;
        let is_same = serde_json::to_value(Driver::restore(read))? == state;
        anyhow::ensure!(is_same, "the state changed on its way through JSON");
        let turn = json!({
            "call": "start", "request": request, "steps": steps, "status": run.status(),
        });
        self.push(turn);
        Ok(self)
    }

    fn ask<T: Serialize>(
        &mut self,
        call: &str,
        request: Value,
        talk: Talk<T>,
    ) -> Result<Result<T, Error>> {
        let mut steps = Vec::new();
        let answer = self.host.ask(talk, |now_ms, answers, step| {
            steps.push(talk_step(now_ms, answers, step));
        })?;
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
    answers: &'a [Value],
    #[serde(flatten)]
    step: S,
}

#[derive(Serialize)]
struct Answered<'a, T> {
    requests: &'a [HttpRequest],
    wake_at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Error>,
}

fn talk_step<T: Serialize>(now_ms: u64, answers: &[Value], step: &TalkStep<T>) -> Value {
    let answered = Answered {
        requests: &step.requests,
        wake_at_ms: step.wake_at_ms,
        result: step.result.as_ref().and_then(|result| result.as_ref().ok()),
        error: step.result.as_ref().and_then(|result| result.as_ref().err()),
    };
    json!(Seen { now_ms, answers, step: answered })
}

fn run_step(now_ms: u64, answers: &[Value], step: &RunStep) -> Value {
    json!(Seen { now_ms, answers, step })
}

const MAX_STEPS: usize = 10_000;
