//! What the controller counts, as Prometheus reads it (OpenMetrics).

use crate::failure::Failure;
use crate::order::Order;
use emqx_rebalance_core::Reconnects;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the controller counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    leader: Gauge,
    rebalances: Family<Label, Gauge>,
    driven: Gauge,
    ended: Family<Label, Counter>,
    reconnects: Family<Label, Histogram>,
    asked: Family<Label, Counter>,
    reconciled: Family<Label, Counter>,
    took: Histogram,
    watch_failed: Counter,
}

/// One label and its value.
type Label = [(&'static str, String); 1];

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("emqx_rebalance_controller"),
            leader: Gauge::default(),
            rebalances: Family::default(),
            driven: Gauge::default(),
            ended: Family::default(),
            reconnects: Family::new_with_constructor(|| Histogram::new(RECONNECTS_S)),
            asked: Family::default(),
            reconciled: Family::default(),
            took: Histogram::new(LIMITS_S),
            watch_failed: Counter::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let Self {
            registry,
            leader,
            rebalances,
            driven,
            ended,
            reconnects,
            asked,
            reconciled,
            took,
            watch_failed,
        } = self;
        registry.register("leader", "Whether this process is the one that acts", leader.clone());
        let help = "Rebalance objects, by their phase";
        registry.register("rebalances", help, rebalances.clone());
        let help = "Rebalances that something is being done for";
        registry.register("driven", help, driven.clone());
        let help = "Rebalances that came to their end, by the verdict";
        registry.register("outcomes", help, ended.clone());
        let help = "Seconds until a share of the dropped clients was back, one for each rebalance that has seen it";
        registry.register("reconnect_seconds", help, reconnects.clone());
        registry.register("kubernetes_requests", "Requests to the Kubernetes API", asked.clone());
        let help = "Reconciliations, by what they came to";
        registry.register("reconciles", help, reconciled.clone());
        registry.register("reconcile_seconds", "Time that a reconciliation took", took.clone());
        let help = "Errors of the watch on Rebalance objects";
        registry.register("watch_errors", help, watch_failed.clone());
    }

    /// A reconciliation took `time`.
    pub(crate) fn reconciled(&self, time: Duration, failure: Option<&Failure>) {
        let result = failure.map_or("ok", Failure::as_str);
        self.reconciled.get_or_create(&[("result", result.to_owned())]).inc();
        self.took.observe(time.as_secs_f64());
    }

    /// A rebalance came to its end.
    pub(crate) fn ended(&self, result: &str) {
        self.ended.get_or_create(&[("result", result.to_owned())]).inc();
    }

    /// A rebalance has seen how clients come back.
    pub(crate) fn reconnects(&self, seen: &Reconnects) {
        for (share, seconds) in [("0.5", seen.half_s), ("0.9", seen.most_s)] {
            let back = self.reconnects.get_or_create(&[("share", share.to_owned())]);
            seconds.into_iter().for_each(|seconds| back.observe(seconds));
        }
    }

    /// The Kubernetes API was asked.
    pub(crate) fn asked(&self, verb: &str) {
        self.asked.get_or_create(&[("verb", verb.to_owned())]).inc();
    }

    /// The watch has failed, and is tried again.
    pub(crate) fn watch_failed(&self) {
        self.watch_failed.inc();
    }

    /// Whether this process is the one that acts.
    pub(crate) fn set_leader(&self, is_leader: bool) {
        self.leader.set(is_leader.into());
    }

    /// All of it as text, with `objects` as the watch shows them and the number of them `driven`.
    pub(crate) fn text<'a>(
        &self,
        objects: impl Iterator<Item = &'a Order>,
        driven: usize,
    ) -> String {
        self.driven.set(i64::try_from(driven).unwrap_or(i64::MAX));
        self.rebalances.clear();
        for (phase, count) in by_phase(objects) {
            self.rebalances.get_or_create(&[("phase", phase)]).set(count);
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// How many objects are in each phase that there is. EMQX's definition lets no other be written.
fn by_phase<'a>(objects: impl Iterator<Item = &'a Order>) -> BTreeMap<String, i64> {
    let mut phases: BTreeMap<String, i64> =
        ["Waiting", "Processing", "Completed", "Failed"].map(|phase| (phase.to_owned(), 0)).into();
    // What is done in the place of another one is counted there.
    for object in objects.filter(|object| object.behalf.is_none()) {
        *phases.entry(object.phase().unwrap_or("Waiting").to_owned()).or_default() += 1;
    }
    phases
}

/// Most reconciliations ask EMQX or Kubernetes a few times; a second is what one waits for answers.
const LIMITS_S: [f64; 8] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 2.5];
/// Prompt clients are back within a second or two, those that back off within two minutes or so.
const RECONNECTS_S: [f64; 9] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0];

#[cfg(test)]
mod tests {
    use super::*;
    use emqx_rebalance_core::ReconnectProfile;

    #[test]
    fn every_figure_is_there_and_explained() {
        let metrics = Metrics::default();
        metrics.reconciled(Duration::from_millis(30), None);
        metrics.reconciled(Duration::from_secs(3), Some(&Failure::Taken));
        metrics.ended("completed");
        let prompt = ReconnectProfile::new(&[(0.5, 0.0), (1.5, 0.8)]).unwrap();
        metrics.reconnects(&Reconnects {
            clients: 200,
            watched_s: 30.0,
            half_s: Some(1.1),
            most_s: None,
            missing: 0.2,
            profile: prompt,
        });
        metrics.asked("patch");
        let text = metrics.text(std::iter::empty(), 1);
        for line in [
            "emqx_rebalance_controller_reconciles_total{result=\"ok\"} 1",
            "emqx_rebalance_controller_reconciles_total{result=\"taken\"} 1",
            "emqx_rebalance_controller_reconcile_seconds_bucket{le=\"0.02\"} 0",
            "emqx_rebalance_controller_reconcile_seconds_bucket{le=\"0.05\"} 1",
            "emqx_rebalance_controller_reconcile_seconds_bucket{le=\"+Inf\"} 2",
            "emqx_rebalance_controller_outcomes_total{result=\"completed\"} 1",
            "emqx_rebalance_controller_reconnect_seconds_bucket{le=\"1.0\",share=\"0.5\"} 0",
            "emqx_rebalance_controller_reconnect_seconds_bucket{le=\"2.0\",share=\"0.5\"} 1",
            "emqx_rebalance_controller_reconnect_seconds_count{share=\"0.9\"} 0",
            "emqx_rebalance_controller_kubernetes_requests_total{verb=\"patch\"} 1",
            "emqx_rebalance_controller_rebalances{phase=\"Waiting\"} 0",
            "emqx_rebalance_controller_driven 1",
            "emqx_rebalance_controller_watch_errors_total 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} not in\n{text}");
        }
        let families = text.lines().filter(|line| line.starts_with("# TYPE")).count();
        assert_eq!(text.lines().filter(|line| line.starts_with("# HELP")).count(), families);
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
