//! `resume`: goes on with a plan whose process is gone.

use super::connect;
use super::drive::{self, Drive};
use super::follow::Until;
use super::state::StateFile;
use super::stops::Stops;
use crate::args::{ConnectionArgs, ResumeArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use emqx_rebalance_client::{Cluster, History};
use emqx_rebalance_core::driver::{Driver, Outcome, Record};
use emqx_rebalance_core::{Error, ErrorKind, Job, NodeName, Plan, Result};

/// Goes on with the plan or evacuation of a state file, to its verdict.
///
/// # Errors
/// Bad input, a state of another cluster, and as the cluster says.
pub(crate) async fn run(
    args: &ResumeArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let (file, driver) = StateFile::stored(&args.state)?;
    if let Some(outcome) = driver.outcome() {
        return ended(&driver, outcome, args.recording.history().as_ref(), output);
    }
    let cluster = connect::connect(connection).await?;
    let state = driver.state();
    let found = match state.job() {
        Job::Rebalance(plan) => {
            render::found::found(&plan, &driver, find(&cluster, &plan).await?, output.messages())
        }
        Job::Evacuation(plan) => {
            let goes_on = is_going_on(&cluster, plan.node()).await?;
            render::found::evacuation(&plan, &driver, goes_on, output.messages())
        }
    };
    output.tell(&found);
    let drive = Drive {
        job: state.promised().cloned().map_or_else(|| state.job(), Job::from),
        until: Until::Verdict,
        state: Some(file),
        history: args.recording.history(),
        stops: Stops::beside(args.recording.file()),
        page: None,
    };
    drive.run(&cluster, driver, output).await
}

/// Says the verdict of what has ended, and keeps its record if the process that found it could not.
fn ended(
    driver: &Driver,
    outcome: &Outcome,
    history: Option<&History>,
    output: Output,
) -> Result<Exit> {
    let status = driver.status();
    if let Some(record) = driver.record().filter(|record| is_new(history, record)) {
        drive::keep(history, &record, output);
    }
    let promised = driver.state().promised();
    let what = if promised.is_some() { "plan" } else { "evacuation" };
    output.tell(&format!("This {what} has ended; nothing is sent to EMQX.\n"));
    output.result(&status, |paper| match promised {
        Some(plan) => drive::verdict(plan, &status, paper),
        None => render::verdict::outcome(outcome, paper),
    })?;
    Ok(Exit::of_outcome(outcome))
}

fn is_new(history: Option<&History>, record: &Record) -> bool {
    let kept = history.and_then(|history| history.read().ok());
    let is_it = |kept: &Record| {
        (kept.began_at, kept.ended_at) == (record.began_at, record.ended_at)
            && kept.nodes == record.nodes
    };
    !kept.is_some_and(|(records, _)| records.iter().any(is_it))
}

/// How many of the plan's rebalances EMQX shows.
async fn find(cluster: &Cluster, plan: &Plan) -> Result<usize> {
    let status = cluster.status().await?;
    let counts = &plan.fingerprint.nodes;
    let is_here = counts.iter().any(|count| status.nodes.iter().any(|n| n.node == count.node));
    if !is_here && !counts.is_empty() {
        let message = "the state is of another cluster: none of its nodes is here";
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    let runs = &plan.runs;
    let is_ours = |coordinator: &NodeName| runs.iter().any(|run| run.coordinator == *coordinator);
    Ok(status.runs.iter().filter(|run| is_ours(&run.coordinator)).count())
}

/// Whether EMQX shows that it empties `node`.
async fn is_going_on(cluster: &Cluster, node: &NodeName) -> Result<bool> {
    let status = cluster.status().await?;
    if !status.nodes.iter().any(|load| load.node == *node) {
        let message = "the state is of another cluster: the node to empty is not here";
        return Err(Error::new(ErrorKind::Conflict, message).with("node", node));
    }
    let evacuations = cluster.evacuations().await?;
    Ok(evacuations.iter().any(|evacuation| evacuation.node.as_ref() == Some(node)))
}
