//! Clusters of EMQX Operator 2.1: the resource `EmqxEnterprise` of v1beta4, EMQX 4.4.
//!
//! Source: emqx-operator `controllers/apps/v1beta4/requester.go` and `apis/apps/v1beta4/util.go`.

use super::{Access, Kinds, Lookup, Place};
use std::collections::BTreeMap;

/// The kind of the resource.
pub(super) const KIND: &str = "EmqxEnterprise";

/// Finds `name`, if there is one. Nodes are found at the hosts in their names.
pub(super) async fn find(
    place: &Place<'_>,
    kinds: &Kinds,
    name: &str,
) -> Result<Option<Access>, Lookup> {
    if place.instance(kinds, KIND, name).await?.is_none() {
        return Ok(None);
    }
    let secret = place.secret(&format!("{name}-bootstrap-user")).await?;
    let namespace = &place.namespace;
    Ok(Some(Access {
        urls: vec![format!("http://{name}-headless.{namespace}.svc:{MANAGEMENT}")],
        node_urls: BTreeMap::new(),
        find_nodes: true,
        auth: secret.bootstrap("bootstrap_user")?,
        ca_pem: None,
        service: Some(name.to_owned()),
    }))
}

/// The port of the management API of EMQX 4.4. The operator does not let it be changed.
const MANAGEMENT: u16 = 8081;
