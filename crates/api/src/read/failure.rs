//! Answers that are neither what was asked for nor a refusal: who is at fault, and what to do.

use super::reason::reason;
use super::{Body, MAX_TEXT, one_line};
use crate::blame::{PROXY_LOGIN, UNREADABLE_HEADER, forbidden, unauthorized};
use emqx_rebalance_core::{Error, ErrorKind, RefusalReason};
use http::StatusCode;
use serde_json::Value;

/// The error of an answer whose status says it all, whatever the version of the API: login, rights,
/// routes, proxies. `None` if the body must decide.
pub(crate) fn by_status(status: StatusCode, body: &Body) -> Option<Error> {
    let code = code(body);
    let code = code.as_deref();
    let (kind, message) = match status.as_u16() {
        300..=399 => (ErrorKind::Protocol, REDIRECT),
        400 if matches!(body, Body::Empty) => (ErrorKind::Unauthorized, UNREADABLE_HEADER),
        401 => (ErrorKind::Unauthorized, unauthorized(code, None)),
        403 => (ErrorKind::Forbidden, forbidden(code, &text(body), None)),
        404 if is_no_endpoint(code, body) => (ErrorKind::Unsupported, NO_ENDPOINT),
        405 => (ErrorKind::Unsupported, NO_METHOD),
        407 => (ErrorKind::Unauthorized, PROXY_LOGIN),
        408 | 504 => (ErrorKind::Timeout, GATEWAY_TIMEOUT),
        413 => (ErrorKind::Protocol, TOO_LARGE),
        415 => (ErrorKind::Protocol, CONTENT_TYPE),
        429 => (ErrorKind::Unreachable, TOO_MANY),
        502 => (ErrorKind::Unreachable, BAD_GATEWAY),
        _ => return None,
    };
    Some(described(kind, message, status, body))
}

/// An answer that is not what EMQX says here.
pub(crate) fn not_emqx(status: StatusCode, body: &Body) -> Error {
    let message = match body {
        Body::Text(text) if is_html(text) => NOT_EMQX_HTML,
        Body::Empty => EMPTY,
        Body::Text(_) | Body::Json(_) => NOT_EMQX,
    };
    described(ErrorKind::Protocol, message, status, body)
}

/// EMQX, or a proxy before it, says that it failed. A read may be asked again.
pub(crate) fn server_error(status: StatusCode, body: &Body) -> Error {
    let message = match body {
        Body::Empty => PROXY_OR_EMQX,
        Body::Text(text) if is_html(text) => PROXY_OR_EMQX,
        body if text(body).contains("noproc") => NOT_RUNNING,
        Body::Text(_) | Body::Json(_) => SERVER_ERROR,
    };
    described(ErrorKind::Protocol, message, status, body)
}

/// An error with the status, EMQX's code and a bounded piece of its text.
pub(crate) fn described(kind: ErrorKind, message: &str, status: StatusCode, body: &Body) -> Error {
    let mut error = Error::new(kind, message).with("status", status.as_u16());
    if let Some(code) = code(body) {
        error = error.with("code", code);
    }
    let text = text(body);
    if text.is_empty() { error } else { error.with("answer", one_line(&text, MAX_TEXT)) }
}

/// EMQX's `code`: a word in v5, a number in v4.
pub(crate) fn code(body: &Body) -> Option<String> {
    let Body::Json(value) = body else { return None };
    match value.get("code")? {
        Value::String(word) => Some(one_line(word, MAX_CODE)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// EMQX's `message` as text, or the whole body if it has none.
///
/// EMQX 4 before 4.4.17 writes the message as a list of texts, lists and character codes.
pub(crate) fn text(body: &Body) -> String {
    match body {
        Body::Empty => String::new(),
        Body::Text(text) => text.clone(),
        Body::Json(value) => match value.get("message") {
            Some(Value::String(text)) => text.clone(),
            Some(message @ Value::Array(_)) => {
                let mut text = String::new();
                flatten(message, &mut text);
                text
            }
            Some(message) => message.to_string(),
            None => value.to_string(),
        },
    }
}

fn flatten(message: &Value, text: &mut String) {
    match message {
        Value::String(part) => text.push_str(part),
        Value::Array(parts) => parts.iter().for_each(|part| flatten(part, text)),
        Value::Number(code) => {
            let letter = code.as_u64().and_then(|code| u32::try_from(code).ok());
            text.extend(letter.and_then(char::from_u32));
        }
        _ => {}
    }
}

/// Whether a 404 is about the path and not about what it names.
///
/// To a client that accepts JSON, EMQX from 5.1 on says so in JSON, as it does about a node that it
/// does not know: `{"code":"NOT_FOUND","message":"Request Path Not Found"}`. A community edition
/// before 5.9 says that of everything below `/load_rebalance`, since it cannot rebalance.
fn is_no_endpoint(code: Option<&str>, body: &Body) -> bool {
    match body {
        Body::Empty | Body::Text(_) => true,
        Body::Json(_) => code.is_some() && reason(&text(body)) == RefusalReason::Other,
    }
}

fn is_html(text: &str) -> bool {
    let start = text.trim_start().get(..5).unwrap_or_default();
    start.eq_ignore_ascii_case("<html") || start.eq_ignore_ascii_case("<!doc")
}

const REDIRECT: &str = "a redirect: this is not EMQX's API, or the URL must be the one it leads to";
const NO_ENDPOINT: &str = "EMQX has no such endpoint: it is a community edition before 5.9 or an \
                           Enterprise edition before 4.4.12 or 5.1, which cannot rebalance; or \
                           the rebalance plugin is off (EMQX 4); or the URL has a path too many";
const NO_METHOD: &str = "EMQX has no such method here: its version has another API";
const GATEWAY_TIMEOUT: &str = "a proxy on the way gave up waiting for EMQX";
const TOO_LARGE: &str = "a proxy on the way takes no request of this size";
const CONTENT_TYPE: &str = "EMQX did not get the content type: a proxy on the way drops it";
const TOO_MANY: &str = "a proxy on the way lets no more requests through: ask again later";
const BAD_GATEWAY: &str = "a proxy on the way does not reach EMQX";
const NOT_EMQX_HTML: &str =
    "a web page: this is not EMQX's API but a login page or a proxy, check the URL";
const NOT_EMQX: &str = "this is not what EMQX answers: check the URL";
const EMPTY: &str = "an empty answer: this is not what EMQX answers, check the URL";
const PROXY_OR_EMQX: &str =
    "EMQX or a proxy before it fails: ask again, ask another node, or check the URL";
const SERVER_ERROR: &str = "EMQX failed while it answered: ask again, or ask another node";
const NOT_RUNNING: &str = "EMQX's rebalance application does not run on this node: it is still \
                           booting, or needs a restart of the node after too many failed starts";
const MAX_CODE: usize = 60;
