//! Who looks after one cluster.

use crate::board::{Board, Order, Place, Wish};
use crate::claims::Claims;
use crate::clock::{now, wait};
use crate::config::ClusterEntry;
use crate::learned::Learned;
use crate::news::{News, Teller};
use crate::poll::{Line, sample};
use crate::runs::OnItsWay;
use crate::store::{Look, Store};
use emqx_rebalance_core::driver::{Driver, DriverOptions, Outcome, Purpose, Status};
use emqx_rebalance_core::policy::{
    Action, Consent, Decision, Engine, Input, Observation, Query, Step,
};
use emqx_rebalance_core::{Error, ErrorKind, Plan, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// Who looks after one cluster: has its policy decide at each poll, and drives what follows.
#[derive(Debug)]
pub(crate) struct Keeper {
    entry: ClusterEntry,
    store: Store,
    claims: Arc<Claims>,
    teller: Teller,
    line: Line,
    engine: Engine,
    learned: Learned,
    run: Option<OnItsWay>,
    polls: u64,
    board: Arc<Board>,
    place: Arc<Place>,
    orders: mpsc::Receiver<Order>,
}

/// What happened while it waited.
enum Event {
    Stop,
    Poll,
    Order(Order),
    Ended(Box<Result<Outcome>>),
}

impl Keeper {
    /// Takes up what is stored of the cluster, and goes on with its run.
    ///
    /// # Errors
    /// If what is stored cannot be read.
    pub(crate) async fn new(
        entry: ClusterEntry,
        store: Store,
        claims: Arc<Claims>,
        teller: Teller,
        (board, place, orders): (Arc<Board>, Arc<Place>, mpsc::Receiver<Order>),
    ) -> Result<Self> {
        let engine = store.engine(&entry.name).await?;
        let records = store.history(Some(&entry.name), REMEMBERED).await?;
        let learned = Learned::of(records.iter().map(|(_, record)| record));
        let line = Line::new(entry.access.clone());
        let mut keeper = Self {
            entry,
            store,
            claims,
            teller,
            line,
            engine,
            learned,
            run: None,
            polls: 0,
            board,
            place,
            orders,
        };
        keeper.resume().await?;
        Ok(keeper)
    }

    /// Looks after it until it is told to stop.
    pub(crate) async fn tend(mut self, mut stopped: watch::Receiver<bool>) {
        let mut next = Instant::now() + self.pause();
        loop {
            match self.event(next, &mut stopped).await {
                Event::Stop => break,
                Event::Ended(end) => self.end(*end).await,
                Event::Order(order) => self.obey(order).await,
                Event::Poll => {
                    next = Instant::now() + self.pause();
                    let began = Instant::now();
                    let status = tokio::select! {
                        _ = stopped.changed() => break,
                        status = self.read() => status,
                    };
                    let metrics = &self.board.metrics;
                    metrics.polled(&self.entry.name, began.elapsed(), status.is_ok());
                    self.look(status).await;
                }
            }
        }
        if let Some(OnItsWay { run, .. }) = self.run.take() {
            run.detach().await;
        }
    }

    async fn event(&mut self, next: Instant, stopped: &mut watch::Receiver<bool>) -> Event {
        let (run, orders) = (&self.run, &mut self.orders);
        let ended = async {
            match run {
                Some(on) => on.run.wait().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = stopped.changed() => Event::Stop,
            end = ended => Event::Ended(Box::new(end)),
            // The board holds the other end for as long as this runs.
            Some(order) = orders.recv() => Event::Order(order),
            () = sleep_until(next) => Event::Poll,
        }
    }

    fn pause(&mut self) -> Duration {
        let pause = wait(&self.entry.name, self.polls, self.entry.poll);
        self.polls += 1;
        pause
    }

    /// The cluster as it is now. Who drives a run polls it already.
    async fn read(&mut self) -> Result<Status, String> {
        let status = match &self.run {
            Some(on) => on.run.status(),
            None => self.line.read().await.map_err(|error| error.to_string())?,
        };
        match &status.unread {
            Some(unread) => Err(unread.cause.message.clone()),
            None => Ok(status),
        }
    }

    async fn look(&mut self, status: Result<Status, String>) {
        let status = status.and_then(|status| {
            let claimed = self.entry.distinct || self.run.is_some();
            if !claimed {
                self.claims.claim(&self.entry.name, &status.nodes)?;
            }
            Ok(status)
        });
        let input = match &status {
            Err(why) => Input::Unseen(why),
            Ok(status) => Input::Seen(Box::new(Observation {
                status,
                query: Query::Silent,
                asked: self.learned.tell(&self.entry.asked),
                driver: self.entry.driver.clone(),
            })),
        };
        let mut engine = self.engine.clone();
        let step = engine.step(&self.entry.policy, now(), input);
        let decision = step.decision.clone();
        if self.follow(engine, step, status.as_ref().ok()).await {
            let seen = status.as_ref().map_err(String::as_str);
            self.place.show(Some(seen), decision, self.engine.proposal());
        }
    }

    /// Does what somebody wants, or says why not.
    async fn obey(&mut self, Order { wish, who, why, answer }: Order) {
        if answer.is_closed() {
            // They were told that it is not done.
            return;
        }
        let done = self.asked(wish, Consent { who, why, at: now() }).await;
        // Who asked may have gone.
        let _ = answer.send(done);
    }

    async fn asked(&mut self, wish: Wish, consent: Consent) -> Result<Decision> {
        let present = self.engine.proposal();
        let input = match wish {
            Wish::Approve(choice) => {
                choice.check(present)?;
                Input::Approve(choice.id, consent)
            }
            Wish::Reject(choice) => {
                choice.check(present)?;
                Input::Reject(choice.id, consent)
            }
            Wish::Stop if self.run.is_some() => Input::Stop(consent),
            Wish::Stop => {
                let message = "no run of this process is on";
                return Err(Error::new(ErrorKind::Conflict, message));
            }
        };
        let mut engine = self.engine.clone();
        let step = engine.step(&self.entry.policy, now(), input);
        let decision = step.decision.clone();
        if !self.follow(engine, step, None).await {
            let message = "it could not be kept, and was not done";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        self.place.show(None, decision.clone(), self.engine.proposal());
        Ok(decision)
    }

    /// Keeps what was decided, and then does it. What could not be kept has not happened. Whether it was.
    async fn follow(&mut self, engine: Engine, step: Step, status: Option<&Status>) -> bool {
        let driver = match made(&step.actions) {
            Some(Ok(driver)) => Some(driver),
            Some(Err(error)) => {
                self.undo(engine, &error.to_string()).await;
                return false;
            }
            None => None,
        };
        let kept = self.keep(&engine, &step, status, driver.as_ref()).await;
        let Some(id) = kept else { return false };
        self.engine = engine;
        if let (Some(id), Some(driver), Some(cluster)) = (id, driver, self.line.cluster()) {
            self.run = Some(OnItsWay::begin(&self.store, id, cluster.clone(), driver));
        }
        if let (true, Some(on)) = (step.actions.contains(&Action::Stop), &self.run) {
            on.run.stop();
        }
        true
    }

    /// A plan that cannot be driven was not started.
    async fn undo(&mut self, mut engine: Engine, why: &str) {
        let step = engine.step(&self.entry.policy, now(), Input::NotStarted(why));
        if self.keep(&engine, &step, None, None).await.is_some() {
            self.engine = engine;
        }
    }

    /// Keeps a step; gives the number of the run that it starts. `None` if it could not be kept.
    async fn keep(
        &self,
        engine: &Engine,
        step: &Step,
        status: Option<&Status>,
        start: Option<&Driver>,
    ) -> Option<Option<i64>> {
        let look = Look {
            cluster: &self.entry.name,
            engine,
            decision: (&step.decision, step.is_new),
            sample: status.and_then(|status| sample(status, step.decision.over)),
            start,
        };
        match self.store.keep(look).await {
            Ok(id) => {
                self.tell(step);
                Some(id)
            }
            Err(error) => {
                self.trouble(error.to_string());
                None
            }
        }
    }

    /// What becomes of a run that nobody drives any more.
    async fn end(&mut self, end: Result<Outcome>) {
        let Some(OnItsWay { id, run }) = self.run.take() else { return };
        let Some(record) = end.as_ref().ok().and_then(|_| run.record()) else {
            let why = end.err().map_or_else(|| "no record".to_owned(), |error| error.to_string());
            return self.again(why).await;
        };
        let mut engine = self.engine.clone();
        let ended = Input::Ended { result: record.outcome.result, disconnects: record.moved };
        let step = engine.step(&self.entry.policy, now(), ended);
        let look = Look {
            cluster: &self.entry.name,
            engine: &engine,
            decision: (&step.decision, step.is_new),
            sample: None,
            start: None,
        };
        if let Err(error) = self.store.end(id, &record, look).await {
            return self.again(error.to_string()).await;
        }
        self.engine = engine;
        self.learned.see(&record);
        self.board.metrics.ended(&self.entry.name, &record);
        self.place.show(None, step.decision.clone(), self.engine.proposal());
        self.tell(&step);
        self.teller
            .tell(News::Ended { cluster: self.entry.name.clone(), record: Box::new(record) });
    }

    /// Goes on with the run from what is stored of it, after a while: the store failed, and may do so again.
    async fn again(&mut self, why: String) {
        self.trouble(why);
        sleep(AGAIN).await;
        if let Err(error) = self.resume().await {
            self.trouble(error.to_string());
        }
    }

    /// Goes on with the run of the store.
    async fn resume(&mut self) -> Result<()> {
        match self.store.run_on(&self.entry.name).await? {
            Some(stored) => {
                let access = self.line.access().clone();
                self.run = Some(OnItsWay::resume(&self.store, stored.id, access, stored.driver));
            }
            None if self.engine.is_running() => {
                let engine = self.engine.clone();
                self.undo(engine, "nothing is stored of it").await;
            }
            None => {}
        }
        Ok(())
    }

    fn tell(&self, step: &Step) {
        if step.is_new {
            self.board.metrics.decided(&self.entry.name, &step.decision);
            let (cluster, decision) = (self.entry.name.clone(), Box::new(step.decision.clone()));
            self.teller.tell(News::Decided { cluster, decision });
        }
    }

    fn trouble(&self, message: String) {
        self.teller.tell(News::Trouble { cluster: Some(self.entry.name.clone()), message });
    }
}

/// The driver of what is to be started, if anything is.
fn made(actions: &[Action]) -> Option<Result<Driver>> {
    actions.iter().find_map(|action| match action {
        Action::Start { plan, driver, purpose } => Some(driver_of(plan, driver, purpose)),
        _ => None,
    })
}

fn driver_of(plan: &Plan, options: &DriverOptions, purpose: &Purpose) -> Result<Driver> {
    let driver = Driver::new(plan.clone(), options.clone(), false)?;
    Ok(driver.with_purpose(purpose.clone()))
}

/// Runs that are looked at for how clients came back.
const REMEMBERED: u32 = 20;
const AGAIN: Duration = Duration::from_secs(5);
