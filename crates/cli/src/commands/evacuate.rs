//! `evacuate`: empties one node, or lets it serve again.

use super::drive::{Changed, Drive};
use super::follow::Until;
use super::purpose::purpose;
use super::state::StateFile;
use super::stops::Stops;
use super::{confirm, connect};
use crate::args::{ConnectionArgs, EvacuateCommand, EvacuationArgs, EvacuationStartArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, ErrorKind, EvacuationPlan, NodeName, Result};

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
        EvacuateCommand::Plan(args) => plan(&args.evacuation, connection, output).await,
        EvacuateCommand::Start(args) => start(args, connection, output).await,
        EvacuateCommand::Stop { node, history } => {
            stop(node, &Stops::beside(history.file()), connection, output).await
        }
        EvacuateCommand::Status { node } => status(node.as_ref(), connection, output).await,
    }
}

async fn plan(args: &EvacuationArgs, connection: &ConnectionArgs, output: Output) -> Result<Exit> {
    let (evacuation, options) = args.resolve()?;
    let cluster = connect::connect(connection).await?;
    let plan = cluster.plan_evacuation(&args.node, &evacuation, &options).await?;
    output.result(&plan, |paper| render::evacuations::plan(&plan, paper))?;
    Ok(Exit::Done)
}

async fn start(
    args: &EvacuationStartArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let (evacuation, options) = args.evacuation.resolve()?;
    let driving = args.driving()?;
    let state = args.state.as_deref().map(StateFile::fresh).transpose()?;
    confirm::require(args.yes, output)?;
    let cluster = connect::connect(connection).await?;
    let node = &args.evacuation.node;
    let plan = cluster.plan_evacuation(node, &evacuation, &options).await?;
    show(&plan, args.force, output)?;
    let question = format!("Drop every client of {node} and refuse new ones until it is stopped?");
    if !confirm::ask(args.yes, &question, output)? {
        return Ok(Exit::Failed);
    }
    let driver = Driver::new(plan.clone(), driving, args.force)?;
    let driver = driver.with_purpose(purpose(args.reason.as_deref()));
    let history = args.recording.history();
    let stops = Stops::beside(args.recording.file());
    let until = if args.wait { Until::Verdict } else { Until::Seen };
    let drive = Drive { job: plan.into(), until, state, history, stops, page: None };
    drive.run(&cluster, driver, output).await
}

/// Shows the plan, to programs only by what becomes of it, and ends here if it has errors.
fn show(plan: &EvacuationPlan, force: bool, output: Output) -> Result<()> {
    if !output.is_json() {
        output.text(&format!("{}\n", render::evacuations::plan(plan, output.paper())))?;
    }
    confirm::sound(plan.errors().next(), force)
}

async fn stop(
    node: &NodeName,
    stops: &Stops,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let cluster = connect::connect(connection).await?;
    let changed = cluster.stop_evacuation(node).await?;
    if changed {
        stops.note(std::slice::from_ref(node), output);
    }
    let value = Changed::new(node, false, changed);
    output.result(&value, |_| {
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
    if let Some(node) = node {
        evacuations.retain(|evacuation| evacuation.node.as_ref() == Some(node));
        if evacuations.is_empty() {
            require_known(&cluster, node).await?;
        }
    }
    output.result(&evacuations, |paper| match node {
        Some(node) if evacuations.is_empty() => format!("{node} is not being emptied.\n"),
        _ => render::evacuations::evacuations(&evacuations, paper),
    })?;
    Ok(Exit::Done)
}

/// Tells a node that is not being emptied from a name that is none.
async fn require_known(cluster: &Cluster, node: &NodeName) -> Result<()> {
    let nodes = cluster.status().await?.nodes;
    if nodes.iter().any(|load| load.node == *node) {
        return Ok(());
    }
    let known: Vec<&str> = nodes.iter().map(|load| load.node.as_str()).collect();
    let error = Error::new(ErrorKind::UnknownNode, "no such node in the cluster");
    Err(error.with("node", node).with("known", known.join(", ")))
}
