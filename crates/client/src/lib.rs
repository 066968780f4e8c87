//! Carries the requests of `emqx-rebalance-core` to an EMQX cluster and runs its driver.
//!
//! [`Cluster`] is a cluster behind one or more URLs: any node answers for all, so another is asked
//! when one hangs. [`Run`] is a plan or an evacuation on its way: events as they happen, the status at any time, and
//! the verdict at the end. Decisions are made in the core; here is IO and patience only.
//!
//! ```no_run
//! use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Secret};
//! use emqx_rebalance_core::driver::DriverOptions;
//! use emqx_rebalance_core::{PlanOptions, Result, Strategy};
//!
//! async fn level() -> Result<()> {
//!     let auth = Auth::ApiKey { key: "key".to_owned(), secret: Secret::new("secret") };
//!     let access = ClusterConfig { auth, ..ClusterConfig::new("http://emqx:18083") };
//!     let cluster = Cluster::connect(access).await?;
//!     let plan = cluster.plan(&Strategy::default(), &PlanOptions::default()).await?;
//!     let mut run = cluster.start(plan, DriverOptions::default(), false)?;
//!     while let Some(event) = run.next_event().await {
//!         println!("{event:?}");
//!     }
//!     println!("{:?}", run.wait().await?.result);
//!     Ok(())
//! }
//! ```

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
