//! `/api/v4`: EMQX Enterprise 4.4.12 to 4.4.x. No cluster of it was recorded.
//!
//! Sources: EMQX's documentation of release 4.4 (`advanced/rebalancing.md`, `advanced/http-api.md`),
//! the API's source before it moved away (`apps/emqx_node_rebalance/src/emqx_node_rebalance_api.erl`,
//! August 2022), minirest 0.3.7.

mod nodes;
mod options;
mod rebalance;

use super::Simulation;
use super::answer::{self, Reply};
use super::route::Endpoint;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

impl Simulation {
    /// In EMQX's order: path and method, caller, body.
    pub(super) fn reply_v4(
        &mut self,
        via: usize,
        request: &Request<Vec<u8>>,
    ) -> Result<Reply, Reply> {
        let rules = self.cluster.rules();
        let endpoint = Endpoint::of(request.uri().path(), rules).ok_or_else(not_found)?;
        if request.method().as_str() != endpoint.methods() {
            return Err(not_found());
        }
        let is_open = match endpoint {
            Endpoint::Status => true,
            Endpoint::AvailabilityCheck => rules.availability_is_public,
            _ => false,
        };
        if !is_open {
            let now = self.cluster.now();
            let known = self.accounts.authenticate(now, request.headers(), rules);
            known.map_err(|_| unauthorized())?;
        }
        let body = if request.method() == Method::GET || request.body().is_empty() {
            json!({})
        } else {
            serde_json::from_slice(request.body()).map_err(|_| bad_json())?
        };
        Ok(self.dispatch_v4(via, &endpoint, &body))
    }

    fn dispatch_v4(&mut self, via: usize, endpoint: &Endpoint, body: &Value) -> Reply {
        match endpoint {
            Endpoint::Status => answer::status(self.cluster.name_of(via)),
            Endpoint::Nodes => self.nodes_v4(via),
            Endpoint::Node(name) => self.node_v4(via, name),
            Endpoint::LocalStatus => self.local_status_v4(via),
            Endpoint::GlobalStatus => self.global_status_v4(via),
            Endpoint::AvailabilityCheck => self.availability_check_v4(via),
            Endpoint::Start(name) => self.start_v4(via, name, body),
            Endpoint::Stop(name) => self.stop_v4(name),
            Endpoint::StartEvacuation(name) => self.start_evacuation_v4(via, name, body),
            Endpoint::StopEvacuation(name) => self.stop_evacuation_v4(name),
            _ => not_found(),
        }
    }
}

/// What was asked for, in EMQX 4's envelope.
fn data(data: &Value) -> Reply {
    answer::ok(&json!({ "code": 0, "data": data }))
}

/// A refusal: HTTP 200 all the same.
pub(super) fn refused(message: &str) -> Reply {
    answer::ok(&json!({ "code": 400, "message": message }))
}

fn not_found() -> Reply {
    answer::text(StatusCode::NOT_FOUND, "Not found.")
}

fn bad_json() -> Reply {
    answer::text(StatusCode::BAD_REQUEST, "Bad request.")
}

fn unauthorized() -> Reply {
    let mut reply = answer::text(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    answer::set(&mut reply, http::header::WWW_AUTHENTICATE, "Basic Realm=\"minirest-server\"");
    reply
}
