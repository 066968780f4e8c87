//! Verifies that the donors leave the Service before they drop clients.

use crate::context::Context;
use crate::live::Live;
use crate::order::{Order, Task};
use crate::report::{OUT_OF_SERVICE, Report};
use crate::service::{Sight, still_in_service};
use emqx_rebalance_core::{NodeName, RunPhase};
use kube::ResourceExt;
use tracing::debug;

/// What is to be written of the donors' way out.
pub(super) struct Told {
    pub(super) holds: bool,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Told {
    /// Writes it into the status.
    pub(super) fn write(&self, report: &mut Report) {
        report.condition(OUT_OF_SERVICE, self.holds, self.reason, &self.message);
    }
}

/// Looks at the Service while its donors wait or drop clients. What cannot be looked at is no reason
/// to stop: the condition is left out then.
pub(super) async fn look(
    context: &Context,
    object: &Order,
    live: &mut Live,
    service: Option<&str>,
) -> Option<Told> {
    let now = context.clock.now();
    let service = service.or(live.service.as_deref())?.to_owned();
    let (donors, is_evicting) = donors(live);
    let wave = live.status().wave;
    if donors.is_empty() || !live.departure.looks(now, wave, &donors) {
        return None;
    }
    let namespace = object.namespace().unwrap_or_default();
    let seen = still_in_service(&context.client, &namespace, &service, &donors).await;
    let still_in = match seen {
        Ok(still_in) => still_in?,
        Err(error) => {
            debug!(%error, service, "the Service cannot be looked at");
            return None;
        }
    };
    match live.departure.see(wave, donors, still_in, is_evicting)? {
        Sight::Out => {
            let message = format!("every donor has left the Service {service}");
            Some(Told { holds: true, reason: "Left", message })
        }
        Sight::StillIn(nodes) => {
            let message = too_late(&nodes, &service, object);
            context.tell(object, false, "DonorsStillInService", &message).await;
            Some(Told { holds: false, reason: "StillIn", message })
        }
    }
}

/// The donors of the runs that EMQX shows, and whether one of them drops clients.
pub(super) fn donors(live: &Live) -> (Vec<NodeName>, bool) {
    let mut donors = Vec::new();
    let mut is_evicting = false;
    for run in live.status().runs {
        let Some(phase) = run.state.phase() else { continue };
        is_evicting |= phase == RunPhase::EvictingConns;
        donors.extend(run.donors);
    }
    donors.sort();
    donors.dedup();
    (donors, is_evicting)
}

fn too_late(nodes: &[NodeName], service: &str, object: &Order) -> String {
    let names: Vec<_> = nodes.iter().map(NodeName::as_str).collect();
    let wait = match &object.task {
        Ok(Task::Rebalance(strategy)) => Some(strategy.wait_health_check),
        Ok(Task::Evacuation { evacuation, .. }) => evacuation.wait_health_check,
        Err(_) => None,
    };
    let wait = wait.map(|seconds| format!(" of {seconds} s")).unwrap_or_default();
    format!(
        "clients are dropped by {}, to which the Service {service} still sends them: a \
         waitHealthCheck{wait} is too short, or nothing takes donors out of the Service",
        names.join(", "),
    )
}
