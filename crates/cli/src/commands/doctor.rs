//! `doctor`: what stands in the way of a start, and what to do about it.

use super::{connect, learned};
use crate::args::{ConnectionArgs, HistoryArgs};
use crate::exit::Exit;
use crate::hint::Given;
use crate::output::Output;
use crate::render;
use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::doctor::{Check, CheckName, CheckState, Examined, Known, diagnose};
use emqx_rebalance_core::{Mode, PlanOptions, Result};

/// Examines the cluster and says what is wrong with it. Changes nothing.
///
/// # Errors
/// Bad input alone: a cluster that cannot be reached is what is said.
pub(crate) async fn run(
    history: &HistoryArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let examined = Cluster::examine(connect::config(connection)?).await?;
    let mut diagnosis = diagnose(&examined, &known(&examined, history));
    let given = Given::of(connection);
    for check in &mut diagnosis.checks {
        check.hint = hint(check, given).or_else(|| check.hint.take());
    }
    output.result(&diagnosis, |paper| render::doctor::diagnosis(&diagnosis, paper))?;
    Ok(if diagnosis.worst() == CheckState::Problem { Exit::Failed } else { Exit::Done })
}

/// What the history tells of the clients of this cluster.
fn known(examined: &Examined, history: &HistoryArgs) -> Known {
    let mut level = PlanOptions { mode: Mode::Level, ..PlanOptions::default() };
    let snapshot = examined.cluster.as_ref().ok().and_then(|it| it.snapshot.as_ref().ok());
    let remembered =
        snapshot.and_then(|snapshot| learned::tell(&mut level, history.file(), snapshot));
    Known { level, remembered }
}

/// What to type next, where the check itself cannot know it.
fn hint(check: &Check, given: Given) -> Option<String> {
    let node = check.node.as_ref();
    match (check.check, check.state, node, &check.cause) {
        (CheckName::Running, CheckState::Problem, Some(node), None) => Some(format!(
            "`emqx-rebalance status --watch` follows it, `emqx-rebalance stop --coordinator {node}` \
             ends it; clients that moved stay where they are"
        )),
        (CheckName::Running, CheckState::Warning, Some(node), _) => Some(format!(
            "wait until whoever empties it has ended, or `emqx-rebalance evacuate stop {node}`"
        )),
        (CheckName::Reconnects, CheckState::Unknown, ..) => Some(
            "give --reconnect a file, a name or a time, or measure it: `start --mode level --pilot N`"
                .to_owned(),
        ),
        (CheckName::HealthCheck, CheckState::Unknown, Some(node), _) => {
            Some(format!("give --node-url {node}=URL"))
        }
        (_, _, _, Some(error)) if check.hint.is_none() => given.hint(error).map(Into::into),
        _ => None,
    }
}
