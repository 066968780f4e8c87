//! Which path is what.

use crate::personality::{Api, Personality};
use percent_encoding::percent_decode_str;

/// What a path stands for, with the names in it decoded.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Endpoint {
    Status,
    Nodes,
    Node(String),
    NodeStats(String),
    Stats,
    /// What Prometheus scrapes.
    Metrics,
    MonitorCurrent,
    NodeMonitorCurrent(String),
    Cluster,
    LocalStatus,
    GlobalStatus,
    AvailabilityCheck,
    Start(String),
    Stop(String),
    StartEvacuation(String),
    StopEvacuation(String),
    Login,
    Logout,
    Keys,
    Key(String),
}

impl Endpoint {
    pub(crate) fn of(path: &str, rules: &Personality) -> Option<Self> {
        let found = match rules.api {
            _ if path == "/status" => Some(Self::Status),
            Api::V4 => Self::of_v4(path.strip_prefix("/api/v4/")?),
            Api::V5 => Self::of_v5(path.strip_prefix("/api/v5/")?),
        };
        found.filter(|found| rules.rebalances || !found.is_of_rebalance())
    }

    fn is_of_rebalance(&self) -> bool {
        matches!(
            self,
            Self::LocalStatus
                | Self::GlobalStatus
                | Self::AvailabilityCheck
                | Self::Start(_)
                | Self::Stop(_)
                | Self::StartEvacuation(_)
                | Self::StopEvacuation(_)
        )
    }

    fn of_v4(rest: &str) -> Option<Self> {
        let parts: Vec<&str> = rest.split('/').collect();
        Some(match parts.as_slice() {
            ["nodes"] => Self::Nodes,
            ["nodes", node] => Self::Node(decode(node)),
            ["load_rebalance", rest @ ..] => Self::of_rebalance(rest)?,
            _ => return None,
        })
    }

    fn of_v5(rest: &str) -> Option<Self> {
        let parts: Vec<&str> = rest.split('/').collect();
        Some(match parts.as_slice() {
            ["status"] => Self::Status,
            ["nodes"] => Self::Nodes,
            ["nodes", node] => Self::Node(decode(node)),
            ["nodes", node, "stats"] => Self::NodeStats(decode(node)),
            ["stats"] => Self::Stats,
            ["prometheus", "stats"] => Self::Metrics,
            ["monitor_current"] => Self::MonitorCurrent,
            ["monitor_current", "nodes", node] => Self::NodeMonitorCurrent(decode(node)),
            ["cluster"] => Self::Cluster,
            ["login"] => Self::Login,
            ["logout"] => Self::Logout,
            ["api_key"] => Self::Keys,
            ["api_key", name] => Self::Key(decode(name)),
            ["load_rebalance", rest @ ..] => Self::of_rebalance(rest)?,
            _ => return None,
        })
    }

    fn of_rebalance(parts: &[&str]) -> Option<Self> {
        Some(match parts {
            ["status"] => Self::LocalStatus,
            ["global_status"] => Self::GlobalStatus,
            ["availability_check"] => Self::AvailabilityCheck,
            [node, "start"] => Self::Start(decode(node)),
            [node, "stop"] => Self::Stop(decode(node)),
            [node, "evacuation", "start"] => Self::StartEvacuation(decode(node)),
            [node, "evacuation", "stop"] => Self::StopEvacuation(decode(node)),
            _ => return None,
        })
    }

    /// The scope that an API key needs for it, if keys have scopes and this is not open to all.
    pub(crate) fn scope(&self) -> &'static str {
        match self {
            Self::Status => "system",
            Self::Stats
            | Self::Metrics
            | Self::NodeStats(_)
            | Self::MonitorCurrent
            | Self::NodeMonitorCurrent(_) => "monitoring",
            _ => "cluster_operations",
        }
    }

    /// The methods it takes, as in the header `allow`.
    pub(crate) fn methods(&self) -> &'static str {
        match self {
            Self::Start(_)
            | Self::Stop(_)
            | Self::StartEvacuation(_)
            | Self::StopEvacuation(_)
            | Self::Login
            | Self::Logout => "POST",
            Self::Keys => "GET, POST",
            Self::Key(_) => "GET, PUT, DELETE",
            _ => "GET",
        }
    }
}

/// Undoes percent-encoding; what is not valid stays as it is.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personality::Release;

    #[test]
    fn names_are_decoded_and_odd_escapes_left_alone() {
        assert_eq!(decode("emqx1%40127.0.0.1"), "emqx1@127.0.0.1");
        for odd in ["%", "%4", "%zz", "a%é"] {
            assert_eq!(decode(odd), odd);
        }
        let (v5, v4) = (Release::V5_8.rules(), Release::V4_4.rules());
        assert_eq!(Endpoint::of("/api/v5/load_rebalance/a/status", v5), None);
        assert_eq!(Endpoint::of("/api/v5/load_rebalance/a/purge/start", v5), None);
        assert_eq!(Endpoint::of("/api/v5/nodes", v4), None);
        assert_eq!(Endpoint::of("/api/v4/nodes", v4), Some(Endpoint::Nodes));
    }
}
