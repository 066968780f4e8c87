//! Every node and its load, read the way EMQX answers while one of the nodes hangs.
//!
//! While one does, `/nodes` takes 30 s on every other node and then leaves the hung one out; `/cluster`
//! names it still, and `/nodes/{node}` of the others answers at once (contract/6.0.3, 06). So `/nodes`
//! gets a few seconds, and then each node is asked for by itself. What is named and cannot be read is
//! a node that is not known: neither down nor empty.

use crate::base::BaseUrl;
use crate::cluster::Cluster;
use crate::together::together;
use crate::transport::Transport;
use emqx_rebalance_api::ApiVersion;
use emqx_rebalance_core::{Error, ErrorKind, NodeList, NodeLoad, NodeName, NodeStatus, Result};
use futures_util::future::join;

/// What became of the question for one node.
#[derive(Debug)]
enum View {
    /// Who was asked first says so.
    Read(NodeLoad),
    /// Who was asked first does not reach it. Another one says so, or it says so itself.
    Apart(NodeLoad),
    /// Another node says that there is none: it is down, or left.
    Absent,
    /// Nobody says anything.
    Silent,
}

impl View {
    /// This one, or `other` if it says nothing.
    fn or(self, other: Self) -> Self {
        if matches!(self, Self::Silent) { other } else { self }
    }
}

impl<T: Transport> Cluster<T> {
    /// Every node that the cluster names or that was ever read, each count with its time and source.
    ///
    /// # Errors
    /// Why no list was to be had: a node that cannot be read is no error.
    pub(crate) async fn nodes(&self) -> Result<NodeList> {
        let request = self.api.nodes();
        let parse = |answer: &_| self.api.parse_nodes(answer);
        let is_slow = self.session.roll().is_slow();
        if !is_slow {
            match self.session.ask_of_all(&request, parse).await {
                Ok((list, url)) => return self.completed(list, &url, false).await,
                Err(error) if error.kind() == ErrorKind::Timeout => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(list) = self.one_by_one().await? {
            return Ok(list);
        }
        let (list, url) = self.session.ask_patiently(&request, parse).await?;
        self.completed(list, &url, true).await
    }

    /// Adds to the list that came from `url` what it leaves out.
    async fn completed(
        &self,
        mut list: NodeList,
        url: &BaseUrl,
        was_slow: bool,
    ) -> Result<NodeList> {
        self.sign_all(&mut list, url);
        let (missing, is_named) = self.missing(&list, was_slow).await;
        let mut apart = self.compare(&mut list, url, &missing).await?;
        let unread = list.nodes.iter().filter(|load| load.status == NodeStatus::Unknown);
        let missing = missing.into_iter().filter(|node| !is_listed(&list, node));
        let sought: Vec<NodeName> = unread.map(|load| load.node.clone()).chain(missing).collect();
        let views = together(sought.iter().map(|node| self.look(node))).await;
        let views = views.into_iter().collect::<Result<Vec<_>>>()?;
        for (node, view) in sought.iter().zip(views) {
            if matches!(view, View::Apart(_)) {
                apart.push(node.clone());
            }
            let listed = list.nodes.iter().position(|load| load.node == *node);
            let load = match view {
                View::Read(load) | View::Apart(load) => load,
                // Not in the list, not named, and not there when asked for: it has left.
                View::Absent if listed.is_none() && !is_named => {
                    self.session.roll().forget(node);
                    continue;
                }
                View::Absent | View::Silent => self.unknown(node, &list),
            };
            match listed.and_then(|i| list.nodes.get_mut(i)) {
                Some(place) => *place = load,
                None => list.nodes.push(load),
            }
        }
        let mut roll = self.session.roll();
        roll.see(&list.nodes);
        roll.set_apart(&apart);
        drop(roll);
        Ok(list)
    }

    /// The nodes that belong to the cluster and are not in `list`, and whether the cluster named them
    /// just now.
    async fn missing(&self, list: &NodeList, was_slow: bool) -> (Vec<NodeName>, bool) {
        let is_missing = |name: &NodeName| !is_listed(list, name);
        let (mut names, is_first) = {
            let mut roll = self.session.roll();
            (roll.names(), roll.call())
        };
        names.retain(is_missing);
        let is_doubtful = was_slow || !names.is_empty() || !list.unreadable.is_empty();
        if !(is_first || is_doubtful) {
            return (names, false);
        }
        match self.named().await {
            Ok(named) if !named.is_empty() => {
                let mut roll = self.session.roll();
                names
                    .iter()
                    .filter(|name| !named.contains(name))
                    .for_each(|name| roll.forget(name));
                (named.into_iter().filter(is_missing).collect(), true)
            }
            _ => (names, false),
        }
    }

    /// The names of the nodes that are not known to be down. EMQX 4 has none apart from its list.
    async fn named(&self) -> Result<Vec<NodeName>> {
        if self.api == ApiVersion::V4 {
            return Ok(Vec::new());
        }
        let parse = |answer: &_| self.api.parse_cluster(answer);
        Ok(self.session.ask_once(&self.api.cluster(), parse).await?.0)
    }

    /// Asks for each node by itself. `None` if there is no name to ask for, or no answer at all.
    async fn one_by_one(&self) -> Result<Option<NodeList>> {
        let names = self.members().await?;
        let views = together(names.iter().map(|node| self.look(node))).await;
        let views = views.into_iter().collect::<Result<Vec<_>>>()?;
        if views.iter().all(|view| matches!(view, View::Silent)) {
            return Ok(None);
        }
        let is_slow = views.iter().any(|view| matches!(view, View::Silent | View::Apart(_)));
        let mut roll = self.session.roll();
        let load = |(node, view): (&NodeName, View)| match view {
            View::Read(load) | View::Apart(load) => load,
            View::Absent => roll.as_stopped(node),
            View::Silent => roll.as_unknown(node),
        };
        let nodes: Vec<NodeLoad> = names.iter().zip(views).map(load).collect();
        roll.see(&nodes);
        roll.set_slow(is_slow);
        drop(roll);
        Ok(Some(NodeList { nodes, unreadable: Vec::new() }))
    }

    /// The names that the cluster gives, and those that were read before.
    ///
    /// # Errors
    /// If EMQX lets this user ask nothing.
    pub(crate) async fn members(&self) -> Result<Vec<NodeName>> {
        let mut names = match self.named().await {
            Err(error) if is_refusal(&error) => return Err(error),
            named => named.unwrap_or_default(),
        };
        let remembered = self.session.roll().names();
        names.extend(
            remembered.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>(),
        );
        Ok(names)
    }

    /// Asks others for `node` and, if they do not answer, `node` itself.
    async fn look(&self, node: &NodeName) -> Result<View> {
        let urls = self.session.urls();
        let Some(first) = urls.first() else { return Ok(View::Silent) };
        // Behind a balancer the same URL leads to another node the second time.
        let second = urls.get(1).unwrap_or(first);
        let here = self.look_at(first, node, View::Read);
        let there = join(self.look_at(second, node, View::Apart), self.ask_itself(node));
        // Who was silent the last time is not waited for twice.
        let was_silent = self.session.roll().unknown().contains(node);
        if was_silent {
            let (here, (there, itself)) = join(here, there).await;
            return Ok(here?.or(there?).or(itself?));
        }
        match here.await? {
            View::Silent => {
                let (there, itself) = there.await;
                Ok(there?.or(itself?))
            }
            view => Ok(view),
        }
    }

    async fn look_at(
        &self,
        url: &BaseUrl,
        node: &NodeName,
        read: impl FnOnce(NodeLoad) -> View,
    ) -> Result<View> {
        let parse = |answer: &_| self.api.parse_node(answer);
        let answer = self.session.ask_url(url, &self.api.node(node)?, parse).await;
        self.view(answer.map(|load| (load, url.clone())), read)
    }

    async fn ask_itself(&self, node: &NodeName) -> Result<View> {
        let parse = |answer: &_| self.api.parse_node(answer);
        let request = self.api.node(node)?;
        let answer = self.session.ask_node(self.api, node, &request, parse).await;
        self.view(answer, View::Apart)
    }

    fn view(
        &self,
        answer: Result<(NodeLoad, BaseUrl)>,
        read: impl FnOnce(NodeLoad) -> View,
    ) -> Result<View> {
        match answer {
            Ok((load, _)) if load.status == NodeStatus::Unknown => Ok(View::Silent),
            Ok((mut load, url)) => {
                self.sign(&mut load, &url);
                Ok(read(load))
            }
            Err(error) if is_refusal(&error) => Err(error),
            Err(error) if error.kind() == ErrorKind::UnknownNode => Ok(View::Absent),
            Err(_) => Ok(View::Silent),
        }
    }

    /// `node` as not known: with what was last read, or else with what `list` says but its counts.
    fn unknown(&self, node: &NodeName, list: &NodeList) -> NodeLoad {
        let last = self.session.roll().as_unknown(node);
        let listed = list.nodes.iter().find(|load| load.node == *node);
        match listed {
            Some(listed) if last.read_at_ms.is_none() => listed.clone(),
            _ => last,
        }
    }

    /// Notes of every count in `list` when and from whom it was read.
    pub(crate) fn sign_all(&self, list: &mut NodeList, url: &BaseUrl) {
        for load in list.nodes.iter_mut().filter(|load| load.status != NodeStatus::Unknown) {
            self.sign(load, url);
        }
    }

    /// Notes when and from whom counts were read.
    fn sign(&self, load: &mut NodeLoad, url: &BaseUrl) {
        load.read_at_ms = Some(self.session.transport.unix_ms());
        load.read_from = Some(url.to_string());
    }
}

fn is_listed(list: &NodeList, node: &NodeName) -> bool {
    list.nodes.iter().any(|load| load.node == *node)
}

/// Whether EMQX does not let this user ask: then nobody else needs to be asked.
pub(crate) fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden)
}
