//! The controller's command.

use clap::{Args, Parser, Subcommand, ValueEnum};
use emqx_rebalance_controller::{LeaseOptions, RunError, RunOptions, crd, run};
use kube::Config;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Makes EMQX's `Rebalance` custom resource work.
///
/// Finds the Kubernetes API by KUBECONFIG, ~/.kube/config or the service account of its pod.
#[derive(Debug, Parser)]
#[command(name = "emqx-rebalance-controller", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watches and reconciles. What is done without a command, too.
    Run(RunArgs),
    /// Prints the custom resource definition with both versions.
    Crd,
}

#[derive(Args, Clone, Debug)]
struct RunArgs {
    /// The namespace to watch; all of them by default.
    #[arg(long, env = "EMQX_REBALANCE_NAMESPACE")]
    namespace: Option<String>,
    /// Where to serve /metrics, /healthz and /readyz.
    #[arg(long, env = "EMQX_REBALANCE_METRICS_ADDR", default_value = "0.0.0.0:8080")]
    metrics_addr: SocketAddr,
    /// The namespace of the lease; that of the pod by default.
    #[arg(long, env = "EMQX_REBALANCE_LEASE_NAMESPACE")]
    lease_namespace: Option<String>,
    /// The lease by which the leader is elected.
    #[arg(long, env = "EMQX_REBALANCE_LEASE_NAME", default_value = "emqx-rebalance-controller")]
    lease_name: String,
    /// Act without an election, as the only process.
    #[arg(long, env = "EMQX_REBALANCE_NO_LEADER_ELECT")]
    no_leader_elect: bool,
    /// How to log; what to log is in RUST_LOG.
    #[arg(long, env = "EMQX_REBALANCE_LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// Lines of JSON.
    Json,
}

impl RunArgs {
    fn options(self) -> RunOptions {
        let lease = LeaseOptions { namespace: self.lease_namespace, name: self.lease_name };
        RunOptions {
            namespace: self.namespace.filter(|namespace| !namespace.is_empty()),
            metrics_addr: self.metrics_addr,
            lease: (!self.no_leader_elect).then_some(lease),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Crd) => print_definition(),
        Some(Command::Run(args)) => controller(args).await,
        None => controller(cli.run).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If this cannot be written either, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn controller(args: RunArgs) -> Result<(), RunError> {
    log(args.log_format);
    let config = Config::infer().await?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    };
    run(config, args.options(), shutdown).await
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
}

fn print_definition() -> Result<(), RunError> {
    Ok(std::io::stdout().write_all(crd::yaml()?.as_bytes())?)
}
