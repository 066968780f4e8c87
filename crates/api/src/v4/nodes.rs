//! The nodes, their loads, and whether a node is up.

use super::error::answer;
use crate::health::{self, NodeHealth};
use crate::read::failure::not_emqx;
use crate::read::{Body, load};
use crate::release::Release;
use crate::request::{get, get_node};
use emqx_rebalance_core::{
    EmqxVersion, Error, ErrorKind, NodeList, NodeLoad, NodeName, NodeStatus, Result,
};
use http::{Request, Response};
use serde_json::Value;

pub(crate) fn nodes() -> Request<Vec<u8>> {
    get("/api/v4/nodes")
}

pub(crate) fn parse_nodes(response: &Response<Vec<u8>>) -> Result<NodeList> {
    match answer(response)? {
        Value::Array(elements) => {
            let elements: Vec<Value> = elements.into_iter().map(with_live_count).collect();
            Ok(load::node_list(&elements))
        }
        other => Err(not_emqx(response.status(), &Body::Json(other))),
    }
}

pub(crate) fn parse_release(response: &Response<Vec<u8>>) -> Result<Release> {
    match answer(response)? {
        Value::Array(elements) => Ok(Release::of(&elements)),
        other => Err(not_emqx(response.status(), &Body::Json(other))),
    }
}

pub(crate) fn node(node: &NodeName) -> Result<Request<Vec<u8>>> {
    get_node("/api/v4/nodes/", node)
}

pub(crate) fn parse_node(response: &Response<Vec<u8>>) -> Result<NodeLoad> {
    let value = with_live_count(answer(response)?);
    load::node_load(&value)
        .map_err(|why| not_emqx(response.status(), &Body::Json(value)).with("why", why))
}

/// EMQX 4.4.12 to 4.4.18 have no `live_connections` (tags of the public source): only
/// `connections`, which counts the sessions of clients that are away too. So it stands for both
/// there: a node may seem fuller than it is, and never empty. A later EMQX that does not say how
/// many clients are connected is not believed.
fn with_live_count(mut element: Value) -> Value {
    let version = element.get("version").and_then(Value::as_str).and_then(EmqxVersion::parse);
    let is_old = version.is_some_and(|version| version < EmqxVersion::COUNTS_CLIENTS_V4);
    if let Some(fields) = element.as_object_mut().filter(|_| is_old)
        && !fields.contains_key("live_connections")
        && let Some(count) = fields.get("connections").cloned()
    {
        fields.insert("live_connections".to_owned(), count);
    }
    element
}

/// EMQX 4 has no `/cluster`: the list of nodes says who belongs to it and is not down.
pub(crate) fn cluster() -> Request<Vec<u8>> {
    nodes()
}

pub(crate) fn parse_cluster(response: &Response<Vec<u8>>) -> Result<Vec<NodeName>> {
    let list = parse_nodes(response)?;
    let members = list.nodes.into_iter().filter(|load| load.status != NodeStatus::Stopped);
    let names: Vec<NodeName> = members.map(|load| load.node).collect();
    Some(names)
        .filter(|names| !names.is_empty())
        .ok_or_else(|| Error::new(ErrorKind::Protocol, "the cluster names no nodes: check the URL"))
}

pub(crate) fn node_status() -> Request<Vec<u8>> {
    get("/status")
}

pub(crate) fn parse_node_status(response: &Response<Vec<u8>>) -> Result<NodeHealth> {
    health::parse(response)
}
