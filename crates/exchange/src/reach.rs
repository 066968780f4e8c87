//! Finds out that the node that was asked does not reach the others.
//!
//! A node that is cut off answers for itself and says of all others that they are down, or nothing at
//! all. So a list that shows most others as absent is held against the lists of those others.

use crate::base::BaseUrl;
use crate::cluster::Cluster;
use crate::nodes::is_refusal;
use crate::together::together;
use crate::transport::Transport;
use emqx_rebalance_core::{NodeList, NodeLoad, NodeName, NodeStatus, Result};

impl<T: Transport> Cluster<T> {
    /// Makes `list`, which came from `url` and in which `missing` are missing, the one of the node that
    /// reaches most others, and adds those that only others show: they are given back.
    ///
    /// # Errors
    /// If EMQX lets this user not ask.
    pub(crate) async fn compare(
        &self,
        list: &mut NodeList,
        url: &BaseUrl,
        missing: &[NodeName],
    ) -> Result<Vec<NodeName>> {
        if !is_lonely(list, missing) {
            return Ok(Vec::new());
        }
        let mut others = self.lists_of_others(url).await?;
        let most = others.iter().map(|(other, _)| running(other)).max().unwrap_or(0);
        if let Some((wider, at)) = others.iter_mut().find(|(other, _)| running(other) == most)
            && most > running(list)
        {
            std::mem::swap(list, wider);
            self.session.prefer(at);
            self.session.roll().turn();
        }
        Ok(add_running(list, others.into_iter().flat_map(|(other, _)| other.nodes)))
    }

    /// What is answered at every URL but `url`, all asked at once; or at `url` once more if there is no
    /// other: behind a balancer it leads to another node.
    async fn lists_of_others(&self, url: &BaseUrl) -> Result<Vec<(NodeList, BaseUrl)>> {
        let mut urls = self.session.urls();
        if urls.len() > 1 {
            urls.retain(|other| other != url);
        }
        let request = self.api.nodes();
        let parse = |answer: &_| self.api.parse_nodes(answer);
        let answers = together(urls.iter().map(|at| self.session.ask_url(at, &request, parse)));
        let mut lists = Vec::new();
        for (answer, at) in answers.await.into_iter().zip(&urls) {
            match answer {
                Ok(mut list) => {
                    self.sign_all(&mut list, at);
                    lists.push((list, at.clone()));
                }
                Err(error) if is_refusal(&error) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(lists)
    }
}

/// Whether less than half of the others are there.
fn is_lonely(list: &NodeList, missing: &[NodeName]) -> bool {
    let running = running(list);
    let gone = list.nodes.len() - running + missing.len();
    gone > running.saturating_sub(1)
}

fn running(list: &NodeList) -> usize {
    list.nodes.iter().filter(|load| is_running(load)).count()
}

fn is_running(load: &NodeLoad) -> bool {
    !matches!(load.status, NodeStatus::Stopped | NodeStatus::Unknown)
}

/// Adds those of `loads` that run to `list`, where it does not show them running.
fn add_running(list: &mut NodeList, loads: impl Iterator<Item = NodeLoad>) -> Vec<NodeName> {
    let mut added = Vec::new();
    for load in loads.filter(is_running) {
        match list.nodes.iter_mut().find(|listed| listed.node == load.node) {
            Some(listed) if is_running(listed) => continue,
            Some(listed) => *listed = load.clone(),
            None => list.nodes.push(load.clone()),
        }
        added.push(load.node);
    }
    added
}
