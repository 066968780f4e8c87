//! A cluster whose clock stands still until it is told to move.

mod courier;
mod drive;

pub use courier::{Courier, Timeouts};
pub use drive::{Drive, Incident};

use crate::config::ClusterConfig;
use crate::http::{Answer, Simulation, Ticket};
use courier::{late, whole};
use emqx_rebalance_core::{Error, ErrorKind, Result, Timestamp};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};

/// A simulation and its clock: ten minutes pass in milliseconds, and always in the same way.
#[derive(Debug)]
pub struct VirtualCluster {
    simulation: Simulation,
    authorization: HeaderValue,
}

impl VirtualCluster {
    /// A cluster at time zero.
    ///
    /// # Errors
    /// `config_invalid` with every problem of `config`.
    pub fn new(config: ClusterConfig) -> Result<Self> {
        let credentials = &config.credentials;
        let pair = format!("{}:{}", credentials.api_key, credentials.api_secret);
        let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair);
        let mut authorization = HeaderValue::try_from(format!("Basic {basic}"))
            .map_err(|_| Error::new(ErrorKind::ConfigInvalid, "the API key is no header value"))?;
        authorization.set_sensitive(true);
        Ok(Self { simulation: Simulation::new(config)?, authorization })
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
    pub fn send(&mut self, via: usize, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>> {
        match self.answer(via, request) {
            Answer::Waiting(ticket) => {
                self.wait_for(ticket, self.now().plus_ms(Timeouts::default().request_ms))
            }
            answer => whole(answer),
        }
        .map_err(|error| error.with("node", self.simulation.cluster.name_of(via)))
    }

    /// What comes of `request` now.
    fn answer(&mut self, via: usize, mut request: Request<Vec<u8>>) -> Answer {
        if !request.headers().contains_key(AUTHORIZATION) {
            request.headers_mut().insert(AUTHORIZATION, self.authorization.clone());
        }
        self.simulation.answer(via, &request)
    }

    /// Lets time pass until an answer has come, at most to `deadline`.
    fn wait_for(&mut self, ticket: Ticket, deadline: Timestamp) -> Result<Response<Vec<u8>>> {
        loop {
            if let Some(answer) = self.simulation.collect(ticket) {
                return whole(answer);
            }
            if self.now() >= deadline {
                self.simulation.give_up(ticket);
                return Err(late());
            }
            self.advance_to(self.simulation.next_event().min(deadline));
        }
    }

    /// How many nodes there are, up or down.
    pub fn nodes(&self) -> usize {
        self.simulation.cluster.config().nodes.len()
    }

    fn simulation_ref(&self) -> &Simulation {
        &self.simulation
    }

    /// The simulation itself, to look into it or to break things.
    pub fn simulation(&mut self) -> &mut Simulation {
        &mut self.simulation
    }
}
