//! Carries a driver's questions to the simulated nodes, as a host carries them to real ones.

use super::VirtualCluster;
use crate::http::{Answer, Ticket};
use emqx_rebalance_api::{ApiVersion, Capabilities, parse_probe, probe};
use emqx_rebalance_core::driver::{self, Ask};
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Result, Timestamp};
use http::{Request, Response};

/// Asks a virtual cluster through EMQX's HTTP API, of whichever version it is.
///
/// Reads go to one node after the other until one answers; a command goes to one node, once.
#[derive(Clone, Debug)]
pub struct Courier {
    api: ApiVersion,
    capabilities: Capabilities,
    timeouts: Timeouts,
    /// The place of the node that is asked first.
    via: usize,
}

/// How long a caller waits for an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timeouts {
    /// Milliseconds for anything but a start. Default 10,000.
    pub request_ms: u64,
    /// Milliseconds for a start. Default 50,000: EMQX 5.9 and later may work 45 s on it.
    pub start_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { request_ms: 10_000, start_ms: 50_000 }
    }
}

/// What came of a question at once.
#[derive(Debug)]
pub(super) enum Sent {
    Answered(Result<driver::Answer>),
    /// The answer takes its time; there is none after `deadline`.
    Waits {
        ticket: Ticket,
        deadline: Timestamp,
    },
}

impl Courier {
    /// Finds out which API the nodes speak and what the oldest of them can do, as a client does.
    ///
    /// # Errors
    /// `unreachable` if no node answers; else what the answers say.
    pub fn connect(cluster: &mut VirtualCluster) -> Result<Self> {
        let mut last = Error::new(ErrorKind::Unreachable, "no node answers");
        for via in 0..cluster.nodes() {
            match Self::connect_via(cluster, via) {
                Ok(courier) => return Ok(courier),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn connect_via(cluster: &mut VirtualCluster, via: usize) -> Result<Self> {
        let speaks =
            |cluster: &mut VirtualCluster, api| parse_probe(api, &cluster.send(via, probe(api))?);
        let api = if speaks(cluster, ApiVersion::V5)? {
            ApiVersion::V5
        } else if speaks(cluster, ApiVersion::V4)? {
            ApiVersion::V4
        } else {
            return Err(Error::new(ErrorKind::Protocol, "neither API answers"));
        };
        let list = api.parse_nodes(&cluster.send(via, api.nodes())?)?;
        let capabilities = Capabilities::of_nodes(api, &list.nodes);
        Ok(Self { api, capabilities, timeouts: Timeouts::default(), via })
    }

    /// The same with other timeouts.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The API that was found.
    pub fn api(&self) -> ApiVersion {
        self.api
    }

    /// What the oldest node can do.
    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Asks and waits for the answer, moving the clock if need be.
    ///
    /// # Errors
    /// What the answer says, or why there is none.
    pub fn ask(&mut self, cluster: &mut VirtualCluster, ask: &Ask) -> Result<driver::Answer> {
        match self.send(cluster, ask) {
            Sent::Answered(answer) => answer,
            Sent::Waits { ticket, deadline } => self.read(ask, cluster.wait_for(ticket, deadline)),
        }
    }

    pub(super) fn send(&mut self, cluster: &mut VirtualCluster, ask: &Ask) -> Sent {
        let request = match self.api.request(ask, self.capabilities) {
            Ok(request) => request,
            Err(error) => return Sent::Answered(Err(error)),
        };
        match ask {
            Ask::Availability { node } => self.send_to(cluster, node, ask, request),
            Ask::Start { .. }
            | Ask::Stop { .. }
            | Ask::StartEvacuation { .. }
            | Ask::StopEvacuation { .. } => self.command(cluster, ask, request),
            Ask::Nodes | Ask::GlobalStatus => self.ask_each(cluster, ask, &request),
        }
    }

    fn send_to(
        &mut self,
        cluster: &mut VirtualCluster,
        node: &NodeName,
        ask: &Ask,
        request: Request<Vec<u8>>,
    ) -> Sent {
        match cluster.simulation().cluster.find(node.as_str()) {
            Some(via) => self.send_via(cluster, via, ask, request),
            None => Sent::Answered(Err(unreachable("the node is not known"))),
        }
    }

    /// To the first node that listens; one that does not is no loss.
    fn command(
        &mut self,
        cluster: &mut VirtualCluster,
        ask: &Ask,
        request: Request<Vec<u8>>,
    ) -> Sent {
        let places = (0..cluster.nodes()).map(|step| (self.via + step) % cluster.nodes());
        let listens = places.into_iter().find(|via| cluster.simulation_ref().cluster.is_up(*via));
        let via = listens.unwrap_or(self.via);
        self.send_via(cluster, via, ask, request)
    }

    fn ask_each(
        &mut self,
        cluster: &mut VirtualCluster,
        ask: &Ask,
        request: &Request<Vec<u8>>,
    ) -> Sent {
        let mut last = Sent::Answered(Err(unreachable("no node answers")));
        for _ in 0..cluster.nodes() {
            last = self.send_via(cluster, self.via, ask, request.clone());
            match &last {
                Sent::Answered(Err(error)) if error.is_retryable() => self.turn(cluster),
                _ => return last,
            }
        }
        last
    }

    fn send_via(
        &mut self,
        cluster: &mut VirtualCluster,
        via: usize,
        ask: &Ask,
        request: Request<Vec<u8>>,
    ) -> Sent {
        match cluster.answer(via, request) {
            Answer::Waiting(ticket) => {
                let ms = match ask {
                    Ask::Start { .. } | Ask::StartEvacuation { .. } => self.timeouts.start_ms,
                    _ => self.timeouts.request_ms,
                };
                Sent::Waits { ticket, deadline: cluster.now().plus_ms(ms) }
            }
            answer => Sent::Answered(self.read(ask, whole(answer))),
        }
    }

    /// Asks another node first from now on.
    pub(super) fn turn(&mut self, cluster: &VirtualCluster) {
        self.via = (self.via + 1) % cluster.nodes();
    }

    pub(super) fn read(
        &self,
        ask: &Ask,
        answer: Result<Response<Vec<u8>>>,
    ) -> Result<driver::Answer> {
        self.api.answer(ask, &answer?)
    }
}

/// An answer as a client sees it that hears of nothing else.
pub(super) fn whole(answer: Answer) -> Result<Response<Vec<u8>>> {
    match answer {
        Answer::Response(response) => Ok(response),
        Answer::Unreachable => Err(unreachable("the node is down")),
        Answer::Reset => Err(unreachable("the connection was closed")),
        Answer::Truncated(_) => Err(Error::new(ErrorKind::Protocol, "the answer broke off")),
        Answer::Waiting(_) => Err(late()),
    }
}

pub(super) fn late() -> Error {
    Error::new(ErrorKind::Timeout, "no answer in time")
}

fn unreachable(message: &'static str) -> Error {
    Error::new(ErrorKind::Unreachable, message)
}
