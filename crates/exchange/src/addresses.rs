//! Which URL to ask.

use crate::base::BaseUrl;
use emqx_rebalance_core::NodeName;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The URLs of a cluster, and which of them belongs to which node as far as is known.
#[derive(Debug)]
pub(crate) struct Addresses {
    /// Those that answer for the cluster.
    any: Vec<BaseUrl>,
    /// The first to try: the last one that answered.
    preferred: Mutex<usize>,
    /// Where nodes are, as configured.
    given: BTreeMap<NodeName, BaseUrl>,
    learned: Mutex<Learned>,
    /// Whether others are looked for at their own hosts.
    find_nodes: bool,
}

/// What nodes said of themselves.
#[derive(Debug, Default)]
struct Learned {
    nodes: BTreeMap<NodeName, BaseUrl>,
    /// Where several nodes answered: load balancers, which tell nothing of any one node.
    shared: Vec<BaseUrl>,
}

/// Where a node answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) url: BaseUrl,
    /// Whether only that node can answer there: the URL was given for it, or is at its own host.
    pub(crate) is_its_own: bool,
}

impl Addresses {
    pub(crate) fn new(
        any: Vec<BaseUrl>,
        given: BTreeMap<NodeName, BaseUrl>,
        find_nodes: bool,
    ) -> Self {
        let (preferred, learned) = (Mutex::new(0), Mutex::default());
        Self { any, preferred, given, learned, find_nodes }
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

    /// Has `url` be tried first.
    pub(crate) fn prefer_url(&self, url: &BaseUrl) {
        if let Some(place) = self.any.iter().position(|any| any == url) {
            self.prefer(place);
        }
    }

    /// Where `node` is known to be.
    pub(crate) fn of(&self, node: &NodeName) -> Option<Place> {
        if let Some(url) = self.given.get(node) {
            return Some(Place { url: url.clone(), is_its_own: true });
        }
        let url = self.learned().nodes.get(node).cloned()?;
        let is_its_own = node.host().is_some_and(|host| url.is_at(host));
        Some(Place { url, is_its_own })
    }

    /// Notes that `node` answers at `url`. One URL is never that of two nodes.
    pub(crate) fn learn(&self, node: NodeName, url: BaseUrl) {
        let mut learned = self.learned();
        if learned.nodes.iter().any(|(other, known)| *known == url && *other != node) {
            learned.share(url);
        } else if !learned.shared.contains(&url) {
            learned.nodes.insert(node, url);
        }
    }

    /// Notes that several nodes answer at `url`.
    pub(crate) fn share(&self, url: BaseUrl) {
        self.learned().share(url);
    }

    /// Where `node` could be: at one of the URLs, or at its own host with the first one's scheme,
    /// port and path, unless another one is there. Who answers there must be asked for its name.
    pub(crate) fn candidates(&self, node: &NodeName) -> Vec<BaseUrl> {
        let first = self.any.first().filter(|_| self.find_nodes);
        let own = first.and_then(|url| url.at_host(node.host()?));
        let mut candidates = self.any.clone();
        candidates.extend(own.filter(|url| !self.any.contains(url)));
        let learned = self.learned();
        let is_anothers = |url: &BaseUrl| learned.nodes.values().any(|known| known == url);
        candidates.retain(|url| !learned.shared.contains(url) && !is_anothers(url));
        candidates
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learned {
    fn share(&mut self, url: BaseUrl) {
        self.nodes.retain(|_, known| *known != url);
        if !self.shared.contains(&url) {
            self.shared.push(url);
        }
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
        let place = Place { url: url("http://a:1"), is_its_own: false };
        assert_eq!(addresses.of(&node), Some(place));
        let at_home = Addresses::new(vec![url("http://lb")], BTreeMap::new(), false);
        assert_eq!(at_home.candidates(&node), [url("http://lb")]);
    }

    #[test]
    fn only_what_is_at_its_host_or_was_given_is_a_nodes_own() {
        let node = NodeName::new("emqx@10.0.0.7").unwrap();
        let given = BTreeMap::from([(node.clone(), url("https://lb:8443/n7"))]);
        let addresses = Addresses::new(vec![url("https://lb:8443")], given, true);
        assert!(addresses.of(&node).unwrap().is_its_own);
        let other = NodeName::new("emqx@10.0.0.8").unwrap();
        addresses.learn(other.clone(), url("https://10.0.0.8:8443"));
        assert!(addresses.of(&other).unwrap().is_its_own);
    }

    #[test]
    fn a_url_at_which_two_nodes_answer_is_no_nodes_own() {
        let [a, b] = ["a@h", "b@h"].map(|name| NodeName::new(name).unwrap());
        let addresses = Addresses::new(vec![url("http://lb")], BTreeMap::new(), false);
        addresses.learn(a.clone(), url("http://lb"));
        addresses.learn(b.clone(), url("http://lb"));
        addresses.learn(a.clone(), url("http://lb"));
        assert_eq!((addresses.of(&a), addresses.of(&b)), (None, None));
        assert!(addresses.candidates(&a).is_empty());
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
