//! What was measured while a plan was driven.

use crate::{MeasuredPhase, NodeSample, Sample};
use emqx_rebalance_core::driver::{Record, Status};
use emqx_rebalance_core::{NodeLoad, NodeName};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The counts and phases of a plan over time, in bounded room: about one sample a second at first, and
/// fewer the longer it takes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Course {
    samples: Vec<Sample>,
    phases: Vec<MeasuredPhase>,
    /// Seconds between two samples.
    interval_s: f64,
}

impl Course {
    /// What a record still knows of the course: its end.
    pub fn of_record(record: &Record) -> Self {
        let took_ms = record.ended_at.as_ms().saturating_sub(record.began_at.as_ms());
        let t_s = Duration::from_millis(took_ms).as_secs_f64();
        let end = Sample::of(t_s, &record.nodes);
        let samples = if end.nodes.is_empty() { Vec::new() } else { vec![end] };
        Self { samples, ..Self::default() }
    }

    /// Takes down where the plan stands, by the seconds that its driver counts.
    pub fn follow(&mut self, status: &Status) {
        self.see(status, Duration::from_secs(status.progress.elapsed_s).as_secs_f64());
    }

    /// Takes down where the plan stands, `t_s` seconds after its start, about once a second.
    pub fn see(&mut self, status: &Status, t_s: f64) {
        let is_end = status.outcome.is_some();
        let interval_s = self.interval_s.max(INTERVAL_S);
        let is_early = self.samples.last().is_some_and(|last| t_s - last.t_s < interval_s);
        if status.nodes.is_empty() || (is_early && !is_end) {
            return;
        }
        self.samples.push(Sample::of(t_s, &status.nodes));
        self.thin(interval_s);
        // Later rounds are other runs than those of the plan.
        if status.wave == 1 {
            self.see_phases(status, t_s);
        }
    }

    /// Leaves out every second sample once there are more than a picture can show.
    fn thin(&mut self, interval_s: f64) {
        if self.samples.len() > MAX_SAMPLES {
            self.interval_s = interval_s * 2.0;
            let mut place = 0_usize;
            self.samples.retain(|_| {
                place = place.wrapping_add(1);
                place % 2 == 1
            });
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

    /// The clients of `node` at each second up to `until_s`.
    pub fn connections(&self, node: &NodeName, until_s: u64) -> Vec<(u64, u64)> {
        let at = |sample: &Sample| {
            let t_s = Duration::try_from_secs_f64(sample.t_s).unwrap_or_default().as_secs();
            let found = sample.nodes.iter().find(|found| found.node == *node)?;
            (t_s <= until_s).then_some((t_s, found.connections))
        };
        self.samples.iter().filter_map(at).collect()
    }
}

impl Sample {
    /// The nodes of `loads` whose counts are known.
    fn of(t_s: f64, loads: &[NodeLoad]) -> Self {
        let known = |load: &NodeLoad| {
            let connections = load.known_connections()?;
            let disconnected_sessions = load.disconnected_sessions;
            Some(NodeSample { node: load.node.clone(), connections, disconnected_sessions })
        };
        Self { t_s, nodes: loads.iter().filter_map(known).collect() }
    }
}

const INTERVAL_S: f64 = 0.9;
/// More than a picture has room for, and less than two megabytes of a hundred nodes.
const MAX_SAMPLES: usize = 1024;
