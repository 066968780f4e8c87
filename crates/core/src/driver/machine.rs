//! What every driver does in the same way, whatever it drives.

use super::Step;
use super::ask::{Answer, Input};
use super::event::Event;
use super::guard::Guard;
use super::options::DriverOptions;
use super::outcome::{Cause, Outcome, OutcomeKind};
use super::state::{EndReason, Round, Stage};
use super::watch::Watch;
use crate::error::Result;
use crate::units::Timestamp;

/// Something that a driver drives to a verdict: starts it, polls it, ends it.
pub(crate) trait Machine {
    fn watch(&self) -> &Watch;
    fn watch_mut(&mut self) -> &mut Watch;
    fn stage(&self) -> &Stage;
    fn stage_mut(&mut self) -> &mut Stage;
    fn options(&self) -> &DriverOptions;
    /// Seconds that it should take, and since when.
    fn expected_s(&self) -> (u64, Timestamp);
    /// The answer to start number `i`.
    fn take_start(&mut self, i: usize, answer: Result<Answer>);
    /// Sends the next start, unless one is on its way or in doubt.
    fn start_next(&mut self);
    /// Whether a start that was sent is in doubt.
    fn is_in_doubt(&self) -> bool;
    /// Asks what the stage needs to know.
    fn open_round(&mut self);
    /// Draws the conclusions of a poll.
    fn close_round(&mut self);
    /// The harm that a poll shows.
    fn harm(&self, round: &Round) -> Option<(Guard, String)>;
    /// An outcome with the balance as measured.
    fn outcome_of(&self, result: OutcomeKind, detail: String) -> Outcome;

    /// Takes one input and does everything that follows from it.
    fn advance(&mut self, now: Timestamp, input: Input) -> Step {
        if self.watch_mut().begin_step(now) {
            self.restart_patience();
        }
        match input {
            Input::Tick => {}
            Input::Answer { id, answer } => {
                if let Some((i, answer)) = self.watch_mut().file(id, answer) {
                    self.take_start(i, answer);
                }
            }
            Input::Stop => self.take_stop(),
        }
        self.go_on();
        let is_done = matches!(self.stage(), Stage::Done { .. });
        Step {
            requests: std::mem::take(&mut self.watch_mut().requests),
            events: std::mem::take(&mut self.watch_mut().events),
            wake_at: (!is_done).then(|| self.watch().wake_at(self.poll_interval_ms())),
        }
    }

    /// Gives clients and donors their time anew, after a time in which nobody looked.
    fn restart_patience(&mut self) {
        let now = self.watch().now;
        if let Stage::Ending { since, .. } = self.stage_mut() {
            *since = now;
        }
    }

    fn poll_interval_ms(&self) -> u64 {
        self.options().poll_interval_ms.into()
    }

    fn take_stop(&mut self) {
        // Who asks again and again must not keep the answers from being waited for.
        let is_known = matches!(
            self.stage(),
            Stage::Ending { why: EndReason::Asked, .. } | Stage::Done { .. }
        );
        if !is_known {
            self.begin_ending(EndReason::Asked);
        }
    }

    /// Does whatever can be done now.
    fn go_on(&mut self) {
        if self.watch().round.open && !self.watch().is_reading() {
            self.close_round();
        }
        self.check_time_limit();
        if *self.stage() == Stage::Starting {
            self.start_next();
        }
        let watch = self.watch();
        if self.polls() && !watch.round.open && watch.now >= watch.next_poll {
            let interval_ms = self.poll_interval_ms();
            self.watch_mut().begin_round(interval_ms);
            self.open_round();
        }
    }

    /// Whether the stage polls. While starts are sent, only a doubt is worth a poll.
    fn polls(&self) -> bool {
        match self.stage() {
            Stage::Preflight | Stage::Following | Stage::Ending { .. } => true,
            Stage::Starting => self.is_in_doubt(),
            Stage::Done { .. } => false,
        }
    }

    fn check_time_limit(&mut self) {
        let (expected_s, since) = self.expected_s();
        let limit_s = self.options().limit_s(expected_s);
        let is_running = matches!(self.stage(), Stage::Starting | Stage::Following);
        if is_running && self.watch().driven_s(since) >= limit_s {
            self.begin_ending(EndReason::Late { limit_s });
        }
    }

    /// Judges a first read of the cluster that did not come through.
    fn preflight_lost(&mut self, lost: Option<Cause>) {
        let patience_s = self.options().settle_s;
        if let Some(cause) = self.watch().preflight_lost(lost, patience_s) {
            let detail = format!("nothing was started: {}", cause.message);
            self.end_refused(cause, detail);
        }
    }

    fn end_refused(&mut self, cause: Cause, detail: String) {
        let mut outcome = self.outcome_of(OutcomeKind::Refused, detail);
        outcome.cause = Some(cause);
        self.end(outcome);
    }

    /// Looks at one poll. Ends everything if the same guard saw something twice in a row.
    fn check_guards(&mut self, round: &Round) {
        let harm = self.harm(round);
        if let Some((guard, numbers)) = self.watch_mut().confirmed(harm, round) {
            self.begin_ending(EndReason::Guarded { guard, numbers });
        }
    }

    fn begin_ending(&mut self, why: EndReason) {
        let now = self.watch().now;
        *self.stage_mut() = Stage::Ending { why, since: now };
        // Whatever must stop is told so now, not when a slow poll has come back.
        self.watch_mut().abandon_round();
        self.watch_mut().next_poll = now;
    }

    fn end(&mut self, outcome: Outcome) {
        let watch = self.watch_mut();
        watch.events.push(Event::Ended { outcome: outcome.clone() });
        watch.pending.clear();
        let at = watch.now;
        *self.stage_mut() = Stage::Done { outcome, at };
    }
}
