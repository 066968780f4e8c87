//! How a request is put together.

use emqx_rebalance_core::{Error, ErrorKind, NodeName, Result};
use http::{HeaderValue, Method, Request, Uri, header};
use serde_json::Value;
use std::fmt::Write as _;

/// A read of `path`, which must be a path that is known to be good.
pub(crate) fn get(path: &'static str) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = Uri::from_static(path);
    accept_json(&mut request);
    request
}

/// A read of what `before` says of `node`.
///
/// # Errors
/// `config_invalid` if the name makes no URL.
pub(crate) fn get_node(before: &str, node: &NodeName) -> Result<Request<Vec<u8>>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = node_uri(before, node, "")?;
    accept_json(&mut request);
    Ok(request)
}

/// A command about `node`, whose name goes between `before` and `after`.
///
/// # Errors
/// `config_invalid` if the name makes no URL.
pub(crate) fn post_node(
    before: &str,
    node: &NodeName,
    after: &str,
    body: Option<&Value>,
) -> Result<Request<Vec<u8>>> {
    Ok(post(node_uri(before, node, after)?, body))
}

/// A command. EMQX 5.8 refuses a body without a content type (contract/5.8.8, 04).
pub(crate) fn post(uri: Uri, body: Option<&Value>) -> Request<Vec<u8>> {
    let mut request = Request::new(body.map(Value::to_string).unwrap_or_default().into_bytes());
    *request.uri_mut() = uri;
    *request.method_mut() = Method::POST;
    if body.is_some() {
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    accept_json(&mut request);
    request
}

fn accept_json(request: &mut Request<Vec<u8>>) {
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json, */*"));
}

fn node_uri(before: &str, node: &NodeName, after: &str) -> Result<Uri> {
    let mut path = before.to_owned();
    for byte in node.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path.push_str(after);
    Uri::try_from(path).map_err(|_| {
        Error::new(ErrorKind::ConfigInvalid, "the node's name makes no URL").with("node", node)
    })
}

const JSON: &str = "application/json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_s_name_goes_into_the_path_with_its_at_sign() {
        let path = |name: &str| {
            let node = NodeName::new(name).unwrap();
            post_node("/api/", &node, "/stop", None).unwrap().uri().to_string()
        };
        assert_eq!(path("emqx@10.0.0.1"), "/api/emqx@10.0.0.1/stop");
        assert_eq!(path("é@[::1]"), "/api/%C3%A9@%5B::1%5D/stop");
    }
}
