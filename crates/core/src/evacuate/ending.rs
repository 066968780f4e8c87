//! Lets the node serve again if the evacuation must go, and finds the verdict.

use super::evacuator::Evacuator;
use super::state::EvacuatorState;
use crate::balance::Balance;
use crate::driver::ending::{SILENCE, as_far_as_seen};
use crate::driver::machine::Machine;
use crate::driver::poll::{Poll, Question};
use crate::driver::state::{EndReason, Stage};
use crate::driver::{Ask, Event, Outcome, OutcomeKind};
use crate::emqx::Availability;
use crate::snapshot::NodeStatus;
use crate::units::Timestamp;

impl Evacuator {
    /// Tells the evacuation to stop, unless it is gone. Repeating it is harmless.
    pub(super) fn stop_what_must_go(&mut self) {
        let Stage::Ending { why, .. } = &self.state.stage else { return };
        let is_answered = self.state.watch.stops.has(0);
        let must_go = self.state.track.may_be_stopped() && !self.state.is_over && !is_answered;
        if *why != EndReason::Gone && must_go {
            let node = self.state.node().clone();
            self.state.watch.events.push(Event::Stopping { coordinator: node.clone() });
            self.state.watch.ask(Ask::StopEvacuation { node }, Question::Stop(0));
            self.state.was_told = true;
        }
    }

    /// Judges one poll after the evacuation is gone, or was told to go.
    pub(super) fn close_ending(&mut self, why: &EndReason, since: Timestamp, poll: &Poll) {
        let lives = self.state.track.is_live();
        if lives && *why == EndReason::Gone {
            // It was hidden, not gone.
            self.state.stage = Stage::Following;
            return;
        }
        let waited_ms = self.state.watch.now.ms_since(since);
        let could_read = poll.status.is_some() && poll.nodes.is_some();
        // That there is no evacuation takes the word of the node, or of others that reach it.
        let is_heard = poll.status.as_ref().is_none_or(|status| self.is_heard(status));
        let can_judge = could_read && (is_heard || *why != EndReason::Gone);
        // Whose start was on its way is told to stop once that is there.
        let is_told = self.state.was_told || !lives;
        // Who is late already has waited for what is silent.
        let is_clear = can_judge || matches!(why, EndReason::Late { .. });
        let is_late = waited_ms >= self.patience_ms(is_clear && is_told);
        // A start whose answer was lost may arrive after it was given up.
        let may_begin = matches!(why, EndReason::Refused { .. })
            && self.state.was_doubted
            && waited_ms < u64::from(self.state.options.reconnect_grace_s) * 1000;
        let asked = poll.availability.get(self.state.node()).copied();
        let serves = self.serves(asked, waited_ms);
        if is_late || (serves && !lives && can_judge && !may_begin) {
            let silent_s = (!could_read).then_some(waited_ms / 1000);
            let availability = asked.flatten();
            let verdict = Verdict { why, availability, lives, silent_s, is_heard };
            let mut outcome = verdict.outcome(&self.state);
            if asked == Some(None) {
                outcome.unchecked = vec![self.state.node().clone()];
            }
            self.end(outcome);
        }
    }

    /// Milliseconds to wait for a settled node. What could not be read or heard is asked again; only what
    /// stays silent ends without it.
    fn patience_ms(&self, is_clear: bool) -> u64 {
        let settle_ms = u64::from(self.state.options.settle_s) * 1000;
        if is_clear { settle_ms } else { settle_ms * SILENCE }
    }

    /// Whether the node serves clients, by its own word or, once it was asked enough, for want of one.
    fn serves(&self, asked: Option<Option<Availability>>, waited_ms: u64) -> bool {
        let polls = u64::from(self.state.options.empty_polls);
        match asked {
            Some(Some(availability)) => availability == Availability::Serving,
            Some(None) => waited_ms >= self.poll_interval_ms() * polls,
            None => true,
        }
    }
}

struct Verdict<'a> {
    why: &'a EndReason,
    availability: Option<Availability>,
    lives: bool,
    /// Seconds for which the cluster could not be read, if that is why there is a verdict now.
    silent_s: Option<u64>,
    /// Whether the node's evacuation would be shown if there were one.
    is_heard: bool,
}

impl Verdict<'_> {
    fn outcome(&self, state: &EvacuatorState) -> Outcome {
        let (result, detail) = self.result(state);
        let mut outcome = outcome(state, result, detail);
        self.why.sign(&mut outcome);
        outcome.detail.push_str(self.state_of_the_node(state));
        outcome
    }

    fn result(&self, state: &EvacuatorState) -> (OutcomeKind, String) {
        let node = state.node();
        match self.why {
            EndReason::Stalled { idle_s } => (
                OutcomeKind::Stalled,
                format!("no count of {node} moved for {idle_s} s: EMQX finds no node for the rest"),
            ),
            EndReason::Refused { cause, .. } => {
                let seen = as_far_as_seen(state.was_doubted);
                (OutcomeKind::Refused, format!("{node} did not start{seen}: {}", cause.message))
            }
            why => why.verdict().unwrap_or_else(|| self.vanished(state)),
        }
    }

    fn vanished(&self, state: &EvacuatorState) -> (OutcomeKind, String) {
        let node = state.node();
        if let Some(silent_s) = self.silent_s {
            let detail = format!(
                "the cluster could not be read for {silent_s} s after it showed no evacuation of {node} \
                 any more, so nobody knows what is left on it: look at its status"
            );
            return (OutcomeKind::TimedOut, detail);
        }
        if !self.is_heard {
            let detail = format!(
                "EMQX shows no evacuation of {node} any more, and {node} did not answer, so nobody knows \
                 what is left on it: look at its status"
            );
            return (OutcomeKind::TimedOut, detail);
        }
        let left = match state.load().filter(|load| load.status != NodeStatus::Unknown) {
            Some(load) => format!("{node} still holds {} clients", load.connections),
            None => format!("nobody knows what is left on {node}"),
        };
        // A node that refuses clients may be emptied all the same: others may not reach it.
        let detail = if self.availability == Some(Availability::Closed) {
            format!("EMQX shows no evacuation of {node} any more, and {left}")
        } else {
            format!(
                "the evacuation is gone and {left}: somebody stopped it, or the node was restarted"
            )
        };
        (OutcomeKind::Vanished, detail)
    }

    /// What is left to do for people.
    fn state_of_the_node(&self, state: &EvacuatorState) -> &'static str {
        match self.availability {
            _ if self.lives && state.is_away() => {
                "; EMQX did not confirm the stop: a node that was down goes on evacuating when it \
                 comes back, so stop it then"
            }
            _ if self.lives => "; EMQX did not confirm the stop: look at its status",
            Some(Availability::Closed) => {
                "; the node is still closed to clients: look at its own status"
            }
            Some(Availability::Serving) if state.watch.starts.is_empty() => "",
            Some(Availability::Serving) => "; the node serves clients again",
            None => "",
        }
    }
}

/// An outcome with the balance of the other nodes, as measured.
pub(super) fn outcome(state: &EvacuatorState, result: OutcomeKind, detail: String) -> Outcome {
    let loads = state.plan.clients_to.iter().map(|name| {
        let load = state.watch.nodes.iter().find(|load| load.node == *name)?;
        (load.status != NodeStatus::Unknown).then(|| (load.connections, load.weight()))
    });
    let loads = loads.collect::<Option<Vec<_>>>().filter(|loads| !loads.is_empty());
    let balance = loads.filter(|_| state.watch.silence.is_none()).map(Balance::of);
    Outcome { balance, ..Outcome::of(&state.watch, result, detail) }
}
