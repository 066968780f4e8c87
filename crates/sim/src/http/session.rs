//! `/login`, `/logout` and `/api_key`.

use super::accounts::{ApiKey, KeyRole, SCOPES};
use super::answer::{self, Reply};
use super::rebalance::put;
use super::{Simulation, calendar};
use http::StatusCode;
use serde_json::{Value, json};

impl Simulation {
    pub(super) fn login(&mut self, body: &Value) -> Reply {
        let text = |name| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let now = self.cluster.now();
        let token = self.accounts.login(now, text("username"), text("password"));
        token.map_or_else(
            || answer::bad_token("BAD_USERNAME_OR_PWD", "Auth failed"),
            |token| {
                let mut shown = json!({
                    "license": { "edition": "ee" },
                    "role": "administrator",
                    "token": token,
                    "version": self.cluster.rules().version,
                });
                if self.cluster.rules().speaks_6 {
                    put(&mut shown, "namespace", Value::Null);
                }
                answer::ok(&shown)
            },
        )
    }

    pub(super) fn logout(&mut self, body: &Value) -> Reply {
        let user = body.get("username").and_then(Value::as_str).unwrap_or_default();
        self.accounts.logout(user);
        answer::empty(StatusCode::NO_CONTENT)
    }

    pub(super) fn list_keys(&self) -> Reply {
        let keys: Vec<Value> = self.accounts.keys.iter().map(|key| self.show_key(key)).collect();
        answer::ok(&keys.into())
    }

    pub(super) fn show_key_named(&self, name: &str) -> Reply {
        let key = self.accounts.keys.iter().find(|key| key.name == name);
        key.map_or_else(no_such_key, |key| answer::ok(&self.show_key(key)))
    }

    pub(super) fn create_key(&mut self, body: &Value) -> Reply {
        let Some(name) = body.get("name").and_then(Value::as_str).filter(|name| !name.is_empty())
        else {
            return answer::bad_request(REQUIRED_NAME);
        };
        if self.accounts.keys.iter().any(|key| key.name == name) {
            return answer::bad_request("name_already_existed");
        }
        let scopes = match self.scopes(body) {
            Ok(scopes) => scopes,
            Err(refusal) => return refusal,
        };
        let key = ApiKey {
            name: name.to_owned(),
            key: self.accounts.rng.hex(16),
            secret: self.accounts.rng.hex(43),
            desc: body.get("desc").and_then(Value::as_str).unwrap_or_default().to_owned(),
            enabled: body.get("enable").and_then(Value::as_bool).unwrap_or(true),
            scopes,
            role: self.role(body),
            created_s: self.accounts.wall_clock_s(self.cluster.now()),
            expires_s: expiry(body),
        };
        let mut shown = self.show_key(&key);
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("api_secret".to_owned(), key.secret.clone().into());
        }
        self.accounts.keys.push(key);
        answer::ok(&shown)
    }

    /// What an update leaves out is set to its default, as EMQX does with the expiry.
    pub(super) fn update_key(&mut self, name: &str, body: &Value) -> Reply {
        let scopes = match self.scopes(body) {
            Ok(scopes) => scopes,
            Err(refusal) => return refusal,
        };
        let Some(key) = self.accounts.keys.iter_mut().find(|key| key.name == name) else {
            return no_such_key();
        };
        if let Some(desc) = body.get("desc").and_then(Value::as_str) {
            desc.clone_into(&mut key.desc);
        }
        if let Some(enabled) = body.get("enable").and_then(Value::as_bool) {
            key.enabled = enabled;
        }
        if scopes.is_some() {
            key.scopes = scopes;
        }
        key.expires_s = expiry(body);
        self.show_key_named(name)
    }

    pub(super) fn delete_key(&mut self, name: &str) -> Reply {
        let before = self.accounts.keys.len();
        self.accounts.keys.retain(|key| key.name != name);
        if self.accounts.keys.len() == before {
            return no_such_key();
        }
        answer::empty(StatusCode::NO_CONTENT)
    }

    fn show_key(&self, key: &ApiKey) -> Value {
        let now_s = self.accounts.wall_clock_s(self.cluster.now());
        let mut shown = json!({
            "api_key": key.key,
            "created_at": calendar::write(key.created_s),
            "desc": key.desc,
            "enable": key.enabled,
            "expired": key.expires_s.is_some_and(|end| end <= now_s),
            "expired_at": key.expires_s.map_or_else(|| "infinity".to_owned(), calendar::write),
            "name": key.name,
        });
        let rules = self.cluster.rules();
        if rules.keys_have_roles {
            put(&mut shown, "role", key.role.as_str());
        }
        if rules.keys_have_scopes {
            // A key without scopes shows that it may do everything: contract/6.0.3, 04.
            let all = || SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
            put(&mut shown, "scopes", key.scopes.clone().unwrap_or_else(all));
        }
        if rules.speaks_6 {
            put(&mut shown, "namespace", Value::Null);
        }
        shown
    }
}

impl Simulation {
    /// The scopes that `body` gives a key, if this release has any.
    fn scopes(&self, body: &Value) -> Result<Option<Vec<String>>, Reply> {
        let given = body.get("scopes").filter(|_| self.cluster.rules().keys_have_scopes);
        let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(None) };
        let names = given.as_array().and_then(|list| {
            list.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        let names = names.ok_or_else(|| answer::bad_request("scopes must be a list of strings"))?;
        let unknown = |name: &&str| !SCOPES.contains(name);
        let unknown: Vec<&str> = names.iter().map(String::as_str).filter(unknown).collect();
        if unknown.is_empty() {
            return Ok(Some(names));
        }
        Err(answer::bad_request(&format!("Unknown scopes: {}", unknown.join(", "))))
    }
}

impl Simulation {
    /// The role that `body` gives a key, if this release has any.
    fn role(&self, body: &Value) -> KeyRole {
        let given = body.get("role").filter(|_| self.cluster.rules().keys_have_roles);
        given.and_then(Value::as_str).and_then(KeyRole::named).unwrap_or_default()
    }
}

fn expiry(body: &Value) -> Option<u64> {
    body.get("expired_at").and_then(Value::as_str).and_then(calendar::read)
}

fn no_such_key() -> Reply {
    answer::error(StatusCode::NOT_FOUND, "NOT_FOUND", "Name NOT FOUND")
}

const REQUIRED_NAME: &str =
    "{\"reason\":\"required_field\",\"path\":\"root.name\",\"kind\":\"validation_error\"}";
