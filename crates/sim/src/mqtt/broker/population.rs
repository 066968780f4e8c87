//! The sessions as the rules of rebalancing see them.

use super::{Broker, Farewell, State};
use crate::mqtt::session::SessionId;
use crate::population::{Counts, Door, Population, Totals};
use emqx_rebalance_core::Timestamp;
use std::sync::Arc;

/// Clients that hold real connections.
#[derive(Debug)]
pub(crate) struct Connected(Arc<Broker>);

impl Connected {
    pub(crate) fn new(broker: Arc<Broker>) -> Self {
        Self(broker)
    }
}

impl Population for Connected {
    fn counts(&self, node: usize) -> Counts {
        self.0.state().nodes.get(node).map_or_else(Counts::default, |home| Counts {
            connected: home.connected.len() as u64,
            disconnected_sessions: home.away.len() as u64,
        })
    }

    fn evict(&mut self, now: Timestamp, node: usize, at_most: u64) -> u64 {
        self.0.state().evict(now, node, at_most)
    }

    fn hand_over(&mut self, node: usize, at_most: u64, recipients: &[usize]) -> u64 {
        self.0.state().hand_over(node, at_most, recipients)
    }

    fn node_died(&mut self, _: Timestamp, node: usize) {
        self.0.state().lose(node);
    }

    fn next_event(&self) -> Option<Timestamp> {
        self.0.state().due.first().map(|(due, _)| *due)
    }

    fn advance(&mut self, now: Timestamp, _: &[Door]) {
        let mut state = self.0.state();
        while let Some((_, id)) = state.due.first().copied().filter(|(due, _)| *due <= now) {
            state.attend(now, id);
        }
    }

    fn totals(&self) -> Totals {
        let state = self.0.state();
        Totals { sessions_expired: state.mqtt.expired, ..state.totals }
    }
}

impl State {
    fn evict(&mut self, now: Timestamp, node: usize, at_most: u64) -> u64 {
        let chosen = self.pick(node, at_most, |home| &home.connected);
        for id in &chosen {
            if let Some(link) = self.sessions.get(id).and_then(|session| session.link.as_ref()) {
                link.end(USE_ANOTHER_SERVER);
            }
            self.detach(now, *id, Farewell::Missed);
        }
        self.totals.evicted += chosen.len() as u64;
        chosen.len() as u64
    }

    fn hand_over(&mut self, node: usize, at_most: u64, recipients: &[usize]) -> u64 {
        if recipients.is_empty() {
            return 0;
        }
        let chosen = self.pick(node, at_most, |home| &home.away);
        for id in &chosen {
            let to = recipients.get(self.rng.place(recipients.len())).copied().unwrap_or(node);
            self.move_session(*id, to);
        }
        self.totals.sessions_moved += chosen.len() as u64;
        chosen.len() as u64
    }

    /// Moves a session whose client is away, with all it owes.
    fn move_session(&mut self, id: SessionId, to: usize) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(home) = self.nodes.get_mut(session.node) {
            home.away.remove(&id);
        }
        session.node = to;
        if let Some(home) = self.nodes.get_mut(to) {
            home.away.insert(id);
        }
    }

    /// Forgets everything on `node`, wills included, as when its power goes.
    fn lose(&mut self, node: usize) {
        let connected = self.pick(node, u64::MAX, |home| &home.connected);
        let away = self.pick(node, u64::MAX, |home| &home.away);
        for id in connected.into_iter().chain(away) {
            let link = self.remove(id).and_then(|session| session.link);
            if let Some(link) = link {
                link.cut();
            }
            self.totals.sessions_lost += 1;
        }
    }

    fn pick(
        &self,
        node: usize,
        at_most: u64,
        which: impl Fn(&super::Home) -> &std::collections::BTreeSet<SessionId>,
    ) -> Vec<SessionId> {
        let at_most = usize::try_from(at_most).unwrap_or(usize::MAX);
        let home = self.nodes.get(node).map(which);
        home.into_iter().flatten().take(at_most).copied().collect()
    }
}

const USE_ANOTHER_SERVER: u8 = 0x9c;
