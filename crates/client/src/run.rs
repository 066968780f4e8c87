//! A plan or an evacuation on its way.

use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::pump::{Host, Pump};
use crate::store::{NoStore, Store};
use crate::view::View;
use emqx_rebalance_core::driver::{
    Driver, DriverOptions, Event, Input, Outcome, Record, Request, Status, Step,
};
use emqx_rebalance_core::{Error, ErrorKind, EvacuationPlan, Plan, Result, Timestamp};
use std::future::ready;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

/// A plan or an evacuation on its way, driven in the background.
///
/// Dropping it stops the driving and nothing else: EMQX goes on, and ends every run by itself. An
/// evacuation goes on until it is stopped.
#[derive(Debug)]
pub struct Run {
    view: watch::Receiver<View>,
    orders: mpsc::UnboundedSender<Order>,
    /// How many events [`Self::next_event`] has told.
    told: usize,
    /// Ends the task when dropped.
    _task: JoinSet<()>,
}

/// What a run is told to do.
#[derive(Clone, Copy, Debug)]
enum Order {
    Stop,
    Detach,
}

impl Run {
    /// Runs `driver` in the cluster that `find` comes to, keeping its state in `store`. If there is
    /// none, its error is the end.
    ///
    /// Must be called within a tokio runtime.
    pub fn spawn(
        find: impl Future<Output = Result<Cluster>> + Send + 'static,
        driver: Driver,
        store: impl Store,
    ) -> Self {
        let (seen, view) = watch::channel(View::new(driver.clone()));
        let (orders, received) = mpsc::unbounded_channel();
        let mut task = JoinSet::new();
        let driving = Driving {
            driver,
            view: seen,
            store,
            clock: Clock::new(),
            orders: received,
            is_stopped: false,
            wake_at: None,
        };
        task.spawn(driving.run(find));
        Self { view, orders, told: 0, _task: task }
    }

    /// All that is known of it, as it changes.
    pub fn view(&self) -> watch::Receiver<View> {
        self.view.clone()
    }

    /// The next event, or `None` after the last one.
    pub async fn next_event(&mut self) -> Option<Event> {
        next_event(&mut self.view(), &mut self.told).await
    }

    /// Where the plan stands.
    pub fn status(&self) -> Status {
        self.view.borrow().status().clone()
    }

    /// What is worth keeping of the plan, once there is a verdict.
    pub fn record(&self) -> Option<Record> {
        self.view.borrow().driver().record()
    }

    /// Has every run stopped, or the evacuation. The verdict still comes from [`Self::wait`].
    pub fn stop(&self) {
        // The plan has ended if nobody listens, and then there is nothing to stop.
        let _ = self.orders.send(Order::Stop);
    }

    /// Has it driven no more, and does not wait for it: [`Self::wait`] tells of the end.
    pub fn let_go(&self) {
        let _ = self.orders.send(Order::Detach);
    }

    /// Drives it no more, and returns once nothing of it is sent any more: the state that was stored
    /// last is then the last one, for somebody else to go on from.
    pub async fn detach(&self) {
        self.let_go();
        // Whatever the end is.
        let _ = self.wait().await;
    }

    /// Waits for the verdict. Safe to drop and to call again.
    ///
    /// # Errors
    /// `config_invalid` if the state could not be stored; the runs go on inside EMQX then. `conflict`
    /// after [`Self::detach`].
    pub async fn wait(&self) -> Result<Outcome> {
        let mut view = self.view();
        match view.wait_for(|view| view.end().is_some()).await.map(|view| view.end().cloned()) {
            Ok(Some(end)) => end,
            _ => Err(ended()),
        }
    }
}

impl Cluster {
    /// Begins `plan` and follows it in the background.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `conflict` if the plan has findings of severity `error` and `force` is false.
    pub fn start(&self, plan: Plan, options: DriverOptions, force: bool) -> Result<Run> {
        Ok(self.drive(Driver::new(plan, options, force)?, NoStore))
    }

    /// Begins `plan` and follows it in the background, up to the empty node. The node then stays
    /// closed until [`stop_evacuation`](emqx_rebalance_exchange::Cluster::stop_evacuation).
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `conflict` if the plan has findings of severity `error` and `force` is false.
    pub fn evacuate(
        &self,
        plan: EvacuationPlan,
        options: DriverOptions,
        force: bool,
    ) -> Result<Run> {
        Ok(self.drive(Driver::new(plan, options, force)?, NoStore))
    }

    /// Runs `driver`, new or restored, in the background, keeping its state in `store`.
    ///
    /// Must be called within a tokio runtime.
    pub fn drive(&self, driver: Driver, store: impl Store) -> Run {
        Run::spawn(ready(Ok(self.clone())), driver, store)
    }
}

/// The event after those that were `told`, once it happens, or `None` after the last one.
pub(crate) async fn next_event(
    view: &mut watch::Receiver<View>,
    told: &mut usize,
) -> Option<Event> {
    let news = view.wait_for(|view| view.events().len() > *told || view.end().is_some());
    let event = news.await.ok()?.events().get(*told).cloned()?;
    *told += 1;
    Some(event)
}

fn ended() -> Error {
    let message = "the runtime shut down before there was a verdict; EMQX goes on by itself";
    Error::new(ErrorKind::Timeout, message)
}

fn detached() -> Error {
    let message = "nobody drives this run any more; EMQX goes on by itself: resume its state";
    Error::new(ErrorKind::Conflict, message)
}

/// A driver, and those who want to know of it.
struct Driving<S> {
    driver: Driver,
    view: watch::Sender<View>,
    store: S,
    clock: Clock,
    orders: mpsc::UnboundedReceiver<Order>,
    /// Somebody wants it stopped.
    is_stopped: bool,
    /// `None` once there is a verdict.
    wake_at: Option<Timestamp>,
}

impl<S: Store> Driving<S> {
    async fn run(mut self, find: impl Future<Output = Result<Cluster>>) {
        let mut pump = Pump::default();
        let end = self.drive(&mut pump, find).await;
        pump.shutdown().await;
        self.view.send_modify(|view| view.finish(end));
    }

    async fn drive(
        &mut self,
        pump: &mut Pump,
        find: impl Future<Output = Result<Cluster>>,
    ) -> Result<Outcome> {
        let cluster = self.found(find).await?;
        pump.drive(&cluster, self).await?;
        self.driver.outcome().cloned().ok_or_else(detached)
    }

    /// The cluster, unless nobody wants the run any more.
    async fn found(&mut self, find: impl Future<Output = Result<Cluster>>) -> Result<Cluster> {
        tokio::pin!(find);
        loop {
            tokio::select! {
                biased;
                order = self.orders.recv() => match order {
                    Some(Order::Stop) => self.is_stopped = true,
                    Some(Order::Detach) | None => return Err(detached()),
                },
                found = &mut find => return found,
            }
        }
    }
}

impl<S: Store> Host for Driving<S> {
    type Error = Error;

    /// Nobody is told of a step before it is kept.
    async fn step(&mut self, input: Input) -> Result<Vec<Request>> {
        let Step { requests, events, wake_at } = self.driver.step(self.clock.now(), input);
        self.wake_at = wake_at;
        self.store.save(&self.driver)?;
        self.view.send_modify(|view| view.see(&self.driver, events));
        Ok(requests)
    }

    /// `None` once nobody wants the run any more, or there is a verdict.
    async fn next(&mut self, answer: impl Future<Output = Option<Input>> + Send) -> Option<Input> {
        let wake_at = self.clock.instant(self.wake_at?);
        if std::mem::take(&mut self.is_stopped) {
            return Some(Input::Stop);
        }
        tokio::select! {
            // Who has let go is not kept waiting for one more step, which may send a start.
            biased;
            order = self.orders.recv() => match order {
                Some(Order::Stop) => Some(Input::Stop),
                Some(Order::Detach) | None => None,
            },
            Some(answer) = answer => Some(answer),
            () = sleep_until(wake_at) => Some(Input::Tick),
        }
    }
}
