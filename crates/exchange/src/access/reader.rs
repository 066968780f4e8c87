//! Reads where a cluster is and who asks, as the users of every host write it.

use super::dialect::Dialect;
use super::{Access, Auth, Timeouts, Tls};
use emqx_rebalance_api::Secret;
use emqx_rebalance_core::{Error, Fields, Loose, NodeName, Problem, Result};
use serde::de::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What a host that can looks up for the reader: a secret that is not given may be in a file, and all
/// that says who asks in a variable.
pub trait Outside {
    /// The value of a variable of the environment that is not empty.
    fn variable(&self, name: &str) -> Option<String>;

    /// The secret in a file.
    ///
    /// # Errors
    /// Why there is none, in words.
    fn secret(&self, file: &str) -> Result<String, String>;
}

/// Nothing is looked up.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl Outside for Nowhere {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn secret(&self, _: &str) -> Result<String, String> {
        Err("there are no files here".to_owned())
    }
}

impl Access {
    /// Reads the options of a cluster as `dialect` has them, or its URL alone. JavaScript's URLs may be
    /// paths alone. `url`, `urls` and the variable `EMQX_URL` take a list, or text with commas between.
    ///
    /// ```
    /// use emqx_rebalance_exchange::{Access, Dialect, Nowhere};
    /// use serde_json::json;
    ///
    /// let given = json!({ "url": "http://a:18083,http://b:18083", "request_timeout_s": 20 });
    /// let access = Access::read(given, Dialect::LUA, &Nowhere)?;
    /// assert_eq!(access.urls.len(), 2);
    /// assert_eq!(access.timeouts.request.as_secs(), 20);
    ///
    /// let error = Access::read(json!({ "url": 5, "tokn": "t" }), Dialect::LUA, &Nowhere).unwrap_err();
    /// assert_eq!(error.problems().len(), 2);
    /// # Ok::<(), emqx_rebalance_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `config_invalid` with every problem at once, in the host's words. Shows no secret.
    pub fn read<'de, D: Deserializer<'de>>(
        given: D,
        dialect: Dialect,
        outside: &dyn Outside,
    ) -> Result<Self> {
        let unreadable = |error| {
            let bound = "an object of options, each once, or a URL";
            Error::invalid(WHAT, vec![Problem::new(WHAT, error, bound)])
        };
        let given = match Loose::deserialize(given).map_err(unreadable)? {
            // Where alone, without who asks: one URL, or a list of them.
            url @ (Loose::Text(_) | Loose::List(_)) => {
                Loose::Object(BTreeMap::from([("url".to_owned(), url)]))
            }
            options => options,
        };
        Reader { fields: Fields::read(given, WHAT)?, dialect, outside }.access()
    }
}

/// The options as given, and what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) fields: Fields,
    pub(super) dialect: Dialect,
    pub(super) outside: &'a dyn Outside,
}

impl Reader<'_> {
    fn access(mut self) -> Result<Access> {
        let (fields, urls): (Vec<_>, Vec<_>) = self.urls().into_iter().unzip();
        let access = Access {
            urls,
            node_urls: self.node_urls(),
            find_nodes: self.flag("find_nodes").unwrap_or(true),
            auth: self.auth(),
            tls: Tls {
                ca_cert: self.path("ca_cert"),
                client_cert: self.path("client_cert"),
                client_key: self.path("client_key"),
                ..Tls::default()
            },
            timeouts: self.timeouts(),
        };
        self.check_urls(&access, &fields);
        let known = self.known();
        for name in self.fields.take_names() {
            let bound = format!("left out: the options are {}", known.join(", "));
            self.fields.problem(&name, HIDDEN, bound);
        }
        self.fields.finish(WHAT, &[]).map(|()| access)
    }

    fn known(&self) -> Vec<String> {
        let names = self.dialect.options.iter().map(|name| self.dialect.word(name));
        names.chain(TIMES.iter().filter_map(|name| self.time(name))).collect()
    }

    /// Takes an option that this host has.
    pub(super) fn take(&mut self, name: &str) -> Option<Loose> {
        let is_known = self.dialect.options.contains(&name);
        is_known.then(|| self.fields.take(&self.dialect.word(name))).flatten()
    }

    pub(super) fn problem(&mut self, name: &str, value: impl fmt::Display, bound: &str) {
        self.fields.problem(&self.dialect.word(name), value, bound);
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        let is_known = self.dialect.options.contains(&name);
        is_known.then(|| self.fields.flag(&self.dialect.word(name))).flatten()
    }

    fn text(&mut self, name: &str, bound: &str) -> Option<String> {
        match self.take(name)? {
            Loose::Text(text) => Some(text),
            value => {
                self.problem(name, shown(&value), bound);
                None
            }
        }
    }

    fn path(&mut self, name: &str) -> Option<PathBuf> {
        self.text(name, "the path of a file").map(PathBuf::from)
    }

    /// A text that is never shown, and neither is what is there instead.
    fn secret(&mut self, name: &str) -> Option<Secret> {
        match self.take(name)? {
            Loose::Text(text) => Some(Secret::new(text)),
            _ => {
                self.problem(name, HIDDEN, "a text");
                None
            }
        }
    }

    fn node_urls(&mut self) -> BTreeMap<NodeName, String> {
        let mut urls = BTreeMap::new();
        let Some(value) = self.take("node_urls") else { return urls };
        let mut add = |(node, value): (&String, &Loose)| match (NodeName::new(node), value) {
            (Ok(node), Loose::Text(url)) => urls.insert(node, url.clone()).is_none(),
            _ => false,
        };
        let is_good = match &value {
            Loose::Object(given) => given.iter().all(&mut add),
            // Lua tells an empty object from an empty list by nothing.
            Loose::List(list) => list.is_empty(),
            _ => false,
        };
        if !is_good {
            let bound = "URLs by node name such as `emqx@10.0.0.1`";
            self.problem("node_urls", shown(&value), bound);
        }
        urls
    }

    /// The whole name of a time, if there is one here.
    fn time(&self, name: &str) -> Option<String> {
        // Nobody but `fetch` connects there.
        let is_here = !(self.dialect.is_camel && name == "connect_timeout");
        is_here.then(|| format!("{}{}", self.dialect.word(name), self.dialect.unit))
    }

    fn timeouts(&mut self) -> Timeouts {
        let (in_a_second, bound) = self.dialect.times;
        let mut seconds = |name, default| {
            let Some(name) = self.time(name) else { return default };
            let is_good = |time: f64| {
                let is_whole = in_a_second <= 1.0 || time.fract() == 0.0;
                time > 0.0 && time <= DAY_S * in_a_second && is_whole
            };
            let time = self.fields.number(&name, bound, is_good);
            let given = time.and_then(|t| Duration::try_from_secs_f64(t / in_a_second).ok());
            given.unwrap_or(default)
        };
        let default = Timeouts::default();
        Timeouts {
            connect: seconds("connect_timeout", default.connect),
            request: seconds("request_timeout", default.request),
            start: seconds("start_timeout", default.start),
        }
    }

    fn auth(&mut self) -> Auth {
        if let Some(value) = self.take("auth") {
            return nested(value).unwrap_or_else(|| {
                self.problem("auth", HIDDEN, NESTED_AUTH);
                Auth::Anonymous
            });
        }
        let (key, username) = (self.text("api_key", "a text"), self.text("username", "a text"));
        let token = self.secret("token");
        let is_given = key.is_some() || username.is_some() || token.is_some();
        let or_variable = |given: Option<String>, name| {
            given.or_else(|| if is_given { None } else { self.outside.variable(name) })
        };
        let key = or_variable(key, "EMQX_API_KEY");
        let username = or_variable(username, "EMQX_USERNAME");
        if let (Some(_), Some(username)) = (&key, &username) {
            self.problem("username", username, "left out where there is an api_key");
        }
        let (needs_secret, needs_password) = (key.is_some(), username.is_some());
        let secret = self.paired("api_secret", "EMQX_API_SECRET", needs_secret);
        let password = self.paired("password", "EMQX_PASSWORD", needs_password);
        match (key, username, token) {
            (Some(key), _, _) => Auth::ApiKey { key, secret },
            (None, Some(username), _) => Auth::Login { username, password },
            (None, None, Some(token)) => Auth::Token(token),
            (None, None, None) => Auth::Anonymous,
        }
    }

    /// The secret that goes with a name: as given, or of a file, or of a variable.
    fn paired(&mut self, name: &str, variable: &str, is_needed: bool) -> Secret {
        let in_file = format!("{name}_file");
        let (given, file) = (self.secret(name), self.text(&in_file, "the path of a file"));
        let none = || Secret::new(String::new());
        match (given, file) {
            _ if !is_needed => none(),
            (Some(secret), None) => secret,
            (Some(_), Some(_)) => {
                self.problem(&in_file, "given too", &format!("left out where there is {name}"));
                none()
            }
            (None, Some(file)) => match self.outside.secret(&file) {
                Ok(secret) => Secret::new(secret),
                Err(why) => {
                    self.problem(&in_file, file, &format!("a file with the secret: {why}"));
                    none()
                }
            },
            (None, None) => match self.outside.variable(variable) {
                Some(secret) => Secret::new(secret),
                None if self.fields.is_wrong(name) => none(),
                None => {
                    let bound = format!("given, or in the file {in_file}, or in {variable}");
                    self.problem(name, "absent", &bound);
                    none()
                }
            },
        }
    }
}

/// Who asks, if one object says so: `{ key, secret }`, `{ token }`, or `{ username, password }`.
fn nested(value: Loose) -> Option<Auth> {
    let Loose::Object(mut members) = value else { return None };
    let mut text = |name: &str| match members.remove_entry(name)? {
        (_, Loose::Text(text)) => Some(text),
        (name, other) => {
            members.insert(name, other);
            None
        }
    };
    let auth = if let Some(key) = text("key") {
        Auth::ApiKey { key, secret: Secret::new(text("secret")?) }
    } else if let Some(token) = text("token") {
        Auth::Token(Secret::new(token))
    } else {
        Auth::Login { username: text("username")?, password: Secret::new(text("password")?) }
    };
    members.is_empty().then_some(auth)
}

/// A value in few words, and of a text that may be a URL nothing that may be a secret.
pub(super) fn shown(value: &Loose) -> String {
    match value {
        Loose::Text(text) => super::shown(text),
        other => other.to_string(),
    }
}

const WHAT: &str = "cluster";
/// Instead of what may be a secret.
const HIDDEN: &str = "not shown";
const NESTED_AUTH: &str = "{ key, secret }, { token }, or { username, password }, each a text";
const TIMES: [&str; 3] = ["connect_timeout", "request_timeout", "start_timeout"];
const DAY_S: f64 = 86_400.0;
#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::access) fn read(dialect: Dialect, json: &str) -> Result<Access> {
        Access::read(serde_json::from_str::<Loose>(json).unwrap(), dialect, &Nowhere)
    }

    pub(in crate::access) fn problems(dialect: Dialect, json: &str) -> Vec<String> {
        let error = read(dialect, json).unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
        error.problems().iter().map(|problem| problem.field.clone()).collect()
    }

    #[test]
    fn each_host_has_its_own_words_and_all_problems_are_named_at_once() {
        let lua = r#"{"url":"emqx","urls":["http://u:s3cret@h"],"node_urls":{"a@h":"x"},"find_nodes":1,
            "api_key":"k","request_timeout_s":0,"token":"s3cret"}"#;
        let mut named = problems(Dialect::LUA, lua);
        named.sort();
        let expected = ["api_secret", "find_nodes", "node_urls[a@h]", "request_timeout_s", "token"];
        assert_eq!(named, [&expected[..], &["url", "urls[0]"]].concat());
        let python = r#"{"urls":[],"username":"u","request_timeout":86401}"#;
        assert_eq!(problems(Dialect::PYTHON, python), ["password", "request_timeout", "urls"]);
        let page = r#"{"url":"http://h","nodeUrls":5,"auth":{"key":"k","token":"s3cret"},"startTimeout":0.5,
            "connectTimeout":1}"#;
        let expected = ["nodeUrls", "auth", "startTimeout", "connectTimeout"];
        assert_eq!(problems(Dialect::JAVASCRIPT, page), expected);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let access = read(Dialect::JAVASCRIPT, r#"{"url":"/p","urls":["http://h"],"auth":null}"#);
        let access = access.unwrap();
        assert_eq!(access.urls, ["/p", "http://h"]);
        assert!(access.find_nodes && matches!(access.auth, Auth::Anonymous));
        assert_eq!(access.timeouts.request, Duration::from_secs(50));
        let json = r#"{"url":"/p","auth":{"username":"u","password":"p"},"requestTimeout":1}"#;
        let access = read(Dialect::JAVASCRIPT, json).unwrap();
        assert!(matches!(access.auth, Auth::Login { .. }));
        assert_eq!(access.timeouts.request, Duration::from_millis(1));
    }
}
