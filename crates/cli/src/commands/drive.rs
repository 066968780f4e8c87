//! Drives a plan, new or resumed, and keeps what it was.

use super::course::Course;
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
use emqx_rebalance_client::{Cluster, History, Run};
use emqx_rebalance_core::driver::{Driver, Outcome, Record, Status};
use emqx_rebalance_core::{Decision, Plan, Result};

/// What it takes to drive a plan.
pub(crate) struct Drive {
    /// The plan as it was shown.
    pub(crate) plan: Plan,
    /// How long to follow it.
    pub(crate) until: Until,
    /// Where the state is kept.
    pub(crate) state: Option<StateFile>,
    /// Where the record goes.
    pub(crate) history: Option<History>,
    /// What may have stopped it.
    pub(crate) stops: Stops,
    /// The page to write at the end.
    pub(crate) page: Option<Page>,
}

impl Drive {
    /// Drives `driver` to the end that is wanted.
    ///
    /// # Errors
    /// As [`Run::wait`], if nothing was started.
    pub(crate) async fn run(
        self,
        cluster: &Cluster,
        driver: Driver,
        output: Output,
    ) -> Result<Exit> {
        let mut run = match &self.state {
            Some(state) => cluster.drive(driver, state.store()),
            None => cluster.drive(driver, emqx_rebalance_client::NoStore),
        };
        let mut live = Live::new(output, "rebalance", &self.plan.forecast);
        let mut course = Course::new();
        let see = |status: &Status| course.see(status);
        let end = follow(&mut run, self.until, &mut live, see).await;
        live.close();
        let status = run.status();
        match end {
            Ok(End::Verdict(outcome)) => Ok(self.verdict(&run, &outcome, &course, output)),
            Ok(End::Seen) => {
                let time = render::plan::time(&self.plan);
                let text = |_| format!("Started. It takes about {time}.\n");
                let written = output.result(&status, text);
                output.tell(&self.goes_on(&status));
                Ok(told(written, Exit::Done, output))
            }
            Ok(End::Detached) => {
                output.tell(&format!("\nNot watching any more. {}", self.goes_on(&status)));
                let written = output.result(&status, |_| String::new());
                if begun(&status) != Begun::Nothing {
                    self.write_page(&course, None, output);
                }
                Ok(told(written, Exit::Failed, output))
            }
            Err(error) if begun(&status) == Begun::Nothing => Err(error),
            Err(error) => {
                output.error(&error, output.is_json().then_some(UNFOLLOWED));
                output.tell(&format!("Nobody follows it any more. {}", self.goes_on(&status)));
                Ok(Exit::Failed)
            }
        }
    }

    fn verdict(&self, run: &Run, outcome: &Outcome, course: &Course, output: Output) -> Exit {
        let status = self.stops.explain(run.status());
        let outcome = status.outcome.as_ref().unwrap_or(outcome);
        keep_ended(self.history.as_ref(), run, outcome, output);
        let written = output.result(&status, |paper| verdict(&self.plan, &status, paper));
        self.write_page(course, Some(outcome), output);
        told(written, Exit::of_outcome(outcome), output)
    }

    fn write_page(&self, course: &Course, outcome: Option<&Outcome>, output: Output) {
        if let Some(page) = &self.page {
            page.write(&self.plan, course, outcome, &[], output);
        }
    }

    /// What becomes of a plan that nobody follows any more.
    fn goes_on(&self, status: &Status) -> String {
        let state = self.state.as_ref();
        let mut text = match begun(status) {
            Begun::Nothing => return format!("{NOTHING}{}", how_to_resume("start it", state)),
            Begun::InDoubt => IN_DOUBT.to_owned(),
            Begun::Sent => String::new(),
        };
        text.push_str(GOES_ON);
        if let (unsent @ 1.., all) = unsent(status) {
            text.push_str(&format!("  {unsent} of {all} rebalances were not started.\n"));
        } else if self.plan.waves.len() > 1 {
            text.push_str(ONE_ROUND);
        }
        text.push_str(&how_to_resume("verdict", state));
        text
    }
}

/// Adds the record of `run`, which ended with `outcome`, to `history`.
pub(crate) fn keep_ended(history: Option<&History>, run: &Run, outcome: &Outcome, output: Output) {
    if let Some(record) = run.record() {
        keep(history, &Record { outcome: outcome.clone(), ..record }, output);
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
