//! A cluster that is asked through its host.

use super::desk::Desk;
use super::talk::Talk;
use crate::access::Access;
use crate::cluster::Cluster as Connected;
use crate::question::{Question, Reply};
use crate::session::Session;
use emqx_rebalance_api::{ApiVersion, Capabilities};
use emqx_rebalance_core::driver::{Answer, Ask};
use emqx_rebalance_core::{Result, Snapshot};
use std::sync::{Arc, OnceLock};

/// A cluster that is asked through its host. Cheap to clone.
///
/// The first [`Talk`] finds out which API answers and what the oldest node of the cluster can do.
#[derive(Clone, Debug)]
pub struct Cluster {
    session: Session<Desk>,
    known: Arc<OnceLock<(ApiVersion, Capabilities)>>,
}

impl Cluster {
    /// A cluster that nothing was asked yet.
    ///
    /// # Errors
    /// `config_invalid` with every bad URL.
    pub fn new(access: Access) -> Result<Self> {
        let session = Session::new(Desk::default(), access)?;
        Ok(Self { session, known: Arc::default() })
    }

    /// Puts a question to the cluster: what comes of it is that of [`Connected::ask`].
    pub fn ask(&self, question: Question) -> Talk<Reply> {
        self.talk(|cluster| async move { cluster.ask(question).await })
    }

    /// Finds out which API answers, unless that is known: as [`Question::Connect`].
    pub fn connect(&self) -> Talk<ApiVersion> {
        self.talk(|cluster| async move { Ok(cluster.api) })
    }

    /// Every node's load now: as [`Question::Snapshot`].
    pub fn snapshot(&self) -> Talk<Snapshot> {
        self.talk(|cluster| async move { cluster.snapshot().await })
    }

    /// Whatever `question` asks of the cluster, once it is found: for an answer of its own type.
    pub fn talk<T, F>(
        &self,
        question: impl FnOnce(Connected<Desk>) -> F + Send + 'static,
    ) -> Talk<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        self.talk_on(Desk::default(), question)
    }

    /// Whether it is known which API answers.
    pub(super) fn is_known(&self) -> bool {
        self.known.get().is_some()
    }

    /// Asks for a driver, on the desk of its run.
    pub(super) fn carry(&self, desk: &Desk, ask: Ask) -> Talk<Answer> {
        self.talk_on(desk.clone(), |cluster| async move { cluster.carry(&ask).await })
    }

    fn talk_on<T, F>(
        &self,
        desk: Desk,
        question: impl FnOnce(Connected<Desk>) -> F + Send + 'static,
    ) -> Talk<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        let session = self.session.by(desk.clone());
        let known = Arc::clone(&self.known);
        Talk::new(desk, async move { question(connected(session, &known).await?).await })
    }
}

async fn connected(
    session: Session<Desk>,
    known: &OnceLock<(ApiVersion, Capabilities)>,
) -> Result<Connected<Desk>> {
    if let Some((api, capabilities)) = known.get().copied() {
        return Ok(Connected { session, api, capabilities });
    }
    let cluster = Connected::over(session).await?;
    // Two questions at once may both find out, and find the same.
    known.get_or_init(|| (cluster.api, cluster.capabilities));
    Ok(cluster)
}
