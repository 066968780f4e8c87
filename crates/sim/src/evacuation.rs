//! One node emptied of everything, and closed until somebody stops the evacuation.

use crate::coordinator::EVICT_INTERVAL_MS;
use crate::population::{Counts, Population};
use emqx_rebalance_core::{EvictRate, Timestamp};

/// The options of EMQX's evacuation, resolved. `redirect_to` is accepted and ignored, as in EMQX.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EvacuationOptions {
    pub(crate) conn_evict_rate: EvictRate,
    pub(crate) sess_evict_rate: EvictRate,
    /// Seconds.
    pub(crate) wait_health_check: u32,
    /// Seconds.
    pub(crate) wait_takeover: u32,
    /// Where the sessions go; anywhere if `None`.
    pub(crate) migrate_to: Option<Vec<usize>>,
}

/// The states of an evacuation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EvacuationState {
    WaitingHealthCheck,
    EvictingConns,
    WaitingTakeover,
    EvictingSessions,
    Prohibiting,
}

impl EvacuationState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::WaitingHealthCheck => "waiting_health_check",
            Self::EvictingConns => "evicting_conns",
            Self::WaitingTakeover => "waiting_takeover",
            Self::EvictingSessions => "evicting_sessions",
            Self::Prohibiting => "prohibiting",
        }
    }
}

/// A running evacuation.
#[derive(Clone, Debug)]
pub(crate) struct Evacuation {
    pub(crate) options: EvacuationOptions,
    pub(crate) state: EvacuationState,
    pub(crate) wake_at: Option<Timestamp>,
    /// Connections and sessions at the start.
    pub(crate) initial: (u64, u64),
    /// Connections and sessions at the last round: up to a second old.
    pub(crate) current: (u64, u64),
}

impl Evacuation {
    /// `away` is the number of durable sessions in the whole cluster whose client is away: EMQX
    /// takes them for the node's own. Source: contract/6.0.3, 14.
    pub(crate) fn new(
        now: Timestamp,
        options: EvacuationOptions,
        counts: Counts,
        away: u64,
    ) -> Self {
        let wait = u64::from(options.wait_health_check) * 1000;
        let found = (counts.connected, counts.sessions() + away);
        Self {
            options,
            state: EvacuationState::WaitingHealthCheck,
            wake_at: Some(now.plus_ms(wait)),
            initial: found,
            current: found,
        }
    }

    /// What EMQX does with an evacuation it finds on disk at boot: it goes on where clients are
    /// evicted, and has forgotten where the sessions were to go.
    pub(crate) fn resume(&mut self, now: Timestamp) {
        self.options.migrate_to = None;
        self.state = EvacuationState::EvictingConns;
        self.wake_at = Some(now);
        self.initial = (0, 0);
        self.current = (0, 0);
    }

    /// Whether the node refuses clients.
    pub(crate) fn refuses(&self) -> bool {
        self.state != EvacuationState::WaitingHealthCheck
    }

    /// Does what is due at `now` on `node`; `recipients` are the nodes that can take sessions.
    pub(crate) fn wake(
        &mut self,
        now: Timestamp,
        node: usize,
        recipients: &[usize],
        away: u64,
        population: &mut dyn Population,
    ) {
        match self.state {
            EvacuationState::WaitingHealthCheck | EvacuationState::EvictingConns => {
                self.state = EvacuationState::EvictingConns;
                self.evict_conns(now, node, population);
            }
            EvacuationState::WaitingTakeover | EvacuationState::EvictingSessions => {
                self.state = EvacuationState::EvictingSessions;
                self.move_sessions(now, node, recipients, away, population);
            }
            EvacuationState::Prohibiting => self.wake_at = None,
        }
    }

    fn evict_conns(&mut self, now: Timestamp, node: usize, population: &mut dyn Population) {
        self.current.0 = population.counts(node).connected;
        if self.current.0 == 0 {
            self.state = EvacuationState::WaitingTakeover;
            self.wake_at = Some(now.plus_ms(u64::from(self.options.wait_takeover) * 1000));
        } else {
            population.evict(now, node, self.options.conn_evict_rate.get().into());
            self.wake_at = Some(now.plus_ms(EVICT_INTERVAL_MS));
        }
    }

    fn move_sessions(
        &mut self,
        now: Timestamp,
        node: usize,
        recipients: &[usize],
        away: u64,
        population: &mut dyn Population,
    ) {
        self.current.1 = population.counts(node).sessions() + away;
        if self.current.1 == 0 {
            self.state = EvacuationState::Prohibiting;
            self.wake_at = None;
        } else if recipients.is_empty() {
            self.wake_at = Some(now.plus_ms(NO_RECIPIENTS_MS));
        } else {
            let rate = self.options.sess_evict_rate.get();
            population.hand_over(node, rate.into(), recipients);
            self.wake_at = Some(now.plus_ms(EVICT_INTERVAL_MS));
        }
    }
}

/// How long EMQX waits if nobody can take the sessions.
const NO_RECIPIENTS_MS: u64 = 30_000;
