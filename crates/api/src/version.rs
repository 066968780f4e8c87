//! The versions of the API, and what came with which version of EMQX.

use emqx_rebalance_core::{EmqxVersion, Error, ErrorKind, NodeLoad, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One of EMQX's HTTP APIs. Found at run time: see [`crate::probe`]. As JSON, `"v4"` or `"v5"`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiVersion {
    /// `/api/v4`, EMQX Enterprise 4.4.
    V4,
    /// `/api/v5`, EMQX 5 and 6.
    V5,
}

impl ApiVersion {
    /// All of them, the newest first.
    pub const ALL: [Self; 2] = [Self::V5, Self::V4];

    /// The first release of EMQX that can be rebalanced by this API.
    pub const fn first(self) -> EmqxVersion {
        match self {
            Self::V4 => EmqxVersion::FIRST_V4,
            Self::V5 => EmqxVersion::FIRST_V5,
        }
    }

    /// The API that EMQX `version` has.
    pub const fn of(version: EmqxVersion) -> Self {
        if version.major() < 5 { Self::V4 } else { Self::V5 }
    }

    /// What every URL path of this API begins with: `/api/v5`.
    pub const fn base(self) -> &'static str {
        match self {
            Self::V4 => "/api/v4",
            Self::V5 => "/api/v5",
        }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "v4",
            Self::V5 => "v5",
        })
    }
}

/// Something that not every version of EMQX can do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Gate {
    /// `load_rebalance` exists and its errors can be read.
    LoadRebalance,
    /// `availability_check` answers without a key.
    PublicAvailabilityCheck,
    /// Donors take clients until the first eviction, rather than refusing them from the start.
    OpenWhileWaiting,
    /// `conn_evict_rpc_timeout` and `sess_evict_rpc_timeout` of a start.
    RpcTimeouts,
    /// `wait_health_check` of an evacuation.
    EvacuationWaitHealthCheck,
    /// Waits of 0 seconds.
    ZeroWait,
    /// Waits as text, such as "10s".
    DurationText,
    /// `redirect_to` of an evacuation does something; EMQX 5 and 6 take it over HTTP and ignore it.
    RedirectTo,
}

struct Row {
    gate: Gate,
    name: &'static str,
    /// First of the 4.4 line, `None` if none.
    v4: Option<EmqxVersion>,
    /// First of 5 and later, `None` if none.
    v5: Option<EmqxVersion>,
}

const fn row(
    gate: Gate,
    name: &'static str,
    v4: Option<EmqxVersion>,
    v5: Option<EmqxVersion>,
) -> Row {
    Row { gate, name, v4, v5 }
}

const FIRST_V4: Option<EmqxVersion> = Some(EmqxVersion::FIRST_V4);
const FIRST_V5: Option<EmqxVersion> = Some(EmqxVersion::FIRST_V5);
const OPEN_V4: Option<EmqxVersion> = Some(EmqxVersion::OPEN_WHILE_WAITING_V4);
const OPEN_V5: Option<EmqxVersion> = Some(EmqxVersion::OPEN_WHILE_WAITING);
const V5_9: Option<EmqxVersion> = Some(EmqxVersion::RPC_TIMEOUTS);

/// Sources: EMQX's change logs of e4.4.12, e4.4.24, 5.1.0 (#10967), 5.4.0 (#11971), 5.9.0 (#14040);
/// the 4.4 API's own checks (`validate_pos_int`: whole numbers above 0 only); contract/5.3.2, 04.
const GATES: [Row; 8] = [
    row(Gate::LoadRebalance, "load_rebalance", FIRST_V4, FIRST_V5),
    row(Gate::PublicAvailabilityCheck, "public_availability_check", OPEN_V4, OPEN_V5),
    row(Gate::OpenWhileWaiting, "open_while_waiting", OPEN_V4, OPEN_V5),
    row(Gate::RpcTimeouts, "rpc_timeouts", None, V5_9),
    row(Gate::EvacuationWaitHealthCheck, "evacuation_wait_health_check", None, FIRST_V5),
    row(Gate::ZeroWait, "zero_wait", None, FIRST_V5),
    row(Gate::DurationText, "duration_text", None, FIRST_V5),
    row(Gate::RedirectTo, "redirect_to", FIRST_V4, None),
];

impl Gate {
    /// Every gate.
    pub fn all() -> impl Iterator<Item = Self> {
        GATES.iter().map(|row| row.gate)
    }

    /// The stable word: `rpc_timeouts`.
    pub fn as_str(self) -> &'static str {
        GATES.iter().find(|row| row.gate == self).map_or("", |row| row.name)
    }

    /// The first version of the line of `api` that can do it; `None` if none can.
    pub fn since(self, api: ApiVersion) -> Option<EmqxVersion> {
        let row = GATES.iter().find(|row| row.gate == self)?;
        match api {
            ApiVersion::V4 => row.v4,
            ApiVersion::V5 => row.v5,
        }
    }
}

/// What the EMQX on the other side can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Capabilities {
    version: EmqxVersion,
}

impl Capabilities {
    /// Those of EMQX `version`.
    pub const fn of(version: EmqxVersion) -> Self {
        Self { version }
    }

    /// Those that every node of a cluster has: of its oldest version.
    ///
    /// Of `api`'s oldest supported version if no node says its version.
    pub fn of_nodes(api: ApiVersion, nodes: &[NodeLoad]) -> Self {
        nodes
            .iter()
            .filter_map(|load| EmqxVersion::parse(load.version.as_deref()?))
            .min()
            .map_or_else(|| Self::oldest(api), Self::of)
    }

    /// Those of the oldest version that is supported: for when the version is not known.
    pub const fn oldest(api: ApiVersion) -> Self {
        match api {
            ApiVersion::V4 => Self::of(EmqxVersion::FIRST_V4),
            ApiVersion::V5 => Self::of(EmqxVersion::FIRST_V5),
        }
    }

    /// The version these are of.
    pub const fn version(self) -> EmqxVersion {
        self.version
    }

    /// The API to speak.
    pub const fn api(self) -> ApiVersion {
        ApiVersion::of(self.version)
    }

    /// Whether EMQX can do it.
    pub fn has(self, gate: Gate) -> bool {
        gate.since(self.api()).is_some_and(|since| self.version >= since)
    }

    /// Makes sure that EMQX can do it, on behalf of `field`.
    ///
    /// # Errors
    /// `unsupported`, with the field, the version, and the first version that can.
    pub fn require(self, gate: Gate, field: &str) -> Result<()> {
        if self.has(gate) {
            return Ok(());
        }
        let message = "this version of EMQX cannot do that: leave the field out, or upgrade";
        let error = Error::new(ErrorKind::Unsupported, message)
            .with("field", field)
            .with("version", self.version)
            .with("gate", gate.as_str());
        Err(match gate.since(self.api()) {
            Some(since) => error.with("since", since),
            None => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(version: &str, gate: Gate) -> bool {
        Capabilities::of(EmqxVersion::parse(version).unwrap()).has(gate)
    }

    #[test]
    fn each_gate_opens_at_its_version() {
        for (gate, closed, open) in [
            (Gate::LoadRebalance, "4.4.11", "4.4.12"),
            (Gate::LoadRebalance, "5.0.4", "5.1.0"),
            (Gate::PublicAvailabilityCheck, "4.4.23", "4.4.24"),
            (Gate::PublicAvailabilityCheck, "5.3.2", "5.4.0"),
            (Gate::OpenWhileWaiting, "5.3.2", "5.8.8"),
            (Gate::RpcTimeouts, "5.8.8", "5.9.0"),
            (Gate::RpcTimeouts, "4.4.24", "6.0.0"),
            (Gate::EvacuationWaitHealthCheck, "5.0.4", "5.1.0"),
            (Gate::ZeroWait, "4.4.24", "5.3.2"),
            (Gate::DurationText, "4.4.24", "5.3.2"),
            (Gate::RedirectTo, "5.10.2", "4.4.12"),
        ] {
            assert!(!has(closed, gate), "{gate:?} {closed}");
            assert!(has(open, gate), "{gate:?} {open}");
        }
        assert_eq!(Gate::all().count(), GATES.len());
    }

    #[test]
    fn each_api_is_that_of_its_first_release() {
        for api in ApiVersion::ALL {
            assert_eq!(ApiVersion::of(api.first()), api);
            assert!(api.first().can_rebalance(), "{api}");
        }
    }

    #[test]
    fn a_cluster_can_do_what_its_oldest_node_can() {
        let node = |name: &str, version: Option<&str>| {
            let mut load = NodeLoad::new(name.to_owned().try_into().unwrap(), 0);
            load.version = version.map(str::to_owned);
            load
        };
        let mixed = [node("a@b", Some("5.10.0")), node("c@d", Some("5.8.8")), node("e@f", None)];
        let capabilities = Capabilities::of_nodes(ApiVersion::V5, &mixed);
        assert_eq!(capabilities.version(), EmqxVersion::new(5, 8, 8));
        let unknown = Capabilities::of_nodes(ApiVersion::V4, &[]);
        assert_eq!(unknown.api(), ApiVersion::V4);
        let error = unknown.require(Gate::ZeroWait, "wait_takeover").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.context()["field"], "wait_takeover");
    }
}
