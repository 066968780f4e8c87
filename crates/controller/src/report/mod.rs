//! What is written into the status of an object.

mod summary;
mod words;

pub(crate) use words::{outcome_reason, percent, plan_message, progress_message};

use crate::order::{EMPTY, Kind, Order};
use crate::own::OwnStatus;
use crate::resource::{
    Condition, OutcomeStatus, PlanStatus, ProgressStatus, RebalanceState, RebalanceStatus,
};
use emqx_rebalance_core::driver::{Outcome, RunView, Status};
use emqx_rebalance_core::{Job, RunState};
use serde_json::{Map, Value};

/// A status in the making.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    kind: Kind,
    before: RebalanceStatus,
    after: RebalanceStatus,
    now: String,
}

impl Report {
    /// The status of `object`, to be changed at `now`.
    pub(crate) fn of(object: &Order, now: String) -> Self {
        let before = object.status.clone().unwrap_or_default();
        let mut after = before.clone();
        if object.kind.is_own() {
            after.observed_generation = object.metadata.generation;
        }
        Self { kind: object.kind, before, after, now }
    }

    /// Says that `kind` holds, or not. A condition that says the same as before keeps its times.
    pub(crate) fn condition(&mut self, kind: &str, holds: bool, reason: &str, message: &str) {
        let conditions = self.after.conditions.get_or_insert_default();
        let status = if holds { "True" } else { "False" };
        let old = conditions.iter().position(|condition| condition.type_ == kind);
        let old = old.map(|i| conditions.remove(i));
        let is_same = |condition: &Condition| condition.status == status;
        let transition = old.as_ref().filter(|old| is_same(old));
        let transition = transition.and_then(|old| old.last_transition_time.clone());
        let mut new = Condition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            last_update_time: Some(self.now.clone()),
            last_transition_time: Some(transition.unwrap_or_else(|| self.now.clone())),
            reason: Some(reason.to_owned()),
            message: (!message.is_empty()).then(|| message.to_owned()),
        };
        if let Some(old) = old.filter(|old| says_the_same(old, &new)) {
            new = old;
        }
        conditions.push(new);
        conditions.sort_by(|a, b| b.last_update_time.cmp(&a.last_update_time));
    }

    /// Takes back a condition that is of no interest any more.
    pub(crate) fn withdraw(&mut self, kind: &str) {
        if let Some(conditions) = &mut self.after.conditions {
            conditions.retain(|condition| condition.type_ != kind);
        }
    }

    /// Something is being done.
    pub(crate) fn processing(&mut self, message: &str) {
        self.after.phase = Some("Processing".to_owned());
        self.after.started_time.get_or_insert_with(|| self.now.clone());
        self.condition(PROCESSING, true, "Rebalancing", message);
        self.withdraw(WAITING);
    }

    /// It waits before anything is started.
    pub(crate) fn waiting(&mut self, reason: &str, message: &str) {
        self.condition(WAITING, true, reason, message);
    }

    /// What the plan will do.
    pub(crate) fn plan(&mut self, plan: &Job) {
        self.after.plan = Some(words::plan_status(plan));
        self.condition(PLANNED, true, "Planned", &plan_message(plan));
    }

    /// How far the plan is.
    pub(crate) fn progress(&mut self, status: &Status) {
        self.after.rebalance_states = Some(states(&status.runs));
        self.after.progress = Some(words::progress_status(&status.progress));
    }

    /// The node is empty, and stays closed.
    pub(crate) fn emptied(&mut self, message: &str) {
        self.after.phase = Some(EMPTY.to_owned());
        self.condition(PROCESSING, false, "SafeToStop", "");
        self.condition(EMPTY, true, "SafeToStop", message);
    }

    /// The node that was empty takes clients again.
    pub(crate) fn opened(&mut self, message: &str) {
        self.condition(EMPTY, false, "Opened", "");
        self.completed("Opened", message);
    }

    /// It was done as asked.
    pub(crate) fn completed(&mut self, reason: &str, message: &str) {
        self.end("Completed", reason, message);
    }

    /// It was not done as asked.
    pub(crate) fn failed(&mut self, reason: &str, message: &str) {
        self.end("Failed", reason, message);
    }

    /// The verdict.
    pub(crate) fn outcome(&mut self, outcome: &Outcome) {
        let over = outcome.balance.map(|balance| percent(balance.over));
        let message = match &over {
            Some(over) => format!("{}; fullest node {over} over the mean", outcome.detail),
            None => outcome.detail.clone(),
        };
        let reason = outcome_reason(outcome.result);
        if outcome.result.is_success() {
            self.completed(reason, &message);
        } else {
            self.failed(reason, &message);
        }
        let result = outcome.result.as_str().to_owned();
        let detail = outcome.detail.clone();
        self.after.outcome = Some(OutcomeStatus { result, detail, over });
    }

    fn end(&mut self, phase: &str, reason: &str, message: &str) {
        self.after.phase = Some(phase.to_owned());
        self.after.completed_time = Some(self.now.clone());
        self.after.rebalance_states = None;
        self.withdraw(WAITING);
        if self.before.started_time.is_some() {
            self.condition(PROCESSING, false, reason, "");
        }
        self.condition(phase, true, reason, message);
        // One condition to wait for, however it ends.
        self.condition(ENDED, true, reason, message);
    }

    /// Says of a `Rebalance` what is known of the object that is done in its place, in EMQX's words: not
    /// those that tools read of ours.
    pub(crate) fn mirror(&mut self, of: &RebalanceStatus) {
        let said = |condition: &&Condition| {
            let is_opposite = condition.type_ == "Completed" && condition.status != "True";
            MIRRORED.contains(&condition.type_.as_str()) && !is_opposite
        };
        let said: Vec<_> = of.conditions.iter().flatten().filter(said).collect();
        for kind in MIRRORED {
            if !said.iter().any(|condition| condition.type_ == kind) {
                self.withdraw(kind);
            }
        }
        for Condition { type_, status, reason, message, .. } in said {
            let [reason, message] =
                [reason, message].map(|text| text.as_deref().unwrap_or_default());
            self.condition(type_, status == "True", reason, message);
        }
        let conditions = self.after.conditions.take();
        let started_time = self.before.started_time.clone().or_else(|| of.started_time.clone());
        let observed_generation = None;
        self.after =
            RebalanceStatus { conditions, started_time, observed_generation, ..of.clone() };
    }

    /// Whether there is a phase that there was not before.
    pub(crate) fn changes_phase(&self) -> bool {
        self.before.phase != self.after.phase
    }

    /// Whether EMQX is shown to do something else than before, or a condition changed.
    pub(crate) fn changes_more_than_progress(&self) -> bool {
        let quiet = |status: &RebalanceStatus| {
            let mut status = status.clone();
            status.progress = None;
            for condition in status.conditions.iter_mut().flatten() {
                condition.last_update_time = None;
                if condition.type_ == PROCESSING {
                    condition.message = None;
                }
            }
            status.conditions.iter_mut().flatten().for_each(|c| c.last_update_time = None);
            if let Some(list) = &mut status.conditions {
                list.sort_by(|a, b| a.type_.cmp(&b.type_));
            }
            status
        };
        quiet(&self.before) != quiet(&self.after)
    }

    /// What is to be written of the status, unless it stands there: for EMQX's resource the merge patch from
    /// the old one to the new one, for ours the whole of it, to be applied.
    pub(crate) fn patch(&mut self) -> Option<Value> {
        if self.kind.is_own() {
            self.summarize();
            for status in [&mut self.before, &mut self.after] {
                status
                    .conditions
                    .iter_mut()
                    .for_each(|list| list.sort_by(|a, b| a.type_.cmp(&b.type_)));
            }
            let status = serde_json::to_value(OwnStatus::of(&self.after)).unwrap_or_default();
            return (self.before != self.after).then_some(status);
        }
        let patch = difference(&fields(&self.before), &fields(&self.after));
        (!patch.is_empty()).then_some(Value::Object(patch))
    }

    /// The new status.
    pub(crate) fn status(&self) -> &RebalanceStatus {
        &self.after
    }
}

fn says_the_same(a: &Condition, b: &Condition) -> bool {
    a.status == b.status && a.reason == b.reason && a.message == b.message
}

/// The merge patch that makes `after` of `before`. What is not there any more is null in it, at every
/// depth: a merge patch leaves alone what it does not name.
fn difference(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for name in before.keys().chain(after.keys()) {
        let old = before.get(name).unwrap_or(&Value::Null);
        let new = after.get(name).unwrap_or(&Value::Null);
        match (old, new) {
            _ if old == new => continue,
            (Value::Object(old), Value::Object(new)) => {
                patch.insert(name.clone(), Value::Object(difference(old, new)));
            }
            _ => drop(patch.insert(name.clone(), new.clone())),
        }
    }
    patch
}

fn fields(status: &RebalanceStatus) -> Map<String, Value> {
    match serde_json::to_value(status) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// The runs that EMQX shows, as EMQX's operator shows them.
fn states(runs: &[RunView]) -> Vec<RebalanceState> {
    runs.iter().filter(|run| is_shown_by_emqx(&run.state)).map(state).collect()
}

fn is_shown_by_emqx(state: &RunState) -> bool {
    let ours = ["pending", "starting", "gone", "not_needed", "refused"];
    !ours.contains(&state.as_str())
}

fn state(run: &RunView) -> RebalanceState {
    let names = |nodes: &[emqx_rebalance_core::NodeName]| {
        Some(nodes.iter().map(ToString::to_string).collect())
    };
    let rate = |rate: Option<u64>| rate.and_then(|rate| i64::try_from(rate).ok());
    RebalanceState {
        state: Some(run.state.as_str().to_owned()),
        session_eviction_rate: rate(run.sess_evict_rate),
        recipients: names(&run.recipients),
        node: Some(run.coordinator.to_string()),
        donors: names(&run.donors),
        coordinator_node: Some(run.coordinator.to_string()),
        connection_eviction_rate: rate(run.conn_evict_rate),
    }
}

/// What is said of a `Rebalance`; all others there are somebody else's.
const MIRRORED: [&str; 7] =
    ["Completed", ENDED, "Failed", PLANNED, PROCESSING, WAITING, OUT_OF_SERVICE];
/// EMQX's condition while something runs.
pub(crate) const PROCESSING: &str = "Processing";
/// Whether it waits before anything is started, and for what.
pub(crate) const WAITING: &str = "Waiting";
/// Whether there is a plan, and what it will do.
pub(crate) const PLANNED: &str = "Planned";
/// That it has come to its end, whichever.
pub(crate) const ENDED: &str = "Ended";
/// Whether the donors have left the Service.
pub(crate) const OUT_OF_SERVICE: &str = "DonorsOutOfService";

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    fn nothing() -> Order {
        Order::bare(Kind::default(), ObjectMeta::default())
    }

    fn report() -> Report {
        Report::of(&nothing(), "2026-01-01T00:00:00Z".to_owned())
    }

    fn later(report: &Report, now: &str) -> Report {
        let object = Order { status: Some(report.status().clone()), ..nothing() };
        Report::of(&object, now.to_owned())
    }

    #[test]
    fn what_stays_the_same_is_not_written_again() {
        let mut first = report();
        first.processing("");
        assert!(first.patch().is_some());
        let mut second = later(&first, "2026-01-01T00:00:09Z");
        second.processing("");
        assert_eq!(second.patch(), None);
    }

    #[test]
    fn a_condition_keeps_the_time_of_its_last_transition() {
        let mut first = report();
        first.processing("1 of 9");
        let mut second = later(&first, "2026-01-01T00:00:09Z");
        second.processing("2 of 9");
        let condition = &second.status().conditions.as_ref().unwrap()[0];
        assert_eq!(condition.last_transition_time.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(condition.last_update_time.as_deref(), Some("2026-01-01T00:00:09Z"));
        assert!(!second.changes_more_than_progress());
    }

    #[test]
    fn the_states_are_taken_back_at_the_end() {
        let mut first = report();
        first.processing("");
        first.after.rebalance_states = Some(vec![RebalanceState::default()]);
        let mut second = later(&first, "2026-01-01T00:01:00Z");
        second.failed("Stopped", "the runs were stopped");
        let patch = second.patch().unwrap();
        assert_eq!(patch["rebalanceStates"], Value::Null);
        assert_eq!(patch["phase"], "Failed");
        let conditions = second.status().conditions.as_ref().unwrap();
        let holds = |kind| conditions.iter().any(|c| c.type_ == kind && c.status == "True");
        assert!(holds("Failed") && holds("Ended") && !holds("Processing"));
    }

    #[test]
    fn what_is_known_no_more_is_taken_back_at_every_depth() {
        let before = serde_json::json!({
            "progress": {"left": 5, "percent": "50%"}, "plan": {"findings": ["old"], "runs": 1},
            "gone": {"all": 1}, "same": {"as": "before"},
        });
        let after = serde_json::json!({
            "progress": {"percent": "100%"}, "plan": {"runs": 1}, "same": {"as": "before"},
            "new": {"here": true},
        });
        let (Value::Object(before), Value::Object(after)) = (before, after) else { panic!() };
        let patch = serde_json::json!({
            "progress": {"left": null, "percent": "100%"}, "plan": {"findings": null}, "gone": null,
            "new": {"here": true},
        });
        assert_eq!(Value::Object(difference(&before, &after)), patch);
    }

    #[test]
    fn conditions_of_others_stay() {
        let mut object = nothing();
        let foreign = Condition { type_: "Theirs".to_owned(), ..Condition::default() };
        object.status =
            Some(RebalanceStatus { conditions: Some(vec![foreign]), ..Default::default() });
        let mut report = Report::of(&object, "2026-01-01T00:00:00Z".to_owned());
        report.processing("");
        let conditions = report.status().conditions.as_ref().unwrap();
        assert!(conditions.iter().any(|condition| condition.type_ == "Theirs"));
    }
}
