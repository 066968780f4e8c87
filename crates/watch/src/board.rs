//! What is known of each cluster now, for whoever asks, and what they want done.

use crate::clock::{now, now_ms};
use crate::config::ClusterEntry;
use crate::metrics::Metrics;
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::policy::{Admission, AdmissionRules, Decision, Mode, Proposal};
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Plan, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// All clusters of the fleet.
#[derive(Debug, Default)]
pub(crate) struct Board {
    places: BTreeMap<String, Arc<Place>>,
    pub(crate) metrics: Metrics,
}

/// One cluster: what is known of it, and who looks after it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) mode: Mode,
    health: AdmissionRules,
    /// How long a look is good for.
    good_for_ms: u64,
    known: watch::Sender<Known>,
    orders: mpsc::Sender<Order>,
}

/// What is known of a cluster.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Known {
    /// When it was last read, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) read_at_ms: Option<u64>,
    /// Why it could not be read at the last poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unread: Option<String>,
    /// As it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
    /// What was decided last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Decision>,
    /// What waits for somebody, or for its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proposal: Option<Proposed>,
    #[serde(skip)]
    admission: Admission,
}

/// A proposal, and what tells it from every other one.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Proposed {
    /// Of the plan: who approves it says that it is this one that was looked at.
    pub(crate) fingerprint: String,
    #[serde(flatten)]
    pub(crate) proposal: Proposal,
}

/// What somebody wants of a cluster's keeper, and where the answer goes.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) wish: Wish,
    pub(crate) who: String,
    pub(crate) why: Option<String>,
    pub(crate) answer: oneshot::Sender<Result<Decision>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    Approve(Choice),
    Reject(Choice),
    Stop,
}

/// The proposal that somebody has looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) id: u64,
    pub(crate) fingerprint: String,
}

impl Board {
    /// Adds a cluster; gives its place, and what its keeper is asked.
    pub(crate) fn add(&mut self, entry: &ClusterEntry) -> (Arc<Place>, mpsc::Receiver<Order>) {
        let (orders, asked) = mpsc::channel(ORDERS);
        let place = Arc::new(Place {
            name: entry.name.clone(),
            mode: entry.policy.mode,
            health: entry.health.clone(),
            good_for_ms: (3 * u64::try_from(entry.poll.as_millis()).unwrap_or(0)).max(GOOD_FOR_MS),
            known: watch::Sender::default(),
            orders,
        });
        self.places.insert(entry.name.clone(), Arc::clone(&place));
        (place, asked)
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = &Arc<Place>> {
        self.places.values()
    }

    /// # Errors
    /// `config_invalid` if the fleet has no such cluster.
    pub(crate) fn place(&self, name: &str) -> Result<&Arc<Place>> {
        self.places.get(name).ok_or_else(|| {
            Error::new(ErrorKind::ConfigInvalid, "the fleet has no such cluster")
                .with("cluster", name)
        })
    }
}

impl Place {
    pub(crate) fn known(&self) -> Known {
        self.known.borrow().clone()
    }

    /// What is known, whenever that changes.
    pub(crate) fn follow(&self) -> watch::Receiver<Known> {
        self.known.subscribe()
    }

    /// Shows what was decided, and what was seen before that, if anybody looked.
    pub(crate) fn show(
        &self,
        seen: Option<Result<&Status, &str>>,
        decision: Decision,
        proposal: Option<&Proposal>,
    ) {
        let proposal = proposal.map(Proposed::of);
        self.known.send_modify(|known| {
            match seen {
                None => {}
                Some(Ok(status)) => {
                    // Of a run that is on its driver's last poll is shown, which says when that was.
                    let read = status.nodes.iter().filter_map(|load| load.read_at_ms).max();
                    known.read_at_ms = Some(read.unwrap_or_else(now_ms));
                    known.unread = None;
                    let is_on = !status.runs.is_empty();
                    known.admission.see(&self.health, now(), &status.nodes, is_on);
                    known.status = Some(status.clone());
                }
                Some(Err(why)) => known.unread = Some(why.to_owned()),
            }
            known.decision = Some(decision);
            known.proposal = proposal;
        });
    }

    /// Whether a load balancer may send new clients to `node`, which is called by its name, or by what of it stands
    /// before or after the `@`. `None` if it is not known, or several are called so.
    pub(crate) fn takes(&self, node: &str) -> Option<bool> {
        let known = self.known.borrow();
        let status = known.status.as_ref()?;
        let is_it = |name: &&NodeName| {
            let parts = name.as_str().split_once('@');
            name.as_str() == node || parts.is_some_and(|(name, host)| name == node || host == node)
        };
        let mut named = status.nodes.iter().map(|load| &load.node).filter(is_it);
        let name = named.next().filter(|_| named.next().is_none())?;
        Some(known.admission.takes(name, now(), self.good_for_ms))
    }

    /// Asks the keeper.
    ///
    /// # Errors
    /// As it says; `timeout` if it is busy for long: what it has not begun by then is not done any more.
    pub(crate) async fn ask(
        &self,
        wish: Wish,
        who: String,
        why: Option<String>,
    ) -> Result<Decision> {
        let busy = || {
            let message = "this cluster is being read, and nothing is done unless its decisions show it: ask again";
            Error::new(ErrorKind::Timeout, message).with("cluster", &self.name)
        };
        let (answer, answered) = oneshot::channel();
        let order = Order { wish, who, why, answer };
        let ask = async {
            self.orders.send(order).await.map_err(|_| busy())?;
            answered.await.map_err(|_| busy())?
        };
        tokio::time::timeout(PATIENCE, ask).await.map_err(|_| busy())?
    }
}

impl Proposed {
    fn of(proposal: &Proposal) -> Self {
        Self { fingerprint: fingerprint(&proposal.plan), proposal: proposal.clone() }
    }
}

impl Choice {
    /// # Errors
    /// `conflict` if another proposal is there than the one that was looked at, or none.
    pub(crate) fn check(&self, present: Option<&Proposal>) -> Result<()> {
        let conflict = |message: &str| Error::new(ErrorKind::Conflict, message);
        let Some(present) = present else {
            return Err(conflict("no proposal waits: it was withdrawn, or has been dealt with"));
        };
        let shown = fingerprint(&present.plan);
        if present.id != self.id || shown != self.fingerprint {
            let error = conflict("another proposal waits than the one that was looked at");
            return Err(error.with("id", present.id).with("fingerprint", shown));
        }
        match &present.approved {
            None => Ok(()),
            Some(consent) => Err(conflict("it is approved already").with("who", &consent.who)),
        }
    }
}

/// What tells a plan from every other one: the beginning of a hash of all of it.
fn fingerprint(plan: &Plan) -> String {
    let text = serde_json::to_vec(plan).unwrap_or_default();
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Polls are seconds apart, and one may fail.
const GOOD_FOR_MS: u64 = 30_000;
/// Orders that wait for one keeper.
const ORDERS: usize = 16;
/// A poll may take as long as EMQX is waited for; people ask again sooner.
const PATIENCE: Duration = Duration::from_secs(8);
