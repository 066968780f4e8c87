//! What can be driven to a verdict: a plan's runs, or the evacuation of a node.

use emqx_rebalance_core::driver::{Driver, DriverState, Input, Outcome, Record, Status, Step};
use emqx_rebalance_core::{Evacuator, EvacuatorState, Timestamp};

/// A driver of the core. Not to be implemented elsewhere.
pub trait Drive: sealed::Sealed + Send + 'static {
    /// All that it knows, to be stored by its host.
    type State;

    /// Takes one input and returns everything that follows from it.
    fn step(&mut self, now: Timestamp, input: Input) -> Step;
    /// All that it knows.
    fn state(&self) -> &Self::State;
    /// Where it stands.
    fn status(&self) -> Status;
    /// The verdict, once there is one.
    fn outcome(&self) -> Option<&Outcome>;
    /// What is worth keeping, once there is a verdict. Evacuations have none.
    fn record(&self) -> Option<Record>;
}

mod sealed {
    #[expect(unnameable_types, reason = "so that nobody else can implement it")]
    pub trait Sealed {}
    impl Sealed for super::Driver {}
    impl Sealed for super::Evacuator {}
}

macro_rules! drive {
    ($driver:ty, $state:ty, $record:expr) => {
        impl Drive for $driver {
            type State = $state;

            fn step(&mut self, now: Timestamp, input: Input) -> Step {
                Self::step(self, now, input)
            }

            fn state(&self) -> &$state {
                Self::state(self)
            }

            fn status(&self) -> Status {
                Self::status(self)
            }

            fn outcome(&self) -> Option<&Outcome> {
                Self::outcome(self)
            }

            fn record(&self) -> Option<Record> {
                let record: fn(&Self) -> Option<Record> = $record;
                record(self)
            }
        }
    };
}

drive!(Driver, DriverState, Self::record);
drive!(Evacuator, EvacuatorState, |_| None);
