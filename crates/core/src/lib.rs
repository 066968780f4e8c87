//! Plans, forecasts and drives the rebalancing of an EMQX cluster.
//!
//! Values in, values out: this crate does no IO, has no clock, no threads and no async. Hosts bring
//! those: a command line, a Python process, a browser, nginx, a Kubernetes controller.

mod balance;
mod balancer;
mod contract;
pub mod doctor;
pub mod driver;
mod duration;
mod emqx;
mod error;
mod evacuate;
mod forecast;
mod input;
mod job;
mod level;
mod node;
mod number;
mod plain;
mod plan;
#[cfg(feature = "policy")]
pub mod policy;
mod reconnect;
mod request;
mod short_names;
mod snapshot;
mod strategy;
mod units;
mod version;

pub use balance::{Balance, BalanceChange, Bounds};
pub use balancer::LoadBalancer;
pub use contract::Contract;
pub use emqx::{
    Availability, DonorStatus, Evacuation, EvacuationState, EvacuationStatus, EvictionCounts,
    GlobalStatus, LocalStatus, NodeList, Refusal, RefusalReason, RunState, RunStatus, StartAnswer,
    StopAnswer, Unreadable,
};
pub use error::{Error, ErrorInfo, ErrorKind, Problem, Result};
pub use evacuate::{EvacuationAsked, EvacuationPlan, EvacuationPlanOptions, plan_evacuation};
pub use forecast::{Curve, Forecast, NodeCurve, NodeEnd, Peak, PhaseSpan, RunPhase};
pub use input::{
    Described, Fields, FromFields, Loose, NumberRange, OptionInfo, Options, Shape, typed,
};
pub use job::Job;
pub use level::account::{Behind, Comparison, Move, Wave};
pub use node::NodeName;
pub use plain::plain;
pub use plan::{
    Asked, Decision, Finding, FindingCode, Fingerprint, Mode, NodeCount, Pilot, PilotRun, Plan,
    PlanOptions, Run, Severity, Tolerance, plan,
};
pub use reconnect::{NamedProfile, ReconnectProfile, Reconnects};
pub use request::{EvacuationRequest, PlanRequest, StartRequest, Startable};
pub use short_names::short_names;
pub use snapshot::{NodeLoad, NodeStatus, Role, Snapshot};
pub use strategy::Strategy;
pub use units::{AbsThreshold, EvictRate, MAX_COUNT, MAX_WAIT_S, RelThreshold, Timestamp};
pub use version::EmqxVersion;
