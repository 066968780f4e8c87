//! Compares the polls of a recording with what was sampled.

use crate::compare::shape;
use crate::replay::{Event, Player, Sample, TOLERANCE_MS, whole_ms};
use serde_json::{Value, json};

impl Player<'_> {
    /// Finds every poll in what was sampled around its time.
    pub(crate) fn judge(&mut self, events: &[(u64, Event)]) {
        let names: Vec<String> = (0..self.scene.loads.len())
            .map(|node| format!("emqx{}@127.0.0.1", node + self.scene.first_node))
            .collect();
        for (node, name) in names.iter().enumerate() {
            self.judge_order(events, node, name);
        }
        for (ms, event) in events {
            let Event::Polled(row) = event else { continue };
            self.replay.polls += 1;
            for (node, name) in names.iter().enumerate() {
                for path in ["availability_check", "status", "global_status"] {
                    self.judge_view(*ms, node, path, &row[name]);
                }
                if self.scene.exact {
                    self.judge_live(*ms, node, name, row);
                }
            }
        }
    }

    fn judge_view(&mut self, ms: u64, node: usize, path: &str, row: &Value) {
        let recorded = &row[path];
        // The paths were polled one after the other, and an answer may have been long in coming.
        let took_ms: u64 = ["availability_check", "status", "global_status"]
            .iter()
            .map(|path| whole_ms(&row[path]["ms"]))
            .sum();
        let http = recorded.get("http").cloned().unwrap_or(Value::Null);
        let mut theirs = json!({ "http": http });
        if !http.is_null() {
            theirs["body"] = shape(&recorded["body"]);
        }
        // The poll that hits the very moment of a crash is told of it; see emqx.md, section 6.
        let crashing =
            recorded["body"]["message"].as_str().is_some_and(|m| m.contains("bad_nodes"));
        let last = ms + took_ms + TOLERANCE_MS;
        let close =
            |sample: &&Sample| (ms.saturating_sub(TOLERANCE_MS)..=last).contains(&sample.ms);
        let near: Vec<&Value> =
            self.samples.iter().filter(close).map(|sample| &sample.views[node][path]).collect();
        if !crashing && !near.contains(&&theirs) {
            let ours = near[near.len() / 2].clone();
            self.fail(&format!("{ms} ms, node {node}, {path}:\n  {theirs}, ours\n  {ours}"));
        }
    }

    /// How many clients a donor holds is the same in any cluster; where they come back is not.
    fn judge_live(&mut self, ms: u64, node: usize, name: &str, row: &Value) {
        let donor = row[name]["status"]["body"]["process"] == "rebalance";
        let nodes = row["nodes"].as_array().into_iter().flatten();
        let shown = nodes.into_iter().find(|shown| shown["node"] == *name);
        let Some(theirs) = shown.and_then(|shown| shown["live_connections"].as_u64()) else {
            return;
        };
        if donor && !self.near(ms).any(|sample| sample.live[node] == theirs) {
            let ours: Vec<u64> = self.near(ms).map(|sample| sample.live[node]).collect();
            self.fail(&format!("{ms} ms, {name}: {theirs} clients, ours {ours:?}"));
        }
    }

    fn near(&self, ms: u64) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.ms.abs_diff(ms) <= TOLERANCE_MS)
    }

    /// A node's states come in the recorded order; ours may show some that no poll happened to see.
    fn judge_order(&mut self, events: &[(u64, Event)], node: usize, name: &str) {
        let state = |status: &Value| status["body"]["state"].as_str().map(str::to_owned);
        let polled = events.iter().filter_map(|(_, event)| match event {
            Event::Polled(row) => state(&row[name]["status"]),
            _ => None,
        });
        let mut theirs: Vec<String> = polled.collect();
        let mut ours: Vec<String> =
            self.samples.iter().filter_map(|sample| state(&sample.views[node]["status"])).collect();
        theirs.dedup();
        ours.dedup();
        let mut rest = ours.iter();
        if !theirs.iter().all(|state| rest.any(|other| other == state)) {
            self.fail(&format!("{name}: states {theirs:?}, ours {ours:?}"));
        }
    }
}
