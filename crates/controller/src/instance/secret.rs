//! Keys and certificates in a Secret.

use super::Lookup;
use crate::hosts::{Address, HostPattern};
use emqx_rebalance_client::{Auth, Secret};
use emqx_rebalance_core::{Error, ErrorKind};
use k8s_openapi::api::core::v1;
use kube::ResourceExt;

/// What a Secret holds. Shows nothing of it.
pub(super) struct Keys(v1::Secret);

impl Keys {
    pub(super) fn of(secret: v1::Secret) -> Self {
        Self(secret)
    }

    /// The same, if whoever may write the Secret has lent it to us, and for all `addresses` that an
    /// object names. Otherwise everybody who may create a `Rebalance` could have any Secret of the
    /// namespace sent to any address.
    pub(super) fn lent_to(self, addresses: &[Address]) -> Result<Self, Lookup> {
        let is_lent = self.0.labels().get(LENT).is_some_and(|label| label == "true");
        if !is_lent {
            let message = format!("the Secret is not for this use: label it {LENT}=true");
            return Err(self.unusable(&message));
        }
        let hosts = HostPattern::list(&self.text("hosts").unwrap_or_default());
        let hosts = hosts.map_err(|problem| self.unusable(&format!("in its hosts, {problem}")))?;
        match addresses.iter().find(|address| !address.is_among(&hosts)) {
            None => Ok(self),
            Some(address) => {
                let message = "the Secret does not say that it may be sent there: list the host in \
                               its field hosts, such as emqx.example.com:18083 or *.emqx-headless";
                Err(self.unusable_for(message, address))
            }
        }
    }

    /// `key` and `secret`, or `username` and `password`.
    pub(super) fn credentials(&self) -> Result<Auth, Lookup> {
        if let (Some(key), Some(secret)) = (self.text("key"), self.text("secret")) {
            return Ok(Auth::ApiKey { key, secret: Secret::new(secret) });
        }
        if let (Some(username), Some(password)) = (self.text("username"), self.text("password")) {
            return Ok(Auth::Login { username, password: Secret::new(password) });
        }
        Err(self.unusable("the Secret must hold key and secret, or username and password"))
    }

    /// The API key among the lines `key:secret` of `field`: the operator's own, else the first. The
    /// operator appends its own to those of the users.
    pub(super) fn bootstrap(&self, field: &str) -> Result<Auth, Lookup> {
        let text = self.text(field).unwrap_or_default();
        let mut keys = text.lines().filter_map(|line| line.trim().split_once(':'));
        let first = keys.clone().next();
        let own = keys.find(|(key, _)| OPERATOR.contains(key)).or(first);
        let (key, secret) = own.ok_or_else(|| {
            self.unusable(&format!("the Secret has no line `key:secret` in {field}"))
        })?;
        Ok(Auth::ApiKey { key: key.to_owned(), secret: Secret::new(secret) })
    }

    /// The certificate authority.
    pub(super) fn authority(&self) -> Option<Vec<u8>> {
        Some(self.0.data.as_ref()?.get("ca.crt")?.0.clone())
    }

    fn text(&self, field: &str) -> Option<String> {
        let bytes = &self.0.data.as_ref()?.get(field)?.0;
        let text = str::from_utf8(bytes).ok()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn unusable(&self, message: &str) -> Lookup {
        Lookup::Unusable(self.error(message))
    }

    fn unusable_for(&self, message: &str, address: &Address) -> Lookup {
        Lookup::Unusable(self.error(message).with("url", &address.url))
    }

    fn error(&self, message: &str) -> Error {
        Error::new(ErrorKind::ConfigInvalid, message).with("secret", self.0.name_any())
    }
}

/// The label of Secrets that users name in annotations.
const LENT: &str = "rebalance.emqx.io/credentials";
/// The operator's own API key: 2.2 and later, and before.
const OPERATOR: [&str; 2] = ["emqx-operator-controller", "emqx_operator_controller"];

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::ByteString;

    fn keys(fields: &[(&str, &str)]) -> Keys {
        let pairs = fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), ByteString(text.as_bytes().to_vec())));
        Keys::of(v1::Secret { data: Some(pairs.collect()), ..v1::Secret::default() })
    }

    fn key_of(auth: Auth) -> (String, String) {
        match auth {
            Auth::ApiKey { key, secret } => (key, secret.expose().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_operator_s_own_key_is_taken_wherever_it_stands() {
        let keys = keys(&[("bootstrap_api_key", "mine:1\nemqx-operator-controller:s:2\n")]);
        let (key, secret) = key_of(keys.bootstrap("bootstrap_api_key").ok().unwrap());
        assert_eq!((key.as_str(), secret.as_str()), ("emqx-operator-controller", "s:2"));
    }

    #[test]
    fn another_key_is_better_than_none() {
        let (key, _) = key_of(keys(&[("f", "mine:1")]).bootstrap("f").ok().unwrap());
        assert_eq!(key, "mine");
        assert!(keys(&[]).bootstrap("f").is_err());
    }

    #[test]
    fn a_secret_must_be_lent() {
        let error = keys(&[("key", "a"), ("secret", "b")]).lent_to(&[]).err().unwrap();
        assert!(error.to_string().contains("rebalance.emqx.io/credentials=true"), "{error}");
    }

    #[test]
    fn a_secret_goes_to_the_hosts_that_it_names_and_to_no_other() {
        let address = |url| Address::find(url, "mqtt", &[]).unwrap();
        let addresses = [address("http://emqx-0:18083"), address("http://emqx-1:18083")];
        let lent = |hosts: &str| {
            let mut keys = keys(&[("key", "a"), ("secret", "b"), ("hosts", hosts)]);
            keys.0.metadata.labels = Some([(LENT.to_owned(), "true".to_owned())].into());
            keys.lent_to(&addresses).map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(lent("emqx-0 emqx-1"), Ok(()));
        assert_eq!(lent("*.mqtt.svc:18083"), Ok(()));
        let error = lent("emqx-0").unwrap_err();
        assert!(error.contains("http://emqx-1.mqtt.svc:18083"), "{error}");
        assert!(lent("").is_err());
        assert!(lent("http://emqx-0").unwrap_err().contains("hosts"));
    }
}
