//! The options of an evacuation.

use super::flags::{Flags, both};
use super::{HistoryArgs, RecordingArgs};
use clap::{Args, Subcommand};
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{Error, ErrorKind, Evacuation, EvacuationPlanOptions, NodeName, Result};
use std::path::PathBuf;

/// What to do with evacuations.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum EvacuateCommand {
    /// Say what emptying a node would do, without touching anything
    Plan(EvacuationPlanArgs),
    /// Empty a node: its clients are dropped and refused until the evacuation is stopped
    Start(Box<EvacuationStartArgs>),
    /// Let a node serve clients again
    Stop {
        /// The node, such as emqx@10.0.0.1
        #[arg(value_parser = node_name)]
        node: NodeName,
        /// Beside which it is noted who stopped it, for whoever follows it.
        #[command(flatten)]
        history: HistoryArgs,
    },
    /// Show the evacuations in progress
    Status {
        /// Only this node
        #[arg(value_parser = node_name)]
        node: Option<NodeName>,
    },
}

/// Arguments of `evacuate plan`.
#[derive(Args, Clone, Debug)]
pub(crate) struct EvacuationPlanArgs {
    /// EMQX's options.
    #[command(flatten)]
    pub(crate) evacuation: EvacuationArgs,
}

/// Arguments of `evacuate start`.
#[derive(Args, Clone, Debug)]
pub(crate) struct EvacuationStartArgs {
    /// Follow until the node is empty and give a verdict. Ctrl-C and SIGTERM only stop the
    /// watching
    #[arg(long, short)]
    pub(crate) wait: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Start although the plan has errors
    #[arg(long)]
    pub(crate) force: bool,
    /// With --wait: why, for whoever goes on with it
    #[arg(long, value_name = "TEXT", requires = "wait")]
    pub(crate) reason: Option<String>,
    /// With --wait: keep the state in this file at every step, so that `resume FILE` goes on
    /// whatever happens
    #[arg(long, value_name = "FILE", requires = "wait")]
    pub(crate) state: Option<PathBuf>,
    /// With --wait: where a record is kept.
    #[command(flatten)]
    pub(crate) recording: RecordingArgs,
    /// How patiently.
    #[command(flatten)]
    patience: Flags<DriverOptions, false>,
    /// EMQX's options.
    #[command(flatten)]
    pub(crate) evacuation: EvacuationArgs,
}

impl EvacuationStartArgs {
    /// How patiently it is followed.
    ///
    /// # Errors
    /// `config_invalid` with every problem, or if nobody would follow it.
    pub(crate) fn driving(&self) -> Result<DriverOptions> {
        let options = self.patience.resolve()?;
        if !self.wait && options != DriverOptions::default() {
            let message =
                "options of driving need --wait: without it nobody follows the evacuation";
            return Err(Error::new(ErrorKind::ConfigInvalid, message));
        }
        Ok(options)
    }
}

/// Which node to empty, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct EvacuationArgs {
    /// The node, such as emqx@10.0.0.1
    #[arg(value_parser = node_name, help_heading = "Arguments")]
    pub(crate) node: NodeName,
    /// EMQX's options.
    #[command(flatten)]
    evacuation: Flags<Evacuation>,
    /// What surrounds the cluster.
    #[command(flatten)]
    options: Flags<EvacuationPlanOptions>,
}

impl EvacuationArgs {
    /// The evacuation that the flags ask for, and what surrounds the cluster.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn resolve(&self) -> Result<(Evacuation, EvacuationPlanOptions)> {
        both(self.evacuation.resolve(), self.options.resolve())
    }
}

/// Reads a node's name from the command line.
pub(crate) fn node_name(text: &str) -> Result<NodeName, String> {
    NodeName::new(text).map_err(|problem| problem.to_string())
}
