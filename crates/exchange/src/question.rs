//! What can be asked of a cluster, and what it says.

use crate::cluster::Cluster;
use crate::transport::Transport;
use emqx_rebalance_api::ApiVersion;
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::{
    Error, EvacuationPlan, EvacuationRequest, EvacuationStatus, NodeName, Plan, PlanRequest,
    Problem, Result, Snapshot, Tolerance,
};
use serde::Serialize;
use serde::de::{DeserializeOwned, Deserializer};

/// What can be asked of a cluster. Each says which [`Reply`] answers it.
#[derive(Clone, Debug)]
pub enum Question {
    /// Which API answers: [`Reply::Api`].
    Connect,
    /// Every node's load now: [`Reply::Snapshot`].
    Snapshot,
    /// What runs now, whoever started it: [`Reply::Status`].
    Status,
    /// What to start: [`Reply::Plan`]. The request brings no snapshot.
    Plan(Box<PlanRequest>),
    /// Whether a plan can still be started: [`Reply::Fits`].
    CheckFits(Box<Plan>, Tolerance),
    /// How to empty a node: [`Reply::EvacuationPlan`]. The request brings no snapshot.
    PlanEvacuation(Box<EvacuationRequest>),
    /// The evacuations that go on: [`Reply::Evacuations`].
    Evacuations,
    /// To stop the run of a coordinator, or every run: [`Reply::Stopped`].
    Stop(Option<NodeName>),
    /// To have a node take clients again: [`Reply::WasEvacuated`].
    StopEvacuation(NodeName),
}

/// What a cluster says. As JSON it is the value alone.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// The API that answers.
    Api(ApiVersion),
    /// Every node's load.
    Snapshot(Snapshot),
    /// What runs. Has no verdict: EMQX keeps none.
    Status(Box<Status>),
    /// What to start.
    Plan(Box<Plan>),
    /// The plan can still be started.
    Fits,
    /// How to empty a node.
    EvacuationPlan(Box<EvacuationPlan>),
    /// The evacuations that go on.
    Evacuations(Vec<EvacuationStatus>),
    /// The coordinators whose runs were stopped.
    Stopped(Vec<NodeName>),
    /// Whether an evacuation was going on.
    WasEvacuated(bool),
}

impl Question {
    /// The words that [`Self::read`] knows.
    pub const VERBS: [&str; 9] = [
        "connect",
        "snapshot",
        "status",
        "plan",
        "check_fits",
        "plan_evacuation",
        "evacuations",
        "stop",
        "stop_evacuation",
    ];

    /// Reads a question as hosts put it: one of [`Self::VERBS`], and the value that it is about: a
    /// [`PlanRequest`], a [`Plan`], an [`EvacuationRequest`], or the name of a node. The others have
    /// none, and it is not looked at.
    ///
    /// ```
    /// use emqx_rebalance_exchange::Question;
    /// use serde_json::json;
    ///
    /// let question = Question::read("stop", json!("emqx@10.0.0.1"))?;
    /// assert!(matches!(question, Question::Stop(Some(_))));
    /// let error = Question::read("plan", json!({ "mode": "levl" })).unwrap_err();
    /// assert_eq!(error.problems()[0].field, "mode");
    /// # Ok::<(), emqx_rebalance_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `config_invalid` with every problem at once.
    pub fn read<'de, D: Deserializer<'de>>(verb: &str, given: D) -> Result<Self> {
        Ok(match verb {
            "connect" => Self::Connect,
            "snapshot" => Self::Snapshot,
            "status" => Self::Status,
            "plan" => Self::Plan(Box::new(PlanRequest::read(given)?)),
            "check_fits" => {
                Self::CheckFits(Box::new(value(given, "plan", "a plan")?), Tolerance::default())
            }
            "plan_evacuation" => Self::PlanEvacuation(Box::new(EvacuationRequest::read(given)?)),
            "evacuations" => Self::Evacuations,
            "stop" => Self::Stop(coordinator(given)?),
            "stop_evacuation" => Self::StopEvacuation(node(value(given, "node", A_NODE)?)?),
            _ => {
                let known = format!("one of {}", Self::VERBS.join(", "));
                return Err(Error::invalid("question", vec![Problem::new("ask", verb, known)]));
            }
        })
    }
}

impl<T: Transport> Cluster<T> {
    /// Asks, and waits for what the cluster says.
    ///
    /// # Errors
    /// As the method of that name says; `config_invalid` if a request brings a snapshot of its own.
    pub async fn ask(&self, question: Question) -> Result<Reply> {
        Ok(match question {
            Question::Connect => Reply::Api(self.api),
            Question::Snapshot => Reply::Snapshot(self.snapshot().await?),
            Question::Status => Reply::Status(Box::new(self.status().await?)),
            Question::Plan(request) => {
                let PlanRequest { snapshot, strategy, options } = *request;
                none_brought(snapshot.as_ref())?;
                Reply::Plan(Box::new(self.plan(&strategy, &options).await?))
            }
            Question::CheckFits(plan, tolerance) => {
                self.check_fits(&plan, &tolerance).await?;
                Reply::Fits
            }
            Question::PlanEvacuation(request) => {
                let EvacuationRequest { snapshot, node, evacuation, options } = *request;
                none_brought(snapshot.as_ref())?;
                let plan = self.plan_evacuation(&node, &evacuation, &options).await?;
                Reply::EvacuationPlan(Box::new(plan))
            }
            Question::Evacuations => Reply::Evacuations(self.evacuations().await?),
            Question::Stop(coordinator) => Reply::Stopped(self.stop(coordinator.as_ref()).await?),
            Question::StopEvacuation(node) => {
                Reply::WasEvacuated(self.stop_evacuation(&node).await?)
            }
        })
    }
}

/// A snapshot that is not looked at would be a wrong plan.
fn none_brought(snapshot: Option<&Snapshot>) -> Result<()> {
    let bound = "left out: the cluster is asked for it";
    let bad = || Error::invalid("request", vec![Problem::new("snapshot", "an object", bound)]);
    snapshot.map_or(Ok(()), |_| Err(bad()))
}

fn coordinator<'de, D: Deserializer<'de>>(given: D) -> Result<Option<NodeName>> {
    value::<Option<String>, D>(given, "node", A_NODE)?.map(node).transpose()
}

fn node(name: String) -> Result<NodeName> {
    NodeName::new(name).map_err(|problem| Error::invalid("node", vec![problem]))
}

/// Reads a value whose type knows no problems of its own.
pub(crate) fn value<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    given: D,
    what: &str,
    bound: &str,
) -> Result<T> {
    T::deserialize(given)
        .map_err(|error| Error::invalid(what, vec![Problem::new(what, error, bound)]))
}

const A_NODE: &str = "a node name such as `emqx@10.0.0.1`";
