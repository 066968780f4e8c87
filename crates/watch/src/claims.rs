//! Whose node is whose, so that two policies never act on one cluster.

use emqx_rebalance_core::{NodeLoad, NodeName};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The nodes that were seen, and of which cluster of the file they are.
#[derive(Debug, Default)]
pub(crate) struct Claims(Mutex<BTreeMap<NodeName, String>>);

impl Claims {
    /// Claims `nodes` for `cluster`: all of them, or none if one is another's.
    ///
    /// # Errors
    /// Whose, in a sentence.
    pub(crate) fn claim(&self, cluster: &str, nodes: &[NodeLoad]) -> Result<(), String> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let others = nodes.iter().filter_map(|load| Some((&load.node, claims.get(&load.node)?)));
        if let Some((node, other)) = others.into_iter().find(|(_, other)| *other != cluster) {
            return Err(format!(
                "`{other}` has a node {node}, too: if this is another cluster all the same, say `distinct: true`, \
                 otherwise take one of the two out"
            ));
        }
        for load in nodes {
            claims.entry(load.node.clone()).or_insert_with(|| cluster.to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_looked_after_once() {
        let node = |name: &str| NodeLoad::new(NodeName::new(name).unwrap(), 1);
        let claims = Claims::default();
        assert_eq!(claims.claim("eu", &[node("a@h"), node("b@h")]), Ok(()));
        assert_eq!(claims.claim("eu", &[node("b@h"), node("c@h")]), Ok(()));
        let refused = claims.claim("us", &[node("d@h"), node("c@h")]).unwrap_err();
        assert!(refused.starts_with("`eu` has a node c@h, too"), "{refused}");
        assert_eq!(
            claims.claim("ap", &[node("d@h")]),
            Ok(()),
            "of what was refused nothing is claimed"
        );
    }
}
