//! A plan or an evacuation on its way.

use crate::clock::Clock;
use crate::store::Store;
use crate::transport::Sockets;
use emqx_rebalance_core::driver::{
    Answer, Driver, Event, Input, Outcome, Record, RequestId, Status, Step,
};
use emqx_rebalance_core::{Result, Timestamp};
use emqx_rebalance_exchange::Cluster;
use std::sync::{Arc, OnceLock};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

/// A plan or an evacuation on its way, driven in the background.
///
/// Dropping it stops the driving and nothing else: EMQX goes on, and ends every run by itself. An
/// evacuation goes on until it is stopped.
#[derive(Debug)]
pub struct Run {
    events: mpsc::UnboundedReceiver<Event>,
    status: watch::Receiver<Status>,
    stop: mpsc::UnboundedSender<()>,
    record: Arc<OnceLock<Record>>,
    /// Ends the task when dropped.
    task: JoinSet<Result<Outcome>>,
}

impl Run {
    pub(crate) fn spawn(cluster: Cluster<Sockets>, driver: Driver, store: impl Store) -> Self {
        let (event_sender, events) = mpsc::unbounded_channel();
        let (status_sender, status) = watch::channel(driver.status());
        let (stop, stops) = mpsc::unbounded_channel();
        let record = Arc::default();
        let mut task = JoinSet::new();
        let pump = Pump {
            cluster,
            driver,
            store,
            clock: Clock::new(),
            events: event_sender,
            status: status_sender,
            stops,
            record: Arc::clone(&record),
            answers: JoinSet::new(),
        };
        task.spawn(pump.run());
        Self { events, status, stop, record, task }
    }

    /// The next event, or `None` after the last one.
    pub async fn next_event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Where the plan stands.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// The status as it changes, for those who wait for events at the same time.
    pub fn updates(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Waits until the status is another one; false once the plan has ended.
    pub async fn changed(&mut self) -> bool {
        self.status.changed().await.is_ok()
    }

    /// What is worth keeping of the plan, once there is a verdict.
    pub fn record(&self) -> Option<&Record> {
        self.record.get()
    }

    /// Has every run stopped, or the evacuation. The verdict still comes from [`Self::wait`].
    pub fn stop(&self) {
        // The plan has ended if nobody listens, and then there is nothing to stop.
        let _ = self.stop.send(());
    }

    /// Drives it no more, and returns once nothing of it is sent any more: the state that was stored
    /// last is then the last one, for somebody else to go on from.
    pub async fn detach(mut self) {
        // Without a sender the pump ends.
        drop(self.stop);
        while self.task.join_next().await.is_some() {}
    }

    /// Waits for the verdict. Safe to drop and to call again.
    ///
    /// # Errors
    /// `config_invalid` if the state could not be stored; the runs go on inside EMQX then.
    pub async fn wait(&mut self) -> Result<Outcome> {
        if let Some(outcome) = self.status().outcome {
            return Ok(outcome);
        }
        match self.task.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            _ => self.status().outcome.ok_or_else(ended),
        }
    }
}

fn ended() -> emqx_rebalance_core::Error {
    let message = "the runtime shut down before there was a verdict; EMQX goes on by itself";
    emqx_rebalance_core::Error::new(emqx_rebalance_core::ErrorKind::Timeout, message)
}

/// Moves inputs and outputs between a driver and the world.
struct Pump<S> {
    cluster: Cluster<Sockets>,
    driver: Driver,
    store: S,
    clock: Clock,
    events: mpsc::UnboundedSender<Event>,
    status: watch::Sender<Status>,
    stops: mpsc::UnboundedReceiver<()>,
    record: Arc<OnceLock<Record>>,
    answers: JoinSet<(RequestId, Result<Answer>)>,
}

impl<S: Store> Pump<S> {
    async fn run(mut self) -> Result<Outcome> {
        let mut input = Input::Tick;
        loop {
            let step = self.driver.step(self.clock.now(), input);
            let wake_at = step.wake_at;
            self.store.save(&self.driver)?;
            self.publish(step);
            let Some(wake_at) = wake_at else { break };
            let Some(next) = self.next_input(wake_at).await else { break };
            input = next;
        }
        self.answers.shutdown().await;
        self.driver.outcome().cloned().ok_or_else(ended)
    }

    fn publish(&mut self, step: Step) {
        if let Some(record) = self.driver.record() {
            // Before the status, since that is what tells of the end.
            self.record.get_or_init(|| record);
        }
        self.status.send_replace(self.driver.status());
        for event in step.events {
            // Nobody has to listen.
            let _ = self.events.send(event);
        }
        for request in step.requests {
            let cluster = self.cluster.clone();
            self.answers.spawn(async move { (request.id, cluster.carry(&request.ask).await) });
        }
    }

    /// What comes next; `None` once nobody holds the run any more.
    async fn next_input(&mut self, wake_at: Timestamp) -> Option<Input> {
        tokio::select! {
            // Who has let go is not kept waiting for one more step, which may send a start.
            biased;
            stop = self.stops.recv() => stop.map(|()| Input::Stop),
            Some(Ok((id, answer))) = self.answers.join_next() => Some(Input::Answer { id, answer }),
            () = sleep_until(self.clock.instant(wake_at)) => Some(Input::Tick),
        }
    }
}
