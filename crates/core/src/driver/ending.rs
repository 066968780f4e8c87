//! Ends what must go, and waits for what tells how it went.

use super::drive::Driver;
use super::event::Event;
use super::poll::{Poll, Question};
use super::stage::{EndReason, Stage};
use super::track::Track;
use super::verdict::{Donors, Verdict};
use crate::number::whole;
use crate::reconnect::{Learned, ReconnectProfile};
use crate::units::Timestamp;

impl Driver {
    /// Tells all that still lives to stop, unless it ended by itself. Repeating it is harmless, except to
    /// somebody else who starts one there: what EMQX has stopped is left alone.
    pub(super) fn stop_what_must_go(&mut self) {
        let Stage::Ending { why, .. } = &self.state.stage else { return };
        if *why == EndReason::Gone {
            return;
        }
        for (i, track) in self.state.runs.iter_mut().enumerate() {
            let is_answered = track.is_stopped || self.state.watch.stops.has(i);
            if track.state.may_be_stopped() && !track.is_over && !is_answered {
                let coordinator = track.coordinator().clone();
                self.state.watch.events.push(Event::Stopping { coordinator });
                self.state.watch.ask(track.task.stop(), Question::Stop(i));
                track.was_told = true;
            }
        }
    }

    /// Judges one poll after everything is gone, or was told to go.
    pub(super) fn close_ending(&mut self, why: &EndReason, since: Timestamp, poll: &Poll) {
        let is_gone = *why == EndReason::Gone;
        let waited_ms = self.state.watch.now.ms_since(since);
        let verdict = self.verdict(why, poll, waited_ms);
        if verdict.lives && is_gone {
            // It was hidden, not gone.
            self.state.stage = Stage::Following;
            return;
        }
        let grace_ms = u64::from(self.state.options.reconnect_grace_s) * 1000;
        // What it has come to takes counts of all its nodes, and the word of those that speak for it.
        let can_judge = verdict.silent_s.is_none() && (!is_gone || verdict.unknown.is_empty());
        // A start whose answer was lost may arrive after it was given up.
        let may_begin = matches!(why, EndReason::Refused { .. })
            && self.state.runs.iter().any(|track| track.was_doubted)
            && waited_ms < grace_ms;
        let serves = self.serves(&verdict.donors, waited_ms);
        let is_settled = serves && !verdict.lives && can_judge && !may_begin;
        let is_learned = *why == EndReason::Learned;
        let may_go_on = is_gone || is_learned || self.state.is_pause(why);
        // A pilot has had its time: who is not back by then is no reason to wait with the rest.
        let is_pilot = self.state.is_piloting();
        let are_still = !may_go_on || is_pilot || self.clients_are_still(waited_ms);
        let goes_on = may_go_on && is_settled && are_still && verdict.are_back;
        if goes_on && self.go_on_after(is_gone) {
            return;
        }
        let awaits_clients = self.state.is_pause(why) && !verdict.are_back;
        let is_final = !is_gone || self.state.is_final(&verdict);
        let is_late = waited_ms >= self.patience_ms(why, can_judge);
        if is_late || is_settled && is_final && are_still && !awaits_clients {
            self.end(verdict.outcome(&self.state));
        }
    }

    /// Begins what comes next: after a pilot the rest of the plan, else another wave.
    fn go_on_after(&mut self, is_gone: bool) -> bool {
        if self.state.is_piloting() { self.take_pilot(is_gone) } else { self.begin_next_wave() }
    }

    /// Whether nobody is on their way any more, for all that is known: counts that move are no result.
    fn clients_are_still(&self, waited_ms: u64) -> bool {
        let watch = &self.state.watch;
        let few = watch.few();
        let told = self.state.profile();
        let learned = watch.learned();
        let has_settled = learned.as_ref().is_some_and(Learned::has_settled);
        let learned = learned.map(|learned| learned.profile);
        let mut known = told.iter().chain(&learned).peekable();
        let ms = |seconds: u32| u64::from(seconds) * 1000;
        if known.peek().is_none() {
            return waited_ms >= ms(self.state.options.reconnect_grace_s);
        }
        let are_all_back = watch.are_all_back();
        let are_back = are_all_back || known.all(|profile| watch.on_their_way(profile) <= few);
        // Where nobody told that some never come, those who are missing are given their time.
        are_back
            && (told.is_some()
                || are_all_back
                || has_settled
                || waited_ms >= ms(self.state.options.settle_s))
    }

    fn verdict<'a>(&mut self, why: &'a EndReason, poll: &Poll, waited_ms: u64) -> Verdict<'a> {
        let could_read = poll.status.is_some() && poll.nodes.is_some();
        if could_read {
            self.judge_again_what_was_cut_short();
        }
        Verdict {
            why,
            missing: self.state.missing_of_goal(),
            are_back: !self.state.watch.clients().are_missing(&self.state.options),
            donors: Donors::of(poll, &self.state.donors()),
            lives: self.state.runs.iter().any(Track::is_live),
            silent_s: (!could_read).then_some(waited_ms / 1000),
            unknown: self.state.not_known(poll),
        }
    }

    /// Whether the donors serve clients, by their own word or, once they were asked enough, for want of
    /// one.
    fn serves(&self, donors: &Donors, waited_ms: u64) -> bool {
        let polls = u64::from(self.state.options.empty_polls);
        let asked_enough = waited_ms >= self.poll_interval_ms() * polls;
        donors.closed.is_empty() && (donors.unchecked.is_empty() || asked_enough)
    }

    /// The counts of the poll that missed a run may be older than its end: one that has reached its own
    /// goal by later counts was not cut short.
    fn judge_again_what_was_cut_short(&mut self) {
        for i in 0..self.state.runs.len() {
            let is_short = self.state.is_short(i);
            if let Some(track) = self.state.runs.get_mut(i) {
                track.is_cut_short &= is_short;
            }
        }
    }

    /// Milliseconds until the last client is back that comes, for all that was told.
    fn longest_ms(&self) -> u64 {
        let told = self.state.profile();
        let learned = self.state.watch.learned().map(|learned| learned.profile);
        let longest_s = told.iter().chain(&learned).map(ReconnectProfile::longest_s);
        let longest_s = longest_s.fold(0.0, f64::max);
        whole(longest_s * 1000.0).min(LONGEST_MS)
    }

    /// Milliseconds to wait for a settled cluster. What could not be read or heard is asked again; only
    /// what stays silent ends without it. Who is late already has waited for that. Clients have their time
    /// to come back in any case, and a few polls see it: without that no other wave could begin.
    fn patience_ms(&self, why: &EndReason, can_judge: bool) -> u64 {
        let options = &self.state.options;
        let least_s = u64::from(options.reconnect_grace_s);
        let least_ms = least_s * 1000 + SETTLING_POLLS * self.poll_interval_ms();
        let settle_ms = (u64::from(options.settle_s) * 1000).max(least_ms);
        let pause_ms = if self.state.is_pause(why) { PAUSE_MS } else { 0 };
        let settle_ms = settle_ms.max(pause_ms).saturating_add(self.longest_ms());
        // Whose start was on its way is told to stop once that is there.
        let is_told = |track: &Track| track.was_told || !track.is_live();
        let are_told = *why == EndReason::Gone || self.state.runs.iter().all(is_told);
        let is_clear = can_judge || matches!(why, EndReason::Late { .. });
        if is_clear && are_told { settle_ms } else { settle_ms * SILENCE }
    }
}

/// Clients that do not come back as fast as was taken for granted are given this long while nobody drops
/// any more: client libraries that back off wait up to two minutes.
const PAUSE_MS: u64 = 150_000;
/// No profile keeps a verdict waiting for longer.
const LONGEST_MS: u64 = 900_000;
/// A cluster that cannot be read is given so many times longer to settle.
const SILENCE: u64 = 10;
/// Polls that see whether a cluster has settled.
const SETTLING_POLLS: u64 = 2;
