//! `/nodes`.

use super::{Simulation, data, refused};
use crate::cluster::{NodeView, Standing};
use crate::http::answer::Reply;
use crate::http::rebalance::put;
use serde_json::{Value, json};

impl Simulation {
    pub(super) fn nodes_v4(&self, via: usize) -> Reply {
        let views = self.cluster.node_views(via);
        let shown: Vec<Value> = views.iter().map(|view| self.show_node_v4(view)).collect();
        data(&shown.into())
    }

    pub(super) fn node_v4(&self, via: usize, name: &str) -> Reply {
        let view = self.find_seen(via, name).and_then(|node| self.cluster.node_view(node));
        view.map_or_else(
            || refused(&format!("invalid node: {name}")),
            |view| data(&self.show_node_v4(&view)),
        )
    }

    /// A node that is stopped has no counts.
    fn show_node_v4(&self, view: &NodeView<'_>) -> Value {
        if view.standing != Standing::Running {
            return json!({ "node": view.name, "node_status": "Stopped" });
        }
        let (rules, counts) = (self.cluster.rules(), self.cluster.counts(view.node));
        let mut shown = json!({
            "connections": counts.sessions(),
            "load1": "0.25",
            "load5": "0.20",
            "load15": "0.15",
            "max_fds": 1_048_576,
            "memory_total": "16.00G",
            "memory_used": "1.50G",
            "node": view.name,
            "node_status": "Running",
            "otp_release": rules.otp_release,
            "process_available": 2_097_152,
            "process_used": 400_u64.saturating_add(counts.sessions()),
            "uptime": format!("{} seconds", view.uptime_ms / 1000),
            "version": rules.version,
        });
        if rules.shows_live_connections {
            put(&mut shown, "live_connections", counts.connected);
        }
        shown
    }
}
