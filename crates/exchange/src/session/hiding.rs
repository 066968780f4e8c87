//! Answers that say back who asked: of a proxy that writes what it was sent into its errors, or of a
//! server that was taken for EMQX. What they say is shown in errors and kept in outcomes, so the
//! secret is taken out before anybody reads them.

use emqx_rebalance_api::{Credentials, Secret};
use http::{HeaderMap, Response, header};

/// What must not come back to who sent it.
#[derive(Default)]
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    /// What `credentials` put into the `headers` of a request.
    pub(super) fn of(credentials: &Credentials, headers: &HeaderMap) -> Self {
        let secret = match credentials {
            Credentials::Anonymous => return Self::default(),
            Credentials::ApiKey { secret, .. } => secret,
            Credentials::Token(token) => token,
        };
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let encoded = header.and_then(|value| value.split_once(' ')).map(|(_, encoded)| encoded);
        let texts = [Some(secret.expose()), encoded].into_iter().flatten();
        // A short word may be part of what EMQX has to say.
        Self(texts.filter(|text| text.len() >= SHORTEST).map(str::to_owned).collect())
    }

    /// The password of a login, which an answer without a token has no reason to hold.
    pub(super) fn password(password: &Secret) -> Self {
        Self(
            Some(password.expose())
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .into_iter()
                .collect(),
        )
    }

    /// `response` without it.
    pub(super) fn taken_out_of(&self, response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        let body = String::from_utf8_lossy(response.body());
        if !self.0.iter().any(|text| body.contains(text)) {
            return response;
        }
        let body = self.0.iter().fold(body.into_owned(), |body, text| body.replace(text, HIDDEN));
        response.map(|_| body.into_bytes())
    }
}

/// EMQX's own secrets and tokens have 40 characters and more.
const SHORTEST: usize = 8;
const HIDDEN: &str = "(hidden)";

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn said(credentials: &Credentials, body: &str) -> String {
        let mut request = Request::new(Vec::new());
        credentials.apply(&mut request).unwrap();
        let hidden = Hidden::of(credentials, request.headers());
        let response = hidden.taken_out_of(Response::new(body.as_bytes().to_vec()));
        String::from_utf8(response.into_body()).unwrap()
    }

    #[test]
    fn what_was_sent_is_hidden_as_it_is_and_as_it_was_written() {
        let key = Credentials::ApiKey { key: "k".into(), secret: Secret::new("s3cret-s3cret") };
        let body = "Basic azpzM2NyZXQtczNjcmV0 of k with s3cret-s3cret";
        assert_eq!(said(&key, body), "Basic (hidden) of k with (hidden)");
        let token = Credentials::Token(Secret::new("t0ken-t0ken"));
        assert_eq!(said(&token, "Bearer t0ken-t0ken"), "Bearer (hidden)");
    }

    #[test]
    fn what_may_be_an_answer_stays() {
        let key = Credentials::ApiKey { key: "k".into(), secret: Secret::new("nodes") };
        assert_eq!(said(&key, r#"{"nodes":[]}"#), r#"{"nodes":[]}"#);
        assert_eq!(said(&Credentials::Anonymous, "anything"), "anything");
    }
}
