//! Whether a node is up, from the text that EMQX answers to anybody.

use crate::read::failure::{by_status, not_emqx};
use crate::read::{Body, body};
use emqx_rebalance_core::{NodeName, Result};
use http::Response;

/// What a node says of itself without a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeHealth {
    /// The node that answered.
    pub node: Option<NodeName>,
    /// Whether EMQX runs on it. A node that still boots says that it does not.
    pub running: bool,
}

/// Reads `Node emqx@10.0.0.1 is started\nemqx is running`, the same in EMQX 4, 5 and 6.
pub(crate) fn parse(response: &Response<Vec<u8>>) -> Result<NodeHealth> {
    let status = response.status();
    let body = body(response)?;
    match &body {
        Body::Text(text) => read(text),
        Body::Empty | Body::Json(_) => None,
    }
    .ok_or_else(|| by_status(status, &body).unwrap_or_else(|| not_emqx(status, &body)))
}

fn read(text: &str) -> Option<NodeHealth> {
    let mut lines = text.lines();
    let name = lines.next()?.trim().strip_prefix("Node ")?.split(' ').next()?;
    let app = lines.next()?.trim().strip_prefix("emqx is ")?;
    Some(NodeHealth { node: NodeName::new(name).ok(), running: app == "running" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_boots_is_up_but_not_running() {
        let text = |app: &str| Response::new(format!("Node a@b is started\n{app}").into_bytes());
        let health = parse(&text("emqx is running")).unwrap();
        assert_eq!(health, NodeHealth { node: NodeName::new("a@b").ok(), running: true });
        assert!(!parse(&text("emqx is not_running")).unwrap().running);
        assert!(parse(&text("nginx is running")).is_err());
    }
}
