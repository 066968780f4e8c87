//! A cluster whose clock stands still until it is told to move.

mod drive;
mod wire;

pub use drive::{Drive, Incident};
pub use wire::{Fate, News, Wire};

use crate::config::ClusterConfig;
use crate::http::{Answer, Simulation};
use emqx_rebalance_api::Credentials;
use emqx_rebalance_core::{Result, Timestamp};
use emqx_rebalance_exchange::{Access, Auth};
use http::header::AUTHORIZATION;
use http::{Request, Response};

/// A simulation and its clock: ten minutes pass in milliseconds, and always in the same way.
#[derive(Debug)]
pub struct VirtualCluster {
    simulation: Simulation,
    wire: Wire,
}

impl VirtualCluster {
    /// A cluster at time zero.
    ///
    /// # Errors
    /// `config_invalid` with every problem of `config`.
    pub fn new(config: ClusterConfig) -> Result<Self> {
        Ok(Self { simulation: Simulation::new(config)?, wire: Wire::default() })
    }

    /// How to reach it: every node at a URL of its own, as who has the cluster's API key.
    pub fn access(&self) -> Access {
        Wire::access(self.simulation.cluster.config())
    }

    /// Has the load balancer pass on so many requests in a row to one node.
    pub fn balance_in_a_row(&mut self, requests: usize) {
        self.wire.in_a_row = requests;
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.simulation.cluster.now()
    }

    /// Moves the clock to `to`; does nothing if that is in the past.
    pub fn advance_to(&mut self, to: Timestamp) {
        self.simulation.advance(to);
    }

    /// Moves the clock on by `ms` milliseconds.
    pub fn advance_ms(&mut self, ms: u64) {
        self.advance_to(self.now().plus_ms(ms));
    }

    /// Moves the clock until no rebalance or evacuation has anything left to do, at most to
    /// `deadline`. Whether that came true.
    pub fn settle(&mut self, deadline: Timestamp) -> bool {
        while self.simulation.cluster.is_busy() {
            let next = self.simulation.next_event();
            if next > deadline {
                self.advance_to(deadline);
                return false;
            }
            self.advance_to(next);
        }
        true
    }

    /// What the node at place `via` answers to `request`, with the cluster's API key unless the
    /// request brings credentials of its own. Moves the clock if the answer takes time, by 10 s at
    /// most.
    ///
    /// # Errors
    /// `unreachable` if the node is down or closes the connection, `protocol` if the answer breaks
    /// off, `timeout` if none comes.
    pub fn send(&mut self, via: usize, mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>> {
        if !request.headers().contains_key(AUTHORIZATION)
            && let Auth::ApiKey { key, secret } = self.access().auth
        {
            Credentials::ApiKey { key, secret }.apply(&mut request)?;
        }
        let deadline = self.now().plus_ms(PATIENCE_MS);
        let mut answer = self.simulation.answer(via, &request);
        while let Answer::Waiting(ticket) = answer {
            if self.now() >= deadline {
                self.simulation.give_up(ticket);
                break;
            }
            self.advance_to(self.simulation.next_event().min(deadline));
            answer = self.simulation.collect(ticket).unwrap_or(Answer::Waiting(ticket));
        }
        Ok(wire::whole(answer)?)
    }

    /// How many nodes there are, up or down.
    pub fn nodes(&self) -> usize {
        self.simulation.cluster.config().nodes.len()
    }

    /// The simulation itself, to look into it or to break things.
    pub fn simulation(&mut self) -> &mut Simulation {
        &mut self.simulation
    }
}

/// How long who sends by hand waits for an answer.
const PATIENCE_MS: u64 = 10_000;
