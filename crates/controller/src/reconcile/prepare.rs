//! From a new object to a plan that is about to start.

use super::reach::{self, Reached};
use super::{drive, ending, evacuated, queue};
use crate::context::Context;
use crate::failure::{Failure, REFUSED};
use crate::live::{Keeper, Live};
use crate::memory::Shown;
use crate::object::Written;
use crate::order::{Order, Task};
use crate::report::{Report, WAITING};
use crate::wishes::{Approval, Wishes};
use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::driver::{Driver, Purpose};
use emqx_rebalance_core::{Finding, FindingCode, Job, Result as CoreResult};
use kube::ResourceExt;
use kube::runtime::controller::Action;
use std::time::Duration;

/// Plans `object` and begins, unless something speaks against it.
pub(super) async fn prepare(context: &Context, object: &Order) -> Result<Action, Failure> {
    let uid = object.uid().unwrap_or_default();
    // What only shows a plan is in nobody's way.
    if queue::will_start(object) && !context.memory.claim(object) {
        return wait_for_another(context, object).await;
    }
    let begun = begin(context, object).await;
    if context.memory.live(&uid).is_none() {
        context.memory.release(&uid);
    }
    begun
}

async fn begin(context: &Context, object: &Order) -> Result<Action, Failure> {
    let (wishes, task) = match asked(object) {
        Ok(asked) => asked,
        Err(error) => {
            return ending::fail(context, object, "ConfigInvalid", &error.to_string()).await;
        }
    };
    let (cluster, service) = match reach::reach(context, object).await? {
        Reached::Cluster { cluster, service } => (cluster, service),
        Reached::NotYet { reason, message } => {
            return wait(context, object, reason, &message, TURN).await;
        }
        Reached::Never { reason, message } => {
            return ending::fail(context, object, reason, &message).await;
        }
    };
    let planned = match task {
        Task::Rebalance(strategy) => cluster.plan(&strategy, &wishes.plan).await.map(Job::from),
        Task::Evacuation { place, evacuation, options } => {
            match evacuated::node(context, object, &cluster, &place).await? {
                Ok(node) => {
                    cluster.plan_evacuation(&node, &evacuation, &options).await.map(Job::from)
                }
                Err(error) => Err(error),
            }
        }
    };
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) if error.is_retryable() => {
            let message = reach::told(object, error);
            return wait(context, object, "EmqxUnreachable", &message, TURN).await;
        }
        Err(error) => {
            let reason = reach::reason(error.kind());
            return ending::fail(context, object, reason, &reach::told(object, error)).await;
        }
    };
    // Others may reach the same cluster by another way, which is known only now.
    context.memory.learn(object, &plan);
    if let Some(action) = queue::wait(context, object).await? {
        return Ok(action);
    }
    if queue::will_start(object) && !context.memory.claim(object) {
        return wait_for_another(context, object).await;
    }
    match hindrance(&wishes, &plan) {
        Some(Hindrance::DryRun) => {
            show(context, object, &plan, |report| report.withdraw(WAITING)).await
        }
        Some(Hindrance::Approval) => {
            let message = object.voice().how_to_approve();
            show(context, object, &plan, |report| report.waiting("ApprovalRequired", message)).await
        }
        Some(Hindrance::ForeignRun(message)) => {
            wait(context, object, "ForeignRun", &message, TURN).await
        }
        None => start(context, object, wishes, plan, (cluster, service)).await,
    }
}

fn asked(object: &Order) -> CoreResult<(Wishes, Task)> {
    Ok((object.wishes.clone()?, object.task.clone()?))
}

/// What speaks against starting a plan now, without being wrong.
enum Hindrance {
    DryRun,
    Approval,
    /// Somebody else's run: not ours to adopt, nor to stop.
    ForeignRun(String),
}

fn hindrance(wishes: &Wishes, plan: &Job) -> Option<Hindrance> {
    if wishes.is_dry_run {
        return Some(Hindrance::DryRun);
    }
    if wishes.approval == Approval::Awaited {
        return Some(Hindrance::Approval);
    }
    let is_foreign = |finding: &&Finding| FOREIGN.contains(&finding.code);
    let foreign = plan.errors().find(is_foreign)?;
    Some(Hindrance::ForeignRun(foreign.message.clone()))
}

/// Keeps the driver on the object, with the finalizer, and only then lets it act.
async fn start(
    context: &Context,
    object: &Order,
    wishes: Wishes,
    plan: Job,
    (cluster, service): (Cluster, Option<String>),
) -> Result<Action, Failure> {
    let driver = match Driver::new(plan.clone(), wishes.driver, wishes.is_forced) {
        Ok(driver) => driver,
        Err(error) => {
            context.report(object, |report| report.plan(&plan)).await?;
            return ending::fail(context, object, "Refused", &error.to_string()).await;
        }
    };
    let purpose = Purpose { who: Some(object.full_name()), reason: wishes.reason };
    let mut live = Live::new(object, driver.with_purpose(purpose));
    live.cluster = Some(cluster);
    live.service = service;
    let target = context.object(object);
    let keeper = Keeper { object: &target, writer: &context.writer, clock: context.clock };
    match live.keep(&keeper).await {
        Ok(Written::Done) => {}
        Ok(Written::Gone) => return Ok(Action::await_change()),
        Err(failure) => return not_kept(context, object, failure).await,
    }
    let uid = object.uid().unwrap_or_default();
    let live = context.memory.insert(&uid, live);
    drive::drive(context, object, &mut *live.lock().await).await
}

/// Nothing is started, since its state cannot be stored.
async fn not_kept(context: &Context, object: &Order, failure: Failure) -> Result<Action, Failure> {
    match failure.refusal() {
        Some(message) if failure.is_forbidden() => {
            wait(context, object, REFUSED, message, TURN).await
        }
        Some(message) => ending::fail(context, object, REFUSED, message).await,
        None => Err(failure),
    }
}

/// Writes what the plan would do, and why it is not done.
async fn show(
    context: &Context,
    object: &Order,
    plan: &Job,
    reason: impl FnOnce(&mut Report),
) -> Result<Action, Failure> {
    let shown = Shown { at: context.clock.now(), generation: object.metadata.generation };
    context
        .report(object, |report| {
            report.plan(plan);
            reason(report);
        })
        .await?;
    context.memory.show(&object.uid().unwrap_or_default(), shown);
    Ok(Action::requeue(REPLAN))
}

/// How long the plan that was shown for `object` still serves; `None` if it is to be made anew.
/// Writing it is an event too, and anybody may change what does not concern it.
pub(super) fn rest(context: &Context, object: &Order) -> Option<Duration> {
    if object.state.is_some() {
        return None;
    }
    let shown = context.memory.shown(&object.uid()?)?;
    let age = Duration::from_millis(context.clock.now().ms_since(shown.at));
    let rest = REPLAN.checked_sub(age).filter(|rest| !rest.is_zero())?;
    (shown.generation == object.metadata.generation && !object.is_deleted()).then_some(rest)
}

async fn wait_for_another(context: &Context, object: &Order) -> Result<Action, Failure> {
    let message = "another Rebalance is before it on the same cluster";
    wait(context, object, "OtherRebalance", message, TURN).await
}

async fn wait(
    context: &Context,
    object: &Order,
    reason: &str,
    message: &str,
    again: Duration,
) -> Result<Action, Failure> {
    context.report(object, |report| report.waiting(reason, message)).await?;
    Ok(Action::requeue(again))
}

/// What somebody else does in the cluster.
const FOREIGN: [FindingCode; 2] = [FindingCode::RunInProgress, FindingCode::EvacuationInProgress];
/// How soon to look again whether what it waits for is there.
const TURN: Duration = Duration::from_secs(5);
/// How often a plan that is not started is made anew, so that it fits the cluster as it is.
const REPLAN: Duration = Duration::from_secs(60);
