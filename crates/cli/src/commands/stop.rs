//! `stop`: stops what runs.

use super::connect;
use super::stops::Stops;
use crate::args::{ConnectionArgs, StopArgs};
use crate::exit::Exit;
use crate::output::Output;
use emqx_rebalance_core::{NodeName, Result};
use serde::Serialize;

/// The JSON of `stop`.
#[derive(Serialize)]
struct Stopped {
    version: u32,
    stopped: Vec<NodeName>,
}

/// Stops one rebalance, or all.
///
/// # Errors
/// As the cluster says.
pub(crate) async fn run(
    args: &StopArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let cluster = connect::connect(connection).await?;
    let stopped = cluster.stop(args.coordinator.as_ref()).await?;
    Stops::beside(args.history.file()).note(&stopped, output);
    let stopped = Stopped { version: 1, stopped };
    output.result(&stopped, |_| words(&stopped.stopped))?;
    Ok(Exit::Done)
}

fn words(stopped: &[NodeName]) -> String {
    if stopped.is_empty() {
        return "Nothing to stop: no rebalance is running.\n".to_owned();
    }
    let line = |node: &NodeName| format!("Stopped the rebalance of {node}.\n");
    let mut text: String = stopped.iter().map(line).collect();
    let whose = if stopped.len() == 1 { "its" } else { "their" };
    text.push_str(&format!(
        "Clients that moved stay where they are; {whose} donors serve again.\n"
    ));
    text
}
