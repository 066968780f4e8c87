//! Who may use the HTTP API: API keys and login tokens.

use super::answer::{self, Reply};
use crate::config::ClusterConfig;
use crate::personality::Personality;
use crate::rng::Rng;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use emqx_rebalance_core::Timestamp;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, StatusCode};
use std::collections::BTreeMap;

/// Keys and tokens; every node knows all of them.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(super) keys: Vec<ApiKey>,
    tokens: BTreeMap<String, Token>,
    username: String,
    password: String,
    ttl_ms: u64,
    pub(super) epoch_s: u64,
    pub(super) rng: Rng,
}

pub(super) struct ApiKey {
    pub(super) name: String,
    pub(super) key: String,
    pub(super) secret: String,
    pub(super) desc: String,
    pub(super) enabled: bool,
    /// What it may be used for; everything if `None`.
    pub(super) scopes: Option<Vec<String>>,
    pub(super) role: KeyRole,
    pub(super) created_s: u64,
    /// Seconds since 1970; never if `None`.
    pub(super) expires_s: Option<u64>,
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey").field("name", &self.name).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Token {
    user: String,
    expires_at: Timestamp,
}

/// What the holder of a key may do, in releases whose keys have roles.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum KeyRole {
    #[default]
    Administrator,
    /// It reads.
    Viewer,
    /// It publishes messages, and nothing else.
    Publisher,
}

impl KeyRole {
    /// The role called `name`.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Administrator, Self::Viewer, Self::Publisher]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Viewer => "viewer",
            Self::Publisher => "publisher",
        }
    }
}

/// How a request proved who sent it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Caller {
    /// With an API key, which may be limited to some scopes.
    Key {
        scopes: Option<Vec<String>>,
        role: KeyRole,
    },
    User,
}

impl Caller {
    fn of(key: &ApiKey) -> Self {
        Self::Key { scopes: key.scopes.clone(), role: key.role }
    }

    /// Whether its role lets it do something, or only read.
    pub(crate) fn role_allows(&self, method: &Method) -> bool {
        match self {
            Self::Key { role: KeyRole::Viewer, .. } => method == Method::GET,
            Self::Key { role: KeyRole::Publisher, .. } => false,
            Self::Key { role: KeyRole::Administrator, .. } | Self::User => true,
        }
    }

    /// Whether it may use what is of `scope`. Users of the dashboard may use everything.
    pub(crate) fn may(&self, scope: &str) -> bool {
        match self {
            Self::Key { scopes: Some(scopes), .. } => scopes.iter().any(|own| own == scope),
            Self::Key { scopes: None, .. } | Self::User => true,
        }
    }
}

impl Accounts {
    pub(crate) fn new(config: &ClusterConfig) -> Self {
        let credentials = &config.credentials;
        let key = ApiKey {
            name: "bootstrap".to_owned(),
            key: credentials.api_key.clone(),
            secret: credentials.api_secret.clone(),
            desc: String::new(),
            enabled: true,
            scopes: credentials.scopes.clone(),
            role: KeyRole::default(),
            created_s: config.epoch_s,
            expires_s: None,
        };
        Self {
            keys: vec![key],
            tokens: BTreeMap::new(),
            username: credentials.username.clone(),
            password: credentials.password.clone(),
            ttl_ms: u64::from(config.token_ttl_s) * 1000,
            epoch_s: config.epoch_s,
            rng: Rng::new(config.seed ^ 0x70_6b_65_6e),
        }
    }

    /// Who sent a request with `headers`.
    ///
    /// # Errors
    /// EMQX's answer for credentials that are missing, wrong or expired.
    pub(crate) fn authenticate(
        &mut self,
        now: Timestamp,
        headers: &HeaderMap,
        rules: &Personality,
    ) -> Result<Caller, Reply> {
        let Some(header) = headers.get(AUTHORIZATION) else {
            let message = rules.no_credentials;
            return Err(answer::unauthorized("AUTHORIZATION_HEADER_ERROR", message));
        };
        let (scheme, value) = header.to_str().ok().and_then(|text| text.split_once(' ')).unzip();
        match scheme.map(str::to_ascii_lowercase).as_deref() {
            Some("basic") => self.check_key(now, value.unwrap_or_default()),
            Some("bearer") => self.check_token(now, value.unwrap_or_default(), rules),
            _ => Err(answer::empty(StatusCode::BAD_REQUEST)),
        }
    }

    fn check_key(&self, now: Timestamp, encoded: &str) -> Result<Caller, Reply> {
        let decoded = STANDARD.decode(encoded).ok().and_then(|raw| String::from_utf8(raw).ok());
        let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
        let (key, secret) = pair.ok_or_else(|| answer::empty(StatusCode::BAD_REQUEST))?;
        let now_s = self.wall_clock_s(now);
        let good = |known: &&ApiKey| {
            let fresh = known.expires_s.is_none_or(|end| end > now_s);
            known.key == key && known.secret == secret && known.enabled && fresh
        };
        self.keys.iter().find(good).map(Caller::of).ok_or_else(|| {
            answer::unauthorized("BAD_API_KEY_OR_SECRET", "Check api_key/api_secret")
        })
    }

    /// A token that is used lives on for its full time.
    fn check_token(
        &mut self,
        now: Timestamp,
        token: &str,
        rules: &Personality,
    ) -> Result<Caller, Reply> {
        let ttl_ms = self.ttl_ms;
        let known = self.tokens.get_mut(token);
        let known = known.ok_or_else(|| answer::bad_token("BAD_TOKEN", rules.bad_token))?;
        if known.expires_at <= now {
            let message = "Token expired, get new token by POST /login";
            return Err(answer::bad_token("TOKEN_TIME_OUT", message));
        }
        known.expires_at = now.plus_ms(ttl_ms);
        Ok(Caller::User)
    }

    /// A new token for a user who gives the right password.
    pub(crate) fn login(&mut self, now: Timestamp, user: &str, password: &str) -> Option<String> {
        if user != self.username || password != self.password {
            return None;
        }
        self.tokens.retain(|_, token| now.ms_since(token.expires_at) < FORGET_MS);
        let token = format!("{}.{}.{}", self.rng.hex(20), self.rng.hex(64), self.rng.hex(43));
        let expires_at = now.plus_ms(self.ttl_ms);
        self.tokens.insert(token.clone(), Token { user: user.to_owned(), expires_at });
        Some(token)
    }

    /// Forgets the tokens of `user`.
    pub(crate) fn logout(&mut self, user: &str) {
        self.tokens.retain(|_, token| token.user != user);
    }

    /// Ends every login.
    pub(crate) fn expire_tokens(&mut self, now: Timestamp) {
        for token in self.tokens.values_mut() {
            token.expires_at = now;
        }
    }

    /// Puts the wall clock forward, or back.
    pub(crate) fn skew_clock(&mut self, seconds: i64) {
        self.epoch_s = self.epoch_s.saturating_add_signed(seconds);
    }

    /// Seconds since 1970.
    pub(super) fn wall_clock_s(&self, now: Timestamp) -> u64 {
        self.epoch_s + now.as_ms() / 1000
    }
}

/// EMQX's answer to an API key on the path of API keys.
pub(crate) fn key_not_allowed(rules: &Personality) -> Reply {
    let (code, message) = rules.key_on_key_path;
    answer::unauthorized(code, message)
}

/// EMQX's answer to an API key whose scopes do not cover a path. Source: `emqx_dashboard.erl`
/// (`api_key_authorize`) and `emqx_mgmt_auth.erl` (`check_path_in_scopes`) of 6.x.
pub(crate) fn scope_missing() -> Reply {
    let message = "This API Key don't have permission to access this resource";
    answer::error(StatusCode::FORBIDDEN, "UNAUTHORIZED_ROLE", message)
}

/// EMQX's answer to an API key whose role does not cover a request: contract/6.0.3, 05.
pub(crate) fn role_missing() -> Reply {
    let message = "You don't have permission to access this resource";
    answer::error(StatusCode::FORBIDDEN, "UNAUTHORIZED_ROLE", message)
}

/// The scopes that an API key can have. Source: `emqx_mgmt_api_key_scopes.erl` of 6.x.
pub(crate) const SCOPES: [&str; 10] = [
    "connections",
    "publish",
    "data_integration",
    "access_control",
    "gateways",
    "monitoring",
    "cluster_operations",
    "system",
    "audit",
    "license",
];

/// How long an expired token is remembered as such: a day.
const FORGET_MS: u64 = 86_400_000;
