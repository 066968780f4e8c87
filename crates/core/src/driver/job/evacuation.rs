//! What only an evacuation does: it never ends by itself, and goes on over restarts of its node.

use super::{Evacuation, Unshown};
use crate::driver::options::DriverOptions;
use crate::driver::outcome::OutcomeKind;
use crate::driver::poll::Poll;
use crate::driver::state::DriverState;
use crate::driver::track::Track;
use crate::driver::verdict::Verdict;
use crate::driver::watch::Watch;
use crate::emqx::{EvacuationState, RunState};
use crate::forecast::RunPhase;
use crate::node::NodeName;
use crate::snapshot::{NodeLoad, NodeStatus};
use crate::units::Timestamp;

impl Evacuation {
    /// Takes note of whether the node was down when the nodes were read, and of whether it has
    /// answered a stop, which takes its rebalance application.
    pub(super) fn hear(&mut self, now: Timestamp, is_down: Option<bool>, has_answered: bool) {
        match (is_down, self.silence) {
            (Some(true), _) | (Some(false), Unshown::Unheard) => {
                self.silence = Unshown::MeansNothing { until: now.plus_ms(BOOT_MS) };
            }
            _ => {}
        }
        if has_answered {
            self.silence = Unshown::MeansNone;
        }
    }

    /// Why the node may be stopped now, if it may: it has held nothing for a while, nobody is about to
    /// hand it anything, EMQX has nothing left to do, or nothing that it could, and the clients that it
    /// had are elsewhere.
    pub(super) fn emptied(
        &mut self,
        watch: &Watch,
        options: &DriverOptions,
        shown: Option<&RunState>,
        poll: &Poll,
    ) -> Option<String> {
        let (Some(status), Some(_)) = (&poll.status, &poll.nodes) else { return None };
        let is_done = shown.is_some_and(is_prohibiting);
        let is_moving =
            shown.is_some_and(|shown| shown.phase() == Some(RunPhase::EvictingSessions));
        let holds_nothing = load(watch, self.plan.node())
            .is_some_and(|load| load.connections == 0 && load.disconnected_sessions == 0);
        if !holds_nothing || !status.rebalances.is_empty() || !(is_done || is_moving) {
            self.empty_since = None;
            return None;
        }
        let since = *self.empty_since.get_or_insert(watch.now);
        // What was counted long before it was said what runs may have changed in between.
        if poll.is_torn || watch.now.ms_since(poll.nodes_at) > TOGETHER_MS {
            return None;
        }
        let least_ms = empty_ms(is_done, status.unheard.is_empty(), options);
        if poll.asked_at.ms_since(since) < least_ms || watch.clients().are_missing(options) {
            return None;
        }
        let left = if is_done {
            "no client and no session is left"
        } else {
            "no client and no session of its own is left; EMQX still counts durable sessions of the \
             whole cluster, which need not move"
        };
        Some(format!("empty, safe to stop: {left}; {CLOSED}"))
    }

    /// The node to empty and those that its clients and sessions go to.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeName> {
        let others = self.plan.clients_to.iter().chain(&self.plan.sessions_to);
        std::iter::once(self.plan.node()).chain(others)
    }

    /// Seconds left: what the node still holds at EMQX's rates, and the waits that are to come.
    pub(super) fn eta(&self, state: &DriverState, elapsed_s: u64) -> Option<u64> {
        let nodes = &state.watch.nodes;
        let load = nodes.iter().find(|load| load.node == *self.plan.node())?;
        let evacuation = &self.plan.asked.evacuation;
        let evicting = load.connections.div_ceil(evacuation.conn_evict_rate.get().into());
        let moving = load.disconnected_sessions.div_ceil(evacuation.sess_evict_rate.get().into());
        let takeover = u64::from(evacuation.wait_takeover);
        let shown = state.runs.first().and_then(|track| track.shown.as_ref());
        match shown.and_then(RunState::phase) {
            Some(RunPhase::EvictingConns) => Some(evicting + takeover + moving),
            Some(RunPhase::EvictingSessions) => Some(moving),
            _ if shown.is_some_and(is_prohibiting) => Some(moving),
            _ => Some(self.plan.forecast.duration_s.saturating_sub(elapsed_s)),
        }
    }

    pub(super) fn stalled(&self, idle_s: u64) -> String {
        let node = self.plan.node();
        format!("no count of {node} moved for {idle_s} s: EMQX finds no node for the rest")
    }

    /// The verdict of an evacuation that EMQX does not show any more.
    pub(super) fn verdict(
        &self,
        state: &DriverState,
        verdict: &Verdict<'_>,
    ) -> (OutcomeKind, String) {
        let node = self.plan.node();
        if let Some(silent_s) = verdict.silent_s {
            let detail = format!(
                "the cluster could not be read for {silent_s} s after it showed no evacuation of {node} \
                 any more, so nobody knows what is left on it: look at its status"
            );
            return (OutcomeKind::TimedOut, detail);
        }
        if !verdict.unknown.is_empty() {
            let detail = format!(
                "EMQX shows no evacuation of {node} any more, and {node} did not answer, so nobody knows \
                 what is left on it: look at its status"
            );
            return (OutcomeKind::TimedOut, detail);
        }
        let left = match load(&state.watch, node) {
            Some(load) => format!("{node} still holds {} clients", load.connections),
            None => format!("nobody knows what is left on {node}"),
        };
        // A node that refuses clients may be emptied all the same: others may not reach it.
        let detail = if verdict.donors.closed.is_empty() {
            format!(
                "the evacuation is gone and {left}: somebody stopped it, or the node was restarted"
            )
        } else {
            format!("EMQX shows no evacuation of {node} any more, and {left}")
        };
        (OutcomeKind::Vanished, detail)
    }

    /// What is left to do for people.
    pub(super) fn left_to_do(&self, state: &DriverState, verdict: &Verdict<'_>) -> &'static str {
        let donors = &verdict.donors;
        if verdict.lives && self.is_away(state.watch.now) {
            "; EMQX did not confirm the stop: a node that was down goes on evacuating when it comes back, \
             so stop it then"
        } else if verdict.lives {
            "; EMQX did not confirm the stop: look at its status"
        } else if !donors.closed.is_empty() {
            "; the node is still closed to clients: look at its own status"
        } else if !donors.serving.is_empty() && !state.watch.starts.is_empty() {
            "; the node serves clients again"
        } else {
            ""
        }
    }
}

/// What a poll that does not show an evacuation must span: a node that was restarted between two polls
/// shows nothing while it boots, and then goes on.
pub(super) fn absence_ms(track: &Track) -> u64 {
    if track.is_over { 0 } else { BOOT_MS }
}

/// Whether EMQX says that nothing is left to do.
pub(super) fn is_prohibiting(shown: &RunState) -> bool {
    shown.as_str() == EvacuationState::Prohibiting.as_str()
}

/// What is known of `node`.
fn load<'a>(watch: &'a Watch, node: &NodeName) -> Option<&'a NodeLoad> {
    let mut nodes = watch.nodes.iter();
    nodes.find(|load| load.node == *node && load.status != NodeStatus::Unknown)
}

/// Milliseconds for which the node must have been empty: a rebalance of somebody else may hand it
/// sessions at any time, and a node that is not heard may coordinate one.
fn empty_ms(is_done: bool, all_are_heard: bool, options: &DriverOptions) -> u64 {
    let next_poll_ms = u64::from(options.poll_interval_ms) / 2;
    let unheard_ms = u64::from(options.settle_s) * 1000;
    let heard_ms = if all_are_heard { next_poll_ms } else { unheard_ms };
    if is_done { heard_ms } else { heard_ms.max(DURABLE_AFTER_MS) }
}

/// How long after its return a node may say nothing of its evacuation: its API answers 2 to 3 s before
/// its rebalance application runs.
const BOOT_MS: u64 = 10_000;
/// Counts and what runs belong together if they are read within so long: quicker than anybody else's
/// rebalance begins and moves a session.
const TOGETHER_MS: u64 = 5_000;
const CLOSED: &str = "it refuses clients until the evacuation is stopped, over restarts too";
/// How long EMQX may go on moving sessions of a node that has none: a tick takes 1 s, and a slow
/// one the 15 s of its RPC timeout.
const DURABLE_AFTER_MS: u64 = 20_000;
