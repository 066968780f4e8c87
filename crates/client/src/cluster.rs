//! A cluster behind one or more URLs.

use crate::carry::carry;
use crate::clock::unix_ms;
use crate::config::ClusterConfig;
use crate::drive::Drive;
use crate::run::Run;
use crate::session::Session;
use crate::store::{NoStore, Store};
use emqx_rebalance_api::{ApiVersion, Capabilities, parse_probe, probe};
use emqx_rebalance_core::driver::{
    Answer, Ask, Driver, DriverOptions, DriverState, Status, observe,
};
use emqx_rebalance_core::{
    DonorStatus, EmqxVersion, Error, ErrorKind, GlobalStatus, LocalStatus, NodeList, NodeLoad,
    NodeName, NodeStatus, Plan, PlanOptions, Result, Snapshot, StopAnswer, Strategy, plan,
};
use std::sync::Arc;

/// A cluster behind one or more URLs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(crate) session: Arc<Session>,
    pub(crate) api: ApiVersion,
    pub(crate) capabilities: Capabilities,
}

impl Cluster {
    /// Finds out which API answers and what the oldest node of the cluster can do.
    ///
    /// # Errors
    /// `config_invalid` if the configuration is; `unreachable`, `timeout`, `protocol`,
    /// `unauthorized` or `forbidden` if no URL leads to an EMQX that lets this user read its nodes.
    pub async fn connect(config: ClusterConfig) -> Result<Self> {
        let session = Session::new(config)?;
        let api = find_api(&session).await?;
        let nodes = session.ask(&api.nodes(), |answer| api.parse_nodes(answer)).await?;
        let version = oldest(&nodes.nodes).unwrap_or(match api {
            ApiVersion::V4 => EmqxVersion::FIRST_V4,
            ApiVersion::V5 => EmqxVersion::FIRST_V5,
        });
        Ok(Self { session: Arc::new(session), api, capabilities: Capabilities::of(version) })
    }

    /// Every node's load now. Nodes that evacuate or are donors of a rebalance say so.
    ///
    /// # Errors
    /// As [`Self::connect`]; `protocol` if a node's load cannot be read, since a plan without it
    /// would be wrong.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let (list, status) = self.read().await?;
        if let Some(unreadable) = list.unreadable.first() {
            return Err(Error::new(ErrorKind::Protocol, "the load of a node cannot be read")
                .with("element", &unreadable.element)
                .with("why", &unreadable.why));
        }
        Snapshot::new(list.nodes.into_iter().map(|load| marked(load, &status)).collect())
    }

    /// Plans for the cluster as it is now.
    ///
    /// # Errors
    /// As [`Self::snapshot`] and [`emqx_rebalance_core::plan`].
    pub async fn plan(&self, strategy: &Strategy, options: &PlanOptions) -> Result<Plan> {
        let mut plan = plan(&self.snapshot().await?, strategy, options)?;
        plan.fingerprint.made_at_ms = Some(unix_ms());
        Ok(plan)
    }

    /// What runs in the cluster now, whoever started it. Has no verdict: EMQX keeps none.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn status(&self) -> Result<Status> {
        let (list, status) = self.read().await?;
        let mut donors = Vec::new();
        for node in status.rebalances.iter().flat_map(|run| &run.donors) {
            if let Some(donor) = self.donor(node).await {
                donors.push((node.clone(), donor));
            }
        }
        let nodes = list.nodes.into_iter().map(|load| marked(load, &status)).collect();
        Ok(observe(nodes, &status, &donors))
    }

    /// Begins `plan` and follows it in the background.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `conflict` if the plan has findings of severity `error` and `force` is false.
    pub fn start(&self, plan: Plan, options: DriverOptions, force: bool) -> Result<Run> {
        Ok(self.drive(Driver::new(plan, options, force)?, NoStore))
    }

    /// Goes on with a stored plan.
    pub fn resume(&self, state: DriverState) -> Run {
        self.drive(Driver::restore(state), NoStore)
    }

    /// Runs `driver`, of runs or of an evacuation, in the background, keeping its state in `store`.
    ///
    /// Must be called within a tokio runtime.
    pub fn drive<D: Drive>(&self, driver: D, store: impl Store<D::State>) -> Run {
        Run::spawn(self.clone(), driver, store)
    }

    /// Stops the run of `coordinator`, or every run of the cluster, and says which were stopped.
    ///
    /// # Errors
    /// As [`Self::connect`]; `refused` and `unknown_node` as EMQX says.
    pub async fn stop(&self, coordinator: Option<&NodeName>) -> Result<Vec<NodeName>> {
        let coordinators = match coordinator {
            Some(coordinator) => vec![coordinator.clone()],
            None => {
                let (_, status) = self.read().await?;
                status.rebalances.into_iter().map(|run| run.coordinator).collect()
            }
        };
        let mut stopped = Vec::new();
        for coordinator in coordinators {
            let request = self.api.stop(&coordinator)?;
            match self.session.ask(&request, |answer| self.api.parse_stop(answer)).await? {
                StopAnswer::Stopped => stopped.push(coordinator),
                StopAnswer::NotStarted => {}
                StopAnswer::Refused(refusal) => return Err(refusal.into()),
            }
        }
        Ok(stopped)
    }

    /// Asks once for a driver that the host steps by itself, and waits for the answer. Reads and
    /// stops are tried at several nodes; a start is sent once. Hand an error back to the driver too.
    ///
    /// # Errors
    /// As [`Self::connect`]; `timeout` if nobody knows whether a start was carried out.
    pub async fn carry(&self, ask: &Ask) -> Result<Answer> {
        carry(&self.session, self.api, self.capabilities, ask).await
    }

    async fn read(&self) -> Result<(NodeList, GlobalStatus)> {
        let (nodes, status) = (self.api.nodes(), self.api.global_status());
        tokio::try_join!(
            self.session.ask(&nodes, |answer| self.api.parse_nodes(answer)),
            self.session.ask(&status, |answer| self.api.parse_global_status(answer)),
        )
    }

    /// What a donor says of itself, if it can be reached.
    async fn donor(&self, node: &NodeName) -> Option<DonorStatus> {
        let request = self.api.status();
        let parse = |answer: &_| self.api.parse_status(answer);
        match self.session.ask_node(self.api, node, &request, parse).await {
            Ok(LocalStatus::Rebalance(donor)) => Some(donor),
            _ => None,
        }
    }
}

async fn find_api(session: &Session) -> Result<ApiVersion> {
    let (v5, v4) = (ApiVersion::V5, ApiVersion::V4);
    if session.ask(&probe(v5), |answer| parse_probe(v5, answer)).await? {
        return Ok(v5);
    }
    session.ask(&probe(v4), |answer| parse_probe(v4, answer)).await.map(|_| v4)
}

fn oldest(nodes: &[NodeLoad]) -> Option<EmqxVersion> {
    nodes.iter().filter_map(|load| EmqxVersion::parse(load.version.as_deref()?)).min()
}

fn marked(mut load: NodeLoad, status: &GlobalStatus) -> NodeLoad {
    let evacuates = |node: &NodeName| {
        status.evacuations.iter().any(|evacuation| evacuation.node.as_ref() == Some(node))
    };
    if load.status == NodeStatus::Running {
        if evacuates(&load.node) {
            load.status = NodeStatus::Evacuating;
        } else if status.rebalances.iter().any(|run| run.donors.contains(&load.node)) {
            load.status = NodeStatus::Donor;
        }
    }
    load
}
