//! Answers in the shapes in which EMQX gives them.

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// An answer with its body whole. Boxed, since every refusal is passed up as one.
pub(crate) type Reply = Box<Response<Vec<u8>>>;

/// 200 with `body` as JSON.
pub(crate) fn ok(body: &Value) -> Reply {
    with_json(StatusCode::OK, body)
}

/// An answer with EMQX's `code` and `message`.
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    with_json(status, &json!({ "code": code, "message": message }))
}

/// 400 `BAD_REQUEST`.
pub(crate) fn bad_request(message: &str) -> Reply {
    error(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
}

/// 404 for a node that is not there, or not now.
pub(crate) fn node_not_found(name: &str) -> Reply {
    error(StatusCode::NOT_FOUND, "NOT_FOUND", &format!("Node not found: {name}"))
}

/// 500 `INTERNAL_ERROR`, as for a crash in EMQX's handler.
pub(crate) fn internal(message: &str) -> Reply {
    error(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message)
}

/// 401 that asks for credentials.
pub(crate) fn unauthorized(code: &str, message: &str) -> Reply {
    let mut reply = error(StatusCode::UNAUTHORIZED, code, message);
    set(&mut reply, WWW_AUTHENTICATE, "Basic Realm=\"emqx-dashboard\"");
    reply
}

/// 401 about a token or a password.
pub(crate) fn bad_token(code: &str, message: &str) -> Reply {
    error(StatusCode::UNAUTHORIZED, code, message)
}

/// 405 with the methods that would do.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Reply {
    let mut reply = empty(StatusCode::METHOD_NOT_ALLOWED);
    set(&mut reply, ALLOW, allowed);
    reply
}

/// 404 for a path that nothing serves: a page, or JSON for those who ask for that.
pub(crate) fn no_such_path(json: bool) -> Reply {
    if json {
        return error(StatusCode::NOT_FOUND, "NOT_FOUND", "Request Path Not Found");
    }
    let page = "<html><head><title>404 - NOT FOUND</title></head>\
                <body><h1>404 - NOT FOUND</h1></body></html>";
    let mut reply = with_body(StatusCode::NOT_FOUND, page.as_bytes().to_vec());
    set(&mut reply, CONTENT_TYPE, "text/html");
    reply
}

/// The answer of `/status`.
pub(crate) fn status(node: &str) -> Reply {
    let text = format!("Node {node} is started\nemqx is running");
    let mut reply = with_body(StatusCode::OK, text.into_bytes());
    set(&mut reply, CONTENT_TYPE, "text/plain");
    set(&mut reply, RETRY_AFTER, "15");
    reply
}

/// 500 with a body that says JSON and is not: EMQX's answer for a code its API does not declare.
pub(crate) fn undeclared(complaint: &str, code: &str, message: &str) -> Reply {
    let text = format!("{complaint} '{code}', message <<\"{message}\">>");
    let mut reply = with_body(StatusCode::INTERNAL_SERVER_ERROR, text.into_bytes());
    set(&mut reply, CONTENT_TYPE, "application/json");
    reply
}

/// Plain text.
pub(crate) fn text(status: StatusCode, text: &str) -> Reply {
    let mut reply = with_body(status, text.as_bytes().to_vec());
    set(&mut reply, CONTENT_TYPE, "text/plain");
    reply
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    with_body(status, Vec::new())
}

fn with_json(status: StatusCode, body: &Value) -> Reply {
    let mut reply = with_body(status, body.to_string().into_bytes());
    set(&mut reply, CONTENT_TYPE, "application/json");
    reply
}

fn with_body(status: StatusCode, body: Vec<u8>) -> Reply {
    let mut reply = Box::new(Response::new(body));
    *reply.status_mut() = status;
    reply
}

pub(crate) fn set(reply: &mut Reply, name: HeaderName, value: &'static str) {
    reply.headers_mut().insert(name, HeaderValue::from_static(value));
}
