//! A cluster in the page, whose clock stands still until it is told to move.

use crate::http::{PageAnswer, PageRequest};
use crate::json::{read, thrown, write};
use emqx_rebalance_api::{Credentials, Secret};
use emqx_rebalance_core::{Error, ErrorKind, Result, Timestamp};
use emqx_rebalance_sim::{Answer, ClusterConfig, Fault, Simulation as Cluster, Ticket};
use http::header::AUTHORIZATION;
use serde::Serialize;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::wasm_bindgen;

/// A cluster in the page, whose clock stands still until it is told to move.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Simulation {
    cluster: Cluster,
    credentials: Credentials,
    waiting: BTreeMap<u32, Ticket>,
    tickets: u32,
}

/// A node as it is now.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NodeCounts<'a> {
    /// Its name.
    node: &'a str,
    /// Whether it runs.
    up: bool,
    /// Whether it takes new clients.
    accepts: bool,
    /// Connected clients.
    connections: u64,
    /// Sessions whose client is away.
    disconnected_sessions: u64,
}

#[wasm_bindgen]
impl Simulation {
    /// A cluster of a `ClusterConfig`, at time zero.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str) -> Result<Self, String> {
        Self::of(config).map_err(|error| thrown(&error))
    }

    /// Milliseconds since time zero.
    pub fn now(&self) -> f64 {
        whole(self.cluster.cluster.now())
    }

    /// When something happens next by itself, in milliseconds since time zero.
    pub fn next_event(&self) -> f64 {
        whole(self.cluster.next_event())
    }

    /// Moves the clock to so many milliseconds since time zero; never back.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    pub fn advance_to(&mut self, to: f64) {
        self.cluster.advance(Timestamp::from_ms(to as u64));
    }

    /// What comes of a `PageRequest` now: a `PageAnswer`.
    pub fn send(&mut self, request: &str) -> Result<String, String> {
        let answer = read(request, "request").and_then(|request| self.answer(request));
        write(answer.map(|answer| self.tell(answer)))
    }

    /// The answer to wait for, or null if it has not come yet.
    pub fn collect(&mut self, ticket: u32) -> Result<String, String> {
        let known = self.waiting.get(&ticket);
        let answer = known.and_then(|ticket| self.cluster.collect(*ticket));
        if answer.is_some() {
            self.waiting.remove(&ticket);
        }
        write(Ok(answer.map(|answer| self.tell(answer))))
    }

    /// Waits for an answer no longer.
    pub fn give_up(&mut self, ticket: u32) {
        if let Some(ticket) = self.waiting.remove(&ticket) {
            self.cluster.give_up(ticket);
        }
    }

    /// Every node as it is now.
    pub fn counts(&self) -> Result<String, String> {
        let cluster = &self.cluster.cluster;
        let nodes = cluster.config().nodes.iter().enumerate().map(|(place, node)| NodeCounts {
            node: node.name.as_str(),
            up: cluster.is_up(place),
            accepts: cluster.door(place).accepts,
            connections: cluster.counts(place).connected,
            disconnected_sessions: cluster.counts(place).disconnected_sessions,
        });
        write(Ok(nodes.collect::<Vec<_>>()))
    }

    /// What became of the clients so far.
    pub fn totals(&self) -> Result<String, String> {
        write(Ok(self.cluster.cluster.totals()))
    }

    /// Breaks or mends something: a `Fault`.
    pub fn inject(&mut self, fault: &str) -> Result<(), String> {
        let fault: Result<Fault> = read(fault, "fault");
        fault.and_then(|fault| self.cluster.inject(&fault)).map_err(|error| thrown(&error))
    }
}

impl Simulation {
    fn of(config: &str) -> Result<Self> {
        let config: ClusterConfig = read(config, "cluster")?;
        let key = config.credentials.api_key.clone();
        let secret = Secret::new(config.credentials.api_secret.clone());
        let credentials = Credentials::ApiKey { key, secret };
        let cluster = Cluster::new(config)?;
        Ok(Self { cluster, credentials, waiting: BTreeMap::new(), tickets: 0 })
    }

    fn answer(&mut self, request: PageRequest) -> Result<Answer> {
        let nodes = self.cluster.cluster.config().nodes.len();
        let any = || (0..nodes).find(|place| self.cluster.cluster.is_up(*place)).unwrap_or(0);
        let via = request.node.unwrap_or_else(any);
        if via >= nodes {
            return Err(Error::new(ErrorKind::Unreachable, "no such node"));
        }
        let mut request = request.read()?;
        if !request.headers().contains_key(AUTHORIZATION) {
            self.credentials.apply(&mut request)?;
        }
        Ok(self.cluster.answer(via, &request))
    }

    fn tell(&mut self, answer: Answer) -> PageAnswer {
        PageAnswer::of(answer, |ticket| {
            self.tickets = self.tickets.wrapping_add(1);
            self.waiting.insert(self.tickets, ticket);
            self.tickets
        })
    }
}

/// Exact for 285,000 years.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53 ms")]
fn whole(at: Timestamp) -> f64 {
    at.as_ms() as f64
}
