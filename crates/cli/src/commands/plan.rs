//! `plan`: says what a rebalance would do.

use super::{block_on, connect, learned};
use crate::args::{ConnectionArgs, PlanArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::{input, render};
use emqx_rebalance_core::Result;

/// Plans for a cluster, or offline for a snapshot.
///
/// # Errors
/// Bad input, and as the cluster says.
pub(crate) fn run(args: &PlanArgs, connection: &ConnectionArgs, output: Output) -> Result<Exit> {
    let planning = &args.planning;
    let (strategy, mut options) = planning.resolve_beside(args.input.as_deref())?;
    let plan = match &args.input {
        Some(path) => planning.plan(&input::snapshot(path)?, &strategy, &options)?,
        None => {
            let snapshot =
                block_on(async { connect::connect(connection).await?.snapshot().await })?;
            let remembered = learned::tell(&mut options, args.history.file(), &snapshot);
            let mut plan = planning.plan(&snapshot, &strategy, &options)?;
            plan.findings.extend(remembered);
            plan
        }
    };
    output.result(&plan, |paper| {
        let mut text = render::plan::plan(&plan, paper);
        if planning.compare {
            text.push('\n');
            text.push_str(&render::level::comparison(&plan, paper));
        }
        text
    })?;
    Ok(Exit::Done)
}
