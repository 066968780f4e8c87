//! Carries the requests of `emqx-rebalance-core` to an EMQX cluster and runs its driver.
//!
//! [`Cluster`] is a cluster behind one or more URLs: any node answers for all, so another is asked
//! when one hangs. [`Run`] is a plan or an evacuation on its way: events as they happen, the status at any time, and
//! the verdict at the end. Decisions are made in the core; here is IO and patience only.

mod clock;
mod cluster;
mod files;
mod history;
#[cfg(feature = "hosted")]
mod hosted;
mod pump;
mod run;
mod store;
mod tls;
mod transport;
mod view;

pub use cluster::Cluster;
pub use emqx_rebalance_api::{ApiVersion, Secret};
pub use emqx_rebalance_exchange::{Access as ClusterConfig, Auth, Question, Reply, Timeouts, Tls};
pub use files::{MAX_FILE, MAX_SECRET, Source, open_lock, private, read_bounded, read_to_bound};
pub use history::History;
#[cfg(feature = "hosted")]
pub use hosted::{Here, Hosted, HostedRun, Limits, Process, Work};
pub use pump::{Host, Pump};
pub use run::Run;
pub use store::{FileStore, NoStore, Store};
pub use transport::Sockets;
pub use view::{Sample, View};
