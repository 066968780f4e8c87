//! Calls as one object each, so that every language reads the same JSON: what is worked on, such as
//! a snapshot or a plan, and beside it any options by name.

mod evacuation;
mod plan;
mod start;

pub use evacuation::EvacuationRequest;
pub use plan::PlanRequest;
pub use start::{StartRequest, Startable};

use crate::error::{Error, Problem};
use crate::input::{ABSENT, Fields, FromFields};
use crate::snapshot::Snapshot;

/// Takes the snapshot, if there is one and it is good; its problems go to those of the others.
fn snapshot(fields: &mut Fields) -> Option<Snapshot> {
    let snapshot = Snapshot::from_fields(fields.object("snapshot", SNAPSHOT)?);
    snapshot.map_err(|error| fields.add_problems(error.problems())).ok()
}

/// What a call needs and did not get.
fn missing(what: &str, field: &str, bound: &str) -> Error {
    Error::invalid(what, vec![Problem::new(field, ABSENT, bound)])
}

const SNAPSHOT: &str = "an object with the nodes' loads";
