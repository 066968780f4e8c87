//! The name of a node.

use crate::error::Problem;
use crate::plain::is_plain;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An Erlang node name such as `emqx@10.0.0.1`.
///
/// Never empty, at most 255 bytes, without white space, `/`, `?`, `#` or `%`, and without characters
/// that are not seen as themselves, so that it can stand in a URL path and a log line as it is.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(try_from = "String", into = "String")]
pub struct NodeName(String);

impl NodeName {
    /// Checks `name`.
    ///
    /// ```
    /// use emqx_rebalance_core::NodeName;
    ///
    /// let node = NodeName::new("emqx@10.0.0.1").unwrap();
    /// assert_eq!(node.host(), Some("10.0.0.1"));
    /// assert!(NodeName::new("two words").is_err());
    /// ```
    ///
    /// # Errors
    /// The [`Problem`] with it, under the field name `node`.
    pub fn new(name: impl Into<String>) -> Result<Self, Problem> {
        let name = name.into();
        let plain = |c: char| !c.is_whitespace() && is_plain(c) && !"/?#%\"\\".contains(c);
        if name.is_empty() || name.len() > MAX_LEN || !name.chars().all(plain) {
            let shown: String = name.chars().take(40).collect();
            return Err(Problem::new("node", shown, BOUND));
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after `@`: the host the node runs on.
    pub fn host(&self) -> Option<&str> {
        self.0.split_once('@').map(|(_, host)| host).filter(|host| !host.is_empty())
    }
}

impl TryFrom<String> for NodeName {
    type Error = Problem;

    fn try_from(name: String) -> Result<Self, Problem> {
        Self::new(name)
    }
}

impl From<NodeName> for String {
    fn from(name: NodeName) -> Self {
        name.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const MAX_LEN: usize = 255;
const BOUND: &str =
    "a node name such as `emqx@10.0.0.1`: 1 to 255 visible bytes without spaces or any of /?#%\"\\";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_change_a_url_are_refused() {
        for bad in ["", "a b", "a/b", "a?b", "a%40b", "a\nb", "a\u{1b}[2J", "a\u{202e}b"] {
            assert!(NodeName::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(NodeName::new("emqx@10.0.0.1").unwrap().host(), Some("10.0.0.1"));
    }
}
