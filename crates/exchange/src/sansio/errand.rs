//! A job from finding its cluster to its verdict.

use super::cluster::Cluster;
use super::run::{Run, RunInput, RunStep};
use super::talk::{Talk, TalkStep};
use emqx_rebalance_api::ApiVersion;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, Result};

/// A job from finding its cluster to its verdict: a [`Run`] for hosts that did not connect before. Dropping
/// it stops nothing in EMQX.
#[derive(Debug)]
pub struct Errand {
    cluster: Cluster,
    search: Talk<ApiVersion>,
    /// While the search rests.
    rests_until_ms: u64,
    /// EMQX goes on with it meanwhile.
    is_resumed: bool,
    /// Somebody wanted it stopped before the cluster was found.
    is_stopped: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Searching(Box<Driver>),
    Driving(Box<Run>),
    /// The cluster was not found.
    Lost(Box<Driver>, Error),
}

impl Errand {
    /// Has `driver` drive in `cluster`. If it `is_resumed`, EMQX goes on meanwhile, and the cluster is
    /// looked for until it is found; a new one ends if it is not.
    pub fn new(cluster: Cluster, driver: Driver, is_resumed: bool) -> Self {
        Self {
            search: cluster.connect(),
            cluster,
            rests_until_ms: 0,
            is_resumed,
            is_stopped: false,
            stage: Stage::Searching(Box::new(driver)),
        }
    }

    /// Takes the time, in milliseconds since 1970, and what happened since the last step: as
    /// [`Run::step`].
    ///
    /// # Errors
    /// Why the cluster was not found, and then nothing was begun.
    pub fn step(&mut self, now_ms: u64, input: RunInput) -> Result<RunStep> {
        match &mut self.stage {
            Stage::Driving(run) => Ok(run.step(now_ms, input)),
            Stage::Lost(_, error) => Err(error.clone()),
            Stage::Searching(_) => {
                self.is_stopped |= input.stop;
                if now_ms < self.rests_until_ms {
                    return Ok(self.rest());
                }
                let step = self.search.step(now_ms, input.answers);
                self.searched(now_ms, step)
            }
        }
    }

    /// All that is known of it. Store its JSON before a step's requests are sent, and another process
    /// can go on.
    pub fn driver(&self) -> &Driver {
        match &self.stage {
            Stage::Searching(driver) | Stage::Lost(driver, _) => driver,
            Stage::Driving(run) => run.driver(),
        }
    }

    fn searched(&mut self, now_ms: u64, step: TalkStep<ApiVersion>) -> Result<RunStep> {
        let TalkStep { requests, wake_at_ms, result } = step;
        match result {
            None => Ok(RunStep { requests, events: Vec::new(), wake_at_ms }),
            Some(Ok(_)) => {
                let mut run = Box::new(self.cluster.drive(self.driver().clone())?);
                let stop = self.is_stopped;
                let step = run.step(now_ms, RunInput { answers: Vec::new(), stop });
                self.stage = Stage::Driving(run);
                Ok(step)
            }
            Some(Err(error)) if self.is_resumed && error.is_retryable() => {
                self.search = self.cluster.connect();
                self.rests_until_ms = now_ms.saturating_add(PATIENCE_MS);
                Ok(self.rest())
            }
            Some(Err(error)) => {
                self.stage = Stage::Lost(Box::new(self.driver().clone()), error.clone());
                Err(error)
            }
        }
    }

    fn rest(&self) -> RunStep {
        let wake_at_ms = Some(self.rests_until_ms);
        RunStep { requests: Vec::new(), events: Vec::new(), wake_at_ms }
    }
}

/// Between two attempts to find a cluster whose job is resumed.
const PATIENCE_MS: u64 = 5000;
