//! The loop around a driver: step, keep, ask, wait.

use crate::cluster::Cluster;
use emqx_rebalance_core::driver::{Answer, Input, Request, RequestId};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use tokio::task::{Id, JoinSet};

/// Who has a driver in hand: steps it, and keeps what became of it.
pub trait Host {
    /// Why nothing more is asked.
    type Error;

    /// Steps the driver and keeps its state; gives what to ask then. What was not kept has not happened.
    ///
    /// # Errors
    /// If it could not be kept; nothing is asked then.
    fn step(
        &mut self,
        input: Input,
    ) -> impl Future<Output = Result<Vec<Request>, Self::Error>> + Send;

    /// Waits for `answer`, which is `None` if nothing waits for one, or for something else that comes
    /// first; `None` to let go.
    fn next(
        &mut self,
        answer: impl Future<Output = Option<Input>> + Send,
    ) -> impl Future<Output = Option<Input>> + Send;
}

/// Carries what a driver asks, and the answers back. Dropping it sends nothing more; what was sent may
/// have arrived.
#[derive(Debug, Default)]
pub struct Pump {
    tasks: JoinSet<Result<Answer>>,
    asked: BTreeMap<Id, RequestId>,
}

impl Pump {
    /// Has `host` step, asks `cluster` what it gives, and hands it each answer, until it lets go. What
    /// waits for an answer then goes on waiting.
    ///
    /// # Errors
    /// Those of the host.
    pub async fn drive<H: Host>(
        &mut self,
        cluster: &Cluster,
        host: &mut H,
    ) -> Result<(), H::Error> {
        let mut input = Input::Tick;
        loop {
            for request in host.step(input).await? {
                self.ask(cluster.clone(), request);
            }
            let Some(next) = host.next(self.next_answer()).await else { return Ok(()) };
            input = next;
        }
    }

    /// Whether anything waits for its answer.
    pub fn is_answer_due(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Waits until nothing waits for an answer any more.
    pub async fn drain(&mut self) {
        while self.next_answer().await.is_some() {}
    }

    /// Gives up every answer, and returns once nothing is sent any more.
    pub async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
    }

    fn ask(&mut self, cluster: Cluster, request: Request) {
        let Request { id, ask } = request;
        let task = self.tasks.spawn(async move { cluster.carry(&ask).await });
        self.asked.insert(task.id(), id);
    }

    async fn next_answer(&mut self) -> Option<Input> {
        let lost = || Error::new(ErrorKind::Protocol, "the question was lost on its way");
        let (task, answer) = match self.tasks.join_next_with_id().await? {
            Ok(answered) => answered,
            Err(error) => (error.id(), Err(lost())),
        };
        let id = self.asked.remove(&task)?;
        Some(Input::Answer { id, answer })
    }
}
