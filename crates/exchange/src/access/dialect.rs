//! The words in which the users of each host write the options of a cluster.

use crate::base::BaseUrl;

/// How a host's users write the options of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Every option that there is, but for `auth`, the times and what is left to the host, by the
    /// names of [`Access`].
    pub(super) options: &'static [&'static str],
    pub(super) is_camel: bool,
    /// What follows the name of a time.
    pub(super) unit: &'static str,
    /// Times in one second, and which there may be.
    pub(super) times: (f64, &'static str),
    /// Reads a URL. A page has a place of its own, which the path alone goes on from; nobody else has.
    pub(super) url: fn(&str) -> Result<BaseUrl, &'static str>,
}

impl Dialect {
    /// Lua's: seconds, which the names say.
    pub const LUA: Self =
        Self { options: FLAT, is_camel: false, unit: "_s", times: SECONDS, url: BaseUrl::absolute };
    /// Python's: seconds, and a token too.
    pub const PYTHON: Self = Self { options: WITH_TOKEN, unit: "", ..Self::LUA };
    /// JavaScript's: names in camel case, milliseconds, who asks in `auth`, and URLs that may be paths alone.
    pub const JAVASCRIPT: Self = Self {
        options: NESTED,
        is_camel: true,
        unit: "",
        times: MILLISECONDS,
        url: BaseUrl::absolute_or_path,
    };

    /// The host's word for an option or a place in one.
    pub(super) fn word(&self, name: &str) -> String {
        if !self.is_camel {
            return name.to_owned();
        }
        let (name, place) = name.split_at(name.find('[').unwrap_or(name.len()));
        let mut parts = name.split('_');
        let first = parts.next().unwrap_or_default().to_owned();
        let camel = parts.fold(first, |word, part| {
            let (initial, rest) = part.split_at(part.len().min(1));
            word + &initial.to_ascii_uppercase() + rest
        });
        camel + place
    }
}

const SECONDS: (f64, &str) = (1.0, "a number of seconds above 0, up to 86400");
const MILLISECONDS: (f64, &str) = (1000.0, "a whole number of milliseconds from 1 to 86400000");
const NESTED: &[&str] = &["url", "urls", "node_urls", "find_nodes", "auth"];
const FLAT: &[&str] = &[
    "url",
    "urls",
    "node_urls",
    "find_nodes",
    "api_key",
    "api_secret",
    "api_secret_file",
    "username",
    "password",
    "password_file",
    "ca_cert",
    "client_cert",
    "client_key",
];
const WITH_TOKEN: &[&str] = &[
    "url",
    "urls",
    "node_urls",
    "find_nodes",
    "api_key",
    "api_secret",
    "username",
    "password",
    "token",
    "ca_cert",
    "client_cert",
    "client_key",
];
