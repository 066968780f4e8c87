//! Clusters that no operator manages: the object that asks for them says at which URLs they are.
//!
//! Whoever may create a `Rebalance` writes it, and the controller goes there with its own network: so it
//! leads to the object's own namespace, or to hosts that whoever installed the controller allows.

use super::{Access, Lookup, Place};
use crate::hosts::Address;
use emqx_rebalance_client::Auth;
use emqx_rebalance_core::{Error, Problem};
use std::collections::BTreeMap;

/// The cluster at `addresses`. Nobody in particular asks, unless `rebalance.emqx.io/secret` names a key.
pub(super) fn access(addresses: &[Address]) -> Access {
    Access {
        urls: addresses.iter().map(|address| address.url.clone()).collect(),
        node_urls: BTreeMap::new(),
        // A node's name is the cluster's to say, and may lead anywhere.
        find_nodes: false,
        auth: Auth::Anonymous,
        ca_pem: None,
        service: None,
    }
}

/// The addresses that `urls` mean, one or more with commas between them.
///
/// # Errors
/// If one of them is not one to go to.
pub(super) fn addresses(
    place: &Place<'_>,
    field: &str,
    urls: &str,
) -> Result<Vec<Address>, Lookup> {
    let Place { namespace, allowed_hosts, .. } = place;
    let bound = format!(
        "the URL of a Service or a pod of the namespace {namespace}, such as \
         http://emqx.{namespace}.svc:18083, or of a host that the controller's --allowed-hosts name"
    );
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for url in listed(urls).take(MAX_URLS) {
        match Address::find(url, namespace, allowed_hosts) {
            Some(address) => found.push(address),
            None => problems.push(Problem::new(field, url, &bound)),
        }
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(Problem::new(field, urls, &bound));
    }
    if listed(urls).nth(MAX_URLS).is_some() {
        let bound = format!("at most {MAX_URLS} URLs");
        problems.push(Problem::new(field, listed(urls).count(), bound));
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(Lookup::Unusable(Error::invalid("target", problems)))
    }
}

/// The URLs in a list with commas between them.
pub(crate) fn listed(urls: &str) -> impl Iterator<Item = &str> {
    urls.split(',').map(str::trim).filter(|url| !url.is_empty())
}

/// More nodes than a cluster of EMQX has.
const MAX_URLS: usize = 100;
