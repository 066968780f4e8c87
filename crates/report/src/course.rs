//! What was measured while a plan was driven.

use crate::numbers::float;
use crate::{MeasuredPhase, NodeSample, Sample};
use emqx_rebalance_core::driver::{Record, Status};
use emqx_rebalance_core::{NodeLoad, NodeName};
use std::time::Duration;

/// The counts and phases of a plan over time, by the driver's own seconds since its first start.
#[derive(Clone, Debug, Default)]
pub struct Course {
    samples: Vec<Sample>,
    phases: Vec<MeasuredPhase>,
}

impl Course {
    /// The course that `statuses` show, in order of time.
    pub fn of<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> Self {
        let mut course = Self::default();
        for status in statuses {
            course.see(status);
        }
        course
    }

    /// Takes down where the plan stands. Of several looks within a second the last one counts.
    pub fn see(&mut self, status: &Status) {
        if status.nodes.is_empty() {
            return;
        }
        let t_s = float(status.progress.elapsed_s);
        self.samples.pop_if(|last| last.t_s >= t_s);
        self.samples.push(sample(t_s, &status.nodes));
        // Later rounds are other runs than those of the plan.
        if status.wave == 1 {
            self.see_phases(status, t_s);
        }
    }

    fn see_phases(&mut self, status: &Status, t_s: f64) {
        let runs = status.runs.iter().enumerate();
        for (run, phase) in runs.filter_map(|(i, run)| Some((i, run.state.phase()?))) {
            let open = self.phases.iter_mut().rfind(|measured| measured.run == run);
            match open {
                Some(measured) if measured.phase == phase => measured.to_s = t_s,
                open => {
                    let from_s = open.map_or(t_s, |before| {
                        before.to_s = t_s;
                        t_s
                    });
                    self.phases.push(MeasuredPhase { run, phase, from_s, to_s: t_s });
                }
            }
        }
    }

    /// Every node over time.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The phases of the first round.
    pub fn phases(&self) -> &[MeasuredPhase] {
        &self.phases
    }

    /// The clients of `node` up to `until_s`, each with its second.
    pub fn connections(&self, node: &NodeName, until_s: u64) -> Vec<(u64, u64)> {
        let at = |sample: &Sample| {
            let t_s = Duration::from_secs_f64(sample.t_s).as_secs();
            let found = sample.nodes.iter().find(|found| found.node == *node)?;
            (t_s <= until_s).then_some((t_s, found.connections))
        };
        self.samples.iter().filter_map(at).collect()
    }
}

impl From<&Record> for Course {
    /// What a record has of it: every node at the end.
    fn from(record: &Record) -> Self {
        let took_ms = record.ended_at.as_ms().saturating_sub(record.began_at.as_ms());
        let end = sample(float(took_ms / 1000), &record.nodes);
        Self { samples: vec![end], phases: Vec::new() }
    }
}

fn sample(t_s: f64, nodes: &[NodeLoad]) -> Sample {
    let nodes = nodes.iter().filter_map(|load| {
        let connections = load.known_connections()?;
        let disconnected_sessions = load.disconnected_sessions;
        Some(NodeSample { node: load.node.clone(), connections, disconnected_sessions })
    });
    Sample { t_s, nodes: nodes.collect() }
}
