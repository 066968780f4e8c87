//! What the controller counts, as Prometheus reads it (text format 0.0.4).

mod text;

use crate::failure::Failure;
use crate::resource::Rebalance;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use text::Text;

/// What the controller counts.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counts: Mutex<Counts>,
    is_leader: AtomicBool,
}

#[derive(Debug, Default)]
struct Counts {
    reconciled: BTreeMap<&'static str, u64>,
    ended: BTreeMap<String, u64>,
    asked: BTreeMap<String, u64>,
    /// Reconciliations that took at most the limit of the same place, and longer ones.
    took: [u64; LIMITS_S.len()],
    took_s: f64,
}

impl Metrics {
    /// A reconciliation took `time`.
    pub(crate) fn reconciled(&self, time: Duration, failure: Option<&Failure>) {
        let mut counts = self.counts();
        let result = failure.map_or("ok", Failure::as_str);
        *counts.reconciled.entry(result).or_default() += 1;
        let took_s = time.as_secs_f64();
        counts.took_s += took_s;
        for (count, limit_s) in counts.took.iter_mut().zip(LIMITS_S) {
            *count += u64::from(took_s <= limit_s);
        }
    }

    /// A rebalance came to its end.
    pub(crate) fn ended(&self, result: &str) {
        *self.counts().ended.entry(result.to_owned()).or_default() += 1;
    }

    /// The Kubernetes API was asked.
    pub(crate) fn asked(&self, verb: &str) {
        *self.counts().asked.entry(verb.to_owned()).or_default() += 1;
    }

    /// Whether this process is the one that acts.
    pub(crate) fn set_leader(&self, is_leader: bool) {
        self.is_leader.store(is_leader, Ordering::Relaxed);
    }

    /// All of it as text, with `objects` as the watch shows them and the number of them `driven`.
    pub(crate) fn text<'a>(
        &self,
        objects: impl Iterator<Item = &'a Rebalance>,
        driven: usize,
    ) -> String {
        let counts = self.counts();
        let mut text = Text::new("emqx_rebalance_controller_");
        text.gauge("leader", "Whether this process is the one that acts.");
        text.value("leader", &[], u64::from(self.is_leader.load(Ordering::Relaxed)));
        text.gauge("rebalances", "Rebalance objects, by their phase.");
        for (phase, count) in by_phase(objects) {
            text.value("rebalances", &[("phase", &phase)], count);
        }
        text.gauge("driven", "Rebalances that something is being done for.");
        text.value("driven", &[], u64::try_from(driven).unwrap_or(u64::MAX));
        text.counter("outcomes_total", "Rebalances that came to their end, by the verdict.");
        for (result, count) in &counts.ended {
            text.value("outcomes_total", &[("result", result)], *count);
        }
        text.counter("kubernetes_requests_total", "Requests to the Kubernetes API.");
        for (verb, count) in &counts.asked {
            text.value("kubernetes_requests_total", &[("verb", verb)], *count);
        }
        text.counter("reconciles_total", "Reconciliations, by what they came to.");
        for (result, count) in &counts.reconciled {
            text.value("reconciles_total", &[("result", result)], *count);
        }
        let total = counts.reconciled.values().sum();
        let buckets = LIMITS_S.into_iter().zip(counts.took);
        let help = "Time that a reconciliation took.";
        text.histogram("reconcile_seconds", help, buckets, (counts.took_s, total));
        text.finish()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn by_phase<'a>(objects: impl Iterator<Item = &'a Rebalance>) -> BTreeMap<String, u64> {
    let mut phases: BTreeMap<String, u64> =
        ["Waiting", "Processing", "Completed", "Failed"].map(|phase| (phase.to_owned(), 0)).into();
    for object in objects {
        *phases.entry(object.phase().unwrap_or("Waiting").to_owned()).or_default() += 1;
    }
    phases
}

/// Most reconciliations ask EMQX or Kubernetes a few times; a second is what one waits for answers.
const LIMITS_S: [f64; 8] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 2.5];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_there_and_explained() {
        let metrics = Metrics::default();
        metrics.reconciled(Duration::from_millis(30), None);
        metrics.reconciled(Duration::from_secs(3), Some(&Failure::Taken));
        metrics.ended("completed");
        metrics.asked("patch");
        let text = metrics.text(std::iter::empty(), 1);
        for line in [
            "emqx_rebalance_controller_reconciles_total{result=\"ok\"} 1",
            "emqx_rebalance_controller_reconciles_total{result=\"taken\"} 1",
            "emqx_rebalance_controller_reconcile_seconds_bucket{le=\"0.02\"} 0",
            "emqx_rebalance_controller_reconcile_seconds_bucket{le=\"0.05\"} 1",
            "emqx_rebalance_controller_reconcile_seconds_bucket{le=\"+Inf\"} 2",
            "emqx_rebalance_controller_outcomes_total{result=\"completed\"} 1",
            "emqx_rebalance_controller_rebalances{phase=\"Waiting\"} 0",
            "emqx_rebalance_controller_driven 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} not in\n{text}");
        }
        let families = text.lines().filter(|line| line.starts_with("# TYPE")).count();
        assert_eq!(text.lines().filter(|line| line.starts_with("# HELP")).count(), families);
    }
}
