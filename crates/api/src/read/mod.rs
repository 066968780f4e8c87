//! Reads EMQX's answers, whatever the version: bytes to JSON, JSON to fields.

pub(crate) mod erlang;
pub(crate) mod failure;
pub(crate) mod field;
pub(crate) mod load;
pub(crate) mod reason;
pub(crate) mod status;

use emqx_rebalance_core::{Error, ErrorKind, Result};
use http::Response;
use serde_json::Value;

/// The most bytes that an answer may have: 4 MiB. The list of 1,000 nodes is about 0.5 MB.
///
/// A transport should stop reading there; an answer over it is a `protocol` error unread.
pub const MAX_BODY: usize = 4 << 20;

/// What a body holds.
#[derive(Debug)]
pub(crate) enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Value),
    /// Text that is not JSON; bytes that are not UTF-8 are replaced. HTML is text too.
    Text(String),
}

/// Reads the body of `response`.
///
/// The content type is not looked at: EMQX's 500 says JSON and is none (contract/5.3.2, 04b).
///
/// # Errors
/// `protocol` if the body is over [`MAX_BODY`].
pub(crate) fn body(response: &Response<Vec<u8>>) -> Result<Body> {
    let bytes = response.body();
    if bytes.len() > MAX_BODY {
        let message = "the answer is larger than any of EMQX's: check the URL";
        return Err(Error::new(ErrorKind::Protocol, message)
            .with("bytes", bytes.len())
            .with("limit", MAX_BODY));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Body::Empty);
    }
    Ok(match serde_json::from_slice(bytes) {
        Ok(value) => Body::Json(value),
        Err(_) => Body::Text(String::from_utf8_lossy(bytes).into_owned()),
    })
}

/// `text` in one line of at most `max` characters, without control characters and without the
/// escaped line ends and indentation of Erlang's terms.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let mut line = String::new();
    let start: String = text.chars().take(max.saturating_mul(8)).collect();
    let plain = start.replace("\\n", " ");
    for word in plain.split(|c: char| c.is_whitespace() || c.is_control()) {
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    if line.chars().count() > max {
        line = line.chars().take(max.saturating_sub(1)).collect();
        line.push('…');
    }
    line
}

/// Characters of EMQX's own text that an error or a refusal carries.
pub(crate) const MAX_TEXT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erlang_s_indentation_is_one_blank_and_long_text_is_cut() {
        assert_eq!(one_line("a\\n      b\n\tc", 500), "a b c");
        assert_eq!(one_line(&"ä".repeat(600), 500).chars().count(), 500);
        assert!(one_line(&"x ".repeat(100_000), 20).ends_with('…'));
    }

    #[test]
    fn a_body_over_the_limit_is_not_parsed() {
        let error = body(&Response::new(vec![b'['; MAX_BODY + 1])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(body(&Response::new(vec![b' '; MAX_BODY])).is_ok());
    }
}
