//! Clusters that no operator manages: the annotation `rebalance.emqx.io/url` says where they are.

use super::Access;
use emqx_rebalance_client::Auth;
use std::collections::BTreeMap;

/// The cluster at `urls`, one or more with commas between them. Nobody in particular asks, unless
/// `rebalance.emqx.io/secret` names a key.
pub(super) fn access(urls: &str) -> Access {
    let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
    Access {
        urls: urls.map(str::to_owned).collect(),
        node_urls: BTreeMap::new(),
        auth: Auth::Anonymous,
        ca_pem: None,
        service: None,
    }
}
