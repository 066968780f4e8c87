//! Commands: what begins and ends a rebalance or an evacuation.
//!
//! Both APIs take the same. What a version cannot take is a [`Gate`]; what an API says when it does not
//! do it is in its `error`.

use crate::request::post_node;
use crate::version::{ApiVersion, Capabilities, Gate};
use crate::{v4, v5};
use emqx_rebalance_core::{
    Evacuation, NodeName, Refusal, RefusalReason, Result, StartAnswer, StopAnswer, Strategy,
};
use http::{Request, Response};
use serde_json::{Map, Value, json};

impl ApiVersion {
    /// Has `coordinator` begin a rebalance of `nodes`. Every option is sent, none left to EMQX.
    ///
    /// Give it 50 s to answer: EMQX 5.9 and later may work 45 s on it. A repeated start is another
    /// start, and each that fails costs the coordinator one of 10 crashes per hour.
    ///
    /// # Errors
    /// `unsupported` if `capabilities` lack rebalancing or an option of `strategy`;
    /// `config_invalid` if the coordinator's name makes no URL.
    pub fn start(
        self,
        coordinator: &NodeName,
        nodes: &[NodeName],
        strategy: &Strategy,
        capabilities: Capabilities,
    ) -> Result<Request<Vec<u8>>> {
        capabilities.require(Gate::LoadRebalance, "load_rebalance")?;
        self.post(coordinator, "/start", Some(rebalance(nodes, strategy, capabilities)?))
    }

    /// Reads the answer to [`Self::start`].
    ///
    /// # Errors
    /// As the crate's page says. After an error it is not known whether the rebalance began, unless
    /// the kind is `unauthorized`, `forbidden` or `unsupported`.
    pub fn parse_start(self, response: &Response<Vec<u8>>) -> Result<StartAnswer> {
        Ok(self.refusal(response)?.map_or(StartAnswer::Started, StartAnswer::Refused))
    }

    /// Has `coordinator` end its rebalance. A donor that is not the coordinator cannot.
    ///
    /// # Errors
    /// `config_invalid` if the name makes no URL.
    pub fn stop(self, coordinator: &NodeName) -> Result<Request<Vec<u8>>> {
        self.post(coordinator, "/stop", None)
    }

    /// Reads the answer to [`Self::stop`].
    ///
    /// # Errors
    /// As the crate's page says; then it is not known whether the rebalance ended.
    pub fn parse_stop(self, response: &Response<Vec<u8>>) -> Result<StopAnswer> {
        Ok(match self.refusal(response)? {
            None => StopAnswer::Stopped,
            Some(refusal) if refusal.reason == RefusalReason::NotStarted => StopAnswer::NotStarted,
            Some(refusal) => StopAnswer::Refused(refusal),
        })
    }

    /// Has `node` begin to empty itself. The answer is read as that to [`Self::start`] is.
    ///
    /// # Errors
    /// `unsupported` if `capabilities` lack rebalancing or an option of `evacuation`;
    /// `config_invalid` if the name makes no URL.
    pub fn start_evacuation(
        self,
        node: &NodeName,
        evacuation: &Evacuation,
        capabilities: Capabilities,
    ) -> Result<Request<Vec<u8>>> {
        capabilities.require(Gate::LoadRebalance, "load_rebalance")?;
        self.post(node, "/evacuation/start", Some(empties(evacuation, capabilities)?))
    }

    /// Reads the answer to [`Self::start_evacuation`].
    ///
    /// # Errors
    /// As [`Self::parse_start`].
    pub fn parse_start_evacuation(self, response: &Response<Vec<u8>>) -> Result<StartAnswer> {
        self.parse_start(response)
    }

    /// Has `node` take clients again.
    ///
    /// # Errors
    /// `config_invalid` if the name makes no URL.
    pub fn stop_evacuation(self, node: &NodeName) -> Result<Request<Vec<u8>>> {
        self.post(node, "/evacuation/stop", None)
    }

    /// Reads the answer to [`Self::stop_evacuation`].
    ///
    /// # Errors
    /// As [`Self::parse_stop`].
    pub fn parse_stop_evacuation(self, response: &Response<Vec<u8>>) -> Result<StopAnswer> {
        self.parse_stop(response)
    }

    fn post(self, node: &NodeName, what: &str, body: Option<Value>) -> Result<Request<Vec<u8>>> {
        let of_node = match self {
            Self::V4 => "/api/v4/load_rebalance/",
            Self::V5 => "/api/v5/load_rebalance/",
        };
        post_node(of_node, node, what, body.as_ref())
    }

    /// What EMQX says if it did not do it.
    fn refusal(self, response: &Response<Vec<u8>>) -> Result<Option<Refusal>> {
        match self {
            Self::V4 => v4::error::command(response),
            Self::V5 => v5::error::command(response),
        }
    }
}

/// The body of a start. RPC timeouts are text: their numbers would be milliseconds.
fn rebalance(nodes: &[NodeName], strategy: &Strategy, capabilities: Capabilities) -> Result<Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("nodes", json!(nodes));
    put("conn_evict_rate", json!(strategy.conn_evict_rate));
    put("sess_evict_rate", json!(strategy.sess_evict_rate));
    for (name, seconds) in [
        ("wait_health_check", strategy.wait_health_check),
        ("wait_takeover", strategy.wait_takeover),
    ] {
        put(name, wait(name, seconds, capabilities)?);
    }
    put("abs_conn_threshold", json!(strategy.abs_conn_threshold));
    put("rel_conn_threshold", json!(strategy.rel_conn_threshold));
    put("abs_sess_threshold", json!(strategy.abs_sess_threshold));
    put("rel_sess_threshold", json!(strategy.rel_sess_threshold));
    for (name, timeout) in [
        ("conn_evict_rpc_timeout", strategy.conn_evict_rpc_timeout),
        ("sess_evict_rpc_timeout", strategy.sess_evict_rpc_timeout),
    ] {
        if let Some(seconds) = timeout {
            capabilities.require(Gate::RpcTimeouts, name)?;
            put(name, json!(format!("{seconds}s")));
        }
    }
    Ok(Value::Object(body))
}

/// The body of the start of an evacuation.
fn empties(evacuation: &Evacuation, capabilities: Capabilities) -> Result<Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("conn_evict_rate", json!(evacuation.conn_evict_rate));
    put("sess_evict_rate", json!(evacuation.sess_evict_rate));
    put("wait_takeover", wait("wait_takeover", evacuation.wait_takeover, capabilities)?);
    if let Some(seconds) = evacuation.wait_health_check {
        capabilities.require(Gate::EvacuationWaitHealthCheck, "wait_health_check")?;
        put("wait_health_check", json!(seconds));
    }
    if let Some(nodes) = &evacuation.migrate_to {
        put("migrate_to", json!(nodes));
    }
    if let Some(servers) = &evacuation.redirect_to {
        capabilities.require(Gate::RedirectTo, "redirect_to")?;
        put("redirect_to", json!(servers));
    }
    Ok(Value::Object(body))
}

/// A wait is a number, which EMQX takes as seconds.
fn wait(name: &str, seconds: u32, capabilities: Capabilities) -> Result<Value> {
    if seconds == 0 {
        capabilities.require(Gate::ZeroWait, name)?;
    }
    Ok(json!(seconds))
}
