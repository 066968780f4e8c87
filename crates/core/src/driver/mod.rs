//! Starts what was planned, follows it to its end and finds the verdict that EMQX does not give.
//!
//! A driver does no IO: it is told the time and what EMQX answered, and says what to send next.
//! [`Driver::step`] is the whole protocol. Its state is a value; store it and another process goes
//! on from there. EMQX ends every rebalance by itself, so the cluster is safe if nobody ever does. An
//! evacuation it never ends: the node refuses clients until somebody stops it, over restarts too. So
//! success there is a node that is empty and still closed.

mod advance;
mod ask;
mod budget;
mod clients;
mod clock;
mod counts;
mod drive;
mod ending;
mod event;
mod follow;
mod guard;
mod harm;
mod job;
mod observe;
mod options;
mod outcome;
mod poll;
mod progress;
mod record;
mod stage;
mod start;
mod state;
mod status;
mod steer;
mod stops;
mod stored;
mod track;
mod verdict;
mod watch;

pub use ask::{Answer, Ask, Input, Request, RequestId};
pub use budget::Budget;
pub use drive::{Driver, Step};
pub use event::Event;
pub use guard::Guard;
pub use observe::observe;
pub use options::DriverOptions;
pub use outcome::{Cause, Outcome, OutcomeKind, Phase};
pub use record::{Purpose, Record, WaveRecord};
pub use state::DriverState;
pub use status::{Progress, RunView, Status, Unread};
pub use stored::{StoredEvacuation, StoredRebalance};
