//! What a policy is told.

use super::proposal::Consent;
use crate::driver::{DriverOptions, OutcomeKind, Status};
use crate::plan::Asked;

/// What a policy is told.
#[derive(Debug)]
pub enum Input<'a> {
    /// The cluster was read.
    Seen(Box<Observation<'a>>),
    /// The cluster could not be read, and why.
    Unseen(&'a str),
    /// Somebody approves the proposal of this number.
    Approve(u64, Consent),
    /// Somebody rejects the proposal of this number.
    Reject(u64, Consent),
    /// Somebody wants the run stopped that was started.
    Stop(Consent),
    /// The run that was started has ended.
    Ended {
        /// The verdict.
        result: OutcomeKind,
        /// Clients that were dropped.
        disconnects: u64,
    },
    /// The run that was to be started never was: nothing was sent, for this reason.
    NotStarted(&'a str),
}

/// A cluster as it was read, and what to plan with.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    /// Every node, and the runs that are on.
    pub status: &'a Status,
    /// What the policy's query came to.
    pub query: Query<'a>,
    /// What to plan with: strategy, options, and how clients were seen to come back.
    pub asked: Asked,
    /// What to drive with.
    pub driver: DriverOptions,
}

/// What the query of a policy came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Query<'a> {
    /// It returned nothing, or there is none.
    Silent,
    /// It returned something, of which this is the first.
    Returned(&'a str),
    /// It could not be asked, and why.
    Unknown(&'a str),
}

impl<'a> Observation<'a> {
    /// `status`, to plan and drive with what is the default.
    pub fn new(status: &'a Status) -> Self {
        Self {
            status,
            query: Query::Silent,
            asked: Asked::default(),
            driver: DriverOptions::default(),
        }
    }
}
