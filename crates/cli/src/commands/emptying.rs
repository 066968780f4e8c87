//! Follows an evacuation, new or resumed, to the empty node.

use super::connect;
use super::drive::keep_ended;
use super::follow::{End, Until, follow};
use super::leaving::{Begun, IN_DOUBT, NOTHING, UNFOLLOWED, begun, how_to_resume, told};
use super::state::StateFile;
use super::stops::Stops;
use crate::args::{ConnectionArgs, RecordingArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use crate::render::live::Live;
use emqx_rebalance_client::{Cluster, History, NoStore};
use emqx_rebalance_core::driver::{Driver, Status};
use emqx_rebalance_core::{Error, ErrorKind, EvacuationPlan, NodeName, Result};
use serde::Serialize;

/// What it takes to follow an evacuation.
pub(crate) struct Emptying {
    /// What it was to do.
    pub(crate) plan: EvacuationPlan,
    /// Where the state is kept.
    pub(crate) state: Option<StateFile>,
    /// Where the record goes.
    pub(crate) history: Option<History>,
    /// What may have stopped it.
    pub(crate) stops: Stops,
    /// How long to follow it.
    pub(crate) until: Until,
}

/// The JSON of `evacuate start` and `evacuate stop`.
#[derive(Serialize)]
pub(crate) struct Changed<'a> {
    version: u32,
    node: &'a NodeName,
    evacuating: bool,
    /// Whether this call made a difference.
    changed: bool,
}

impl<'a> Changed<'a> {
    /// `node` is being emptied now, or is not any more.
    pub(crate) fn new(node: &'a NodeName, evacuating: bool, changed: bool) -> Self {
        Self { version: 1, node, evacuating, changed }
    }
}

impl Emptying {
    /// Drives it as far as is wanted, or until nobody wants to look any more.
    ///
    /// # Errors
    /// As [`emqx_rebalance_client::Run::wait`], if nothing was started.
    pub(crate) async fn drive(
        self,
        cluster: &Cluster,
        driver: Driver,
        output: Output,
    ) -> Result<Exit> {
        let node = self.plan.node().clone();
        let mut live = Live::new(output, "evacuation", &self.plan.forecast);
        let mut run = match &self.state {
            Some(state) => cluster.drive(driver, state.store()),
            None => cluster.drive(driver, NoStore),
        };
        let end = follow(&mut run, self.until, &mut live, |_| {}).await;
        live.close();
        let status = run.status();
        match end {
            Ok(End::Verdict(outcome)) => {
                let status = self.stops.explain(status);
                let outcome = status.outcome.as_ref().unwrap_or(&outcome);
                keep_ended(self.history.as_ref(), &run, outcome, output);
                let written =
                    output.result(&status, |paper| render::verdict::outcome(outcome, paper));
                if outcome.result.is_success() {
                    remind(&node, output);
                }
                return Ok(told(written, Exit::of_outcome(outcome), output));
            }
            Ok(End::Seen) => {
                let changed = Changed::new(&node, true, true);
                let written = output.result(&changed, |_| format!("{node} is being emptied.\n"));
                remind(&node, output);
                return Ok(told(written, Exit::Done, output));
            }
            Ok(End::Detached) => {
                let text = goes_on(&status, self.state.as_ref());
                output.tell(&format!("\nNot watching any more. {text}"));
                // It fails as it is.
                told(output.result(&status, |_| String::new()), Exit::Failed, output);
            }
            Err(error) if begun(&status) == Begun::Nothing => return Err(error),
            Err(error) => {
                output.error(&error, output.is_json().then_some(UNFOLLOWED));
                let text = goes_on(&status, self.state.as_ref());
                output.tell(&format!("Nobody follows it any more. {text}"));
            }
        }
        if begun(&status) != Begun::Nothing {
            remind(&node, output);
        }
        Ok(Exit::Failed)
    }
}

/// Goes on with the evacuation of a state file, to its verdict.
///
/// # Errors
/// `conflict` if the cluster has no such node, and as the cluster says.
pub(crate) async fn resume(
    file: StateFile,
    plan: EvacuationPlan,
    driver: Driver,
    recording: &RecordingArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let cluster = connect::connect(connection).await?;
    let goes_on = is_going_on(&cluster, plan.node()).await?;
    output.tell(&render::found::evacuation(&plan, &driver, goes_on, output.messages()));
    let (history, stops) = (recording.history(), Stops::beside(recording.file()));
    let until = Until::Verdict;
    let emptying = Emptying { plan, state: Some(file), history, stops, until };
    emptying.drive(&cluster, driver, output).await
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

/// What becomes of an evacuation that nobody follows any more.
fn goes_on(status: &Status, state: Option<&StateFile>) -> String {
    match begun(status) {
        Begun::Nothing => format!("{NOTHING}{}", how_to_resume("start it", state)),
        Begun::InDoubt => format!("{IN_DOUBT}{}", how_to_resume("verdict", state)),
        Begun::Sent => format!("EMQX goes on by itself.\n{}", how_to_resume("verdict", state)),
    }
}

/// What nobody may forget.
pub(crate) fn remind(node: &NodeName, output: Output) {
    output.tell(&format!(
        "It refuses clients until you stop this, over restarts too.\n  \
         watch it:  emqx-rebalance evacuate status {node}\n  \
         stop it:   emqx-rebalance evacuate stop {node}\n"
    ));
}
