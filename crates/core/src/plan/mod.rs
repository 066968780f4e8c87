//! From a snapshot and a strategy to the runs that level the cluster.

mod abridge;
pub(crate) mod finding;
pub(crate) mod findings;
mod fingerprint;
mod fits;
pub(crate) mod model;
pub(crate) mod options;
mod pilot;
pub(crate) mod reason;
pub(crate) mod selection;
pub(crate) mod single;
pub(crate) mod split;
pub(crate) mod versions;

pub(crate) use abridge::with_curve;
pub use finding::{Finding, FindingCode, Severity};
pub use fingerprint::{Fingerprint, NodeCount};
pub use fits::Tolerance;
pub use model::{Asked, Decision, PilotRun, Plan, Run};
pub use options::{Mode, PlanOptions};
pub use pilot::Pilot;

use crate::error::Result;
use crate::level;
use crate::snapshot::Snapshot;
use crate::strategy::Strategy;
use std::collections::BTreeMap;

/// Plans the rebalance of `snapshot`.
///
/// ```
/// use emqx_rebalance_core::{NodeLoad, NodeName, PlanOptions, Snapshot, Strategy, plan};
///
/// let node = |name: &str, clients| NodeLoad::new(NodeName::new(name).unwrap(), clients);
/// let snapshot = Snapshot::new(vec![node("a@h", 9000), node("b@h", 0)])?;
/// let plan = plan(&snapshot, &Strategy::default(), &PlanOptions::default())?;
/// assert_eq!((plan.runs.len(), plan.donors[0].as_str()), (1, "a@h"));
/// assert!(plan.balance.after.over < plan.balance.before.over);
/// # Ok::<(), emqx_rebalance_core::Error>(())
/// ```
///
/// # Errors
/// `config_invalid` if the options name a node twice or leave none, a weight is no number more than 0,
/// or a delay stands beside a reconnect profile; `unknown_node` if they name one that is not in the snapshot.
pub fn plan(snapshot: &Snapshot, strategy: &Strategy, options: &PlanOptions) -> Result<Plan> {
    if !options.weights.is_empty() {
        // From here on the nodes have them, and so has the plan's fingerprint: to plan again, a node
        // that has left by then need not be there.
        let snapshot = snapshot.weighted(&options.weights)?;
        let options = PlanOptions { weights: BTreeMap::new(), ..options.clone() };
        return plan(&snapshot, strategy, &options);
    }
    match options.mode {
        Mode::Single => {
            options.check_profile()?;
            single::plan(snapshot, strategy, options)
        }
        Mode::Level => level::plan(snapshot, strategy, options),
    }
}
