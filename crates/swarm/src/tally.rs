//! What all clients of a swarm count together.

use crate::config::SwarmConfig;
use crate::identity::{Identity, pairs};
use crate::ledger::Ledger;
use crate::link::Loss;
use crate::percentiles::Percentiles;
use crate::report::{Connects, Messages, Reconnects, Report, Sessions};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

/// What all clients of a swarm share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: SwarmConfig,
    pub(crate) start: Instant,
    counts: Mutex<Counts>,
    ledgers: Vec<Mutex<Ledger>>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    connected: u64,
    connected_once: u64,
    all_connected_ms: Option<u64>,
    accepted: u64,
    refused: BTreeMap<String, u64>,
    failed: BTreeMap<String, u64>,
    disconnects: BTreeMap<String, u64>,
    connecting: Percentiles,
    reconnecting: Percentiles,
    /// The numbers of those who never come back.
    away: BTreeSet<u64>,
    sessions: Sessions,
    refused_messages: u64,
}

impl Shared {
    pub(crate) fn new(config: SwarmConfig) -> Self {
        let ledgers = (0..pairs(&config)).map(|_| Mutex::default()).collect();
        let persistent =
            (0..config.clients).filter(|index| Identity::new(*index, &config).is_persistent);
        let sessions = Sessions { persistent: persistent.count() as u64, ..Sessions::default() };
        let counts = Mutex::new(Counts { sessions, ..Counts::default() });
        Self { config, start: Instant::now(), counts, ledgers, changed: Notify::new() }
    }

    /// Looks at the ledger of a pair; nothing happens for a client that has none.
    pub(crate) fn with_ledger<T>(
        &self,
        pair: u64,
        look: impl FnOnce(&mut Ledger) -> T,
    ) -> Option<T> {
        let ledger = self.ledgers.get(usize::try_from(pair).ok()?)?;
        let seen = look(&mut lock(ledger));
        self.changed.notify_waiters();
        Some(seen)
    }

    /// Waits for the next event.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.counts));
        self.changed.notify_waiters();
    }

    /// A client is connected. `lost_at`: when it lost the connection before.
    pub(crate) fn connected(
        &self,
        identity: &Identity,
        is_session_present: bool,
        began: Instant,
        lost_at: Option<Instant>,
    ) {
        self.count(|counts| {
            counts.connected += 1;
            counts.accepted += 1;
            counts.connecting.add(ms(began));
            match lost_at {
                Some(lost_at) => counts.regained(identity, is_session_present, ms(lost_at)),
                None => counts.connected_once += 1,
            }
            if counts.connected_once == self.config.clients {
                counts.all_connected_ms.get_or_insert_with(|| ms(self.start));
            }
            counts.sessions.unexpected += u64::from(is_session_present && !identity.is_persistent);
        });
    }

    /// A client's connection is gone. `loss` is `None` if the client ended it.
    pub(crate) fn disconnected(&self, loss: Option<Loss>) {
        self.count(|counts| {
            counts.connected = counts.connected.saturating_sub(1);
            if let Some(loss) = loss {
                *counts.disconnects.entry(loss.word()).or_default() += 1;
            }
        });
    }

    /// A client that was dropped never comes back.
    pub(crate) fn stays_away(&self, identity: &Identity) {
        self.count(|counts| _ = counts.away.insert(identity.index));
    }

    /// A broker refused a connection.
    pub(crate) fn refused(&self, identity: &Identity, code: u8) {
        let word = if identity.is_v5() { format!("v5_0x{code:02x}") } else { format!("v3_{code}") };
        self.count(|counts| *counts.refused.entry(word).or_default() += 1);
    }

    /// A connection did not come to be.
    pub(crate) fn failed(&self, loss: Loss) {
        self.count(|counts| *counts.failed.entry(loss.word()).or_default() += 1);
    }

    /// A broker refused a message or a subscription.
    pub(crate) fn message_refused(&self) {
        self.count(|counts| counts.refused_messages += 1);
    }

    /// Whether every message has arrived that a broker has, or will have.
    pub(crate) fn is_settled(&self) -> bool {
        self.subscribers()
            .into_iter()
            .all(|(ledger, is_owed)| !is_owed || lock(ledger).is_settled())
    }

    /// Every pair's ledger, and whether its subscriber is to get all that was acknowledged.
    fn subscribers(&self) -> Vec<(&Mutex<Ledger>, bool)> {
        let away = &lock(&self.counts).away;
        let is_owed = |pair: u64| {
            let subscriber = Identity::new(2 * pair + 1, &self.config);
            subscriber.is_persistent && !away.contains(&subscriber.index)
        };
        (0u64..).zip(&self.ledgers).map(|(pair, ledger)| (ledger, is_owed(pair))).collect()
    }

    pub(crate) fn report(&self, is_final: bool) -> Report {
        let messages = self.messages();
        let counts = lock(&self.counts);
        let ms_reconnect = counts.reconnecting.summary();
        Report {
            version: 1,
            is_final,
            elapsed_ms: ms(self.start),
            clients: self.config.clients,
            connected: counts.connected,
            all_connected_ms: counts.all_connected_ms,
            connects: Connects {
                accepted: counts.accepted,
                refused: counts.refused.clone(),
                failed: counts.failed.clone(),
                ms: counts.connecting.summary(),
            },
            disconnects: counts.disconnects.clone(),
            reconnects: Reconnects {
                count: ms_reconnect.map_or(0, |ms| ms.count),
                stayed_away: counts.away.len() as u64,
                ms: ms_reconnect,
            },
            sessions: counts.sessions.clone(),
            messages: Messages { refused: counts.refused_messages, ..messages },
        }
    }

    fn messages(&self) -> Messages {
        let mut messages = Messages::default();
        for (ledger, is_owed) in self.subscribers() {
            lock(ledger).add_to(&mut messages, is_owed);
        }
        messages
    }
}

impl Counts {
    fn regained(&mut self, identity: &Identity, is_session_present: bool, ms: u64) {
        self.reconnecting.add(ms);
        if identity.is_persistent {
            self.sessions.kept += u64::from(is_session_present);
            self.sessions.lost += u64::from(!is_session_present);
        }
    }
}

/// A panic in one client must not take the others down.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
