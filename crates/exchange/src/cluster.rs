//! A cluster behind one or more URLs.

use crate::access::Access;
use crate::session::Session;
use crate::transport::Transport;
use emqx_rebalance_api::{ApiVersion, Capabilities, parse_probe, probe};
use emqx_rebalance_core::driver::{Answer, Ask, Status, observe};
use emqx_rebalance_core::{
    DonorStatus, EmqxVersion, Error, ErrorKind, GlobalStatus, LocalStatus, NodeList, NodeLoad,
    NodeName, NodeStatus, Plan, PlanOptions, Result, Snapshot, StopAnswer, Strategy, Tolerance,
    plan,
};
use futures_util::future::try_join;

/// A cluster behind one or more URLs, asked by a transport `T`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cluster<T> {
    pub(crate) session: Session<T>,
    pub(crate) api: ApiVersion,
    pub(crate) capabilities: Capabilities,
}

impl<T: Transport> Cluster<T> {
    /// Finds out which API answers and what the oldest node of the cluster can do.
    ///
    /// # Errors
    /// `config_invalid` if the configuration is; `unreachable`, `timeout`, `protocol`,
    /// `unauthorized` or `forbidden` if no URL leads to an EMQX that lets this user read its nodes.
    pub async fn connect(transport: T, access: Access) -> Result<Self> {
        Self::over(Session::new(transport, access)?).await
    }

    pub(crate) async fn over(session: Session<T>) -> Result<Self> {
        let api = find_api(&session).await?;
        let nodes = session.ask(&api.nodes(), |answer| api.parse_nodes(answer)).await?;
        let version = oldest(&nodes.nodes).unwrap_or(match api {
            ApiVersion::V4 => EmqxVersion::FIRST_V4,
            ApiVersion::V5 => EmqxVersion::FIRST_V5,
        });
        Ok(Self { session, api, capabilities: Capabilities::of(version) })
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
        plan.fingerprint.made_at_ms = Some(self.session.transport.unix_ms());
        Ok(plan)
    }

    /// Makes sure that `plan` can still be started on the cluster as it is now.
    ///
    /// # Errors
    /// As [`Self::snapshot`]; `conflict`, saying what has changed since and by how much.
    pub async fn check_fits(&self, plan: &Plan, tolerance: &Tolerance) -> Result<()> {
        plan.check_fits(&self.snapshot().await?, self.session.transport.unix_ms(), tolerance)
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
                StopAnswer::Refused(refusal) => {
                    return Err(Error::from(refusal).with("node", &coordinator));
                }
            }
        }
        Ok(stopped)
    }

    /// Asks what a driver wants to know or do, and waits for the answer. Reads and stops are tried
    /// at several URLs; a start is sent once; whether a node serves is asked of that node alone.
    ///
    /// # Errors
    /// Why there is no answer: to be handed to the driver as it is.
    pub async fn carry(&self, ask: &Ask) -> Result<Answer> {
        let (session, api) = (&self.session, self.api);
        let request = api.request(ask, self.capabilities)?;
        let parse = |response: &_| api.answer(ask, response);
        match ask {
            Ask::Nodes | Ask::GlobalStatus | Ask::Stop { .. } | Ask::StopEvacuation { .. } => {
                session.ask(&request, parse).await
            }
            Ask::Availability { node } => session.ask_node(api, node, &request, parse).await,
            Ask::Start { .. } | Ask::StartEvacuation { .. } => {
                session.command(&request, parse).await
            }
        }
    }

    async fn read(&self) -> Result<(NodeList, GlobalStatus)> {
        let (nodes, status) = (self.api.nodes(), self.api.global_status());
        try_join(
            self.session.ask(&nodes, |answer| self.api.parse_nodes(answer)),
            self.session.ask(&status, |answer| self.api.parse_global_status(answer)),
        )
        .await
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

async fn find_api<T: Transport>(session: &Session<T>) -> Result<ApiVersion> {
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
