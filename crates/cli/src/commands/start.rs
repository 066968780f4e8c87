//! `start`: plans, asks, starts, and follows if wanted.

use super::follow::{End, Until, follow};
use super::{confirm, connect};
use crate::args::{ConnectionArgs, StartArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use crate::render::live::Live;
use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::driver::{DriverOptions, Status};
use emqx_rebalance_core::{Decision, Error, ErrorKind, Plan, Result};

/// Plans, asks, starts, and follows if wanted.
///
/// # Errors
/// Bad input, a plan with errors, and as the cluster says.
pub(crate) async fn run(
    args: &StartArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let (strategy, options) = args.planning.resolve()?;
    confirm::require(args.yes, output)?;
    let cluster = connect::connect(connection).await?;
    let plan = args.planning.plan(&cluster.snapshot().await?, &strategy, &options)?;
    show(&plan, output)?;
    check(&plan, args.force)?;
    let asks = plan.decision == Decision::Start;
    if asks && !confirm::ask(args.yes, "Start this rebalance?", output)? {
        return Ok(Exit::Failed);
    }
    start(&cluster, plan, args, output).await
}

async fn start(cluster: &Cluster, plan: Plan, args: &StartArgs, output: Output) -> Result<Exit> {
    let mut run = cluster.start(plan.clone(), DriverOptions::default(), args.force)?;
    let mut live = Live::new(output, &plan);
    let until = if args.wait { Until::Verdict } else { Until::Seen };
    let end = follow(&mut run, &plan, until, &mut live, |_| {}).await;
    live.close();
    let status = run.status();
    match end? {
        End::Verdict(outcome) => {
            output.result(&status, || verdict(&plan, &status))?;
            Ok(Exit::of_outcome(&outcome))
        }
        End::Seen => {
            let time = render::plan::time(&plan);
            output.result(&status, || format!("Started. It takes about {time}.\n"))?;
            output.say(&format!("{GOES_ON}\n"));
            Ok(Exit::Done)
        }
        End::Detached => {
            output.say(&format!("\nNot watching any more. {GOES_ON}\n"));
            output.result(&status, String::new)?;
            Ok(Exit::Done)
        }
    }
}

/// Shows the plan. Programs get the status at the end instead, as their one document.
fn show(plan: &Plan, output: Output) -> Result<()> {
    if output.is_json() {
        return Ok(());
    }
    output.text(&format!("{}\n", render::plan::plan(plan)))
}

fn check(plan: &Plan, force: bool) -> Result<()> {
    match plan.errors().next() {
        Some(finding) if !force => Err(Error::new(
            ErrorKind::Conflict,
            format!("nothing was started: {} (--force starts all the same)", finding.message),
        )),
        _ => Ok(()),
    }
}

/// How it ended, and each node as predicted and as it is.
pub(crate) fn verdict(plan: &Plan, status: &Status) -> String {
    let mut text = status.outcome.as_ref().map(render::verdict::outcome).unwrap_or_default();
    if plan.decision == Decision::Start {
        text.push('\n');
        text.push_str(&render::verdict::comparison(plan, status));
    }
    text
}

const GOES_ON: &str = "EMQX goes on by itself and ends by itself.
  watch it:  emqx-rebalance status --watch
  stop it:   emqx-rebalance stop";
