//! A host that carries requests to the embedded cluster in virtual time.

use anyhow::{Context, Result};
use emqx_rebalance_api::Secret;
use emqx_rebalance_core::{Error, Timestamp};
use emqx_rebalance_exchange::sansio::{
    HttpAnswer, HttpRequest, Run, RunInput, RunStep, Talk, TalkStep,
};
use emqx_rebalance_exchange::{Access, Auth};
use emqx_rebalance_sim::{ClusterConfig, VirtualCluster};
use http::{HeaderName, HeaderValue, Request};
use serde_json::{Value, json};

/// A host with the embedded cluster instead of a network: node number `i` is at `http://n{i}`, and
/// all in turn at [`Self::BALANCER`].
#[derive(Debug)]
pub struct Host {
    cluster: VirtualCluster,
    nodes: usize,
    /// How many requests in a row the balancer passes on to one node.
    pub in_a_row: usize,
    /// How many it has passed on.
    balanced: usize,
    key: String,
    secret: String,
    /// Method and URL of everything that was sent.
    pub sent: Vec<String>,
}

impl Host {
    /// Where a load balancer answers, by one node after the other.
    pub const BALANCER: &str = "http://balancer";

    /// A cluster of one node for each count of clients.
    ///
    /// # Errors
    /// If there can be no such cluster.
    pub fn new(clients: &[u64]) -> Result<Self> {
        let config = ClusterConfig::with_clients(clients)?;
        let (key, secret) =
            (config.credentials.api_key.clone(), config.credentials.api_secret.clone());
        let cluster = VirtualCluster::new(config)?;
        Ok(Self {
            cluster,
            nodes: clients.len(),
            in_a_row: 1,
            balanced: 0,
            key,
            secret,
            sent: Vec::new(),
        })
    }

    /// How to reach the cluster by `urls` alone.
    pub fn access(&self, urls: &[&str]) -> Access {
        Access {
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            auth: Auth::ApiKey { key: self.key.clone(), secret: Secret::new(&self.secret) },
            find_nodes: false,
            ..Access::default()
        }
    }

    /// The API key and its secret.
    pub fn credentials(&self) -> (&str, &str) {
        (&self.key, &self.secret)
    }

    /// The time.
    pub fn now_ms(&self) -> u64 {
        self.cluster.now().as_ms()
    }

    /// Asks until there is a result, telling `see` of every step: the time, what went in, what came
    /// out.
    ///
    /// # Errors
    /// If a request is not one.
    pub fn ask<T>(
        &mut self,
        mut talk: Talk<T>,
        mut see: impl FnMut(u64, &[Value], &TalkStep<T>),
    ) -> Result<Result<T, Error>> {
        let mut answers = Vec::new();
        loop {
            let step = talk.step(self.now_ms(), read(&answers)?);
            see(self.now_ms(), &answers, &step);
            if let Some(result) = step.result {
                return Ok(result);
            }
            answers = self.carry(&step.requests, step.wake_at_ms)?;
        }
    }

    /// Runs to the verdict, or for so many steps, telling `see` of every step.
    ///
    /// # Errors
    /// If a request is not one.
    pub fn run(
        &mut self,
        run: &mut Run,
        steps: usize,
        mut see: impl FnMut(u64, &[Value], &RunStep),
    ) -> Result<()> {
        let mut answers = Vec::new();
        for _ in 0..steps {
            let input = RunInput { answers: read(&answers)?, stop: false };
            let step = run.step(self.now_ms(), input);
            see(self.now_ms(), &answers, &step);
            if step.wake_at_ms.is_none() {
                break;
            }
            answers = self.carry(&step.requests, step.wake_at_ms)?;
        }
        Ok(())
    }

    /// Sends requests, or lets the time pass if there are none.
    fn carry(&mut self, requests: &[HttpRequest], wake_at_ms: Option<u64>) -> Result<Vec<Value>> {
        if requests.is_empty() {
            let wake_at_ms = wake_at_ms.context("neither a request nor a time to wait for")?;
            self.cluster.advance_to(Timestamp::from_ms(wake_at_ms));
        }
        requests.iter().map(|request| self.send(request)).collect()
    }

    fn send(&mut self, request: &HttpRequest) -> Result<Value> {
        self.sent.push(format!("{} {}", request.method, request.url));
        let (node, path) = self.node_of(&request.url)?;
        let mut http = Request::builder()
            .method(request.method.as_str())
            .uri(path)
            .body(request.body.clone().unwrap_or_default().into_bytes())?;
        for (name, value) in &request.headers {
            http.headers_mut().insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
        }
        Ok(match self.cluster.send(node, http) {
            Ok(response) => {
                let body = String::from_utf8_lossy(response.body());
                json!({ "id": request.id, "status": response.status().as_u16(), "body": body })
            }
            Err(error) => {
                let failure = json!({ "kind": error.kind().as_str(), "message": error.message() });
                json!({ "id": request.id, "error": failure })
            }
        })
    }
}

impl Host {
    /// The number of the node that a URL leads to, and the path.
    fn node_of<'a>(&mut self, url: &'a str) -> Result<(usize, &'a str)> {
        let (host, path) = url.split_at(url.rfind("/api/").context("no path of the API")?);
        if host == Self::BALANCER {
            self.balanced += 1;
            return Ok((self.balanced / self.in_a_row % self.nodes, path));
        }
        Ok((host.strip_prefix("http://n").context("not a node's URL")?.parse()?, path))
    }
}

fn read(answers: &[Value]) -> Result<Vec<HttpAnswer>> {
    answers.iter().map(|answer| Ok(serde_json::from_value(answer.clone())?)).collect()
}
