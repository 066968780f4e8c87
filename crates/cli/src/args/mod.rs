//! The command line.

mod connection;
mod evacuation;
mod faults;
mod flags;
mod keeping;
mod planning;
mod profile;
mod quantity;
mod start;
#[cfg(feature = "watch")]
mod watch;
mod words;

pub(crate) use connection::ConnectionArgs;
pub(crate) use evacuation::{EvacuateCommand, EvacuationArgs, EvacuationStartArgs, node_name};
pub(crate) use faults::FaultArgs;
pub(crate) use keeping::{HistoryArgs, RecordingArgs};
pub(crate) use planning::PlanningArgs;
pub(crate) use profile::FleetArgs;
pub(crate) use start::{ResumeArgs, StartArgs};
#[cfg(feature = "watch")]
pub(crate) use watch::{FleetDemoArgs, WatchArgs};

use crate::output::Format;
use crate::version;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use emqx_rebalance_core::NodeName;
use std::path::PathBuf;

/// Plan, start and watch the rebalancing of MQTT connections and sessions of an EMQX cluster.
#[derive(Debug, Parser)]
#[command(name = "emqx-rebalance", version, long_version = version::long())]
#[command(after_help = EXIT_CODES, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// How to reach the cluster, and as whom.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// How to write results.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How to write results.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// `json` writes one JSON document to standard output, and errors as JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, global = true)]
    pub(crate) output: Format,
    /// No colours; also with the variable NO_COLOR, and when piped
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look what stands in the way of a start, and say what to do about it; changes nothing
    #[command(after_help = DOCTOR)]
    Doctor(HistoryArgs),
    /// Say what a rebalance would do, without touching anything
    Plan(Box<PlanArgs>),
    /// Plan, ask, start
    Start(Box<StartArgs>),
    /// Go on with a rebalance or evacuation whose command was killed, to its verdict
    Resume(ResumeArgs),
    /// Show what runs and how the clients are spread
    Status(StatusArgs),
    /// Stop what runs; clients that moved stay where they are
    Stop(StopArgs),
    /// Show the rebalances that have ended: who, why, what was expected, what came
    History(HistoryListArgs),
    /// Look after a fleet: its policies say which cluster is rebalanced when, and every decision is kept
    #[cfg(feature = "watch")]
    #[command(after_help = watch::EXAMPLE)]
    Watch(WatchArgs),
    /// Empty one node, or let it serve again
    #[command(subcommand)]
    Evacuate(EvacuateCommand),
    /// Run an embedded cluster that behaves like EMQX, until Ctrl-C
    Cluster(ClusterArgs),
    /// See it at work: an embedded cluster with an empty node, planned, rebalanced, judged
    Demo(DemoArgs),
    /// See `watch` at work: three embedded clusters that grow, and a policy for each, until Ctrl-C
    #[cfg(feature = "watch")]
    FleetDemo(FleetDemoArgs),
    /// Write what a shell needs to complete this command's words
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell
        #[arg(value_name = "SHELL", value_enum)]
        shell: Shell,
    },
    /// Write the manual page
    Man(ManArgs),
    /// Run a swarm of MQTT clients; the demo starts this beside its cluster
    #[command(hide = true)]
    Swarm(SwarmArgs),
}

/// Arguments of `plan`.
#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// Plan for the snapshot in this JSON file instead of a cluster; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// What to plan.
    #[command(flatten)]
    pub(crate) planning: PlanningArgs,
    /// Where it is kept how clients came back.
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

/// Arguments of `status`.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// Show it again every second, until Ctrl-C
    #[arg(long, short)]
    pub(crate) watch: bool,
}

/// Arguments of `stop`.
#[derive(Args, Debug)]
pub(crate) struct StopArgs {
    /// Only the rebalance that this node coordinates [default: every one]
    #[arg(long, value_name = "NODE", value_parser = node_name)]
    pub(crate) coordinator: Option<NodeName>,
    /// Beside which it is noted who stopped it, for whoever follows it.
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

/// Arguments of `history`.
#[derive(Args, Debug)]
pub(crate) struct HistoryListArgs {
    /// Show this many, the newest
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    /// Where records are kept.
    #[command(flatten)]
    pub(crate) file: HistoryArgs,
}

/// Arguments of `cluster`.
#[derive(Args, Debug)]
pub(crate) struct ClusterArgs {
    /// Number of nodes [default: 4, or as many as --clients names]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) nodes: Option<u16>,
    /// Clients on each node, separated by commas [default: 3333,3334,3333,0]
    #[arg(long, value_name = "COUNTS", value_delimiter = ',')]
    pub(crate) clients: Option<Vec<u64>>,
    /// Release of EMQX to behave like: 4.4, 5.3, 5.8, 5.10, 6 or 6.2, or `5.8-community`, which has no
    /// rebalancing
    #[arg(long, value_name = "VERSION", default_value = "5.8")]
    pub(crate) personality: String,
    /// How the load balancer before the nodes spreads clients
    #[arg(long, value_name = "POLICY", default_value = "round_robin")]
    pub(crate) load_balancer: String,
    /// Take MQTT clients, at every node and through a load balancer. --clients are then real ones,
    /// in a process of their own [default: nobody]
    #[arg(long)]
    pub(crate) mqtt: bool,
    /// Let pages of other origins use the HTTP API, as EMQX's `dashboard.cors` does
    #[arg(long)]
    pub(crate) cors: bool,
    /// How clients come back.
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    /// What breaks.
    #[command(flatten)]
    pub(crate) faults: FaultArgs,
}

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Clients, spread over three of the four nodes
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(30..=10_000_000))]
    pub(crate) clients: u64,
    /// Count clients instead of connecting them, for many of them or few file descriptors
    #[arg(long)]
    pub(crate) counted: bool,
    /// How clients come back.
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Write a page with the course of it all to this file
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
}

/// Arguments of `man`.
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write a page for each command to this folder, instead of the first to standard output
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
}

/// Arguments of `swarm`.
#[derive(Args, Debug)]
pub(crate) struct SwarmArgs {
    /// The swarm's configuration as JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) config: String,
    /// When it reports and ends, as JSON
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(crate) options: String,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done: the plan was made, the rebalance completed, or nothing had to be done
  1  the rebalance or request failed, was refused by EMQX, was not confirmed, or --wait was
     left before its verdict
  2  wrong usage or bad input; nothing was started
  3  the cluster cannot be reached, or does not allow it

Data goes to standard output, progress and messages to standard error.
Try it without a cluster: emqx-rebalance demo";

const DOCTOR: &str = "\
Each line is ok, warning, problem or unknown (it cannot be known from here), and says what to do.
Exit codes: 0 no problem, 1 a problem, 2 wrong usage.

Example: emqx-rebalance doctor --url http://10.0.0.1:18083 --output json";

const COMPLETIONS: &str = "\
Examples:
  emqx-rebalance completions bash > ~/.local/share/bash-completion/completions/emqx-rebalance
  emqx-rebalance completions zsh > \"${fpath[1]}/_emqx-rebalance\"
  emqx-rebalance completions fish > ~/.config/fish/completions/emqx-rebalance.fish
  emqx-rebalance completions powershell >> $PROFILE";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
