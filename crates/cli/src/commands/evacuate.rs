//! `evacuate`: empties one node, or lets it serve again.

use super::{confirm, connect};
use crate::args::{ConnectionArgs, EvacuateCommand, EvacuationArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use emqx_rebalance_core::{NodeName, Result};
use serde::Serialize;

/// The JSON of `evacuate start` and `evacuate stop`.
#[derive(Serialize)]
struct Changed<'a> {
    version: u32,
    node: &'a NodeName,
    evacuating: bool,
    /// Whether this call made a difference.
    changed: bool,
}

/// Starts, stops or shows evacuations.
///
/// # Errors
/// Bad input, and as the cluster says.
pub(crate) async fn run(
    command: &EvacuateCommand,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    match command {
        EvacuateCommand::Start(args) => start(args, connection, output).await,
        EvacuateCommand::Stop { node } => stop(node, connection, output).await,
        EvacuateCommand::Status { node } => status(node.as_ref(), connection, output).await,
    }
}

async fn start(args: &EvacuationArgs, connection: &ConnectionArgs, output: Output) -> Result<Exit> {
    let evacuation = args.resolve()?;
    confirm::require(args.yes, output)?;
    let cluster = connect::connect(connection).await?;
    let node = &args.node;
    let question = format!("Drop every client of {node} and refuse new ones until it is stopped?");
    if !confirm::ask(args.yes, &question, output)? {
        return Ok(Exit::Failed);
    }
    cluster.start_evacuation(node, &evacuation).await?;
    let changed = Changed { version: 1, node, evacuating: true, changed: true };
    output.result(&changed, || format!("{node} is being emptied.\n"))?;
    output.say(&format!(
        "It refuses clients until you stop this, over restarts too.\n  \
         watch it:  emqx-rebalance evacuate status {node}\n  \
         stop it:   emqx-rebalance evacuate stop {node}\n"
    ));
    Ok(Exit::Done)
}

async fn stop(node: &NodeName, connection: &ConnectionArgs, output: Output) -> Result<Exit> {
    let cluster = connect::connect(connection).await?;
    let changed = cluster.stop_evacuation(node).await?;
    let value = Changed { version: 1, node, evacuating: false, changed };
    output.result(&value, || {
        if changed {
            format!("{node} serves clients again.\n")
        } else {
            format!("{node} was not being emptied.\n")
        }
    })?;
    Ok(Exit::Done)
}

async fn status(
    node: Option<&NodeName>,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let cluster = connect::connect(connection).await?;
    let mut evacuations = cluster.evacuations().await?;
    if node.is_some() {
        evacuations.retain(|evacuation| evacuation.node.as_ref() == node);
    }
    output.result(&evacuations, || render::evacuations::evacuations(&evacuations))?;
    Ok(Exit::Done)
}
