//! What runs in the cluster, read the way EMQX answers while one of the nodes hangs.
//!
//! While one does, `global_status` takes 45 s on every other node and then leaves out what the hung
//! one coordinates; each node's own `status` answers at once (contract/6.0.3, 06). Donors name their
//! coordinator, so that a run is found by them even if its coordinator is silent.

use crate::cluster::Cluster;
use crate::nodes::is_refusal;
use crate::together::together;
use crate::transport::Transport;
use emqx_rebalance_core::{
    DonorStatus, Error, ErrorKind, GlobalStatus, LocalStatus, NodeName, Result, RunStatus,
    Unreadable,
};

impl<T: Transport> Cluster<T> {
    /// What runs in the cluster, and which nodes were not heard.
    ///
    /// # Errors
    /// Why nobody says what runs.
    pub(crate) async fn global_status(&self) -> Result<GlobalStatus> {
        let request = self.api.global_status();
        let parse = |answer: &_| self.api.parse_global_status(answer);
        let is_slow = self.session.roll().is_slow();
        if !is_slow {
            match self.session.ask_of_all(&request, parse).await {
                Ok((status, _)) => return self.with_unheard(status).await,
                Err(error) if error.kind() == ErrorKind::Timeout => {}
                Err(error) => return Err(self.in_words_of_release(error).await),
            }
        }
        if let Some(status) = self.gathered().await? {
            return Ok(status);
        }
        let (status, _) = self.session.ask_patiently(&request, parse).await?;
        self.with_unheard(status).await
    }

    /// `error` in words about the release that answers, if it is that there is no such endpoint.
    async fn in_words_of_release(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::Unsupported {
            return error;
        }
        let parse = |answer: &_| self.api.parse_release(answer);
        match self.session.ask_once(&self.api.nodes(), parse).await {
            Ok((release, _)) => release.explain(error),
            Err(_) => error,
        }
    }

    /// What donors say of themselves, asked all at once. Those that cannot be reached are left out.
    pub(crate) async fn donors(&self, status: &GlobalStatus) -> Vec<(NodeName, DonorStatus)> {
        let donors = status.rebalances.iter().flat_map(|run| &run.donors);
        let answers = together(donors.map(|node| async move {
            match self.local_status(node).await {
                Ok(Some(LocalStatus::Rebalance(donor))) => Some((node.clone(), donor)),
                _ => None,
            }
        }));
        answers.await.into_iter().flatten().collect()
    }

    /// What runs by each node's own word. `None` if none was heard.
    async fn gathered(&self) -> Result<Option<GlobalStatus>> {
        let mut names = self.members().await?;
        {
            let roll = self.session.roll();
            names.retain(|node| !roll.is_down(node));
        }
        let words = together(names.iter().map(|node| self.local_status(node))).await;
        let words = words.into_iter().collect::<Result<Vec<_>>>()?;
        if words.iter().all(Option::is_none) {
            return Ok(None);
        }
        let mut status = GlobalStatus::default();
        for (node, word) in names.into_iter().zip(words) {
            status.hear(node, word);
        }
        Ok(Some(status))
    }

    /// What `node` says of itself. `None` if it cannot be asked.
    async fn local_status(&self, node: &NodeName) -> Result<Option<LocalStatus>> {
        let request = self.api.status();
        let parse = |answer: &_| self.api.parse_status(answer);
        match self.session.ask_node(self.api, node, &request, parse).await {
            Ok((status, _)) => Ok(Some(status)),
            Err(error) if is_refusal(&error) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Nodes that are not known were not heard by the one that answered either. Those that not all of the
    /// others reach speak for themselves.
    async fn with_unheard(&self, mut status: GlobalStatus) -> Result<GlobalStatus> {
        let (unknown, apart) = {
            let roll = self.session.roll();
            (roll.unknown(), roll.apart())
        };
        status.unheard.extend(unknown);
        let words = together(apart.iter().map(|node| self.local_status(node))).await;
        let words = words.into_iter().collect::<Result<Vec<_>>>()?;
        for (node, word) in apart.into_iter().zip(words) {
            status.hear(node, word);
        }
        Ok(status)
    }
}

/// Takes what a node says of itself.
trait Hear {
    fn hear(&mut self, node: NodeName, word: Option<LocalStatus>);
    fn hear_donor(&mut self, node: NodeName, donor: DonorStatus);
}

impl Hear for GlobalStatus {
    fn hear(&mut self, node: NodeName, word: Option<LocalStatus>) {
        match word {
            None => self.unheard.push(node),
            Some(LocalStatus::Disabled) => {}
            Some(LocalStatus::Rebalance(donor)) => self.hear_donor(node, donor),
            Some(LocalStatus::Evacuation(mut evacuation)) => {
                self.evacuations.retain(|known| known.node.as_ref() != Some(&node));
                evacuation.node = Some(node);
                self.evacuations.push(evacuation);
            }
            Some(LocalStatus::Other { word }) if word == "purge" => self.purges.push(node),
            Some(LocalStatus::Other { word }) => {
                let element = format!("status of {node}");
                self.unreadable.push(Unreadable { element, why: format!("it says `{word}`") });
            }
        }
    }

    fn hear_donor(&mut self, node: NodeName, donor: DonorStatus) {
        let DonorStatus { coordinator, state, recipients, counts: _ } = donor;
        match self.rebalances.iter_mut().find(|run| run.coordinator == coordinator) {
            Some(run) if run.donors.contains(&node) => {}
            Some(run) => run.donors.push(node),
            None => {
                let run = RunStatus::new(coordinator, state, vec![node], recipients);
                self.rebalances.push(run);
            }
        }
    }
}
