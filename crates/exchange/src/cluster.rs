//! A cluster behind one or more URLs.

use crate::access::Access;
use crate::session::Session;
use crate::transport::Transport;
use emqx_rebalance_api::{ApiVersion, Capabilities, parse_probe, probe};
use emqx_rebalance_core::driver::{Answer, Ask, Status, observe};
use emqx_rebalance_core::{
    EmqxVersion, Error, ErrorKind, GlobalStatus, NodeList, NodeLoad, NodeName, NodeStatus, Plan,
    PlanOptions, Result, Snapshot, Strategy, Tolerance, plan,
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
        let first = match api {
            ApiVersion::V4 => EmqxVersion::FIRST_V4,
            ApiVersion::V5 => EmqxVersion::FIRST_V5,
        };
        let cluster = Self { session, api, capabilities: Capabilities::of(first) };
        let nodes = cluster.nodes().await?;
        let version = oldest(&nodes.nodes).unwrap_or(first);
        Ok(Self { capabilities: Capabilities::of(version), ..cluster })
    }

    /// Every node's load, each with when and from whom it was read. Nodes that evacuate or are
    /// donors of a rebalance say so; a node that belongs to the cluster and cannot be read is of
    /// status `unknown`.
    ///
    /// # Errors
    /// As [`Self::connect`]; `protocol` if there is a node of which not even the name can be read.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let (list, status) = self.read().await?;
        all_named(&list)?;
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
        let donors = self.donors(&status).await;
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
                let status = self.global_status().await?;
                status.rebalances.into_iter().map(|run| run.coordinator).collect()
            }
        };
        let mut stopped = Vec::new();
        for coordinator in coordinators {
            let ask = Ask::Stop { coordinator: coordinator.clone() };
            if self.is_stopped(&coordinator, &ask).await? {
                stopped.push(coordinator);
            }
        }
        Ok(stopped)
    }

    /// Asks what a driver wants to know or do, and waits for the answer. Reads and stops are tried
    /// at several URLs and in several ways, stops at the node itself too; a start is sent once;
    /// whether a node serves is asked of that node alone. When counts were read is told of those alone that are not of now.
    ///
    /// # Errors
    /// Why there is no answer: to be handed to the driver as it is.
    pub async fn carry(&self, ask: &Ask) -> Result<Answer> {
        let (session, api) = (&self.session, self.api);
        let request = api.request(ask, self.capabilities)?;
        let parse = |response: &_| api.answer(ask, response);
        match ask {
            Ask::Nodes => self.nodes().await.map(fresh).map(Answer::Nodes),
            Ask::GlobalStatus => self.global_status().await.map(Answer::GlobalStatus),
            Ask::Stop { coordinator: node } | Ask::StopEvacuation { node } => {
                self.have_stopped(node, ask).await.map(Answer::Stop)
            }
            Ask::Availability { node } => Ok(session.ask_node(api, node, &request, parse).await?.0),
            Ask::Start { .. } | Ask::StartEvacuation { .. } => {
                session.command(&request, parse).await
            }
        }
    }

    /// Every node and what runs. What a node that is not known may run is not known either.
    pub(crate) async fn read(&self) -> Result<(NodeList, GlobalStatus)> {
        let (list, mut status) = try_join(self.nodes(), self.global_status()).await?;
        if self.session.roll().take_turned() {
            // Who was asked what runs does not reach the others.
            status = self.global_status().await?;
        }
        for load in list.nodes.iter().filter(|load| load.status == NodeStatus::Unknown) {
            if !status.unheard.contains(&load.node) {
                status.unheard.push(load.node.clone());
            }
        }
        Ok((list, status))
    }
}

/// The list of a driver, which knows when it asks: only counts of another time say when they were read.
fn fresh(mut list: NodeList) -> NodeList {
    for load in list.nodes.iter_mut().filter(|load| load.status != NodeStatus::Unknown) {
        load.read_at_ms = None;
    }
    list
}

/// Makes sure that everything unreadable in `list` is the load of a node that has a name.
pub(crate) fn all_named(list: &NodeList) -> Result<()> {
    let unknown = list.nodes.iter().filter(|load| load.status == NodeStatus::Unknown).count();
    match list.unreadable.first() {
        Some(unreadable) if list.unreadable.len() > unknown => {
            Err(Error::new(ErrorKind::Protocol, "the load of a node cannot be read")
                .with("element", &unreadable.element)
                .with("why", &unreadable.why))
        }
        _ => Ok(()),
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

pub(crate) fn marked(mut load: NodeLoad, status: &GlobalStatus) -> NodeLoad {
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
