//! A cluster that is asked through its host.

use super::desk::Desk;
use super::run::Run;
use super::talk::Talk;
use crate::access::Access;
use crate::cluster::Cluster as Connected;
use crate::session::Session;
use emqx_rebalance_api::{ApiVersion, Capabilities};
use emqx_rebalance_core::driver::{Answer, Ask, Driver, Status};
use emqx_rebalance_core::{
    Error, ErrorKind, EvacuationPlan, EvacuationRequest, EvacuationStatus, NodeName, Plan,
    PlanRequest, Problem, Result, Snapshot, Tolerance,
};
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

    /// Finds out which API answers, unless that is known.
    ///
    /// Its errors: `unreachable`, `timeout`, `protocol`, `unauthorized` or `forbidden` if no URL
    /// leads to an EMQX that lets this user read its nodes.
    pub fn connect(&self) -> Talk<ApiVersion> {
        self.talk(|cluster| async move { Ok(cluster.api) })
    }

    /// Every node's load now. Nodes that evacuate or are donors of a rebalance say so.
    ///
    /// Its errors: as [`Self::connect`]; `protocol` if a node's load cannot be read.
    pub fn snapshot(&self) -> Talk<Snapshot> {
        self.talk(|cluster| async move { cluster.snapshot().await })
    }

    /// Plans for the cluster as it is now.
    ///
    /// Its errors: as [`Self::snapshot`] and [`emqx_rebalance_core::plan`]; `config_invalid` if the
    /// request brings a snapshot of its own.
    pub fn plan(&self, request: PlanRequest) -> Talk<Plan> {
        self.talk(move |cluster| async move {
            none_brought(request.snapshot.as_ref())?;
            cluster.plan(&request.strategy, &request.options).await
        })
    }

    /// Makes sure that `plan` can still be started on the cluster as it is now.
    ///
    /// Its errors: as [`Self::snapshot`]; `conflict`, saying what has changed since and by how much.
    pub fn check_fits(&self, plan: Plan, tolerance: Tolerance) -> Talk<()> {
        self.talk(move |cluster| async move { cluster.check_fits(&plan, &tolerance).await })
    }

    /// What runs in the cluster now, whoever started it. Has no verdict: EMQX keeps none.
    ///
    /// Its errors: as [`Self::connect`].
    pub fn status(&self) -> Talk<Status> {
        self.talk(|cluster| async move { cluster.status().await })
    }

    /// Stops the run of `coordinator`, or every run of the cluster, and says which were stopped.
    ///
    /// Its errors: as [`Self::connect`]; `refused` and `unknown_node` as EMQX says.
    pub fn stop(&self, coordinator: Option<NodeName>) -> Talk<Vec<NodeName>> {
        self.talk(|cluster| async move { cluster.stop(coordinator.as_ref()).await })
    }

    /// Plans the evacuation of a node in the cluster as it is now.
    ///
    /// Its errors: as [`Self::snapshot`] and [`emqx_rebalance_core::plan_evacuation`];
    /// `config_invalid` if the request brings a snapshot of its own.
    pub fn plan_evacuation(&self, request: EvacuationRequest) -> Talk<EvacuationPlan> {
        self.talk(move |cluster| async move {
            none_brought(request.snapshot.as_ref())?;
            cluster.plan_evacuation(&request.node, &request.evacuation, &request.options).await
        })
    }

    /// Has `node` take clients again, and says whether an evacuation was going on.
    ///
    /// Its errors: as [`Self::stop`].
    pub fn stop_evacuation(&self, node: NodeName) -> Talk<bool> {
        self.talk(|cluster| async move { cluster.stop_evacuation(&node).await })
    }

    /// The evacuations that go on.
    ///
    /// Its errors: as [`Self::connect`].
    pub fn evacuations(&self) -> Talk<Vec<EvacuationStatus>> {
        self.talk(|cluster| async move { cluster.evacuations().await })
    }

    /// Runs `driver`, new or restored.
    ///
    /// # Errors
    /// `conflict` before [`Self::connect`], or another question, had its answer.
    pub fn drive(&self, driver: Driver) -> Result<Run> {
        if self.known.get().is_none() {
            let message = "nothing is known of the cluster yet: connect first";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        Ok(Run::new(self.clone(), driver))
    }

    /// Asks for a driver, on the desk of its run.
    pub(super) fn carry(&self, desk: &Desk, ask: Ask) -> Talk<Answer> {
        self.talk_on(desk.clone(), |cluster| async move { cluster.carry(&ask).await })
    }

    fn talk<T, F>(&self, question: impl FnOnce(Connected<Desk>) -> F + Send + 'static) -> Talk<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        self.talk_on(Desk::default(), question)
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

fn none_brought(snapshot: Option<&Snapshot>) -> Result<()> {
    if snapshot.is_none() {
        return Ok(());
    }
    let bound = "left out: the cluster is asked for it";
    Err(Error::invalid("request", vec![Problem::new("snapshot", "an object", bound)]))
}
