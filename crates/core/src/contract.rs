//! The versions of what is written as JSON and read again.

use crate::snapshot::VERSION;

/// A kind of JSON that outlives the process that wrote it. Each says its `version`, and one that this
/// release does not know is refused: it may mean something else.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Contract {
    /// Every node's load: [`crate::Snapshot`].
    Snapshot,
    /// What a job will do: [`crate::Plan`] and [`crate::EvacuationPlan`].
    Plan,
    /// What a driver knows: [`crate::driver::DriverState`].
    State,
    /// What is kept of a job that has ended, a line of the history: [`crate::driver::Record`].
    Record,
    /// How clients come back: [`crate::ReconnectProfile`].
    ReconnectProfile,
}

impl Contract {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Snapshot, Self::Plan, Self::State, Self::Record, Self::ReconnectProfile];

    /// The one version that this release writes and reads.
    pub const fn version(self) -> u32 {
        match self {
            Self::Snapshot | Self::Plan | Self::State | Self::Record | Self::ReconnectProfile => {
                VERSION
            }
        }
    }

    /// What people call it, such as `reconnect profile`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Plan => "plan",
            Self::State => "state",
            Self::Record => "record",
            Self::ReconnectProfile => "reconnect profile",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NodeLoad, NodeName, PlanOptions, Snapshot, Strategy, plan};

    /// What is said is what is written: a raised version must be raised here.
    #[test]
    fn what_is_written_has_the_version_that_is_said() {
        let name = |text| NodeName::new(text).unwrap();
        let nodes = vec![NodeLoad::new(name("a@h"), 90), NodeLoad::new(name("b@h"), 0)];
        let snapshot = Snapshot::new(nodes).unwrap();
        let written = serde_json::to_value(&snapshot).unwrap();
        assert_eq!(written["version"], Contract::Snapshot.version());
        let plan = plan(&snapshot, &Strategy::default(), &PlanOptions::default()).unwrap();
        assert_eq!(plan.version, Contract::Plan.version());
    }
}
