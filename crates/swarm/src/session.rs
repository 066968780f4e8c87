//! What a client does while it is connected, without sockets.

use crate::identity::{Identity, Role};
use crate::ledger::Ledger;
use crate::link::Loss;
use crate::tally::Shared;
use crate::wire::{self, Incoming};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A client's side of its session. It outlives the connection, as a message on its way does.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) identity: Identity,
    shared: Arc<Shared>,
    /// The message that the broker has not acknowledged.
    in_flight: Option<u32>,
    /// When a publisher publishes next; `None` for others, and at the end.
    next_publish: Option<Instant>,
    /// When to ping, or to give up if a ping is out.
    next_ping: Option<Instant>,
    is_ping_out: bool,
    /// Whether the broker refused the message on its way, so that it has to be sent again.
    is_refused: bool,
}

impl Session {
    /// `offset`: where in its period a publisher publishes, 0 to 1, so that they do not all at once.
    pub(crate) fn new(identity: Identity, shared: Arc<Shared>, offset: f64) -> Self {
        let publishes = identity.role == Role::Publisher;
        let next_publish = publishes.then(|| Instant::now() + period(&shared).mul_f64(offset));
        Self {
            identity,
            shared,
            in_flight: None,
            next_publish,
            next_ping: None,
            is_ping_out: false,
            is_refused: false,
        }
    }

    /// What to send on a new connection.
    pub(crate) fn opened(&mut self, is_session_present: bool) -> Vec<u8> {
        self.is_ping_out = false;
        self.next_ping = self.half_keep_alive();
        let topic = || self.identity.topic(&self.shared.config.client_id_prefix);
        match (self.identity.role, self.in_flight) {
            (Role::Subscriber, _) if is_session_present => self.subscribed(),
            (Role::Subscriber, _) => return wire::subscribe(&self.identity, topic()),
            (Role::Publisher, Some(number)) => return self.publish(number, is_session_present),
            _ => {}
        }
        Vec::new()
    }

    /// Takes what the broker said and says what to answer.
    pub(crate) fn hear(&mut self, incoming: Incoming) -> Result<Vec<u8>, Loss> {
        match incoming {
            Incoming::Message { id, number } => {
                let pair = self.identity.pair();
                self.shared.with_ledger(pair, |ledger| ledger.receive(number));
                return Ok(id.map(wire::acknowledge).unwrap_or_default());
            }
            Incoming::Acknowledged { id, is_accepted } => self.acknowledged(id, is_accepted),
            Incoming::Subscribed { is_accepted: true } => self.subscribed(),
            Incoming::Subscribed { is_accepted: false } => self.shared.message_refused(),
            Incoming::Pong => {
                self.is_ping_out = false;
                self.next_ping = self.half_keep_alive();
            }
            Incoming::Disconnected { code } => return Err(Loss::Disconnected(code)),
            Incoming::Connected { .. } | Incoming::Other => {}
        }
        Ok(Vec::new())
    }

    /// When [`Self::tick`] has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        [self.next_publish, self.next_ping].into_iter().flatten().min()
    }

    /// What to send now.
    pub(crate) fn tick(&mut self) -> Result<Vec<u8>, Loss> {
        let now = Instant::now();
        let mut bytes = Vec::new();
        if self.next_ping.is_some_and(|at| at <= now) {
            if self.is_ping_out {
                return Err(Loss::NoPingResponse);
            }
            self.is_ping_out = true;
            self.next_ping = self.half_keep_alive();
            bytes.extend(wire::PING);
        }
        if let Some(at) = self.next_publish.filter(|at| *at <= now) {
            // Messages that were due while the client was away are not made up for.
            self.next_publish = Some((at + period(&self.shared)).max(now));
            bytes.extend(self.publish_next());
        }
        Ok(bytes)
    }

    /// Publishes nothing new from here on.
    pub(crate) fn finish(&mut self) {
        self.next_publish = None;
    }

    /// The next message, or again the one that was refused; nothing while one is on its way.
    fn publish_next(&mut self) -> Vec<u8> {
        if self.in_flight.is_none() {
            let pair = self.identity.pair();
            self.in_flight = self.shared.with_ledger(pair, Ledger::publish).flatten();
        } else if !std::mem::take(&mut self.is_refused) {
            return Vec::new();
        }
        self.in_flight.map(|number| self.publish(number, false)).unwrap_or_default()
    }

    fn publish(&self, number: u32, is_again: bool) -> Vec<u8> {
        wire::publish(&self.identity, &self.shared.config, number, is_again)
    }

    fn acknowledged(&mut self, id: u16, is_accepted: bool) {
        let Some(number) = self.in_flight.filter(|number| wire::packet_id(*number) == id) else {
            return;
        };
        if is_accepted {
            self.in_flight = None;
            self.shared.with_ledger(self.identity.pair(), |ledger| ledger.acknowledge(number));
        } else {
            self.is_refused = true;
            self.shared.message_refused();
        }
    }

    fn subscribed(&self) {
        self.shared.with_ledger(self.identity.pair(), Ledger::subscribe);
    }

    /// Half the keep-alive from now: twice that without an answer and the connection is dead.
    fn half_keep_alive(&self) -> Option<Instant> {
        let keep_alive = Duration::from_secs(self.shared.config.keep_alive_s.into());
        (!keep_alive.is_zero()).then(|| Instant::now() + keep_alive / 2)
    }
}

/// Time between two messages of one publisher.
fn period(shared: &Shared) -> Duration {
    let config = &shared.config;
    #[expect(clippy::cast_precision_loss, reason = "at most half a million")]
    let pairs = crate::identity::pairs(config) as f64;
    Duration::try_from_secs_f64(pairs / config.publish_rate).unwrap_or(FOREVER)
}

/// Longer than any swarm lives.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
