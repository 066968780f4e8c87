//! For hosts with an HTTP client of their own: they are told what to send, and hand in what came
//! back.
//!
//! A [`Talk`] is one question to the cluster, a [`Run`] a plan on its way to its verdict, and an [`Errand`]
//! such a run that finds its cluster first. All go on
//! with `step`, which takes the time and answers, and gives requests to send and the time to come
//! back at the latest.
//!
//! ```
//! use emqx_rebalance_exchange::sansio::{Cluster, HttpAnswer};
//! use emqx_rebalance_exchange::Access;
//! use serde_json::json;
//!
//! let access = Access { urls: vec!["http://emqx:18083".to_owned()], ..Access::default() };
//! let cluster = Cluster::new(access)?;
//! let mut talk = cluster.snapshot();
//! let step = talk.step(0, Vec::new());
//! assert_eq!(step.requests[0].url, "http://emqx:18083/api/v5/status");
//!
//! let answer = json!({ "id": step.requests[0].id, "error": { "kind": "unreachable" } });
//! let step = talk.step(10, vec![serde_json::from_value::<HttpAnswer>(answer).unwrap()]);
//! assert!(step.requests.is_empty() && step.wake_at_ms.is_some(), "asked again after a pause");
//! # Ok::<(), emqx_rebalance_core::Error>(())
//! ```

mod cluster;
mod desk;
mod errand;
mod message;
mod run;
mod talk;

pub use cluster::Cluster;
pub use desk::Desk;
pub use errand::Errand;
pub use message::{Failure, FailureKind, HttpAnswer, HttpRequest};
pub use run::{Run, RunInput, RunStep};
pub use talk::{Talk, TalkStep};
