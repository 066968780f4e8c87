//! The conditions that tools read of every resource: kstatus and with it Flux, Argo CD, `kubectl wait`.

use super::{PLANNED, Report, WAITING};
use crate::failure::REFUSED;
use crate::order::EMPTY;

impl Report {
    /// Says in the common words what the others say in ours.
    pub(super) fn summarize(&mut self) {
        let Summary { ready, reconciling, stalled, reason, message } = self.summary();
        self.condition("Ready", ready, &reason, &message);
        self.condition("Reconciling", reconciling, &reason, "");
        self.condition("Stalled", stalled, &reason, "");
        if self.after.phase.as_deref() == Some("Failed") {
            self.condition("Completed", false, &reason, "");
        }
    }

    fn summary(&self) -> Summary {
        match self.after.phase.as_deref() {
            Some("Completed") => self.told("Completed", [true, false, false]),
            Some("Failed") => self.told("Failed", [false, false, true]),
            // All that was asked for is there, as long as nobody asks for more.
            Some(EMPTY) if self.reason(WAITING).is_none() => self.told(EMPTY, [true, false, false]),
            phase => match self.reason(WAITING) {
                Some("Unreadable" | REFUSED) => self.told(WAITING, [false, false, true]),
                Some(_) => self.told(WAITING, [false, true, false]),
                None if phase.is_some() => {
                    Summary::new([false, true, false], "Rebalancing", "EMQX rebalances")
                }
                // All that a dry run is for is there.
                None if self.reason(PLANNED).is_some() => self.told(PLANNED, [true, false, false]),
                None => Summary::new([false, true, false], "New", "it is looked at"),
            },
        }
    }

    fn told(&self, kind: &str, holds: [bool; 3]) -> Summary {
        let conditions = self.after.conditions.iter().flatten();
        let found = conditions.clone().find(|condition| condition.type_ == kind);
        let reason = found.and_then(|found| found.reason.as_deref()).unwrap_or(kind);
        let message = found.and_then(|found| found.message.as_deref()).unwrap_or_default();
        Summary::new(holds, reason, message)
    }

    fn reason(&self, kind: &str) -> Option<&str> {
        let mut conditions = self.after.conditions.iter().flatten();
        conditions.find(|condition| condition.type_ == kind)?.reason.as_deref()
    }
}

/// Where an object stands, in the common words.
struct Summary {
    /// What is asked for is so.
    ready: bool,
    /// It is being worked on, or waits for something.
    reconciling: bool,
    /// It goes no further by itself.
    stalled: bool,
    reason: String,
    message: String,
}

impl Summary {
    fn new([ready, reconciling, stalled]: [bool; 3], reason: &str, message: &str) -> Self {
        let (reason, message) = (reason.to_owned(), message.to_owned());
        Self { ready, reconciling, stalled, reason, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Kind, Order};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
    use serde_json::Value;

    /// The status that is written of an object of ours after `change`, by the conditions that hold.
    fn holds(change: impl FnOnce(&mut Report)) -> (Vec<String>, Value) {
        let metadata = ObjectMeta { generation: Some(3), ..ObjectMeta::default() };
        let object = Order::bare(Kind::LoadRebalance, metadata);
        let mut report = Report::of(&object, "2026-01-01T00:00:00Z".to_owned());
        change(&mut report);
        let status = report.patch().unwrap();
        let conditions = status["conditions"].as_array().unwrap().iter();
        let mut holds: Vec<_> = conditions
            .filter(|condition| condition["status"] == "True")
            .map(|condition| condition["type"].as_str().unwrap().to_owned())
            .collect();
        holds.sort();
        (holds, status)
    }

    #[test]
    fn tools_see_where_an_object_stands() {
        assert_eq!(holds(|_| {}).0, ["Reconciling"]);
        let waiting = |reason: &'static str| move |report: &mut Report| report.waiting(reason, "");
        assert_eq!(holds(waiting("ForeignRun")).0, ["Reconciling", "Waiting"]);
        assert_eq!(holds(waiting("Unreadable")).0, ["Stalled", "Waiting"]);
        assert_eq!(holds(|report| report.processing("")).0, ["Processing", "Reconciling"]);
        let planned = |report: &mut Report| report.condition(PLANNED, true, "Planned", "1 run");
        assert_eq!(holds(planned).0, ["Planned", "Ready"]);
        let completed = |report: &mut Report| report.completed("Completed", "level");
        assert_eq!(holds(completed).0, ["Completed", "Ended", "Ready"]);
        let emptied = |report: &mut Report| report.emptied("nobody is there");
        assert_eq!(holds(emptied).0, ["Empty", "Ready"]);
        let failed = |report: &mut Report| report.failed("Stopped", "it was stopped");
        assert_eq!(holds(failed).0, ["Ended", "Failed", "Stalled"]);
    }

    #[test]
    fn every_condition_says_which_generation_it_is_about() {
        let (_, status) = holds(|report| report.failed("Stopped", "it was stopped"));
        assert_eq!(status["observedGeneration"], 3);
        for condition in status["conditions"].as_array().unwrap() {
            assert_eq!(condition["observedGeneration"], 3, "{condition}");
            assert!(condition["lastTransitionTime"].is_string(), "{condition}");
        }
        let completed = status["conditions"].as_array().unwrap().iter();
        let completed = completed.filter(|condition| condition["type"] == "Completed");
        assert_eq!(completed.map(|c| c["status"].clone()).collect::<Vec<_>>(), ["False"]);
    }
}
