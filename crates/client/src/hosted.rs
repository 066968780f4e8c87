//! A cluster for hosts without a runtime of their own, which may fork: an interpreter, a worker of nginx.
//!
//! All IO is done by one background thread of the process, made when first needed, so that no call waits
//! unless it wants to. After a fork a [`Hosted`] works as before, with a thread of the new process; what
//! was begun before it belongs to the parent, and says so.

mod process;

use crate::cluster::Cluster;
use crate::run::Run;
use crate::store::FileStore;
use crate::transport::Sockets;
use crate::view::View;
use emqx_rebalance_core::driver::{Driver, Outcome, Status};
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result};
use emqx_rebalance_exchange::{Access, Question, Reply};
use process::{Here, Process};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore, watch};

/// A cluster behind its URLs, connected to when first asked, and again after a fork.
#[derive(Debug)]
pub struct Hosted {
    access: Access,
    /// That of the process which asked last.
    link: Mutex<Option<Here<Arc<Link>>>>,
}

/// The way to a cluster: what the calls of one process share.
#[derive(Debug)]
struct Link {
    cluster: OnceCell<Cluster>,
    /// One for each call that may be on its way.
    calls: Arc<Semaphore>,
}

/// A question on its way. It goes on even if nobody looks after it.
#[derive(Debug)]
pub struct Asked(Here<watch::Receiver<Option<Result<Reply>>>>);

/// A job on its way. It is driven for as long as the process lives, whether or not anybody holds this.
#[derive(Debug)]
pub struct HostedRun(Here<Arc<Run>>);

impl Hosted {
    /// A cluster that nothing was asked yet.
    ///
    /// # Errors
    /// `config_invalid` if a file of `access` cannot be read, or nodes are not to be looked for: this
    /// client reaches those that it finds.
    pub fn new(access: Access) -> Result<Self> {
        if !access.find_nodes {
            let bound = "left out: this transport can reach the nodes that it finds";
            let problem = Problem::new("find_nodes", "false", bound);
            return Err(Error::invalid("cluster", vec![problem]));
        }
        // Made for each process again; what is wrong with it is said now.
        Sockets::new(&access.tls, &access.timeouts)?;
        Ok(Self { access, link: Mutex::default() })
    }

    /// Begins to ask.
    ///
    /// # Errors
    /// `unreachable` if so many calls wait already that EMQX does not seem to answer, or there can be no
    /// more threads.
    pub fn ask(&self, question: Question) -> Result<Asked> {
        let (process, link) = self.link()?;
        let call = Arc::clone(&link.calls).try_acquire_owned().map_err(|_| {
            let message = "too many calls wait for this cluster already";
            Error::new(ErrorKind::Unreachable, message).with("calls", MAX_CALLS)
        })?;
        let (teller, told) = watch::channel(None);
        let access = self.access.clone();
        process.handle.spawn(async move {
            let work = async { link.connect(&access).await?.ask(question).await };
            let result = tokio::time::timeout(LIMIT, work).await;
            drop(call);
            teller.send_replace(Some(result.unwrap_or_else(|_| Err(given_up()))));
        });
        Ok(Asked(Here::new(process, told)))
    }

    /// Begins to drive `driver`, and keeps its state in `file` if there is one. If it `is_resumed`, EMQX
    /// goes on meanwhile, and the cluster is looked for until it is found. `see` is told where it stands
    /// whenever that has changed, by the background thread.
    ///
    /// # Errors
    /// `unreachable` if there can be no more threads.
    pub fn drive(
        &self,
        driver: Driver,
        is_resumed: bool,
        file: Option<PathBuf>,
        see: impl FnMut(&Status) + Send + 'static,
    ) -> Result<HostedRun> {
        let (process, link) = self.link()?;
        let access = self.access.clone();
        let find = async move { link.find(&access, is_resumed).await };
        let _runtime = process.handle.enter();
        let run = Arc::new(Run::spawn(find, driver, file.map(FileStore::new)));
        process.handle.spawn(watch_over(Arc::clone(&run), see));
        Ok(HostedRun(Here::new(process, run)))
    }

    /// Forgets the way to the cluster: connections are closed once the calls on their way are over. What is
    /// asked later finds it again.
    pub fn close(&self) {
        self.link.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn link(&self) -> Result<(&'static Process, Arc<Link>)> {
        let process = Process::current()?;
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok(known)) = link.as_ref().map(Here::get) {
            return Ok((process, Arc::clone(known)));
        }
        let new = Arc::new(Link::default());
        // The parent's, if there was one, is left alone: its locks may be held for ever.
        *link = Some(Here::new(process, Arc::clone(&new)));
        Ok((process, new))
    }
}

/// Holds `run`, so that it goes on, and tells `see` where it stands until its end.
async fn watch_over(run: Arc<Run>, mut see: impl FnMut(&Status)) {
    let mut view = run.view();
    while view.changed().await.is_ok() {
        see(view.borrow_and_update().status());
    }
}

impl Default for Link {
    fn default() -> Self {
        Self { cluster: OnceCell::new(), calls: Arc::new(Semaphore::new(MAX_CALLS)) }
    }
}

impl Link {
    /// Finds the cluster, or remembers where it was.
    async fn connect(&self, access: &Access) -> Result<&Cluster> {
        self.cluster.get_or_try_init(|| Cluster::connect(access.clone())).await
    }

    /// Finds the cluster, for as long as it takes if it is waited for.
    async fn find(&self, access: &Access, is_awaited: bool) -> Result<Cluster> {
        loop {
            match self.connect(access).await {
                Err(error) if is_awaited && error.is_retryable() => {
                    tokio::time::sleep(PATIENCE).await;
                }
                found => return found.cloned(),
            }
        }
    }
}

impl Asked {
    /// What came of it, if it is over. Never waits.
    ///
    /// # Errors
    /// `timeout` after three minutes, `conflict` in a child of the process that asked, and whatever the
    /// question fails with.
    pub fn poll(&self) -> Option<Result<Reply>> {
        self.0.get().map_or_else(|error| Some(Err(error)), |told| told.borrow().clone())
    }

    /// Waits for what comes of it; `None` if that takes longer than `time`.
    ///
    /// # Errors
    /// As [`Self::poll`].
    pub fn wait(&self, time: Option<Duration>) -> Option<Result<Reply>> {
        self.0.wait(time, |told| {
            let mut told = told.clone();
            async move { told.wait_for(Option::is_some).await.ok().and_then(|told| told.clone()) }
        })
    }
}

impl HostedRun {
    /// The run itself.
    ///
    /// # Errors
    /// `conflict` in a child of the process that began it.
    pub fn run(&self) -> Result<&Arc<Run>> {
        self.0.get()
    }

    /// What `look` finds in what is known of it. Never waits.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn look<T>(&self, look: impl FnOnce(&View) -> T) -> Result<T> {
        Ok(look(&self.run()?.view().borrow()))
    }

    /// Waits for the verdict; `None` if that takes longer than `time`.
    ///
    /// # Errors
    /// As [`Run::wait`] and [`Self::run`].
    pub fn wait(&self, time: Option<Duration>) -> Option<Result<Outcome>> {
        self.0.wait(time, |run| {
            let run = Arc::clone(run);
            async move { Some(run.wait().await) }
        })
    }
}

fn given_up() -> Error {
    Error::new(ErrorKind::Timeout, "no answer in time; it is not known how the call ended")
}

/// Calls to one cluster that may be on their way at once.
const MAX_CALLS: usize = 256;
/// Every URL, three times, each as long as it takes by default. Whatever is on its way after that is
/// given up.
const LIMIT: Duration = Duration::from_secs(180);
/// Between two attempts to find a cluster whose job is resumed.
const PATIENCE: Duration = Duration::from_secs(5);
