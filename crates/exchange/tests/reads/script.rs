//! A cluster that answers by a script, in virtual time.

use emqx_rebalance_core::Result;
use emqx_rebalance_exchange::sansio::{HttpAnswer, HttpRequest, Talk};
use serde_json::{Value, json};

/// What a node answers, and after how many milliseconds. `None` is silence.
pub(crate) type Reply = Option<(u64, u16, String)>;

/// At once, with status 200.
pub(crate) fn says(body: &Value) -> Reply {
    answers(0, 200, body)
}

pub(crate) fn answers(after_ms: u64, status: u16, body: &Value) -> Reply {
    let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    Some((after_ms, status, text))
}

/// Node number `i` is at `http://n{i}`; what no line of the script tells is silence.
pub(crate) struct Script {
    pub(crate) now_ms: u64,
    /// Node, path, and what it answers; of several for the same the last one counts.
    lines: Vec<(usize, String, Reply)>,
    /// Everything that was sent: node and path.
    pub(crate) sent: Vec<(usize, String)>,
    waits: Vec<(u64, HttpAnswer)>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self { now_ms: EPOCH_MS, lines: Vec::new(), sent: Vec::new(), waits: Vec::new() }
    }

    pub(crate) fn line(&mut self, node: usize, path: &str, reply: Reply) {
        self.lines.push((node, path.to_owned(), reply));
    }

    /// The same for each of `nodes`.
    pub(crate) fn lines(&mut self, nodes: &[usize], path: &str, reply: &Reply) {
        nodes.iter().for_each(|node| self.line(*node, path, reply.clone()));
    }

    /// The node answers nothing, whatever was told of it.
    pub(crate) fn hang(&mut self, node: usize) {
        self.lines.retain(|(at, _, _)| *at != node);
    }

    /// How often `path` was asked of `node`.
    pub(crate) fn asked(&self, node: usize, path: &str) -> usize {
        self.sent.iter().filter(|(at, sent)| *at == node && sent == path).count()
    }

    /// Carries `talk` to its result. Gives the milliseconds that it took, too.
    pub(crate) fn ask<T>(&mut self, mut talk: Talk<T>) -> (Result<T>, u64) {
        let began_ms = self.now_ms;
        self.waits.clear();
        let mut come = Vec::new();
        loop {
            let step = talk.step(self.now_ms, std::mem::take(&mut come));
            if let Some(result) = step.result {
                return (result, self.now_ms - began_ms);
            }
            step.requests.iter().for_each(|request| self.send(request));
            come = self.pass_to(step.wake_at_ms.unwrap());
        }
    }

    fn send(&mut self, request: &HttpRequest) {
        let url = request.url.strip_prefix("http://n").unwrap().replace("%40", "@");
        let (node, path) = url.split_once("/api/v5/").unwrap();
        let node = node.parse().unwrap();
        self.sent.push((node, path.to_owned()));
        let told = self.lines.iter().rfind(|(at, line, _)| *at == node && line == path);
        let answer = match told {
            Some((_, _, Some((after_ms, status, body)))) if *after_ms < request.timeout_ms => {
                let answer = json!({ "id": request.id, "status": status, "body": body });
                (self.now_ms + after_ms, answer)
            }
            _ => {
                let answer = json!({ "id": request.id, "error": { "kind": "timeout" } });
                (self.now_ms + request.timeout_ms, answer)
            }
        };
        self.waits.push((answer.0, serde_json::from_value(answer.1).unwrap()));
    }

    /// What has come by the time that the next answer is here, at most by `wake_at_ms`.
    fn pass_to(&mut self, wake_at_ms: u64) -> Vec<HttpAnswer> {
        let next = self.waits.iter().map(|(at, _)| *at).min();
        self.now_ms = self.now_ms.max(next.unwrap_or(wake_at_ms).min(wake_at_ms));
        let now_ms = self.now_ms;
        let (come, waits) =
            std::mem::take(&mut self.waits).into_iter().partition(|(at, _)| *at <= now_ms);
        self.waits = waits;
        let come: Vec<(u64, HttpAnswer)> = come;
        come.into_iter().map(|(_, answer)| answer).collect()
    }
}

const EPOCH_MS: u64 = 1_767_225_600_000;
