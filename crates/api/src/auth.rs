//! Who asks: an API key, or the token of a login.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use emqx_rebalance_core::{Error, Problem, Result};
use http::{HeaderValue, Request, header};
use std::fmt;

/// A text that nobody may see: an API secret, a password, a token.
///
/// Has no `Display`, is not serialised, and its `Debug` hides it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes `text` as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// What to send with every request.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nothing. Enough for the health checks of EMQX 5.4 and later, and behind a proxy that adds a
    /// key of its own.
    Anonymous,
    /// An API key of the dashboard's "API key" page; on EMQX 4, an application's id and secret.
    ApiKey {
        /// The key. Not a secret by itself.
        key: String,
        /// Its secret.
        secret: Secret,
    },
    /// The token that a login gave. Valid on every node, for 60 minutes by EMQX's default.
    Token(Secret),
}

impl Credentials {
    /// Puts the `authorization` header on `request`, in place of one that is there.
    ///
    /// The value is marked as sensitive, so the `Debug` of the request hides it.
    ///
    /// # Errors
    /// `config_invalid` if the key holds a colon or the token is no text for a header. The error
    /// names the field and never the value.
    pub fn apply(&self, request: &mut Request<Vec<u8>>) -> Result<()> {
        let mut value = match self {
            Self::Anonymous => {
                request.headers_mut().remove(header::AUTHORIZATION);
                return Ok(());
            }
            Self::ApiKey { key, secret } => basic(key, secret)?,
            Self::Token(token) => header_value("token", &format!("Bearer {}", token.expose()))?,
        };
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
        Ok(())
    }
}

fn basic(key: &str, secret: &Secret) -> Result<HeaderValue> {
    if key.is_empty() || key.contains(':') {
        let bound = "an API key: not empty and without a colon";
        return Err(Error::invalid("credentials", vec![Problem::new("api_key", "hidden", bound)]));
    }
    let pair = format!("{key}:{}", secret.expose());
    header_value("api_secret", &format!("Basic {}", STANDARD.encode(pair)))
}

fn header_value(field: &str, text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(|_| {
        let bound = "visible ASCII characters only";
        Error::invalid("credentials", vec![Problem::new(field, "hidden", bound)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(credentials: &Credentials) -> Request<Vec<u8>> {
        let mut request = Request::new(Vec::new());
        credentials.apply(&mut request).unwrap();
        request
    }

    #[test]
    fn a_key_is_basic_and_a_token_is_bearer() {
        let key = Credentials::ApiKey { key: "k".into(), secret: Secret::new("s3cret") };
        assert_eq!(request(&key).headers()[header::AUTHORIZATION], "Basic azpzM2NyZXQ=");
        let token = Credentials::Token(Secret::new("t0ken"));
        assert_eq!(request(&token).headers()[header::AUTHORIZATION], "Bearer t0ken");
        assert!(request(&Credentials::Anonymous).headers().is_empty());
    }

    #[test]
    fn no_text_shows_a_secret() {
        let key = Credentials::ApiKey { key: "k".into(), secret: Secret::new("s3cret") };
        let token = Credentials::Token(Secret::new("t0ken"));
        let bad_token = Credentials::Token(Secret::new("t0ken\n"));
        let bad_key = Credentials::ApiKey { key: "s3cret:".into(), secret: Secret::new("s3cret") };
        let mut shown = format!("{key:?} {token:?} {:?} {:?}", request(&key), request(&token));
        for bad in [bad_token, bad_key] {
            let error = bad.apply(&mut Request::new(Vec::new())).unwrap_err();
            shown += &format!("{error} {error:?}");
        }
        for secret in ["s3cret", "t0ken", "azpzM2NyZXQ="] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}
