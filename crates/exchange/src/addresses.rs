//! Which URL to ask.

use crate::base::BaseUrl;
use emqx_rebalance_core::NodeName;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The URLs of a cluster, and which of them belongs to which node as far as is known.
#[derive(Debug)]
pub(crate) struct Addresses {
    /// Those that answer for the cluster.
    any: Vec<BaseUrl>,
    /// The first to try: the last one that answered.
    preferred: Mutex<usize>,
    /// Where nodes are, as configured or as they said of themselves.
    known: Mutex<BTreeMap<NodeName, BaseUrl>>,
    /// Whether others are looked for at their own hosts.
    find_nodes: bool,
}

impl Addresses {
    pub(crate) fn new(
        any: Vec<BaseUrl>,
        known: BTreeMap<NodeName, BaseUrl>,
        find_nodes: bool,
    ) -> Self {
        Self { any, preferred: Mutex::new(0), known: Mutex::new(known), find_nodes }
    }

    /// Every URL that answers for the cluster, the last one that did first, with its place.
    pub(crate) fn any(&self) -> Vec<(usize, BaseUrl)> {
        let preferred = *self.preferred.lock().unwrap_or_else(PoisonError::into_inner);
        let mut order: Vec<_> = self.any.iter().cloned().enumerate().collect();
        let first = preferred.min(order.len());
        order.rotate_left(first);
        order
    }

    /// Notes that the URL at `place` answered.
    pub(crate) fn prefer(&self, place: usize) {
        *self.preferred.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    /// Where `node` is known to be.
    pub(crate) fn of(&self, node: &NodeName) -> Option<BaseUrl> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(node).cloned()
    }

    /// Notes that `node` answers at `url`.
    pub(crate) fn learn(&self, node: NodeName, url: BaseUrl) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(node, url);
    }

    /// Where `node` could be: at one of the URLs, or at its own host with the first one's scheme,
    /// port and path. Who answers there must be asked for its name.
    pub(crate) fn candidates(&self, node: &NodeName) -> Vec<BaseUrl> {
        let first = self.any.first().filter(|_| self.find_nodes);
        let own = first.and_then(|url| url.at_host(node.host()?));
        let mut candidates = self.any.clone();
        candidates.extend(own.filter(|url| !self.any.contains(url)));
        candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> BaseUrl {
        BaseUrl::absolute(text).unwrap()
    }

    #[test]
    fn a_node_is_looked_for_at_its_own_host_too() {
        let addresses = Addresses::new(vec![url("https://lb:8443/emqx")], BTreeMap::new(), true);
        let node = NodeName::new("emqx@10.0.0.7").unwrap();
        let expected = [url("https://lb:8443/emqx"), url("https://10.0.0.7:8443/emqx")];
        assert_eq!(addresses.candidates(&node), expected);
        assert_eq!(addresses.of(&node), None);
        addresses.learn(node.clone(), url("http://a:1"));
        assert_eq!(addresses.of(&node), Some(url("http://a:1")));
        let at_home = Addresses::new(vec![url("http://lb")], BTreeMap::new(), false);
        assert_eq!(at_home.candidates(&node), [url("http://lb")]);
    }

    #[test]
    fn the_last_url_that_answered_is_tried_first() {
        let urls = vec![url("http://a"), url("http://b")];
        let addresses = Addresses::new(urls, BTreeMap::new(), true);
        addresses.prefer(1);
        let order: Vec<_> = addresses.any().into_iter().map(|(place, _)| place).collect();
        assert_eq!(order, [1, 0]);
    }
}
