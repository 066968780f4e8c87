//! Secrets that a test plants wherever a user may give one, and then looks for in all that comes out.
//!
//! The list is `tests/canary/secrets.json`, which tests in every language can read.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// The names that go with the secrets, which may be seen, and the secrets, which may not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canaries {
    /// The key whose secret is `api_secret`.
    pub api_key: String,
    /// The user whose password is `password`.
    pub username: String,
    secrets: BTreeMap<String, String>,
}

impl fmt::Debug for Canaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.secrets.keys()).finish()
    }
}

impl Canaries {
    /// The shared list.
    ///
    /// # Panics
    /// If the list cannot be read.
    #[expect(clippy::expect_used, reason = "a panic is a failed test")]
    pub fn list() -> Self {
        let text = include_str!("../../../tests/canary/secrets.json");
        serde_json::from_str(text).expect("a list of canaries")
    }

    /// The secret of that name.
    ///
    /// # Panics
    /// If the list has none.
    #[expect(clippy::expect_used, reason = "a panic is a failed test")]
    pub fn secret(&self, name: &str) -> &str {
        self.secrets.get(name).expect("a canary of that name")
    }

    /// The names of the secrets that `bytes` hold: as they are, or within something in base64, as in
    /// the header of an API key.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let text = String::from_utf8_lossy(bytes);
        let holds = |secret: &str| {
            text.contains(secret) || encoded(secret).iter().any(|form| text.contains(form))
        };
        let found = self.secrets.iter().filter(|(_, secret)| holds(secret));
        found.map(|(name, _)| name.as_str()).collect()
    }

    /// Nothing of the list is in `bytes`, which are called `what`.
    ///
    /// # Panics
    /// If something is.
    pub fn assert_none_in(&self, what: &str, bytes: impl AsRef<[u8]>) {
        let found = self.found_in(bytes.as_ref());
        let text = String::from_utf8_lossy(bytes.as_ref());
        assert!(found.is_empty(), "{what} holds the {}: {text}", found.join(" and the "));
    }
}

/// What a secret becomes in base64, whatever stands before and after it: the characters that it alone
/// decides, at each of the three places where it may begin.
fn encoded(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let bytes = [&vec![0; before], secret.as_bytes()].concat();
        let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [STANDARD, URL_SAFE] {
            forms.push(engine.encode(&bytes)[first..end].to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_in_every_form() {
        let list = Canaries::list();
        let secret = list.secret("api_secret");
        assert_eq!(list.found_in(format!("say {secret}!").as_bytes()), ["api_secret"]);
        for key in ["k", "ke", "key", "key4"] {
            let header = STANDARD.encode(format!("{key}:{secret}"));
            assert_eq!(list.found_in(header.as_bytes()), ["api_secret"], "{header}");
        }
        assert!(list.found_in(b"nothing of it").is_empty());
    }

    #[test]
    fn no_canary_is_part_of_another() {
        let list = Canaries::list();
        assert!(list.found_in(format!("{} {}", list.api_key, list.username).as_bytes()).is_empty());
        for (name, secret) in &list.secrets {
            assert_eq!(list.found_in(secret.as_bytes()), [name]);
        }
    }
}
