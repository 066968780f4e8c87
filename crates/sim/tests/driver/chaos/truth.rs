//! What the simulated EMQX really does, watched from inside after everything that happens.

use super::subject::Subject;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_sim::{Cluster, Fault};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Who or what changed something.
#[derive(Clone, Copy, Debug)]
pub(super) enum By<'a> {
    /// EMQX itself, as time passed.
    Time,
    Fault(&'a Fault),
    /// A request of the driver.
    Driver,
}

impl By<'_> {
    /// Whether somebody else started something. A node that goes on carries out what was asked of it
    /// before, by the driver too.
    fn is_somebody_else(self) -> bool {
        matches!(self, Self::Fault(Fault::ForeignRun { .. } | Fault::ForeignEvacuation { .. }))
    }
}

/// How a run, or an evacuation, of ours ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    ByItself,
    Stopped,
    /// It crashed, or somebody else stopped it.
    CutShort,
}

#[derive(Debug, Default)]
pub(super) struct Truth {
    runs: BTreeSet<usize>,
    evacuations: BTreeSet<usize>,
    /// Coordinators and nodes whose run or evacuation is the driver's.
    pub(super) ours: BTreeSet<usize>,
    /// How many starts of ours EMQX took, for each coordinator.
    pub(super) begun: BTreeMap<usize, usize>,
    /// How ours ended, in order.
    pub(super) ends: Vec<(Timestamp, usize, End)>,
    /// When those of somebody else began.
    foreign: BTreeMap<usize, Timestamp>,
    /// Runs of somebody else that a request of ours ended: when, when they began, and whose.
    pub(super) harmed: Vec<(Timestamp, Timestamp, usize)>,
    /// Connections on every node, at the last steps.
    pub(super) counts: VecDeque<(Timestamp, Vec<u64>)>,
}

impl Truth {
    /// Takes note of what changed, and who did it.
    pub(super) fn look(&mut self, cluster: &Cluster, subject: &Subject, by: By<'_>) {
        let evacuates = matches!(subject, Subject::Evacuation(_));
        let nodes = cluster.config().nodes.len();
        let runs: BTreeSet<usize> = cluster.coordinators().into_iter().collect();
        let evacuations = (0..nodes).filter(|node| cluster.evacuates(*node)).collect();
        let before = std::mem::replace(&mut self.runs, runs.clone());
        self.compare(&before, &runs, !evacuates, cluster, by);
        let before = std::mem::replace(&mut self.evacuations, evacuations);
        self.compare(&before, &self.evacuations.clone(), evacuates, cluster, by);
    }

    fn compare(
        &mut self,
        before: &BTreeSet<usize>,
        now: &BTreeSet<usize>,
        may_be_ours: bool,
        cluster: &Cluster,
        by: By<'_>,
    ) {
        let at = cluster.now();
        for begun in now.difference(before) {
            if may_be_ours && !by.is_somebody_else() {
                self.ours.insert(*begun);
                *self.begun.entry(*begun).or_default() += 1;
            } else {
                self.foreign.insert(*begun, at);
            }
        }
        for ended in before.difference(now) {
            let is_ours = may_be_ours && self.ours.remove(ended);
            let is_well = (0..cluster.config().nodes.len())
                .all(|node| cluster.is_up(node) && !cluster.is_hung(node));
            match by {
                _ if !is_ours && matches!(by, By::Driver) => {
                    let begun = self.foreign.get(ended).copied().unwrap_or_default();
                    self.harmed.push((at, begun, *ended));
                }
                _ if !is_ours => {}
                By::Time if is_well => self.ends.push((at, *ended, End::ByItself)),
                By::Time | By::Fault(_) => self.ends.push((at, *ended, End::CutShort)),
                By::Driver => self.ends.push((at, *ended, End::Stopped)),
            }
        }
    }

    /// Keeps the counts of the last half minute.
    pub(super) fn count(&mut self, cluster: &Cluster) {
        let nodes = 0..cluster.config().nodes.len();
        let counts = nodes.map(|node| cluster.counts(node).connected).collect();
        self.counts.push_back((cluster.now(), counts));
        while self.counts.front().is_some_and(|(at, _)| cluster.now().ms_since(*at) > KEPT_MS) {
            self.counts.pop_front();
        }
    }
}

const KEPT_MS: u64 = 30_000;
