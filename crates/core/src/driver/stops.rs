//! What EMQX said to stops.

use serde::{Deserialize, Serialize};

/// What EMQX said to stops, each for a run by its number. It is kept until a poll has taken note of it,
/// also by a process that dies before: to be told again may stop somebody else.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Stops {
    /// It has stopped these.
    pub(crate) stopped: Vec<usize>,
    /// These were not there.
    pub(crate) absent: Vec<usize>,
}

impl Stops {
    /// Whether EMQX has answered the stop of run number `i`.
    pub(crate) fn has(&self, i: usize) -> bool {
        self.stopped.contains(&i) || self.absent.contains(&i)
    }

    /// Whether it has answered none.
    pub(crate) fn is_empty(&self) -> bool {
        self.stopped.is_empty() && self.absent.is_empty()
    }
}
