//! Where the controller may be sent by what objects and Secrets say.

use http::Uri;
use http::uri::Authority;
use std::net::IpAddr;
use std::str::FromStr;

/// A host, and perhaps a port: `emqx.example.com`, `*.example.com`, `10.0.0.7:18083`, `[fd00::7]`; `*` is
/// every one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostPattern {
    /// In lower case; the end of it if `is_end`.
    host: String,
    is_end: bool,
    port: Option<u16>,
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!("`{text}` must be a host such as emqx.example.com:18083, *.example.com or *")
        };
        if text == "*" {
            return Ok(Self { host: String::new(), is_end: true, port: None });
        }
        let (is_end, rest) = text.strip_prefix('*').map_or((false, text), |rest| (true, rest));
        let host_and_port = rest.strip_prefix('.').filter(|_| is_end).unwrap_or(rest);
        let authority: Authority = host_and_port.parse().map_err(|_| bad())?;
        let is_plain = !authority.as_str().contains(['@', '*']) && !authority.host().is_empty();
        let has_port = authority.as_str() != authority.host();
        if !is_plain
            || (has_port && authority.port_u16().is_none())
            || is_end != rest.starts_with('.')
        {
            return Err(bad());
        }
        let dot = if is_end { "." } else { "" };
        let host = format!("{dot}{}", authority.host().to_lowercase());
        Ok(Self { host, is_end, port: authority.port_u16() })
    }
}

impl HostPattern {
    /// The patterns in `text`, with commas or blanks between them.
    ///
    /// # Errors
    /// What the first that is none must be.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let parts = text.split([',', ' ', '\n', '\t', '\r']).filter(|part| !part.is_empty());
        parts.map(Self::from_str).collect()
    }

    fn is_for(&self, host: &str, port: u16) -> bool {
        let is_host = if self.is_end { host.ends_with(&self.host) } else { host == self.host };
        is_host && self.port.is_none_or(|own| own == port)
    }
}

/// A URL whose host is known to be one that may be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Address {
    /// As it is asked.
    pub(crate) url: String,
    /// As it was written, and as it is asked.
    hosts: [String; 2],
    port: u16,
}

impl Address {
    /// The address that `url` means on an object of `namespace`: that of a Service or a pod there, by
    /// one or two names or by its full one, or one that is `allowed`. Names of other namespaces and
    /// addresses in numbers lead to what is not the namespace's own.
    pub(crate) fn find(url: &str, namespace: &str, allowed: &[HostPattern]) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
        let written = authority.host().to_lowercase();
        let port = authority.port_u16().unwrap_or(if scheme == "http" { 80 } else { 443 });
        let is_allowed = allowed.iter().any(|pattern| pattern.is_for(&written, port));
        let host = if is_allowed { written.clone() } else { in_namespace(&written, namespace)? };
        let path = uri.path().trim_end_matches('/');
        Some(Self { url: format!("{scheme}://{host}:{port}{path}"), hosts: [written, host], port })
    }

    /// Whether one of `patterns` is for it.
    pub(crate) fn is_among(&self, patterns: &[HostPattern]) -> bool {
        let is_for =
            |pattern: &HostPattern| self.hosts.iter().any(|host| pattern.is_for(host, self.port));
        patterns.iter().any(is_for)
    }
}

/// The full name of `host`, if that is one of `namespace`. A name of one or two parts is taken for one
/// of the namespace, whatever the controller's own is.
fn in_namespace(host: &str, namespace: &str) -> Option<String> {
    let numbers = host.trim_start_matches('[').trim_end_matches(']');
    if numbers.parse::<IpAddr>().is_ok() || host.is_empty() {
        return None;
    }
    let own = format!(".{namespace}.svc");
    if host.strip_suffix(".cluster.local").unwrap_or(host).ends_with(&own) {
        return Some(host.to_owned());
    }
    (host.split('.').count() <= 2).then(|| format!("{host}{own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: &str, allowed: &str) -> Option<String> {
        let allowed = HostPattern::list(allowed).unwrap();
        Address::find(url, "mqtt", &allowed).map(|address| address.url)
    }

    #[test]
    fn names_of_the_namespace_are_found_however_they_are_spelt() {
        for (written, asked) in [
            ("http://emqx:18083", "http://emqx.mqtt.svc:18083"),
            ("http://EMQX-0.emqx-headless:18083/", "http://emqx-0.emqx-headless.mqtt.svc:18083"),
            // Not the Service `emqx` of the namespace `theirs`.
            ("http://emqx.theirs", "http://emqx.theirs.mqtt.svc:80"),
            ("https://emqx.mqtt.svc", "https://emqx.mqtt.svc:443"),
            ("http://a.b.mqtt.svc.cluster.local:1/x", "http://a.b.mqtt.svc.cluster.local:1/x"),
        ] {
            assert_eq!(found(written, ""), Some(asked.to_owned()), "{written}");
        }
    }

    #[test]
    fn nothing_beyond_the_namespace_is_found() {
        for url in [
            "http://emqx.theirs.svc:18083",
            "http://emqx.theirs.svc.cluster.local",
            "http://emqx.mqtt.svc.evil.example",
            "http://mqtt.svc.theirs.svc",
            "http://10.0.0.7:18083",
            "http://[::1]:18083",
            "http://169.254.169.254/latest",
            "http://a.mqtt.svc@10.0.0.7/",
            "http://10.0.0.7#a.mqtt.svc",
            "file:///etc/passwd",
            "nonsense",
            "",
        ] {
            assert_eq!(found(url, ""), None, "{url}");
        }
    }

    #[test]
    fn hosts_are_allowed_by_name_by_end_and_by_port() {
        let allowed = "emqx.example.com:18083, *.svc [::1] 10.0.0.7";
        for url in [
            "http://emqx.example.com:18083",
            "http://emqx.theirs.svc:1",
            "http://[::1]:18083",
            "http://10.0.0.7:80",
        ] {
            assert_eq!(found(url, allowed).as_deref(), Some(url), "{url}");
        }
        assert_eq!(found("http://emqx.example.com:1", allowed), None);
        assert_eq!(found("http://10.0.0.70", allowed), None);
        assert!(found("http://any.thing.at.all", "*").is_some());
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        for text in ["*example.com", "a@b", "a:b", "a*", "*.", "**", "http://a", "*.*"] {
            assert!(HostPattern::from_str(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_s_hosts_are_those_as_written_or_as_asked() {
        let address = Address::find("http://emqx-0.emqx-headless:18083", "mqtt", &[]).unwrap();
        for (hosts, expected) in [
            ("emqx-0.emqx-headless", true),
            ("emqx-0.emqx-headless.mqtt.svc:18083", true),
            ("*.emqx-headless.mqtt.svc", true),
            ("emqx-1.emqx-headless", false),
            ("", false),
        ] {
            assert_eq!(address.is_among(&HostPattern::list(hosts).unwrap()), expected, "{hosts}");
        }
    }
}
