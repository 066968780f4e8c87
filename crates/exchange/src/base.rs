//! Where an API is.

use http::Uri;
use std::fmt;

/// The part of a URL that comes before the API's own path: `https://emqx:18083/prefix`, or, within
/// a page, `/prefix`. Has no user, no password, no query and no slash at its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads a URL with scheme and host.
    ///
    /// ```
    /// use emqx_rebalance_exchange::BaseUrl;
    ///
    /// assert!(BaseUrl::absolute("https://emqx.example.com:18083").is_ok());
    /// assert!(BaseUrl::absolute("https://admin:public@emqx").unwrap_err().contains("password"));
    /// ```
    ///
    /// # Errors
    /// What it must be.
    pub fn absolute(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text.parse().map_err(|_| BOUND)?;
        let authority = uri.authority().ok_or(BOUND)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
            return Err(BOUND);
        }
        if authority.as_str().contains('@') {
            return Err("a URL without a user and password: give those as key and secret");
        }
        if authority.as_str() != authority.host() && authority.port_u16().is_none() {
            return Err("a URL with a port from 1 to 65535");
        }
        Self::without_query(text)
    }

    /// Reads a URL, or the absolute path of one.
    ///
    /// # Errors
    /// What it must be.
    pub fn absolute_or_path(text: &str) -> Result<Self, &'static str> {
        if text.starts_with('/') && !text.starts_with("//") {
            text.parse::<Uri>().map_err(|_| BOUND)?;
            return Self::without_query(text);
        }
        Self::absolute(text)
    }

    fn without_query(text: &str) -> Result<Self, &'static str> {
        if text.contains(['?', '#']) {
            return Err("a URL without `?` and `#`");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// The same at another host; `None` if this is a path.
    pub fn at_host(&self, host: &str) -> Option<Self> {
        let uri: Uri = self.0.parse().ok()?;
        let scheme = uri.scheme_str()?;
        let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let is_bare_ipv6 = host.contains(':') && !host.starts_with('[');
        let host = if is_bare_ipv6 { format!("[{host}]") } else { host.to_owned() };
        let path = uri.path().trim_end_matches('/');
        Self::absolute(&format!("{scheme}://{host}{port}{path}")).ok()
    }

    /// Whether this is at `host`.
    pub fn is_at(&self, host: &str) -> bool {
        self.at_host(host).as_ref() == Some(self)
    }

    /// The whole URL of `path`, which is path and query.
    pub fn join(&self, path: &Uri) -> String {
        format!("{}{path}", self.0)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const BOUND: &str = "a URL such as `http://emqx:18083`";

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> BaseUrl {
        BaseUrl::absolute(text).unwrap()
    }

    #[test]
    fn another_host_keeps_scheme_port_and_path() {
        let lb = url("https://lb:8443/emqx/");
        assert_eq!(lb.at_host("10.0.0.7"), Some(url("https://10.0.0.7:8443/emqx")));
        assert_eq!(url("http://lb").at_host("::1"), Some(url("http://[::1]")));
        assert_eq!(BaseUrl::absolute_or_path("/proxy").unwrap().at_host("a"), None);
    }

    #[test]
    fn a_path_goes_behind_it() {
        let path = Uri::from_static("/api/v5/nodes");
        assert_eq!(url("http://emqx:1/x/").join(&path), "http://emqx:1/x/api/v5/nodes");
        let page = BaseUrl::absolute_or_path("/proxy/").unwrap();
        assert_eq!(page.join(&path), "/proxy/api/v5/nodes");
    }

    #[test]
    fn bad_urls_are_told_what_they_must_be() {
        for bad in [
            "",
            "emqx",
            "emqx:18083",
            "ftp://emqx",
            "http://u:p@emqx",
            "http://emqx/?a",
            "http://emqx/#a",
            "http://emqx:99999",
            "/proxy",
            "//emqx",
        ] {
            assert!(BaseUrl::absolute(bad).is_err(), "{bad}");
        }
        assert!(BaseUrl::absolute_or_path("//emqx").is_err());
        assert!(BaseUrl::absolute_or_path("/a?b").is_err());
    }
}
