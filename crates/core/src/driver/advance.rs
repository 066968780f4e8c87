//! From one input to what follows from it, and from one stage to the next.

use super::ask::Input;
use super::drive::{Driver, Step};
use super::event::Event;
use super::guard::Guard;
use super::harm::patience_ms;
use super::outcome::{Cause, Outcome, OutcomeKind};
use super::poll::Poll;
use super::stage::{EndReason, Stage};
use super::track::Absence;
use super::watch::Silence;
use crate::units::Timestamp;

impl Driver {
    /// Takes one input and does everything that follows from it.
    pub(super) fn advance(&mut self, now: Timestamp, input: Input) -> Step {
        if self.state.watch.begin_step(now) {
            self.restart_patience();
        }
        match input {
            Input::Tick => {}
            Input::Answer { id, answer } => {
                if let Some((i, answer)) = self.state.watch.file(id, answer) {
                    self.take_start(i, answer);
                }
            }
            Input::Stop => self.take_stop(),
        }
        self.go_on();
        let is_done = matches!(self.state.stage, Stage::Done { .. });
        let interval_ms = self.poll_interval_ms();
        let opens_at = self.next_opening();
        let watch = &mut self.state.watch;
        Step {
            requests: std::mem::take(&mut watch.requests),
            events: std::mem::take(&mut watch.events),
            wake_at: (!is_done).then(|| watch.wake_at(interval_ms, opens_at)),
        }
    }

    /// Gives clients and donors their time anew, after a time in which nobody looked.
    fn restart_patience(&mut self) {
        let now = self.state.watch.now;
        self.state.watch.abandon_reads();
        for track in &mut self.state.runs {
            track.state.forget_misses();
        }
        if let Stage::Ending { since, .. } = &mut self.state.stage {
            *since = now;
        }
    }

    pub(super) fn poll_interval_ms(&self) -> u64 {
        self.state.options.poll_interval_ms.into()
    }

    fn take_stop(&mut self) {
        // Who asks again and again must not keep the answers from being waited for.
        let is_known = matches!(
            &self.state.stage,
            Stage::Ending { why: EndReason::Asked, .. } | Stage::Done { .. }
        );
        if !is_known {
            self.begin_ending(EndReason::Asked);
        }
    }

    /// Does whatever can be done now.
    fn go_on(&mut self) {
        if self.state.watch.poll.open && !self.state.watch.is_reading() {
            self.close_poll();
            self.check_sight();
        }
        self.check_time_limit();
        if self.state.stage == Stage::Starting {
            self.send_next_start();
        }
        self.open_what_is_due();
        let watch = &self.state.watch;
        if self.polls() && !watch.poll.open && watch.now >= watch.next_poll {
            let interval_ms = self.poll_interval_ms();
            self.state.watch.begin_poll(interval_ms);
            self.open_poll();
        }
    }

    /// Whether the stage polls. While starts are sent, only a doubt is worth a poll.
    fn polls(&self) -> bool {
        match self.state.stage {
            Stage::Preflight | Stage::Following | Stage::Ending { .. } => true,
            Stage::Starting => self.state.runs.iter().any(|track| track.state.is_in_doubt()),
            Stage::Done { .. } => false,
        }
    }

    /// Ends what takes too long, once a poll that was asked after the limit shows it, or if no poll comes
    /// to show anything.
    fn check_time_limit(&mut self) {
        let since = self.state.last_start_at().unwrap_or(self.state.watch.now);
        let limit_s = self.state.options.limit_s(self.state.job.forecast().duration_s);
        let is_running = matches!(self.state.stage, Stage::Starting | Stage::Following);
        let watch = &self.state.watch;
        let is_seen = watch.driven_s(since, watch.shown_at) >= limit_s && !self.state.may_be_over();
        let is_overdue = watch.driven_s(since, watch.now) >= limit_s.saturating_add(OVERDUE_S);
        if is_running && (is_seen || is_overdue) {
            self.begin_ending(EndReason::Late { limit_s });
        }
    }

    /// Ends what cannot be seen any more since EMQX does not let us: a key that was changed does not
    /// become good by asking again. A cluster that is silent is waited for.
    fn check_sight(&mut self) {
        let is_driven =
            matches!(self.state.stage, Stage::Starting | Stage::Following | Stage::Ending { .. });
        let is_refused = self.state.watch.silence.as_ref().is_some_and(Silence::is_refusal);
        if is_driven
            && is_refused
            && self.state.watch.silent_s() >= self.state.options.settle_s.into()
        {
            self.end_blind();
        }
    }

    /// Gives the verdict that there is none: what became of it is not known.
    fn end_blind(&mut self) {
        let Some(Silence { cause, .. }) = self.state.watch.silence.clone() else { return };
        let silent_s = self.state.watch.silent_s();
        let detail = format!(
            "the cluster could not be read for {silent_s} s, so nobody knows what became of it: {}; \
             what runs inside EMQX goes on; resume this once the cluster can be read",
            cause.message
        );
        let mut outcome = self.state.outcome_of(OutcomeKind::TimedOut, detail);
        outcome.cause = Some(cause);
        self.end_as(outcome, true);
    }

    /// What it takes to believe that something is gone which a poll did not show.
    pub(super) fn absence(&self, poll: &Poll, polls: u32, least_ms: u64) -> Absence {
        // The last question comes `polls - 1` intervals after the first, less the time of an answer.
        let intervals = u64::from(polls.saturating_sub(1));
        let span_ms =
            (intervals * self.poll_interval_ms()).saturating_sub(self.poll_interval_ms() / 2);
        Absence {
            asked_at: poll.asked_at,
            answered_at: self.state.watch.now,
            polls,
            span_ms: span_ms.max(least_ms),
        }
    }

    /// Judges a first read of the cluster that did not come through.
    pub(super) fn preflight_lost(&mut self, lost: Option<Cause>) {
        let patience_s = self.state.options.settle_s;
        if let Some(cause) = self.state.watch.preflight_lost(lost, patience_s) {
            let detail = format!("nothing was started: {}", cause.message);
            self.end_refused(cause, detail);
        }
    }

    pub(super) fn end_refused(&mut self, cause: Cause, detail: String) {
        let mut outcome = self.state.outcome_of(OutcomeKind::Refused, detail);
        outcome.cause = Some(cause);
        self.end(outcome);
    }

    /// Looks at one poll. Ends everything if the same guard saw something twice in a row.
    pub(super) fn check_guards(&mut self, poll: &Poll) {
        let harm = self.harm(poll);
        let patience_ms = match harm {
            Some((Guard::ClientsMissing, _)) => patience_ms(&self.state.watch, &self.state.options),
            _ => self.poll_interval_ms() / 2,
        };
        if let Some((guard, numbers)) = self.state.watch.confirmed(harm, poll, patience_ms) {
            self.begin_ending(EndReason::Guarded { guard, numbers });
        }
    }

    pub(super) fn begin_ending(&mut self, why: EndReason) {
        let now = self.state.watch.now;
        self.state.stage = Stage::Ending { why, since: now };
        // Whatever must stop is told so now, not when a slow poll has come back.
        self.state.watch.abandon_poll();
        self.state.watch.next_poll = now;
    }

    pub(super) fn end(&mut self, outcome: Outcome) {
        self.end_as(outcome, false);
    }

    fn end_as(&mut self, outcome: Outcome, is_blind: bool) {
        let watch = &mut self.state.watch;
        watch.events.push(Event::Ended { outcome: outcome.clone() });
        watch.pending.clear();
        watch.requests.clear();
        let at = watch.now;
        self.state.stage = Stage::Done { outcome, at, is_blind };
    }
}

/// Seconds beyond the limit in which a look at the cluster has come to its end: longer than a status and
/// the nodes take one after the other.
const OVERDUE_S: u64 = 150;
