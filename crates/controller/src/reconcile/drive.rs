//! Steps the driver of an object that something was started for.

use super::reach::{self, Reached};
use super::{ending, endpoints, evacuated};
use crate::clock::is_overdue;
use crate::context::Context;
use crate::failure::Failure;
use crate::live::{Keeper, Live};
use crate::object::Written;
use crate::order::Order;
use crate::report::{Report, plan_message, progress_message};
use emqx_rebalance_core::driver::Event;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use tracing::info;

/// Steps the driver and writes what became of it.
pub(super) async fn drive(
    context: &Context,
    object: &Order,
    live: &mut Live,
) -> Result<Action, Failure> {
    if live.is_held() {
        live.origin.metadata.generation = object.metadata.generation;
        return evacuated::hold(context, object, live).await;
    }
    let seen = match live.is_taken_back {
        true => super::look(context, object).await?,
        false => None,
    };
    let object = seen.as_ref().unwrap_or(object);
    live.is_taken_back = false;
    let now = context.clock.now();
    if object.is_deleted() {
        live.deleted_since.get_or_insert(now);
        if live.is_untouched() || is_overdue(live.deleted_since, now, DELETED_FOR_MS) {
            return ending::abandon(context, object, live).await;
        }
    }
    live.origin.metadata.generation = object.metadata.generation;
    if object.is_deleted() || object.asks_to_stop || live.is_called_off() {
        live.tell_to_stop(now);
    }
    announce(context, object, live).await?;
    if live.cluster.is_none() && !find_again(context, object, live).await? {
        return ending::lost(context, object, live).await;
    }
    let target = context.object(object);
    let keeper = Keeper { object: &target, writer: &context.writer, clock: context.clock };
    if live.advance(&keeper).await? == Written::Gone {
        return ending::vanished(context, object, live).await;
    }
    tell(context, object, live).await;
    if live.driver.outcome().is_some() {
        return ending::end(context, object, live).await;
    }
    let service = object.wishes.as_ref().ok().and_then(|wishes| wishes.service.as_deref());
    let sight = endpoints::look(context, object, live, service).await;
    write(context, live, sight).await?;
    Ok(Action::requeue(live.idle(&context.clock)))
}

/// Writes what is about to be done before EMQX is asked for it, unless it was written already.
async fn announce(context: &Context, object: &Order, live: &mut Live) -> Result<(), Failure> {
    if live.status.phase.is_some() {
        return Ok(());
    }
    let plan = live.driver.state().job();
    context
        .report_live(live, |report| {
            report.plan(&plan);
            report.processing("");
        })
        .await?;
    context.tell(object, true, "Planned", &plan_message(&plan)).await;
    Ok(())
}

/// Looks for the cluster again, in a process that has just begun. False if it is not to be had now.
pub(super) async fn find_again(
    context: &Context,
    object: &Order,
    live: &mut Live,
) -> Result<bool, Failure> {
    let (cluster, service) = match reach::reach(context, object).await? {
        Reached::Cluster { cluster, service } => (cluster, service),
        Reached::NotYet { reason, message } | Reached::Never { reason, message } => {
            let now = context.clock.now();
            live.lost_since.get_or_insert(now);
            context.report_live(live, |report| report.waiting(reason, &message)).await?;
            return Ok(false);
        }
    };
    live.cluster = Some(cluster);
    live.service = service;
    live.lost_since = None;
    Ok(true)
}

/// Publishes what happened, as far as people want to know.
async fn tell(context: &Context, object: &Order, live: &mut Live) {
    for event in live.events.drain(..) {
        info!(object = %object.name_any(), ?event, "driver");
        let (is_good, reason, note) = match event {
            Event::Started { coordinator } => {
                (true, "Started", format!("EMQX rebalances, coordinated by {coordinator}"))
            }
            Event::StartDoubtful { coordinator, cause } => {
                let note =
                    format!("whether {coordinator} has started is not known: {}", cause.message);
                (false, "StartDoubtful", note)
            }
            Event::ForeignRun { coordinator } => {
                (false, "ForeignRun", format!("a rebalance of somebody else runs on {coordinator}"))
            }
            Event::Drifted { moved, expected } => {
                let note = format!("{moved} connections moved where the forecast has {expected}");
                (false, "Drifted", note)
            }
            Event::NextWave { over, expected, reconnects } => {
                let seen =
                    reconnects.as_ref().map(|seen| format!("; of the clients {}", seen.told()));
                let note = format!(
                    "another wave: fullest node {:.1}% over the mean, {:.1}% after it{}",
                    over * 100.0,
                    expected * 100.0,
                    seen.unwrap_or_default()
                );
                (true, "NextWave", note)
            }
            Event::Stopping { coordinator } => {
                (true, "Stopping", format!("the run of {coordinator} is told to stop"))
            }
            // The end is told with the status; the rest is for logs and the status itself.
            _ => continue,
        };
        context.tell(object, is_good, reason, &note).await;
    }
}

/// Writes the status: at once if EMQX does something else, now and then if only numbers moved.
async fn write(
    context: &Context,
    live: &mut Live,
    sight: Option<endpoints::Told>,
) -> Result<(), Failure> {
    let now = context.clock.now();
    let known = Order { status: Some(live.status.clone()), ..live.origin.clone() };
    let mut report = Report::of(&known, context.clock.written());
    let status = live.status();
    report.processing(&progress_message(&status.progress));
    report.progress(&status);
    if let Some(told) = sight {
        told.write(&mut report);
    }
    let is_due = is_overdue(live.status_written_at, now, WRITE_EVERY_MS);
    let is_news = report.changes_phase() || report.changes_more_than_progress();
    if is_due || is_news || live.status_written_at.is_none() {
        live.status_written_at = Some(now);
        context.write_live(live, report).await?;
    }
    Ok(())
}

/// How often progress alone is written; EMQX's operator did so every 5 s too.
const WRITE_EVERY_MS: u64 = 5000;
/// How long a deletion waits until EMQX has confirmed that it stopped: two questions to nodes that
/// hang, and the donors' time to serve again.
const DELETED_FOR_MS: u64 = 40_000;
