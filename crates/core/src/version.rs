//! EMQX's versions and what came with which.

use std::fmt;

/// A release of EMQX, such as 5.8.8. Suffixes ("-rc.1", "+build") are dropped.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EmqxVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

impl EmqxVersion {
    /// First with `load_rebalance` (Enterprise).
    pub const FIRST_V4: Self = Self::new(4, 4, 12);
    /// First of the v5 line whose errors can be read.
    pub const FIRST_V5: Self = Self::new(5, 1, 0);
    /// First whose donors accept connections while they wait for the health check, and whose
    /// `availability_check` needs no key.
    pub const OPEN_WHILE_WAITING: Self = Self::new(5, 4, 0);
    /// The same in the 4.4 line.
    pub const OPEN_WHILE_WAITING_V4: Self = Self::new(4, 4, 24);
    /// First of the 4.4 line that tells the clients that are connected from those that are away.
    pub const COUNTS_CLIENTS_V4: Self = Self::new(4, 4, 19);
    /// First that can take over sessions with nodes of 5.2 and older only at risk (emqx#11733).
    pub const TAKEOVER_CHANGED: Self = Self::new(5, 3, 0);
    /// First of the v5 line whose evacuations move every session, those of MQTT 5 clients with a
    /// clean start too (emqx#11612).
    pub const MOVES_EVERY_SESSION: Self = Self::new(5, 2, 1);
    /// The same in the 4.4 line.
    pub const MOVES_EVERY_SESSION_V4: Self = Self::new(4, 4, 24);
    /// First that boots when it was stopped while it was evacuated (emqx#12871).
    pub const BOOTS_EVACUATED: Self = Self::new(5, 7, 0);
    /// First that counts the cluster's durable sessions as those of the node that is evacuated.
    pub const COUNTS_DURABLE_SESSIONS: Self = Self::new(5, 8, 0);
    /// First whose one edition can rebalance; open source could not before.
    pub const ONE_EDITION: Self = Self::new(5, 9, 0);
    /// First with `conn_evict_rpc_timeout` and `sess_evict_rpc_timeout`.
    pub const RPC_TIMEOUTS: Self = Self::new(5, 9, 0);

    /// Version `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Reads "5.8.8", "v5.8.8", "5.10.0-rc.1" or "e4.4.24"; `None` if it is no such text.
    ///
    /// ```
    /// use emqx_rebalance_core::EmqxVersion;
    ///
    /// let version = EmqxVersion::parse("5.8.8").unwrap();
    /// assert!(version < EmqxVersion::parse("6.0.3").unwrap());
    /// assert_eq!(EmqxVersion::parse("latest"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'e']);
        let numbers = text.split(['-', '+', ' ', '\n']).next()?;
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        Some(Self::new(parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?))
    }

    /// The first number: 4, 5 or 6.
    pub const fn major(self) -> u32 {
        self.major
    }

    /// Whether donors refuse clients from the start on, rather than from the first eviction on.
    pub fn closes_while_waiting(self) -> bool {
        if self.major < 5 {
            self < Self::OPEN_WHILE_WAITING_V4
        } else {
            self < Self::OPEN_WHILE_WAITING
        }
    }

    /// Whether an evacuation moves every session rather than lose some.
    pub fn moves_every_session(self) -> bool {
        let first =
            if self.major < 5 { Self::MOVES_EVERY_SESSION_V4 } else { Self::MOVES_EVERY_SESSION };
        self >= first
    }

    /// Whether it counts a session whose client is away as a client.
    pub fn counts_sessions(self) -> bool {
        self.major < 5 && self < Self::COUNTS_CLIENTS_V4
    }

    /// Whether `load_rebalance` can be used: it exists, and its errors can be read.
    pub fn can_rebalance(self) -> bool {
        if self.major < 5 { self >= Self::FIRST_V4 } else { self >= Self::FIRST_V5 }
    }
}

impl fmt::Display for EmqxVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_emqx_says_of_itself() {
        for (text, version) in [
            ("5.8.8", EmqxVersion::new(5, 8, 8)),
            ("v5.10.0-rc.1", EmqxVersion::new(5, 10, 0)),
            ("4.4.24", EmqxVersion::new(4, 4, 24)),
            ("6.0", EmqxVersion::new(6, 0, 0)),
        ] {
            assert_eq!(EmqxVersion::parse(text), Some(version), "{text}");
        }
        for text in ["", "five", "5", "5.x.1", "5..1"] {
            assert_eq!(EmqxVersion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn donors_close_at_once_before_5_4_and_4_4_24() {
        for (text, closes) in
            [("5.3.2", true), ("5.4.0", false), ("4.4.23", true), ("4.4.24", false)]
        {
            assert_eq!(EmqxVersion::parse(text).unwrap().closes_while_waiting(), closes, "{text}");
        }
    }
}
