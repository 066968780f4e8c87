//! A plan or an evacuation on its way.

use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::pump::{Host, Pump};
use crate::store::Store;
use emqx_rebalance_core::driver::{Driver, Event, Input, Outcome, Record, Request, Status, Step};
use emqx_rebalance_core::{Result, Timestamp};
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
    pub(crate) fn spawn(cluster: Cluster, driver: Driver, store: impl Store) -> Self {
        let (event_sender, events) = mpsc::unbounded_channel();
        let (status_sender, status) = watch::channel(driver.status());
        let (stop, stops) = mpsc::unbounded_channel();
        let record = Arc::default();
        let mut task = JoinSet::new();
        let driving = Driving {
            driver,
            store,
            clock: Clock::new(),
            events: event_sender,
            status: status_sender,
            stops,
            record: Arc::clone(&record),
            wake_at: None,
        };
        task.spawn(driving.run(cluster));
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
        // Without a sender the driving ends.
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

/// A driver, and those who want to know of it.
struct Driving<S> {
    driver: Driver,
    store: S,
    clock: Clock,
    events: mpsc::UnboundedSender<Event>,
    status: watch::Sender<Status>,
    stops: mpsc::UnboundedReceiver<()>,
    record: Arc<OnceLock<Record>>,
    /// `None` once there is a verdict.
    wake_at: Option<Timestamp>,
}

impl<S: Store> Driving<S> {
    async fn run(mut self, cluster: Cluster) -> Result<Outcome> {
        let mut pump = Pump::default();
        pump.drive(&cluster, &mut self).await?;
        pump.shutdown().await;
        self.driver.outcome().cloned().ok_or_else(ended)
    }

    fn publish(&mut self, events: Vec<Event>) {
        if let Some(record) = self.driver.record() {
            // Before the status, since that is what tells of the end.
            self.record.get_or_init(|| record);
        }
        self.status.send_replace(self.driver.status());
        for event in events {
            // Nobody has to listen.
            let _ = self.events.send(event);
        }
    }
}

impl<S: Store> Host for Driving<S> {
    type Error = emqx_rebalance_core::Error;

    async fn step(&mut self, input: Input) -> Result<Vec<Request>> {
        let Step { requests, events, wake_at } = self.driver.step(self.clock.now(), input);
        self.wake_at = wake_at;
        self.store.save(&self.driver)?;
        self.publish(events);
        Ok(requests)
    }

    /// `None` once nobody holds the run any more, or there is a verdict.
    async fn next(&mut self, answer: impl Future<Output = Option<Input>> + Send) -> Option<Input> {
        let wake_at = self.clock.instant(self.wake_at?);
        tokio::select! {
            // Who has let go is not kept waiting for one more step, which may send a start.
            biased;
            stop = self.stops.recv() => stop.map(|()| Input::Stop),
            Some(answer) = answer => Some(answer),
            () = sleep_until(wake_at) => Some(Input::Tick),
        }
    }
}
