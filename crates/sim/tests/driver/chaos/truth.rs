//! What the simulated EMQX really does, watched from inside after everything that happens.

use super::crowd::Crowd;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_sim::{Cluster, Counts, Fault, Release};
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

/// A run of somebody else that a request of ours ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Harm {
    pub(super) at: Timestamp,
    pub(super) place: usize,
}

/// The clients at one time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) at: Timestamp,
    /// Connections on every node, as this release shows them at best.
    pub(super) counts: Vec<u64>,
    /// Clients that had left by themselves.
    pub(super) departed: u64,
}

impl Sample {
    pub(super) fn connected(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[derive(Debug)]
pub(super) struct Truth {
    crowd: Crowd,
    is_evacuation: bool,
    runs: BTreeSet<usize>,
    evacuations: BTreeSet<usize>,
    /// Coordinators and nodes whose run or evacuation is the driver's.
    pub(super) ours: BTreeSet<usize>,
    /// How many starts of ours EMQX took, for each coordinator.
    pub(super) begun: BTreeMap<usize, usize>,
    /// How ours ended, in order.
    pub(super) ends: Vec<(Timestamp, usize, End)>,
    pub(super) harmed: Vec<Harm>,
    /// The clients, at every change.
    pub(super) samples: VecDeque<Sample>,
    /// Nodes that were down at any time, or that their peers took for it.
    pub(super) was_down: BTreeSet<usize>,
    hung_since: BTreeMap<usize, Timestamp>,
    /// The most clients that were nowhere at one time, and of how many.
    pub(super) most_away: u64,
}

impl Truth {
    pub(super) fn new(crowd: Crowd, is_evacuation: bool) -> Self {
        Self {
            crowd,
            is_evacuation,
            runs: BTreeSet::new(),
            evacuations: BTreeSet::new(),
            ours: BTreeSet::new(),
            begun: BTreeMap::new(),
            ends: Vec::new(),
            harmed: Vec::new(),
            samples: VecDeque::new(),
            was_down: BTreeSet::new(),
            hung_since: BTreeMap::new(),
            most_away: 0,
        }
    }

    /// Takes note of what changed, and who did it.
    pub(super) fn look(&mut self, cluster: &Cluster, by: By<'_>) {
        let nodes = cluster.config().nodes.len();
        let runs: BTreeSet<usize> = cluster.coordinators().into_iter().collect();
        let evacuations = (0..nodes).filter(|node| cluster.evacuates(*node)).collect();
        let is_evacuation = self.is_evacuation;
        let before = std::mem::replace(&mut self.runs, runs.clone());
        self.compare(&before, &runs, !is_evacuation, cluster, by);
        let before = std::mem::replace(&mut self.evacuations, evacuations);
        self.compare(&before, &self.evacuations.clone(), is_evacuation, cluster, by);
        self.see_nodes(cluster);
        self.count(cluster);
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
            }
        }
        for ended in before.difference(now) {
            let is_ours = may_be_ours && self.ours.remove(ended);
            let is_well = (0..cluster.config().nodes.len())
                .all(|node| cluster.is_up(node) && !cluster.is_hung(node));
            match by {
                _ if !is_ours && matches!(by, By::Driver) => {
                    self.harmed.push(Harm { at, place: *ended });
                }
                _ if !is_ours => {}
                By::Time if is_well => self.ends.push((at, *ended, End::ByItself)),
                By::Time | By::Fault(_) => self.ends.push((at, *ended, End::CutShort)),
                By::Driver => self.ends.push((at, *ended, End::Stopped)),
            }
        }
    }

    fn see_nodes(&mut self, cluster: &Cluster) {
        for node in 0..cluster.config().nodes.len() {
            let now = cluster.now();
            if !cluster.is_up(node) {
                self.was_down.insert(node);
            }
            if cluster.is_hung(node) {
                let since = *self.hung_since.entry(node).or_insert(now);
                if now.ms_since(since) > NOTICED_MS {
                    self.was_down.insert(node);
                }
            } else {
                self.hung_since.remove(&node);
            }
        }
    }

    fn count(&mut self, cluster: &Cluster) {
        let nodes = 0..cluster.config().nodes.len();
        let has_live = shows_live(cluster.config().personality);
        let count = |counts: Counts| if has_live { counts.connected } else { counts.sessions() };
        let counts: Vec<u64> = nodes.map(|node| count(cluster.counts(node))).collect();
        let departed = self.crowd.departed();
        self.most_away = self.most_away.max(cluster.totals().travelling);
        let is_same = |last: &Sample| last.counts == counts && last.departed == departed;
        if !self.samples.back().is_some_and(is_same) {
            self.samples.push_back(Sample { at: cluster.now(), counts, departed });
        }
    }

    /// The clients as they were at any time since `since`.
    pub(super) fn since(&self, since: Timestamp) -> impl Iterator<Item = &Sample> {
        // The one before was true until the next.
        let first = self.samples.iter().rposition(|sample| sample.at <= since).unwrap_or(0);
        self.samples.iter().skip(first)
    }
}

/// Whether a release tells clients that are connected from those that are away: EMQX 4.4.12 to 4.4.18
/// show the sum alone.
pub(super) fn shows_live(release: Release) -> bool {
    !matches!(release, Release::V4_4_12 | Release::V4_4_17)
}

/// After so long peers declare a node down that hangs.
const NOTICED_MS: u64 = 120_000;
