//! The nodes, their loads, and whether a node is up.

use super::error::answer;
use crate::health::{self, NodeHealth};
use crate::read::failure::not_emqx;
use crate::read::{Body, load};
use crate::release::Release;
use crate::request::{get, get_node};
use emqx_rebalance_core::{Error, ErrorKind, NodeList, NodeLoad, NodeName, Result};
use http::{Request, Response};
use serde_json::Value;

pub(crate) fn nodes() -> Request<Vec<u8>> {
    get("/api/v5/nodes")
}

pub(crate) fn parse_nodes(response: &Response<Vec<u8>>) -> Result<NodeList> {
    match answer(response)? {
        Value::Array(elements) => Ok(load::node_list(&elements)),
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
    get_node("/api/v5/nodes/", node)
}

pub(crate) fn parse_node(response: &Response<Vec<u8>>) -> Result<NodeLoad> {
    let value = answer(response)?;
    load::node_load(&value)
        .map_err(|why| not_emqx(response.status(), &Body::Json(value)).with("why", why))
}

pub(crate) fn cluster() -> Request<Vec<u8>> {
    get("/api/v5/cluster")
}

pub(crate) fn parse_cluster(response: &Response<Vec<u8>>) -> Result<Vec<NodeName>> {
    let value = answer(response)?;
    let names = value.get("nodes").and_then(Value::as_array).map(|list| load::names(list));
    names
        .filter(|names| !names.is_empty())
        .ok_or_else(|| Error::new(ErrorKind::Protocol, "the cluster names no nodes: check the URL"))
}

pub(crate) fn node_status() -> Request<Vec<u8>> {
    get("/api/v5/status")
}

pub(crate) fn parse_node_status(response: &Response<Vec<u8>>) -> Result<NodeHealth> {
    health::parse(response)
}
