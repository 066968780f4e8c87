//! A policy at work on one cluster.

use super::decision::{Decision, Trigger};
use super::figures::Figures;
use super::gates::{Moment, Ready};
use super::input::{Input, Observation};
use super::journal::Journal;
use super::ledger::{Ledger, Spent};
use super::members::Members;
use super::options::{Mode, Policy};
use super::proposal::{Consent, Proposal};
use super::reason::Reason;
use super::trend::Trend;
use super::windows::Opening;
use super::words::{percent, span, span_s};
use crate::balance::Balance;
use crate::driver::{Budget, DriverOptions, OutcomeKind, Purpose};
use crate::error::Result;
use crate::plan::Plan;
use crate::plan::selection::select;
use crate::snapshot::Snapshot;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// A policy at work on one cluster: all that it remembers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Engine {
    /// Version of this JSON: 1.
    #[serde(deserialize_with = "crate::snapshot::known_version")]
    version: u32,
    last_at: Timestamp,
    pub(super) members: Members,
    pub(super) trend: Trend,
    pub(super) ledger: Ledger,
    journal: Journal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    running: Option<Running>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) proposal: Option<Proposal>,
    /// Proposals so far.
    proposals: u64,
    /// What the last plan was good for, for as long as it need not be made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked: Option<Decision>,
}

/// The run that was started.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Running {
    at: Timestamp,
    trigger: Trigger,
    figures: Figures,
    /// Clients that it may drop, where the day has a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allowance: Option<u64>,
    #[serde(default)]
    is_stopping: bool,
}

/// The whole answer to one [`Engine::step`].
#[derive(Clone, Debug, PartialEq)]
#[must_use = "actions are lost if dropped"]
pub struct Step {
    /// What to do, once the state is stored.
    pub actions: Vec<Action>,
    /// What was decided, and why.
    pub decision: Decision,
    /// Whether it is another decision than the last one, rather than that one again.
    pub is_new: bool,
}

/// What a policy wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Tell people of [`Engine::proposal`], which waits for one of them.
    Propose,
    /// Start a run, and say [`Input::Ended`] when it has its verdict.
    Start {
        /// What to run.
        plan: Box<Plan>,
        /// What to drive it with: within what the day has left.
        driver: Box<DriverOptions>,
        /// Who, and why.
        purpose: Purpose,
    },
    /// Stop the run that was started.
    Stop,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            version: crate::snapshot::VERSION,
            last_at: Timestamp::default(),
            members: Members::default(),
            trend: Trend::default(),
            ledger: Ledger::default(),
            journal: Journal::default(),
            running: None,
            proposal: None,
            proposals: 0,
            looked: None,
        }
    }
}

impl Engine {
    /// Takes one input at `now` and says what follows from it.
    ///
    /// A clock that went back makes nothing of what was remembered later than it is now: a cool-down begins
    /// anew then, and an imbalance.
    pub fn step(&mut self, policy: &Policy, now: Timestamp, input: Input<'_>) -> Step {
        self.remember(now);
        let (actions, decision) = match input {
            Input::Seen(seen) => self.see(policy, now, &seen),
            Input::Unseen(why) => (Vec::new(), Decision::new(now, Reason::Unread, why)),
            Input::Approve(id, consent) => (Vec::new(), self.approve(now, id, consent)),
            Input::Reject(id, consent) => (Vec::new(), self.reject(now, id, consent)),
            Input::Stop(consent) => self.stop(now, &consent),
            Input::Ended { result, disconnects } => {
                (Vec::new(), self.end(now, result, disconnects))
            }
            Input::NotStarted(why) => (Vec::new(), self.undo(now, why)),
        };
        let (decision, is_new) = self.journal.add(decision);
        Step { actions, decision, is_new }
    }

    /// What was decided so far.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What was started so far, as far as it counts.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The plan that waits for somebody, or for its time.
    pub fn proposal(&self) -> Option<&Proposal> {
        self.proposal.as_ref()
    }

    /// Whether the run that was started has no verdict yet.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    fn remember(&mut self, now: Timestamp) {
        if now < self.last_at {
            self.members.turn_back(now);
            self.trend.turn_back(now);
            self.looked = None;
        }
        self.last_at = now;
        self.ledger.prune(now);
    }

    fn see(
        &mut self,
        policy: &Policy,
        now: Timestamp,
        seen: &Observation<'_>,
    ) -> (Vec<Action>, Decision) {
        self.members.see(now, &seen.status.nodes);
        if self.running.is_some() {
            return self.follow(policy, now, seen);
        }
        if !seen.status.runs.is_empty() {
            self.members.stir(now);
            self.trend.forget();
        }
        let over = match over(seen) {
            Ok(over) => over,
            Err(error) => {
                return (Vec::new(), Decision::new(now, Reason::NoPlan, error.to_string()));
            }
        };
        self.trend.see(policy, now, over);
        let (actions, decision) = match self.proposal.take() {
            Some(proposal) => self.wait(policy, now, seen, proposal, over),
            None => self.look(policy, now, seen, over),
        };
        (actions, Decision { over: Some(over), ..decision })
    }

    /// What the run that was started is up to.
    fn follow(
        &mut self,
        policy: &Policy,
        now: Timestamp,
        seen: &Observation<'_>,
    ) -> (Vec<Action>, Decision) {
        let Some(running) = &mut self.running else { return (Vec::new(), unexpected(now)) };
        let moved = seen.status.progress.moved;
        let is_closed = matches!(policy.windows.at(now, &policy.time_zone), Opening::Closed(_));
        let is_spent = running.allowance.is_some_and(|allowance| moved >= allowance);
        if (is_closed || is_spent) && !running.is_stopping {
            running.is_stopping = true;
            let why = if is_closed { "the window is over" } else { "the day's clients are spent" };
            let detail = format!("{why}: the run is stopped, {moved} clients have moved");
            let decision = Decision::new(now, Reason::Stopping, detail).of(running.trigger);
            return (vec![Action::Stop], decision.about(&running.figures));
        }
        let (lasts, whole) = (span(now.ms_since(running.at)), span_s(running.figures.duration_s));
        let detail = format!("the run is on for {lasts} of {whole}, {moved} clients have moved");
        let decision = Decision::new(now, Reason::Running, detail).of(running.trigger);
        (Vec::new(), decision.about(&running.figures))
    }

    /// Somebody wants the run stopped.
    fn stop(&mut self, now: Timestamp, consent: &Consent) -> (Vec<Action>, Decision) {
        let why = consent.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let (who, decision) = (Some(consent.who.clone()), Decision::new(now, Reason::Stopping, ""));
        let Some(running) = &mut self.running else {
            let detail = format!("{} wants a run stopped, and none is on{why}", consent.who);
            return (Vec::new(), Decision { who, detail, ..decision });
        };
        running.is_stopping = true;
        let detail = format!("{} stops the run{why}", consent.who);
        let decision = decision.of(running.trigger).about(&running.figures);
        (vec![Action::Stop], Decision { who, detail, ..decision })
    }

    /// Looks whether anything is to be done. A plan that came to nothing is not made again at each look.
    fn look(
        &mut self,
        policy: &Policy,
        now: Timestamp,
        seen: &Observation<'_>,
        over: f64,
    ) -> (Vec<Action>, Decision) {
        match (Moment { policy, now, seen, engine: self }).ready(over) {
            Ok(ready) => self.act(policy, now, seen, ready),
            Err(decision) => {
                if decision.reason == Reason::Balanced {
                    self.members.settle();
                }
                if self.fresh_look(now).is_none() {
                    self.looked = decision.is_of_a_plan().then(|| (*decision).clone());
                }
                (Vec::new(), *decision)
            }
        }
    }

    /// What the last plan was good for, while it need not be made again.
    pub(super) fn fresh_look(&self, now: Timestamp) -> Option<&Decision> {
        self.looked.as_ref().filter(|last| now.ms_since(last.at) < REPLAN_MS)
    }

    fn act(
        &mut self,
        policy: &Policy,
        now: Timestamp,
        seen: &Observation<'_>,
        ready: Ready,
    ) -> (Vec<Action>, Decision) {
        let promise = promise(&ready.figures);
        match policy.mode {
            Mode::Observe => {
                let took_ms = ready.figures.duration_s.saturating_mul(1000);
                self.ledger.add(Spent {
                    at: now,
                    ended_at: Some(now),
                    disconnects: ready.figures.disconnects,
                    would: true,
                });
                self.calm_down();
                let detail = format!("would start now, for {}: {promise}", span(took_ms));
                let decision = Decision::new(now, Reason::WouldStart, detail);
                (Vec::new(), decision.of(ready.trigger).about(&ready.figures))
            }
            Mode::Propose => {
                self.proposals += 1;
                let (Ready { plan, figures, trigger }, id) = (ready, self.proposals);
                self.proposal =
                    Some(Proposal { id, made_at: now, trigger, plan, figures, approved: None });
                let detail = format!("proposal {id} waits for approval: {promise}");
                let decision = Decision::new(now, Reason::Proposed, detail);
                (vec![Action::Propose], decision.of(trigger).about(&figures))
            }
            Mode::Auto => {
                let purpose = Purpose {
                    who: Some(BY_POLICY.to_owned()),
                    reason: Some(cause(ready.trigger, &ready.figures)),
                };
                self.start(policy, now, seen, ready, purpose)
            }
        }
    }

    /// Starts what is ready, with what the day has left.
    pub(super) fn start(
        &mut self,
        policy: &Policy,
        now: Timestamp,
        seen: &Observation<'_>,
        ready: Ready,
        purpose: Purpose,
    ) -> (Vec<Action>, Decision) {
        let left = (Moment { policy, now, seen, engine: self }).left();
        let Ready { plan, figures, trigger } = ready;
        let most = left.map_or(figures.most_disconnects, |left| left.min(figures.most_disconnects));
        let mut driver = seen.driver.clone();
        if left.is_some() {
            driver.max_disconnects =
                Budget::Clients(u32::try_from(most.max(1)).unwrap_or(u32::MAX));
        }
        self.ledger.add(Spent { at: now, ended_at: None, disconnects: most, would: false });
        self.running =
            Some(Running { at: now, trigger, figures, allowance: left, is_stopping: false });
        self.calm_down();
        let decision = Decision::new(now, Reason::Started, promise(&figures));
        let decision =
            Decision { who: purpose.who.clone(), ..decision.of(trigger).about(&figures) };
        (vec![Action::Start { plan, driver: Box::new(driver), purpose }], decision)
    }

    /// What called for a rebalance is answered.
    pub(super) fn calm_down(&mut self) {
        self.members.settle();
        self.trend.forget();
        self.looked = None;
    }

    fn end(&mut self, now: Timestamp, result: OutcomeKind, disconnects: u64) -> Decision {
        let Some(running) = self.running.take() else { return unexpected(now) };
        self.ledger.end(now, disconnects);
        self.trend.forget();
        let (lasted, verdict) = (span(now.ms_since(running.at)), result.as_str());
        let detail =
            format!("the run ended after {lasted}: {verdict}, {disconnects} clients were dropped");
        Decision::new(now, Reason::Ended, detail).of(running.trigger).about(&running.figures)
    }

    fn undo(&mut self, now: Timestamp, why: &str) -> Decision {
        let Some(running) = self.running.take() else { return unexpected(now) };
        self.ledger.undo();
        let detail = format!("the run was not started, nothing was sent: {why}");
        Decision::new(now, Reason::Ended, detail).of(running.trigger).about(&running.figures)
    }
}

/// The fullest node over the mean, of the nodes that take part.
fn over(seen: &Observation<'_>) -> Result<f64> {
    let snapshot = Snapshot::new(seen.status.nodes.clone())?;
    let options = &seen.asked.options;
    let snapshot = snapshot.weighted(&options.weights)?;
    let chosen = select(&snapshot, options)?;
    let loads =
        chosen.iter().filter_map(|i| snapshot.nodes().get(*i)).filter(|load| load.status.counts());
    Ok(Balance::of(loads.map(|load| (load.connections, load.weight()))).over)
}

fn unexpected(now: Timestamp) -> Decision {
    Decision::new(now, Reason::Ended, "a run ended that this policy did not start")
}

fn promise(figures: &Figures) -> String {
    let (before, after) = (percent(figures.over_before), percent(figures.over_after));
    let (dropped, clients) = (figures.disconnects, figures.clients);
    let lasts = span_s(figures.duration_s);
    format!(
        "the fullest node {after} over the mean instead of {before}, for {dropped} disconnects of {clients} clients within {lasts}"
    )
}

pub(super) fn cause(trigger: Trigger, figures: &Figures) -> String {
    let over = percent(figures.over_before);
    match trigger {
        Trigger::Imbalance => format!("the fullest node was {over} over the mean for too long"),
        Trigger::Node => {
            format!("a node joined or came back, and the fullest was {over} over the mean")
        }
    }
}

/// Who starts what nobody approved.
const BY_POLICY: &str = "policy";
/// How long a plan that came to nothing is not made again.
const REPLAN_MS: u64 = 60_000;
