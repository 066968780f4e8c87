//! Who the clients are: how many sit where, and what happens to those that are sent away.

mod counted;
mod travel;

pub(crate) use counted::Counted;

use crate::reconnect::Reconnect;
use emqx_rebalance_core::Timestamp;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// What EMQX counts on one node.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Clients with an open connection: EMQX's `live_connections`.
    pub connected: u64,
    /// Sessions whose client is away.
    pub disconnected_sessions: u64,
}

impl Counts {
    /// Every session: those with a client and those without.
    pub fn sessions(self) -> u64 {
        self.connected.saturating_add(self.disconnected_sessions)
    }
}

/// What a node shows to clients and to load balancers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Door {
    /// Whether the node takes connections. A node that does not answers CONNECT with a refusal.
    pub accepts: bool,
    /// Whether `availability_check` answers 200.
    pub available: bool,
}

/// What became of the clients so far, for reports and tests.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Totals {
    /// Clients sent away by a rebalance or an evacuation, each time one is.
    pub evicted: u64,
    /// Connection attempts that a node refused.
    pub refused: u64,
    /// Attempts for which the load balancer had no node.
    pub unrouted: u64,
    /// New clients that came while the cluster ran.
    pub arrived: u64,
    /// Clients that left by themselves while the cluster ran.
    pub departed: u64,
    /// Clients that lost their connection and never come back.
    pub stayed_away: u64,
    /// Sessions handed over to another node.
    pub sessions_moved: u64,
    /// Sessions that died with their node.
    pub sessions_lost: u64,
    /// Sessions that ended because their client stayed away too long.
    pub sessions_expired: u64,
    /// Clients that are on their way to a node now.
    pub travelling: u64,
}

/// Something that befalls clients, or the load balancer before the nodes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Disturbance {
    /// The load balancer finds a node for clients, or none for anybody.
    Routing {
        /// Whether it does.
        open: bool,
    },
    /// From now on clients come back in this way.
    Reconnect(Reconnect),
    /// New clients connect.
    Arrivals {
        /// So many each second.
        per_s: u64,
        /// For so many seconds.
        for_s: u64,
    },
}

/// The clients of a cluster. The rules of rebalancing see them only through this, so they are the
/// same whether clients are counted or hold real sockets.
///
/// Nodes are named by their place in the configuration.
pub trait Population: fmt::Debug + Send {
    /// The clients and sessions on `node` now.
    fn counts(&self, node: usize) -> Counts;

    /// Sends up to `at_most` clients of `node` away. How many went.
    fn evict(&mut self, now: Timestamp, node: usize, at_most: u64) -> u64;

    /// Moves up to `at_most` sessions whose client is away from `node`, each to one of
    /// `recipients` at random. How many moved.
    fn hand_over(&mut self, node: usize, at_most: u64, recipients: &[usize]) -> u64;

    /// Takes in that `node` died with everything on it.
    fn node_died(&mut self, now: Timestamp, node: usize);

    /// Takes in that something befell the clients. Whether it could: real ones do as they like.
    fn disturb(&mut self, now: Timestamp, disturbance: &Disturbance) -> bool {
        let _ = (now, disturbance);
        false
    }

    /// When something happens next by itself.
    fn next_event(&self) -> Option<Timestamp>;

    /// Does everything that is due at `now`. `doors` has an entry for every node.
    fn advance(&mut self, now: Timestamp, doors: &[Door]);

    /// What became of the clients so far.
    fn totals(&self) -> Totals;
}

/// `seconds` in milliseconds.
pub(crate) fn ms_of(seconds: f64) -> u64 {
    let ms = Duration::try_from_secs_f64(seconds).map_or(u128::MAX, |time| time.as_millis());
    u64::try_from(ms).unwrap_or(u64::MAX)
}
