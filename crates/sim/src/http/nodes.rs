//! `/nodes`, `/stats` and `/cluster`.

use super::Simulation;
use super::answer::{self, Reply};
use super::rebalance::put;
use crate::cluster::{NodeStats, NodeView, Standing};
use http::StatusCode;
use serde_json::{Map, Value, json};

impl Simulation {
    pub(super) fn nodes(&self, via: usize) -> Reply {
        let views = self.cluster.node_views(via);
        let shown: Vec<Value> = views.iter().map(|view| self.show_node(view)).collect();
        answer::ok(&shown.into())
    }

    pub(super) fn node(&self, via: usize, name: &str) -> Reply {
        let view = self.find_seen(via, name).and_then(|node| self.cluster.node_view(node));
        view.map_or_else(|| answer::node_not_found(name), |view| answer::ok(&self.show_node(&view)))
    }

    pub(super) fn node_stats(&self, via: usize, name: &str) -> Reply {
        self.find_seen(via, name).map_or_else(
            || answer::node_not_found(name),
            |node| answer::ok(&self.show_stats(&[node]).into()),
        )
    }

    pub(super) fn stats(&self, via: usize, query: Option<&str>) -> Reply {
        let nodes = self.cluster.running(via);
        let aggregate = query.is_some_and(|q| q.split('&').any(|pair| pair == "aggregate=true"));
        if aggregate {
            return answer::ok(&self.show_stats(&nodes).into());
        }
        // EMQX lists them from the last to the first.
        let of_each = nodes.iter().rev().map(|node| {
            let mut stats = self.show_stats(&[*node]);
            stats.insert("node".to_owned(), self.cluster.name_of(*node).into());
            Value::Object(stats)
        });
        answer::ok(&of_each.collect::<Vec<_>>().into())
    }

    /// The counts of one node in Prometheus' text format, under the names of EMQX's
    /// `apps/emqx_prometheus` (5.x; without a label for the node, which is the scrape's instance).
    pub(super) fn metrics(&self, via: usize) -> Reply {
        let stats = self.cluster.stats(via).now;
        let mut gauges = vec![
            ("emqx_connections_count", stats.sessions()),
            ("emqx_live_connections_count", stats.connected),
            ("emqx_sessions_count", stats.sessions()),
        ];
        if self.cluster.rules().counts_cluster_sessions {
            gauges.push(("emqx_cluster_sessions_count", self.cluster_sessions()));
        }
        let lines =
            gauges.iter().map(|(name, count)| format!("# TYPE {name} gauge\n{name} {count}\n"));
        answer::text(StatusCode::OK, &lines.collect::<String>())
    }

    pub(super) fn cluster_view(&self, via: usize) -> Reply {
        let mut shown = json!({
            "name": self.cluster.config().name,
            "nodes": self.cluster.names(&self.cluster.running(via)),
            "self": self.cluster.name_of(via),
        });
        if self.cluster.rules().speaks_6 {
            put(&mut shown, "description", "");
        }
        answer::ok(&shown)
    }

    /// What the dashboard shows of the whole cluster.
    pub(super) fn monitor_current(&self, via: usize) -> Reply {
        let mut shown = self.monitor(&self.cluster.running(via));
        if self.cluster.rules().monitors_more {
            shown.extend(MONITORED_OF_CLUSTER.map(|name| (name.to_owned(), 0.into())));
        }
        answer::ok(&shown.into())
    }

    /// What the dashboard shows of one node.
    pub(super) fn node_monitor_current(&self, via: usize, name: &str) -> Reply {
        let view = self.find_seen(via, name).and_then(|node| self.cluster.node_view(node));
        let Some(view) = view else { return answer::node_not_found(name) };
        let mut shown = self.monitor(&[view.node]);
        if self.cluster.rules().monitors_more {
            shown.insert("node_uptime".to_owned(), (view.uptime_ms / 1000).into());
        }
        answer::ok(&shown.into())
    }

    fn monitor(&self, nodes: &[usize]) -> Map<String, Value> {
        let stats: Vec<NodeStats> = nodes.iter().map(|node| self.cluster.stats(*node)).collect();
        let sum = |of: fn(&NodeStats) -> u64| stats.iter().map(of).sum::<u64>();
        let mut shown = Map::new();
        shown.insert("connections".to_owned(), sum(|s| s.now.sessions()).into());
        shown.insert("live_connections".to_owned(), sum(|s| s.now.connected).into());
        shown.extend(NOT_MONITORED.map(|name| (name.to_owned(), 0.into())));
        if self.cluster.rules().monitors_more {
            shown.extend(MORE_NOT_MONITORED.map(|name| (name.to_owned(), 0.into())));
            shown.insert("license_quota".to_owned(), LICENSE_QUOTA.into());
        }
        if self.cluster.rules().speaks_6 {
            shown.extend(NOT_MONITORED_BY_6.map(|name| (name.to_owned(), 0.into())));
        }
        shown
    }

    fn show_node(&self, view: &NodeView<'_>) -> Value {
        match view.standing {
            Standing::Running => {}
            Standing::Stopped => {
                return json!({ "node": view.name, "node_status": "stopped", "role": view.role });
            }
            Standing::Unreachable => {
                return json!({ "node": view.name, "node_status": "unreachable" });
            }
        }
        let rules = self.cluster.rules();
        let counts = self.cluster.counts(view.node);
        let mut shown = json!({
            "connections": counts.sessions(),
            "edition": rules.edition,
            "live_connections": counts.connected,
            "load1": 0.25,
            "load5": 0.2,
            "load15": 0.15,
            "log_path": "/opt/emqx/log",
            "max_fds": 1_048_576,
            "memory_total": "16.00G",
            "memory_used": "1.50G",
            "node": view.name,
            "node_status": "running",
            "otp_release": rules.otp_release,
            "process_available": 2_097_152,
            "process_used": 400_u64.saturating_add(counts.sessions()),
            "role": view.role,
            "sys_path": "/opt/emqx/erlang",
            "uptime": view.uptime_ms,
            "version": rules.version,
        });
        if let Some(shown) = shown.as_object_mut().filter(|_| rules.counts_cluster_sessions) {
            shown.insert("cluster_sessions".to_owned(), self.cluster_sessions().into());
        }
        shown
    }

    fn cluster_sessions(&self) -> u64 {
        let all = 0..self.cluster.config().nodes.len();
        let running = all.filter(|node| self.cluster.is_up(*node) && self.cluster.is_member(*node));
        running.map(|node| self.cluster.counts(node).sessions()).sum()
    }

    /// The counters of `nodes`, added up.
    fn show_stats(&self, nodes: &[usize]) -> Map<String, Value> {
        let stats: Vec<NodeStats> = nodes.iter().map(|node| self.cluster.stats(*node)).collect();
        let sum = |of: fn(&NodeStats) -> u64| stats.iter().map(of).sum::<u64>();
        let sessions = (sum(|s| s.now.sessions()), sum(|s| s.max_sessions));
        let connected = (sum(|s| s.now.connected), sum(|s| s.max_connected));
        let mut shown = Map::new();
        let mut put = |name: &str, (count, max): (u64, u64)| {
            shown.insert(format!("{name}.count"), count.into());
            shown.insert(format!("{name}.max"), max.into());
        };
        for name in ["channels", "connections", "sessions"] {
            put(name, sessions);
        }
        put("live_connections", connected);
        for name in EMPTY {
            put(name, (0, 0));
        }
        if self.cluster.rules().speaks_6 {
            put("routes", (0, 0));
        }
        if self.cluster.rules().counts_cluster_sessions {
            let count = self.cluster_sessions();
            put("cluster_sessions", (count, count));
        }
        shown
    }
}

/// What the simulator does not count.
const EMPTY: [&str; 7] = [
    "delayed",
    "retained",
    "suboptions",
    "subscribers",
    "subscriptions",
    "subscriptions.shared",
    "topics",
];

/// What the simulator does not monitor.
const NOT_MONITORED: [&str; 5] =
    ["dropped_msg_rate", "received_msg_rate", "sent_msg_rate", "subscriptions", "topics"];
/// The same since 5.8.
const MORE_NOT_MONITORED: [&str; 7] = [
    "persisted_rate",
    "retained_msg_count",
    "shared_subscriptions",
    "transformation_failed_rate",
    "transformation_succeeded_rate",
    "validation_failed_rate",
    "validation_succeeded_rate",
];
/// The same since 6.0.
const NOT_MONITORED_BY_6: [&str; 2] = ["actions_executed_rate", "rules_matched_rate"];
/// The same, of the whole cluster only.
const MONITORED_OF_CLUSTER: [&str; 3] =
    ["disconnected_durable_sessions", "subscriptions_durable", "subscriptions_ram"];
/// Sessions that EMQX's own trial licence allows.
const LICENSE_QUOTA: u32 = 25;
