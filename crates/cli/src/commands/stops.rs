//! Stops that this command was asked for, so that whoever follows what they ended can say who it was.

use super::purpose::who;
use crate::clock;
use crate::output::Output;
use emqx_rebalance_client::{MAX_FILE, Source, private, read_bounded};
use emqx_rebalance_core::driver::{OutcomeKind, Status};
use emqx_rebalance_core::{NodeName, plain};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file of stops, one a line, the newest last. It lies beside the history.
#[derive(Clone, Debug)]
pub(crate) struct Stops(Option<PathBuf>);

/// One stop that EMQX has answered.
#[derive(Debug, Deserialize, Serialize)]
struct Stop {
    /// Milliseconds since 1970.
    at_ms: u64,
    /// The coordinator of the rebalance, or the node that was being emptied.
    node: NodeName,
    who: String,
}

impl Stops {
    /// The stops beside the history at `history`, if there is one.
    pub(crate) fn beside(history: Option<PathBuf>) -> Self {
        Self(history.map(|path| path.with_file_name("stops.jsonl")))
    }

    /// Notes that EMQX has stopped what goes on at `nodes`. That it cannot be noted takes nothing from
    /// the stop.
    pub(crate) fn note(&self, nodes: &[NodeName], output: Output) {
        let Some(path) = &self.0 else { return };
        if let Err(error) = append(path, nodes) {
            output.warn(&format!("who stopped it is not noted: {error}"));
        }
    }

    /// The status of what has ended now, whose verdict says who stopped it if this command did.
    pub(crate) fn explain(&self, mut status: Status) -> Status {
        let elapsed_ms = status.progress.elapsed_s.saturating_add(1).saturating_mul(1000);
        let stops = self.since(clock::now_ms().saturating_sub(elapsed_ms));
        let is_run = |node: &NodeName| status.runs.iter().any(|run| run.coordinator == *node);
        let outcome = status.outcome.as_mut();
        let Some(outcome) = outcome.filter(|outcome| outcome.result == OutcomeKind::Vanished)
        else {
            return status;
        };
        for Stop { at_ms, node, who } in stops.iter().filter(|stop| is_run(&stop.node)) {
            let when = clock::local(*at_ms);
            outcome
                .detail
                .push_str(&format!("; {} had EMQX stop it at {node}, at {when}", plain(who)));
        }
        status
    }

    /// The stops since then. What cannot be read was not noted.
    fn since(&self, since_ms: u64) -> Vec<Stop> {
        let read = |path: &PathBuf| read_bounded(path, Source::File, MAX_FILE).ok();
        let bytes = self.0.as_ref().and_then(read).unwrap_or_default();
        let stops = bytes.split(|byte| *byte == b'\n');
        let stops = stops.filter_map(|line| serde_json::from_slice::<Stop>(line).ok());
        stops.filter(|stop| stop.at_ms >= since_ms).collect()
    }
}

fn append(path: &Path, nodes: &[NodeName]) -> io::Result<()> {
    let mut lines = Vec::new();
    for node in nodes {
        let stop = Stop { at_ms: clock::now_ms(), node: node.clone(), who: who() };
        serde_json::to_writer(&mut lines, &stop)?;
        lines.push(b'\n');
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    private().create(true).append(true).open(path)?.write_all(&lines)
}
