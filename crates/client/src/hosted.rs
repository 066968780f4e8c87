//! A cluster for hosts without a runtime of their own, which may fork: an interpreter, a worker of nginx.
//!
//! All IO is done by one background thread of the process, made when first needed, so that no call waits
//! unless it wants to. After a fork a [`Hosted`] works as before, with a thread of the new process; what
//! was begun before it belongs to the parent, and says so.

mod process;
mod run;
mod work;

pub use process::{Here, Process};
pub use run::HostedRun;
pub use work::Work;

use crate::cluster::Cluster;
use crate::run::Run;
use crate::store::FileStore;
use crate::transport::Sockets;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result};
use emqx_rebalance_exchange::{Access, Question, Reply};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use work::given_up;

/// A cluster behind its URLs, connected to when first asked, and again after a fork.
///
/// ```
/// use emqx_rebalance_client::{ClusterConfig, Hosted, Limits, Question, Reply};
/// use emqx_rebalance_core::ErrorKind;
///
/// let hosted = Hosted::new(ClusterConfig::new("http://127.0.0.1:1"), Limits::WATCHED)?;
/// let asked = hosted.ask::<Reply>(Question::Status)?;
/// let reply = asked.wait(None).unwrap();
/// assert_eq!(reply.unwrap_err().kind(), ErrorKind::Unreachable);
/// # Ok::<(), emqx_rebalance_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Hosted {
    access: Access,
    limits: Limits,
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

/// How much of a host's calls is on its way.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls to one cluster that may be on their way at once.
    pub calls: usize,
    /// How long one may take. Whatever is on its way after that is given up.
    pub time: Duration,
}

impl Limits {
    /// For hosts whose calls may have nobody who looks after them, such as those of a worker of nginx: 256
    /// calls, and three minutes, which is every URL, three times, each as long as it takes by default.
    pub const UNWATCHED: Self = Self { calls: 256, time: Duration::from_secs(180) };
    /// For hosts whose every call has somebody who waits, and can give it up.
    pub const WATCHED: Self = Self { calls: Semaphore::MAX_PERMITS, time: Duration::MAX };
}

impl Hosted {
    /// A cluster that nothing was asked yet.
    ///
    /// # Errors
    /// `config_invalid` if a file of `access` cannot be read, or nodes are not to be looked for: this
    /// client reaches those that it finds.
    pub fn new(access: Access, limits: Limits) -> Result<Self> {
        if !access.find_nodes {
            let bound = "left out: this transport can reach the nodes that it finds";
            let problem = Problem::new("find_nodes", "false", bound);
            return Err(Error::invalid("cluster", vec![problem]));
        }
        // Made for each process again; what is wrong with it is said now.
        Sockets::new(&access.tls, &access.timeouts)?;
        Ok(Self { access, limits, link: Mutex::default() })
    }

    /// Begins to ask; the host takes the reply in its own way.
    ///
    /// # Errors
    /// `unreachable` if so many calls wait already that EMQX does not seem to answer, or there can be no
    /// more threads.
    pub fn ask<T>(&self, question: Question) -> Result<Work<T>>
    where
        T: Clone + From<Reply> + Send + Sync + 'static,
    {
        let (process, link) = self.link()?;
        let call = Arc::clone(&link.calls).try_acquire_owned().map_err(|_| {
            let message = "too many calls wait for this cluster already";
            Error::new(ErrorKind::Unreachable, message).with("calls", self.limits.calls)
        })?;
        let (access, time) = (self.access.clone(), self.limits.time);
        Ok(Work::begin(process, async move {
            let _call = call;
            let work = async { link.connect(&access).await?.ask(question).await };
            let reply = tokio::time::timeout(time, work).await.unwrap_or_else(|_| Err(given_up()));
            reply.map(T::from)
        }))
    }

    /// Begins to drive `driver`, and keeps its state in `file` if there is one. If it `is_resumed`, EMQX
    /// goes on meanwhile, and the cluster is looked for until it is found.
    ///
    /// # Errors
    /// `unreachable` if there can be no more threads.
    pub fn drive(
        &self,
        driver: Driver,
        is_resumed: bool,
        file: Option<PathBuf>,
    ) -> Result<HostedRun> {
        let (process, link) = self.link()?;
        let access = self.access.clone();
        let find = async move { link.find(&access, is_resumed).await };
        let _runtime = process.handle.enter();
        Ok(HostedRun::new(process, Run::spawn(find, driver, file.map(FileStore::new))))
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
        let new = Arc::new(Link::new(self.limits.calls));
        // The parent's, if there was one, is left alone: its locks may be held for ever.
        *link = Some(Here::new(process, Arc::clone(&new)));
        Ok((process, new))
    }
}

impl Link {
    fn new(calls: usize) -> Self {
        Self { cluster: OnceCell::new(), calls: Arc::new(Semaphore::new(calls)) }
    }

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

/// Between two attempts to find a cluster whose job is resumed.
const PATIENCE: Duration = Duration::from_secs(5);
