//! `start`: plans, or takes a plan that was made, asks, starts, and follows if wanted.

use super::approved::Approved;
use super::drive::Drive;
use super::follow::Until;
use super::page::Page;
use super::purpose::purpose;
use super::state::StateFile;
use super::stops::Stops;
use super::{confirm, connect, learned};
use crate::args::{ConnectionArgs, StartArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Decision, Plan, PlanOptions, Result, Snapshot, Strategy};

/// Plans, asks, starts, and follows if wanted.
///
/// # Errors
/// Bad input, a plan with errors or that does not fit, and as the cluster says.
pub(crate) async fn run(
    args: &StartArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let source = Source::of(args)?;
    let options = args.driving.resolve()?;
    let state = args.state.as_deref().map(StateFile::fresh).transpose()?;
    let page = args.report.as_deref().map(Page::new).transpose()?;
    confirm::require(args.yes, output)?;
    let cluster = connect::connect(connection).await?;
    let mut plan = source.plan(args, &cluster.snapshot().await?)?;
    if !args.wait {
        // Nobody would be there to go on after it.
        plan.pilot = None;
    }
    show(&plan, args, output)?;
    confirm::sound(plan.errors().next(), args.force)?;
    let asks = plan.decision == Decision::Start;
    if asks && !confirm::ask(args.yes, "Start this rebalance?", output)? {
        return Ok(Exit::Failed);
    }
    let driver = Driver::new(plan.clone(), options, args.force)?;
    let driver = driver.with_purpose(purpose(args.reason.as_deref()));
    let until = if args.wait { Until::Verdict } else { Until::Seen };
    let history = args.recording.history();
    let stops = Stops::beside(args.recording.file());
    let drive = Drive { job: plan.into(), until, state, history, stops, page };
    drive.run(&cluster, driver, output).await
}

/// Where the plan comes from.
enum Source {
    /// It is made from the cluster as it is.
    Made(Box<(Strategy, PlanOptions)>),
    /// It was made before.
    Read(Approved),
}

impl Source {
    fn of(args: &StartArgs) -> Result<Self> {
        Ok(match &args.plan {
            Some(path) => Self::Read(Approved::read(path, args)?),
            None => Self::Made(Box::new(args.planning.resolve()?)),
        })
    }

    fn plan(self, args: &StartArgs, snapshot: &Snapshot) -> Result<Plan> {
        match self {
            Self::Made(asked) => {
                let (strategy, mut options) = *asked;
                let remembered = learned::tell(&mut options, args.recording.known(), snapshot);
                let mut plan = args.planning.plan(snapshot, &strategy, &options)?;
                plan.findings.extend(remembered);
                Ok(plan)
            }
            Self::Read(approved) => approved.fitting(snapshot),
        }
    }
}

/// Shows the plan. Programs get the status at the end instead, as their one document.
fn show(plan: &Plan, args: &StartArgs, output: Output) -> Result<()> {
    if output.is_json() {
        return Ok(());
    }
    output.text(&format!("{}\n", render::plan::plan(plan, output.paper())))?;
    if plan.waves.len() > 1 && !args.wait {
        output.warn(
            "without --wait only the first round is started: nobody is here to see what it leaves",
        );
    }
    Ok(())
}
