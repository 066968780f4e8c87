//! The options of an evacuation.

use super::quantity::{Quantities, seconds};
use super::{HistoryArgs, PatienceArgs, RecordingArgs};
use crate::input;
use clap::{Args, Subcommand};
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{Error, ErrorKind, Evacuation, EvacuationPlanOptions, NodeName, Result};
use serde_json::{Map, Value};
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
    patience: PatienceArgs,
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

/// EMQX's evacuation options. Values stay text here: the core checks them, all at once.
#[derive(Args, Clone, Debug)]
pub(crate) struct EvacuationArgs {
    /// The node, such as emqx@10.0.0.1
    #[arg(value_parser = node_name)]
    pub(crate) node: NodeName,
    /// Clients that the node drops per second [default: 500]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    conn_evict_rate: Option<String>,
    /// Sessions that the node moves per second [default: 500]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    sess_evict_rate: Option<String>,
    /// Wait before the first eviction: 10s, 1m30s [default: EMQX's own, 60s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    wait_health_check: Option<String>,
    /// Wait after the last eviction: 10s, 1m30s [default: 60s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    wait_takeover: Option<String>,
    /// Nodes that get the sessions, separated by commas [default: all others]
    #[arg(long, value_name = "NODES", value_delimiter = ',')]
    migrate_to: Option<Vec<String>>,
    /// MQTT 5 server reference for the dropped clients; EMQX 5 and 6 ignore it
    #[arg(long, value_name = "TEXT")]
    redirect_to: Option<String>,
    /// For the forecast: how the load balancer picks nodes, round_robin, random or
    /// least_connections
    #[arg(long, value_name = "POLICY")]
    load_balancer: Option<String>,
    /// For the forecast: time that a dropped client takes to come back: 500ms, 2s [default: 1s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    reconnect_delay: Option<String>,
}

impl EvacuationArgs {
    /// The evacuation that the flags ask for.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn resolve(&self) -> Result<Evacuation> {
        let pairs = [
            ("conn_evict_rate", self.conn_evict_rate.clone().map(Value::from)),
            ("sess_evict_rate", self.sess_evict_rate.clone().map(Value::from)),
            ("wait_health_check", self.wait_health_check.clone().map(Value::from)),
            ("wait_takeover", self.wait_takeover.clone().map(Value::from)),
            ("migrate_to", self.migrate_to.clone().map(Value::from)),
            ("redirect_to", self.redirect_to.clone().map(Value::from)),
        ];
        let given = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        input::checked(given.collect::<Map<String, Value>>())
    }

    /// What surrounds the cluster.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn options(&self) -> Result<EvacuationPlanOptions> {
        let mut numbers = Quantities::default();
        let delay = numbers.read("reconnect_delay", self.reconnect_delay.as_ref(), seconds);
        numbers.finish()?;
        let pairs = [
            ("load_balancer", self.load_balancer.clone().map(Value::from)),
            ("reconnect_delay_s", delay),
        ];
        let given = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        input::checked(given.collect::<Map<String, Value>>())
    }
}

/// Reads a node's name from the command line.
pub(crate) fn node_name(text: &str) -> Result<NodeName, String> {
    NodeName::new(text).map_err(|problem| problem.to_string())
}
