//! What is counted, as Prometheus reads it (OpenMetrics).

use crate::board::{Board, Known, Place};
use crate::poll::Load;
use emqx_rebalance_core::NodeStatus;
use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::policy::Decision;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Labels and their values.
type Labels<const N: usize> = [(&'static str, String); N];
type Share<const N: usize> = Family<Labels<N>, Gauge<f64, AtomicU64>>;
type Count<const N: usize> = Family<Labels<N>, Counter>;

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    polls: Count<2>,
    poll_seconds: Family<Labels<1>, Histogram>,
    decisions: Count<2>,
    outcomes: Count<2>,
    moved: Count<1>,
    over: Share<1>,
    progress: Share<1>,
    read_at: Share<1>,
    clients: Family<Labels<2>, Gauge>,
    up: Family<Labels<2>, Gauge>,
    takes: Family<Labels<2>, Gauge>,
    running: Family<Labels<1>, Gauge>,
    waiting: Family<Labels<1>, Gauge>,
    unread: Family<Labels<1>, Gauge>,
    turn: Mutex<()>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("emqx_rebalance_watch"),
            polls: Family::default(),
            poll_seconds: Family::new_with_constructor(|| Histogram::new(POLL_S)),
            decisions: Family::default(),
            outcomes: Family::default(),
            moved: Family::default(),
            over: Family::default(),
            progress: Family::default(),
            read_at: Family::default(),
            clients: Family::default(),
            up: Family::default(),
            takes: Family::default(),
            running: Family::default(),
            waiting: Family::default(),
            unread: Family::default(),
            turn: Mutex::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let info = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version of this process", info);
        registry.register("polls", "Polls, by their result", self.polls.clone());
        let (help, seconds) = ("Time that a poll took", self.poll_seconds.clone());
        registry.register_with_unit("poll_duration", help, Unit::Seconds, seconds);
        let help = "Decisions that differ from the one before, by their reason";
        registry.register("decisions", help, self.decisions.clone());
        registry.register("outcomes", "Runs that ended, by their verdict", self.outcomes.clone());
        let help = "Clients that have left the donors of runs that ended";
        registry.register("moved_clients", help, self.moved.clone());
        let help = "The fullest node over the mean, as a share, when it was last read";
        registry.register("over_ratio", help, self.over.clone());
        let help = "How far the run is that is on, as a share of its clients";
        registry.register("progress_ratio", help, self.progress.clone());
        let help = "When the cluster was last read, in seconds since 1970";
        registry.register("read_timestamp_seconds", help, self.read_at.clone());
        registry.register("node_clients", "Connected clients", self.clients.clone());
        registry.register("node_up", "Whether the node was up and answered", self.up.clone());
        let help = "Whether the node's health check lets new clients in";
        registry.register("node_takes_clients", help, self.takes.clone());
        registry.register(
            "running",
            "Whether a rebalance is on, of ours or others",
            self.running.clone(),
        );
        let help = "Whether a proposal waits for somebody, or for its time";
        registry.register("proposal", help, self.waiting.clone());
        let help = "Whether the last poll could not read the cluster: what it showed before is left out then";
        registry.register("unread", help, self.unread.clone());
    }

    pub(crate) fn polled(&self, cluster: &str, took: Duration, is_read: bool) {
        let result = if is_read { "read" } else { "unread" };
        self.polls.get_or_create(&[of(cluster), ("result", result.to_owned())]).inc();
        self.poll_seconds.get_or_create(&[of(cluster)]).observe(took.as_secs_f64());
    }

    pub(crate) fn decided(&self, cluster: &str, decision: &Decision) {
        let reason = ("reason", decision.reason.as_str().to_owned());
        self.decisions.get_or_create(&[of(cluster), reason]).inc();
    }

    pub(crate) fn ended(&self, cluster: &str, record: &Record) {
        let result = ("result", record.outcome.result.as_str().to_owned());
        self.outcomes.get_or_create(&[of(cluster), result]).inc();
        self.moved.get_or_create(&[of(cluster)]).inc_by(record.moved);
    }

    /// All of it, with what is known of each cluster now.
    pub(crate) fn text(&self, board: &Board) -> String {
        // One after the other: what one has cleared another must not read.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // Nodes come and go, and what is not known now is not shown.
        for family in [&self.clients, &self.up, &self.takes] {
            family.clear();
        }
        for family in [&self.over, &self.progress, &self.read_at] {
            family.clear();
        }
        self.running.clear();
        for place in board.places() {
            self.take(place, &place.known());
        }
        let mut text = String::new();
        // A string takes everything.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn take(&self, place: &Place, known: &Known) {
        let alone = [of(&place.name)];
        let waits = i64::from(known.proposal.is_some());
        self.waiting.get_or_create(&alone).set(waits);
        self.unread.get_or_create(&alone).set(i64::from(known.unread.is_some()));
        let (Some(status), Some(read_at_ms)) = (&known.status, known.read_at_ms) else { return };
        self.read_at.get_or_create(&alone).set(Duration::from_millis(read_at_ms).as_secs_f64());
        if known.unread.is_some() {
            return;
        }
        let runs = i64::from(!status.runs.is_empty());
        self.running.get_or_create(&alone).set(runs);
        self.progress.get_or_create(&alone).set(status.progress.percent / 100.0);
        if let Some(load) = Load::of(status) {
            self.over.get_or_create(&alone).set(load.over);
        }
        for load in &status.nodes {
            let labels = [of(&place.name), ("node", load.node.to_string())];
            self.up.get_or_create(&labels).set(i64::from(load.status.counts()));
            let takes = place.takes(load.node.as_str()).unwrap_or(true);
            self.takes.get_or_create(&labels).set(i64::from(takes));
            // What does not answer has as many as it had, which is not to be shown as what it has.
            if load.status != NodeStatus::Unknown {
                let clients = i64::try_from(load.connections).unwrap_or(i64::MAX);
                self.clients.get_or_create(&labels).set(clients);
            }
        }
    }
}

fn of(cluster: &str) -> (&'static str, String) {
    ("cluster", cluster.to_owned())
}

/// Seconds that polls are told apart by.
const POLL_S: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0];
