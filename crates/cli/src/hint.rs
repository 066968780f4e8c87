//! What to try after an error: never what was tried already.

use crate::args::ConnectionArgs;
use emqx_rebalance_core::{Described, Error, ErrorKind, NamedProfile, PlanOptions, Problem, Shape};
use std::borrow::Cow;

/// What was given on the command line and in the environment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given {
    /// Whether there is more than one URL.
    several_urls: bool,
    /// A file of authorities.
    ca_cert: bool,
    /// The seconds that answers may take.
    timeout_s: u16,
}

impl Given {
    /// What `args` gives.
    pub(crate) fn of(args: &ConnectionArgs) -> Self {
        Self {
            several_urls: args.urls.len() > 1,
            ca_cert: args.ca_cert.is_some(),
            timeout_s: args.timeout,
        }
    }

    /// What to try after `error`, if its own message does not say.
    pub(crate) fn hint(self, error: &Error) -> Option<Cow<'static, str>> {
        let near = error.problems().iter().find_map(near_word);
        near.map(Cow::Owned).or_else(|| self.remedy(error).map(Cow::Borrowed))
    }

    fn remedy(self, error: &Error) -> Option<&'static str> {
        let told = |key: &str| error.context().get(key).map_or("", String::as_str);
        match error.kind() {
            ErrorKind::Unreachable => self.unreachable(told("tls"), told("cause")),
            ErrorKind::Unauthorized => credentials(told("credentials")),
            ErrorKind::Forbidden if told("credentials") == "api_key" => Some(SCOPES),
            ErrorKind::Timeout if self.timeout_s < PATIENT_S => Some(LONGER),
            ErrorKind::Timeout if self.several_urls => Some(OTHER_NODES),
            ErrorKind::Timeout => Some(MORE_URLS),
            ErrorKind::Protocol => Some(BASE_URL),
            ErrorKind::Unsupported if told("version").is_empty() => Some(VERSIONS),
            ErrorKind::UnknownNode => Some("`emqx-rebalance status` lists the nodes"),
            _ => None,
        }
    }

    /// Most of what TLS refuses says itself what to do.
    fn unreachable(self, tls: &str, cause: &str) -> Option<&'static str> {
        match tls {
            "not_tls" => Some(NO_TLS),
            "" if cause.contains("certificate") && !self.ca_cert => Some(AUTHORITY),
            "" => Some(REACH),
            _ => None,
        }
    }
}

/// The word that was meant, if what was typed is nearly one that the option takes.
fn near_word(problem: &Problem) -> Option<String> {
    let option = PlanOptions::describe().into_iter().find(|option| option.name == problem.field)?;
    let words = match option.shape {
        Shape::Word(words) => words,
        Shape::Profile => NamedProfile::ALL.map(NamedProfile::as_str).to_vec(),
        _ => return None,
    };
    let alike = words.into_iter().map(|word| (strsim::jaro(word, &problem.value), word));
    let near =
        alike.filter(|(alike, _)| *alike > NEAR).max_by(|one, other| one.0.total_cmp(&other.0));
    near.map(|(_, word)| format!("did you mean `{word}`?"))
}

/// How alike words are that are mistaken for each other: as for the names of flags.
const NEAR: f64 = 0.7;

/// What EMQX does not take from others than API keys says already what to do.
fn credentials(sent: &str) -> Option<&'static str> {
    match sent {
        "none" => Some(NOBODY),
        "api_key" | "" => Some(KEY),
        _ => None,
    }
}

/// What EMQX may need while a node hangs.
const PATIENT_S: u16 = 50;
const AUTHORITY: &str =
    "give --ca-cert FILE, the authority that signed EMQX's certificate for this host";
const NO_TLS: &str = "nobody speaks TLS there: check whether --url must begin with http://";
const REACH: &str = "check --url, and that the HTTP API (port 18083) can be reached";
const NOBODY: &str = "give --api-key and its secret (--api-secret-file or EMQX_API_SECRET), or \
                      --username and its password (--password-file or EMQX_PASSWORD)";
const KEY: &str = "check --api-key and its secret (--api-secret-file or EMQX_API_SECRET)";
const SCOPES: &str = "give the API key the administrator role and the cluster-operations scope";
const LONGER: &str = "EMQX needs up to 45 seconds while a node hangs: give a longer --timeout";
const OTHER_NODES: &str = "the nodes that were asked may hang: --url can name others";
const MORE_URLS: &str = "the node that was asked may hang: name others by more --url";
const BASE_URL: &str =
    "check that --url is the base of EMQX's HTTP API, such as http://10.0.0.1:18083";
const VERSIONS: &str =
    "rebalancing needs EMQX Enterprise 4.4.12, or 5.1 or later, or any EMQX from 5.9 on";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_was_nearly_right_is_named() {
        let hint = |field: &str, value: &str| {
            let problem = Problem::new(field, value, "one of some words");
            Given::default().hint(&Error::invalid("options", vec![problem]))
        };
        assert_eq!(hint("mode", "levle").as_deref(), Some("did you mean `level`?"));
        let balancer = hint("load_balancer", "least-connections");
        assert_eq!(balancer.as_deref(), Some("did you mean `least_connections`?"));
        let profile = |value| hint("reconnect", value);
        assert_eq!(profile("paho-pyton").as_deref(), Some("did you mean `paho_python`?"));
        assert_eq!(profile("mqttjs").as_deref(), Some("did you mean `mqtt_js`?"));
        assert!(profile("fleet.json").is_none());
        assert!(hint("mode", "best").is_none() && hint("weights", "level").is_none());
    }

    #[test]
    fn a_hint_is_what_was_not_tried_yet() {
        let error = |kind, key: &str, value: &str| Error::new(kind, "failed").with(key, value);
        let bare = Given { timeout_s: 50, ..Given::default() };
        let (net, time) = (ErrorKind::Unreachable, ErrorKind::Timeout);
        let unknown_issuer = "invalid peer certificate: UnknownIssuer";
        for (given, error, says) in [
            (bare, error(net, "cause", unknown_issuer), Some("--ca-cert")),
            (Given { ca_cert: true, ..bare }, error(net, "cause", unknown_issuer), Some("--url")),
            (bare, error(net, "cause", "Connection refused (os error 111)"), Some("--url")),
            (bare, error(net, "tls", "not_tls"), Some("http://")),
            (bare, error(net, "tls", "expired"), None),
            (bare, error(time, "url", "http://h"), Some("more --url")),
            (Given { several_urls: true, ..bare }, error(time, "url", "http://h"), Some("others")),
            (Given { timeout_s: 5, ..bare }, error(time, "url", "http://h"), Some("--timeout")),
            (bare, error(ErrorKind::Unauthorized, "credentials", "none"), Some("--username")),
            (bare, error(ErrorKind::Unauthorized, "credentials", "login"), None),
            (bare, error(ErrorKind::Unauthorized, "credentials", "api_key"), Some("--api-key")),
            (bare, error(ErrorKind::Forbidden, "credentials", "login"), None),
            (bare, error(ErrorKind::Unsupported, "version", "5.8.6"), None),
            (bare, error(ErrorKind::Refused, "code", "400"), None),
        ] {
            let hint = given.remedy(&error);
            let is_right =
                says.map_or_else(|| hint.is_none(), |says| hint.unwrap_or("").contains(says));
            assert!(is_right, "{error:?}: {hint:?}");
        }
    }
}
