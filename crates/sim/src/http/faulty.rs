//! Answers that go wrong on purpose, and `/sim/faults`, where one asks for them.

use super::answer::{self, Reply};
use super::{Answer, Simulation};
use crate::faults::{Fault, HttpFailure, ScheduledFault};
use emqx_rebalance_api::MAX_BODY;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

/// What `POST /sim/faults` takes: a fault for now, or with a time.
enum Wish {
    Later(ScheduledFault),
    Now(Fault),
}

impl Simulation {
    /// The answer to a request that can be answered, spoilt if `failure` says so.
    pub(super) fn failing(
        &mut self,
        via: usize,
        request: &Request<Vec<u8>>,
        failure: Option<HttpFailure>,
    ) -> Answer {
        let instead = match failure {
            Some(HttpFailure::ServerError) => Some(answer::internal(STACK_TRACE)),
            Some(HttpFailure::Unavailable) => {
                Some(page(StatusCode::SERVICE_UNAVAILABLE, NO_SERVER))
            }
            Some(HttpFailure::LoginPage) => Some(page(StatusCode::OK, LOGIN)),
            _ => None,
        };
        if let Some(reply) = instead {
            return Answer::Response(*reply);
        }
        let response = self.plain_answer(via, request);
        match failure {
            Some(HttpFailure::Reset | HttpFailure::Dropped) => Answer::Reset,
            Some(HttpFailure::Truncated) => Answer::Truncated(cut(response)),
            Some(HttpFailure::WrongContentType) => Answer::Response(as_text(response)),
            Some(HttpFailure::HugeBody) => Answer::Response(huge(response)),
            _ => Answer::Response(response),
        }
    }

    /// `/sim/faults`: what is broken, and what shall be. Any node that lives answers for all, with
    /// the credentials of the cluster's API.
    pub(super) fn faults(&mut self, request: &Request<Vec<u8>>) -> Reply {
        let now = self.cluster.now();
        if let Err(refusal) =
            self.accounts.authenticate(now, request.headers(), self.cluster.rules())
        {
            return refusal;
        }
        match *request.method() {
            Method::GET => answer::ok(&json!({
                "http": self.http_faults.in_force(),
                "scheduled": self.schedule,
            })),
            Method::POST => self.wish(request.body()),
            _ => answer::method_not_allowed("GET, POST"),
        }
    }

    fn wish(&mut self, body: &[u8]) -> Reply {
        let value: Value = match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(error) => return answer::bad_request(&error.to_string()),
        };
        // Not by serde's own choice, which could not say what is wrong with either.
        let wish = if value.get("at_s").is_some() {
            serde_json::from_value(value).map(Wish::Later)
        } else {
            serde_json::from_value(value).map(Wish::Now)
        };
        let done = match wish {
            Err(error) => return answer::bad_request(&error.to_string()),
            Ok(Wish::Now(fault)) => self.inject(&fault),
            Ok(Wish::Later(fault)) => self.schedule_fault(fault),
        };
        done.map_or_else(
            |error| answer::bad_request(&error.to_string()),
            |()| answer::ok(&json!({})),
        )
    }
}

fn page(status: StatusCode, html: &str) -> Reply {
    let mut reply = answer::text(status, html);
    answer::set(&mut reply, CONTENT_TYPE, "text/html");
    reply
}

/// Says that it is whole, and is not.
fn cut(mut response: Response<Vec<u8>>) -> Response<Vec<u8>> {
    let whole = response.body().len().max(1);
    response.body_mut().truncate(whole / 2);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(whole));
    response
}

fn as_text(mut response: Response<Vec<u8>>) -> Response<Vec<u8>> {
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    *response.body_mut() = b"OK".to_vec();
    response
}

fn huge(mut response: Response<Vec<u8>>) -> Response<Vec<u8>> {
    response.body_mut().resize(MAX_BODY + 1, b' ');
    response
}

const STACK_TRACE: &str = "error, {badmatch,{error,timeout}}, \
    [{emqx_node_rebalance_status,global_status,0,[{file,\"emqx_node_rebalance_status.erl\"},\
    {line,71}]},{minirest_handler,apply_callback,3,[{file,\"minirest_handler.erl\"},{line,119}]}]";
const NO_SERVER: &str = "<html><body><h1>503 Service Unavailable</h1>\
    No server is available to handle this request.</body></html>";
const LOGIN: &str = "<!DOCTYPE html><html><head><title>Log in</title></head>\
    <body><form method=\"post\"><input name=\"user\"></form></body></html>";
