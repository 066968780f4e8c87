//! When a cluster is to be rebalanced by itself, and when it is to be left alone.
//!
//! [`Engine::step`] takes what was just seen of a cluster, or what became of a run, and says what to do, which is mostly
//! nothing: each time with a [`Decision`], a word and a sentence with the numbers that led to it. It has neither a clock
//! nor a network, like the driver: hosts give it the time, ask the cluster, and carry out its [`Action`]s. Its state is a
//! plain value, to be stored after each step and before anything is done, so that who comes after a crash neither starts
//! twice nor forgets what was spent.
//!
//! Time is that of the wall clock, in milliseconds since 1970: windows are of people's days.
//!
//! ```
//! use emqx_rebalance_core::policy::{Engine, Input, Observation, Policy, Reason};
//! use emqx_rebalance_core::driver::observe;
//! use emqx_rebalance_core::{GlobalStatus, NodeLoad, NodeName, Timestamp};
//!
//! let node = |name: &str, clients| NodeLoad::new(NodeName::new(name).unwrap(), clients);
//! let status = observe(vec![node("a@h", 9000), node("b@h", 0)], &GlobalStatus::default(), &[]);
//! let policy = Policy::default();
//! let mut engine = Engine::default();
//! let mut at = |s: u64| {
//!     let seen = Input::Seen(Box::new(Observation::new(&status)));
//!     engine.step(&policy, Timestamp::from_ms(s * 1000), seen).decision.reason
//! };
//! assert_eq!(at(0), Reason::Waiting);
//! // The imbalance has lasted ten minutes. A policy observes until it is told to do more.
//! let reasons: Vec<Reason> = (1..=10).map(|minute| at(minute * 60)).collect();
//! assert_eq!(reasons.last(), Some(&Reason::WouldStart));
//! ```

mod admission;
mod decision;
mod engine;
mod figures;
mod gates;
mod input;
mod journal;
mod ledger;
mod members;
mod options;
mod proposal;
mod reason;
mod trend;
mod windows;
mod words;

pub use admission::{Admission, AdmissionRules};
pub use decision::{Decision, Trigger};
pub use engine::{Action, Engine, Step};
pub use figures::Figures;
pub use input::{Input, Observation, Query};
pub use journal::Journal;
pub use ledger::{Ledger, Spent};
pub use members::Members;
pub use options::{Mode, Policy};
pub use proposal::{Consent, Proposal};
pub use reason::Reason;
pub use trend::Trend;
pub use windows::{Opening, Window, Windows, Zone};

#[cfg(test)]
mod tests;
