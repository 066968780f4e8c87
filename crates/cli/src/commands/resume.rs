//! `resume`: goes on with a plan whose process is gone.

use super::connect;
use super::drive::{self, Drive};
use super::emptying;
use super::follow::Until;
use super::state::StateFile;
use super::stops::Stops;
use crate::args::{ConnectionArgs, RecordingArgs, ResumeArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use emqx_rebalance_client::{Cluster, History};
use emqx_rebalance_core::driver::{Driver, DriverState, Outcome, Record};
use emqx_rebalance_core::{Error, ErrorKind, Job, NodeName, Result};

/// Goes on with the plan or evacuation of a state file, to its verdict.
///
/// # Errors
/// Bad input, a state of another cluster, and as the cluster says.
pub(crate) async fn run(
    args: &ResumeArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let (file, job) = StateFile::stored(&args.state)?;
    if let Some(outcome) = job.outcome() {
        return ended(&job, outcome, args.recording.history().as_ref(), output);
    }
    match job {
        Job::Rebalance(driver) => plan(file, *driver, &args.recording, connection, output).await,
        Job::Evacuation(evacuator) => {
            emptying::resume(file, *evacuator, &args.recording, connection, output).await
        }
    }
}

async fn plan(
    file: StateFile,
    driver: Driver,
    recording: &RecordingArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let state = driver.state();
    let cluster = connect::connect(connection).await?;
    let found = find(&cluster, state).await?;
    output.tell(&render::found::found(&driver, found, output.messages()));
    let drive = Drive {
        plan: state.promised().clone(),
        until: Until::Verdict,
        state: Some(file),
        history: recording.history(),
        stops: Stops::beside(recording.file()),
        page: None,
    };
    drive.run(&cluster, driver, output).await
}

/// Says the verdict of what has ended, and keeps its record if the process that found it could not.
fn ended(job: &Job, outcome: &Outcome, history: Option<&History>, output: Output) -> Result<Exit> {
    let status = job.status();
    if let Some(record) = job.record().filter(|record| is_new(history, record)) {
        drive::keep(history, &record, output);
    }
    let what = match job {
        Job::Rebalance(_) => "plan",
        Job::Evacuation(_) => "evacuation",
    };
    output.tell(&format!("This {what} has ended; nothing is sent to EMQX.\n"));
    output.result(&status, |paper| match job {
        Job::Rebalance(driver) => drive::verdict(driver.state().promised(), &status, paper),
        Job::Evacuation(_) => render::verdict::outcome(outcome, paper),
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
async fn find(cluster: &Cluster, state: &DriverState) -> Result<usize> {
    let status = cluster.status().await?;
    let counts = &state.plan.fingerprint.nodes;
    let is_here = counts.iter().any(|count| status.nodes.iter().any(|n| n.node == count.node));
    if !is_here && !counts.is_empty() {
        let message = "the state is of another cluster: none of its nodes is here";
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    let runs = &state.plan.runs;
    let is_ours = |coordinator: &NodeName| runs.iter().any(|run| run.coordinator == *coordinator);
    Ok(status.runs.iter().filter(|run| is_ours(&run.coordinator)).count())
}
