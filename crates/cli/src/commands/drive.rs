//! Drives a plan or an evacuation, new or resumed, and keeps what it was.

use super::follow::{End, Until, follow};
use super::leaving::{Begun, IN_DOUBT, NOTHING, UNFOLLOWED, begun, how_to_resume, told, unsent};
use super::page::Page;
use super::state::StateFile;
use super::stops::Stops;
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use crate::render::live::Live;
use crate::render::paper::Paper;
use emqx_rebalance_client::{Cluster, History, NoStore, Run};
use emqx_rebalance_core::driver::{Driver, Outcome, Record, Status};
use emqx_rebalance_core::{Decision, Job, NodeName, Plan, Result};
use emqx_rebalance_report::Course;
use serde::Serialize;
use std::time::Instant;

/// What it takes to drive a plan or an evacuation.
pub(crate) struct Drive {
    /// What is to be done, as it was shown.
    pub(crate) job: Job,
    /// How long to follow it.
    pub(crate) until: Until,
    /// Where the state is kept.
    pub(crate) state: Option<StateFile>,
    /// Where the record goes.
    pub(crate) history: Option<History>,
    /// What may have stopped it.
    pub(crate) stops: Stops,
    /// The page to write at the end, of a rebalance.
    pub(crate) page: Option<Page>,
}

impl Drive {
    /// Drives `driver` to the end that is wanted, or until nobody wants to look any more.
    ///
    /// # Errors
    /// As [`Run::wait`], if nothing was started.
    pub(crate) async fn run(
        self,
        cluster: &Cluster,
        driver: Driver,
        output: Output,
    ) -> Result<Exit> {
        let mut live = Live::new(output, self.job.kind(), driver.state().forecast());
        let mut run = match &self.state {
            Some(state) => cluster.drive(driver, state.store()),
            None => cluster.drive(driver, NoStore),
        };
        let (mut course, began) = (Course::default(), Instant::now());
        let see = |status: &Status| course.see(status, began.elapsed().as_secs_f64());
        let end = follow(&mut run, self.until, &mut live, see).await;
        live.close();
        let status = run.status();
        let is_begun = begun(&status) != Begun::Nothing;
        let exit = match end {
            Ok(End::Verdict(outcome)) => return Ok(self.verdict(&run, &outcome, &course, output)),
            Ok(End::Seen) => {
                let written = self.seen(&status, output);
                told(written, Exit::Done, output)
            }
            Ok(End::Detached) => {
                output.tell(&format!("\nNot watching any more. {}", self.goes_on(&status)));
                let written = output.result(&status, |_| String::new());
                if is_begun {
                    self.write_page(&course, None, output);
                }
                told(written, Exit::Failed, output)
            }
            Err(error) if !is_begun => return Err(error),
            Err(error) => {
                output.error(&error, output.is_json().then_some(UNFOLLOWED));
                output.tell(&format!("Nobody follows it any more. {}", self.goes_on(&status)));
                Exit::Failed
            }
        };
        if is_begun {
            self.remind(output);
        }
        Ok(exit)
    }

    fn verdict(&self, run: &Run, outcome: &Outcome, course: &Course, output: Output) -> Exit {
        let status = self.stops.explain(run.status());
        let outcome = status.outcome.as_ref().unwrap_or(outcome);
        if let Some(record) = run.record() {
            let record = Record { outcome: outcome.clone(), ..record };
            keep(self.history.as_ref(), &record, output);
        }
        let written = output.result(&status, |paper| match &self.job {
            Job::Rebalance(plan) => verdict(plan, &status, paper),
            Job::Evacuation(_) => render::verdict::outcome(outcome, paper),
        });
        self.write_page(course, Some(outcome), output);
        if outcome.result.is_success() {
            self.remind(output);
        }
        told(written, Exit::of_outcome(outcome), output)
    }

    /// Says that EMQX has begun.
    fn seen(&self, status: &Status, output: Output) -> Result<()> {
        match &self.job {
            Job::Rebalance(plan) => {
                let time = render::plan::time(plan);
                let written =
                    output.result(status, |_| format!("Started. It takes about {time}.\n"));
                output.tell(&self.goes_on(status));
                written
            }
            Job::Evacuation(plan) => {
                let node = plan.node();
                let changed = Changed::new(node, true, true);
                output.result(&changed, |_| format!("{node} is being emptied.\n"))
            }
        }
    }

    fn write_page(&self, course: &Course, outcome: Option<&Outcome>, output: Output) {
        if let (Some(page), Some(plan)) = (&self.page, self.job.rebalance()) {
            page.write(plan, course, outcome, &[], output);
        }
    }

    /// What becomes of it if nobody follows it any more.
    fn goes_on(&self, status: &Status) -> String {
        let state = self.state.as_ref();
        let mut text = match begun(status) {
            Begun::Nothing => return format!("{NOTHING}{}", how_to_resume("start it", state)),
            Begun::InDoubt => IN_DOUBT.to_owned(),
            Begun::Sent => String::new(),
        };
        match &self.job {
            Job::Rebalance(plan) => {
                text.push_str(GOES_ON);
                if let (unsent @ 1.., all) = unsent(status) {
                    text.push_str(&format!("  {unsent} of {all} rebalances were not started.\n"));
                } else if plan.waves.len() > 1 {
                    text.push_str(ONE_ROUND);
                }
            }
            Job::Evacuation(_) if text.is_empty() => text.push_str("EMQX goes on by itself.\n"),
            Job::Evacuation(_) => {}
        }
        text.push_str(&how_to_resume("verdict", state));
        text
    }

    /// Says what nobody may forget.
    fn remind(&self, output: Output) {
        let Some(plan) = self.job.evacuation() else { return };
        let node = plan.node();
        output.tell(&format!(
            "It refuses clients until you stop this, over restarts too.\n  \
             watch it:  emqx-rebalance evacuate status {node}\n  \
             stop it:   emqx-rebalance evacuate stop {node}\n"
        ));
    }
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

/// Adds `record` to `history`. That it cannot be written takes nothing from the rebalance.
pub(crate) fn keep(history: Option<&History>, record: &Record, output: Output) {
    let Some(history) = history else { return };
    if let Err(error) = history.add(record) {
        output.warn(&format!("no record is kept: {error}"));
    }
}

/// How it ended, and each node before `plan`, as that promised and as it is.
pub(crate) fn verdict(plan: &Plan, status: &Status, paper: Paper) -> String {
    let outcome = status.outcome.as_ref();
    let mut text =
        outcome.map(|outcome| render::verdict::outcome(outcome, paper)).unwrap_or_default();
    if plan.decision == Decision::Start {
        text.push('\n');
        text.push_str(&render::verdict::comparison(plan, status, paper));
    }
    text
}

const GOES_ON: &str = "EMQX goes on by itself and ends by itself.
  watch it:  emqx-rebalance status --watch
  stop it:   emqx-rebalance stop
";
const ONE_ROUND: &str =
    "  Only this round is done then: the plan expects more, and --wait drives them.\n";
