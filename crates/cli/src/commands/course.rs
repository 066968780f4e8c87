//! What was measured while a plan was driven.

use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::{NodeLoad, NodeName};
use emqx_rebalance_report::{MeasuredPhase, NodeSample, Sample};
use std::time::{Duration, Instant};

/// The counts and phases of a plan over time.
pub(crate) struct Course {
    began: Instant,
    seen: Option<Instant>,
    samples: Vec<Sample>,
    phases: Vec<MeasuredPhase>,
}

impl Course {
    /// A course that begins now.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), seen: None, samples: Vec::new(), phases: Vec::new() }
    }

    /// Takes down where the plan stands, about once a second.
    pub(crate) fn see(&mut self, status: &Status) {
        let is_end = status.outcome.is_some();
        let is_early = self.seen.is_some_and(|seen| seen.elapsed() < INTERVAL);
        if status.nodes.is_empty() || (is_early && !is_end) {
            return;
        }
        self.seen = Some(Instant::now());
        let t_s = self.began.elapsed().as_secs_f64();
        let sample = |load: &NodeLoad| {
            let connections = load.known_connections()?;
            let disconnected_sessions = load.disconnected_sessions;
            Some(NodeSample { node: load.node.clone(), connections, disconnected_sessions })
        };
        let nodes = status.nodes.iter().filter_map(sample);
        self.samples.push(Sample { t_s, nodes: nodes.collect() });
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
    pub(crate) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The phases of the first round.
    pub(crate) fn phases(&self) -> &[MeasuredPhase] {
        &self.phases
    }

    /// The clients of `node` at each second up to `until_s`.
    pub(crate) fn connections(&self, node: &NodeName, until_s: u64) -> Vec<(u64, u64)> {
        let at = |sample: &Sample| {
            let t_s = Duration::from_secs_f64(sample.t_s).as_secs();
            let found = sample.nodes.iter().find(|found| found.node == *node)?;
            (t_s <= until_s).then_some((t_s, found.connections))
        };
        self.samples.iter().filter_map(at).collect()
    }
}

const INTERVAL: Duration = Duration::from_millis(900);
