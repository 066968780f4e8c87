//! Clusters that no operator manages: the annotation `rebalance.emqx.io/url` says where they are.

use super::Access;
use emqx_rebalance_client::Auth;
use std::collections::{BTreeMap, BTreeSet};

/// The cluster at `urls`, one or more with commas between them. Nobody in particular asks, unless
/// `rebalance.emqx.io/secret` names a key.
pub(super) fn access(urls: &str) -> Access {
    Access {
        urls: listed(urls).map(str::to_owned).collect(),
        node_urls: BTreeMap::new(),
        auth: Auth::Anonymous,
        ca_pem: None,
        service: None,
    }
}

/// The same for every spelling of the same cluster.
pub(super) fn key(urls: &str) -> String {
    let urls = listed(urls).map(|url| url.trim_end_matches('/').to_lowercase());
    Vec::from_iter(BTreeSet::from_iter(urls)).join(",")
}

fn listed(urls: &str) -> impl Iterator<Item = &str> {
    urls.split(',').map(str::trim).filter(|url| !url.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_one_key_however_it_is_spelt() {
        let key = key("http://a:18083,http://b:18083");
        assert_eq!(super::key(" http://B:18083/, http://a:18083 ,"), key);
        assert_ne!(super::key("http://a:18083"), key);
    }
}
