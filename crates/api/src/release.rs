//! Which EMQX answers, for words about what it cannot do.

use emqx_rebalance_core::{EmqxVersion, Error, ErrorKind};
use serde_json::Value;

/// An edition and version of EMQX, as far as a node tells them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Release {
    /// `Opensource` or `Enterprise`. One edition since 5.9, which says `Enterprise`.
    pub edition: Option<String>,
    /// The version, such as `5.8.6`.
    pub version: Option<String>,
}

impl Release {
    /// That of the first element of `/nodes` that tells it.
    pub(crate) fn of(nodes: &[Value]) -> Self {
        let text = |key: &str| {
            let mut texts = nodes.iter().filter_map(|node| node.get(key)?.as_str());
            texts.next().map(str::to_owned)
        };
        Self { edition: text("edition"), version: text("version") }
    }

    /// `error` in words about this release, if it is that EMQX has no such endpoint. Every other
    /// error stays as it is.
    #[must_use]
    pub fn explain(&self, error: Error) -> Error {
        let Some(version) = self.version.as_deref().filter(|_| is_about_endpoint(&error)) else {
            return error;
        };
        let edition = self.edition.as_deref().unwrap_or("unknown edition");
        let rebalances = EmqxVersion::parse(version).is_some_and(|version| match edition {
            "Opensource" => version >= EmqxVersion::ONE_EDITION,
            _ => version.can_rebalance(),
        });
        let message = if rebalances {
            format!(
                "EMQX {version} ({edition}) can rebalance, but does not answer here: its rebalance \
                 plugin is off (EMQX 4), or a proxy on the way does not pass this path on"
            )
        } else {
            format!(
                "this is EMQX {version} ({edition}), which cannot rebalance: Enterprise can from \
                 4.4.12 and 5.1 on, and every EMQX from 5.9 on"
            )
        };
        let named = Error::new(error.kind(), message).with("edition", edition);
        let named = named.with("version", version);
        error.context().iter().fold(named, |named, (key, value)| named.with(key, value))
    }
}

fn is_about_endpoint(error: &Error) -> bool {
    error.kind() == ErrorKind::Unsupported
        && error.context().get("status").is_some_and(|status| status == "404")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_about_the_release_that_answers() {
        let of = |edition: &str, version: &str| Release {
            edition: Some(edition.to_owned()),
            version: Some(version.to_owned()),
        };
        let error = || Error::new(ErrorKind::Unsupported, "no such endpoint").with("status", 404);
        for (edition, version, says) in [
            ("Opensource", "5.8.6", "this is EMQX 5.8.6 (Opensource), which cannot rebalance"),
            ("Enterprise", "5.0.4", "this is EMQX 5.0.4 (Enterprise), which cannot rebalance"),
            ("Enterprise", "4.4.11", "which cannot rebalance"),
            ("Enterprise", "4.4.19", "its rebalance plugin is off"),
            ("Opensource", "5.9.0", "can rebalance, but does not answer here"),
        ] {
            let error = of(edition, version).explain(error());
            assert!(error.message().contains(says), "{edition} {version}: {error}");
            assert_eq!(error.context()["edition"], edition);
        }
        let other = Error::new(ErrorKind::Timeout, "no answer");
        assert_eq!(of("Opensource", "5.8.6").explain(other).message(), "no answer");
        assert_eq!(Release::default().explain(error()).message(), "no such endpoint");
    }
}
