//! Whose fault it is that EMQX lets nobody in: the words fit what was sent.

use emqx_rebalance_core::{Error, ErrorKind};

/// What was sent to say who asks.
///
/// EMQX answers a wrong API key, a user without rights and a request without credentials by the same
/// statuses, so the status alone cannot say what to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sent {
    /// Nothing. A proxy on the way may have added something.
    Nothing,
    /// An API key and its secret.
    ApiKey,
    /// The token of a login that was made elsewhere.
    Token,
    /// A dashboard user's name and password, or the token that they gave.
    Login,
}

impl Sent {
    /// The word in an error's context, under `credentials`: `none`, `api_key`, `token` or `login`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::ApiKey => "api_key",
            Self::Token => "token",
            Self::Login => "login",
        }
    }

    /// `error` in words that fit what was sent, if it is about who asked. Every other error stays as
    /// it is.
    #[must_use]
    pub fn explain(self, error: Error) -> Error {
        let is_about_asker = matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden);
        // What a proxy wants, or cannot read, is not about these.
        if !is_about_asker || error.message() == PROXY_LOGIN {
            return error;
        }
        let code = error.context().get("code").map(String::as_str);
        let message = match (error.kind(), error.context().get("status").map(String::as_str)) {
            (ErrorKind::Unauthorized, Some("400")) => UNREADABLE_HEADER,
            (ErrorKind::Unauthorized, _) => unauthorized(code, Some(self)),
            _ => forbidden(code, "", Some(self)),
        };
        let named = Error::new(error.kind(), message).with("credentials", self.as_str());
        error.context().iter().fold(named, |named, (key, value)| named.with(key, value))
    }
}

/// What a 401 means that has EMQX's `code`.
///
/// Codes: contract/5.3.2, 5.8.8 and 6.0.3, 04 and 05; those of a second factor, a lock and an expired
/// password are the login's of EMQX 5.9 and later (`emqx_dashboard_api.erl`).
pub(crate) fn unauthorized(code: Option<&str>, sent: Option<Sent>) -> &'static str {
    match (code, sent) {
        (Some("BAD_MFA_TOKEN"), _) => SECOND_FACTOR,
        (Some("LOGIN_LOCKED"), _) => LOCKED,
        (Some("PASSWORD_EXPIRED"), _) => EXPIRED_PASSWORD,
        (Some("BAD_USERNAME_OR_PWD"), _) => BAD_PASSWORD,
        (Some("API_KEY_NOT_ALLOW"), _) => NO_KEYS_HERE,
        (Some("AUTHORIZATION_HEADER_ERROR"), None | Some(Sent::Nothing)) => NOBODY,
        (Some("AUTHORIZATION_HEADER_ERROR"), Some(_)) => LOST_HEADER,
        (Some("TOKEN_TIME_OUT" | "BAD_TOKEN"), Some(Sent::Token)) => BAD_TOKEN,
        (Some("TOKEN_TIME_OUT" | "BAD_TOKEN"), _) => ENDED_LOGIN,
        (_, Some(Sent::Login)) => BAD_LOGIN,
        (_, Some(Sent::Token)) => BAD_TOKEN,
        (_, Some(Sent::ApiKey)) => BAD_KEY,
        (Some("BAD_API_KEY_OR_SECRET"), None) => BAD_KEY,
        (Some("BAD_API_KEY_OR_SECRET"), Some(Sent::Nothing)) => ADDED_KEY,
        (_, Some(Sent::Nothing)) => NOBODY_KNOWN,
        (_, None) => BAD_CREDENTIALS,
    }
}

/// What a 403 means that has EMQX's `code` and `text`.
pub(crate) fn forbidden(code: Option<&str>, text: &str, sent: Option<Sent>) -> &'static str {
    let names_key = text.to_ascii_lowercase().contains("api key");
    match (code, sent) {
        (Some("API_KEY_NOT_ALLOW"), _) => NO_KEYS_HERE,
        (_, Some(Sent::ApiKey)) => FORBIDDEN_KEY,
        (_, Some(Sent::Login | Sent::Token)) => FORBIDDEN_USER,
        (_, Some(Sent::Nothing)) => FORBIDDEN_NOBODY,
        (_, None) if names_key => FORBIDDEN_KEY,
        (_, None) => FORBIDDEN,
    }
}

pub(crate) const PROXY_LOGIN: &str = "a proxy on the way wants a login of its own";
pub(crate) const UNREADABLE_HEADER: &str = "EMQX answers so to an authorization header that it cannot read: check the credentials, or \
     whether a proxy on the way changes them";
const BAD_CREDENTIALS: &str = "EMQX does not take the credentials: check the API key and its \
                               secret, or the login";
const BAD_KEY: &str = "EMQX does not take the API key: check key and secret, and whether it is \
                       enabled and not expired";
const ADDED_KEY: &str = "EMQX does not take the API key that a proxy on the way adds: check key and \
                         secret there, and whether it is enabled and not expired";
const BAD_LOGIN: &str = "EMQX does not take the login of this user: check user name and password";
const BAD_TOKEN: &str =
    "EMQX does not take the token: it has expired, or its user has logged out; log in for another";
const ENDED_LOGIN: &str = "the login has ended: log in again";
const BAD_PASSWORD: &str = "EMQX does not take the user name and password";
const SECOND_FACTOR: &str = "EMQX wants a second factor from this user, which cannot be given here: \
                             use an API key, or a user without a second factor";
const LOCKED: &str = "EMQX has locked this user after too many wrong passwords: wait until the lock \
                      ends (10 minutes by EMQX's default), or use an API key";
const EXPIRED_PASSWORD: &str = "the password of this user has expired: change it in the dashboard, \
                                or use an API key";
const NO_KEYS_HERE: &str =
    "EMQX lets no API key do this: log in as a dashboard user with the role `administrator`";
const NOBODY: &str = "EMQX wants to know who asks and no credentials were given: give an API key \
                      and its secret, or a user name and password";
const NOBODY_KNOWN: &str = "EMQX lets nobody in here without credentials, and none were given: give \
                            an API key and its secret; if a proxy on the way adds some, check those";
const LOST_HEADER: &str = "EMQX did not get the credentials that were sent: a proxy on the way \
                           drops the authorization header";
const FORBIDDEN: &str = "EMQX does not allow this to whoever asks: the role must be \
                         `administrator`, and an API key of EMQX 5.10.4 or later needs the scope \
                         `cluster_operations`";
const FORBIDDEN_KEY: &str = "the API key may not do this: give it the role `administrator` and, \
                             from EMQX 5.10.4 on, the scope `cluster_operations`";
const FORBIDDEN_USER: &str =
    "this dashboard user may not do this: give it the role `administrator`";
const FORBIDDEN_NOBODY: &str = "EMQX, or a proxy before it, does not allow this, and no credentials were given: give an API \
     key with the role `administrator`, or check what the proxy adds";

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(kind: ErrorKind, code: &str, sent: Sent) -> Error {
        let error = Error::new(kind, "whatever").with("code", code).with("status", 401);
        sent.explain(error)
    }

    #[test]
    fn what_was_sent_decides_the_words() {
        let (none, forbidden) = (ErrorKind::Unauthorized, ErrorKind::Forbidden);
        for (kind, code, sent, says) in [
            (none, "BAD_API_KEY_OR_SECRET", Sent::ApiKey, "the API key"),
            (none, "BAD_API_KEY_OR_SECRET", Sent::Nothing, "that a proxy on the way adds"),
            (none, "BAD_TOKEN", Sent::Token, "the token"),
            (none, "TOKEN_TIME_OUT", Sent::Login, "log in again"),
            (none, "BAD_USERNAME_OR_PWD", Sent::Login, "user name and password"),
            (none, "BAD_MFA_TOKEN", Sent::Login, "second factor"),
            (none, "LOGIN_LOCKED", Sent::Login, "locked"),
            (none, "PASSWORD_EXPIRED", Sent::Login, "has expired"),
            (none, "API_KEY_NOT_ALLOW", Sent::ApiKey, "no API key do this"),
            (none, "AUTHORIZATION_HEADER_ERROR", Sent::Nothing, "no credentials were given"),
            (none, "AUTHORIZATION_HEADER_ERROR", Sent::ApiKey, "drops the authorization header"),
            (none, "SOMETHING_NEW", Sent::Nothing, "none were given"),
            (none, "SOMETHING_NEW", Sent::Login, "login of this user"),
            (none, "SOMETHING_NEW", Sent::Token, "the token"),
            (forbidden, "UNAUTHORIZED_ROLE", Sent::ApiKey, "the API key may not"),
            (forbidden, "UNAUTHORIZED_ROLE", Sent::Login, "this dashboard user may not"),
            (forbidden, "UNAUTHORIZED_ROLE", Sent::Token, "this dashboard user may not"),
            (forbidden, "UNAUTHORIZED_ROLE", Sent::Nothing, "no credentials were given"),
        ] {
            let error = explained(kind, code, sent);
            assert!(error.message().contains(says), "{code} {sent:?}: {error}");
            assert_eq!(error.kind(), kind);
            assert_eq!(error.context()["credentials"], sent.as_str());
            assert_eq!(error.context()["code"], code);
        }
    }

    #[test]
    fn other_errors_and_a_proxy_s_login_stay_as_they_are() {
        for (kind, message) in
            [(ErrorKind::Refused, "whatever"), (ErrorKind::Unauthorized, PROXY_LOGIN)]
        {
            let error = Sent::ApiKey.explain(Error::new(kind, message));
            assert_eq!(error.message(), message);
            assert!(error.context().is_empty());
        }
    }
}
