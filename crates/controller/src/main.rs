//! The controller's command.

use clap::{Args, Parser, Subcommand, ValueEnum};
use emqx_rebalance_controller::{HostPattern, LeaseOptions, RunError, RunOptions, crd, own, run};
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
#[command(
    name = "emqx-rebalance-controller",
    version,
    args_conflicts_with_subcommands = true,
    args_override_self = true
)]
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
    /// Prints definitions of custom resources.
    Crd {
        /// Whose: EMQX's `Rebalance` with both its versions, or those of our own.
        #[arg(value_enum, default_value_t)]
        of: Definitions,
    },
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Definitions {
    /// `rebalances.apps.emqx.io`.
    #[default]
    Emqx,
    /// Those of the group emqx-rebalance.io.
    Own,
}

/// Of an option that is given twice, the last counts: a chart's can be replaced by more arguments.
#[derive(Args, Clone, Debug)]
#[command(args_override_self = true)]
struct RunArgs {
    /// The namespaces to watch, with commas between them; all of them by default.
    #[arg(long, env = "EMQX_REBALANCE_NAMESPACE", value_delimiter = ',')]
    namespace: Vec<String>,
    /// Where to serve /metrics, /healthz and /readyz; port 8080 where none is given. `[::]` is IPv6
    /// and IPv4, as far as the machine has them.
    #[arg(
        long, env = "EMQX_REBALANCE_METRICS_ADDR", default_value = "[::]:8080", value_parser = address
    )]
    metrics_addr: SocketAddr,
    /// Hosts that objects may name by the annotation `rebalance.emqx.io/url` beside those of their own
    /// namespace, with commas between them: `emqx.example.com:18083`, `*.example.com`, or `*`.
    #[arg(long, env = "EMQX_REBALANCE_ALLOWED_HOSTS", value_delimiter = ',')]
    allowed_hosts: Vec<HostPattern>,
    /// When the controller was installed, as 2026-01-31T12:00:00Z: objects that are much older are done
    /// only if they are annotated with `rebalance.emqx.io/adopt=true`. By default, when its lease was
    /// created.
    #[arg(long, env = "EMQX_REBALANCE_INSTALLED")]
    installed: Option<jiff::Timestamp>,
    /// The namespace of the lease; that of the pod by default.
    #[arg(long, env = "EMQX_REBALANCE_LEASE_NAMESPACE")]
    lease_namespace: Option<String>,
    /// The lease by which the leader is elected.
    #[arg(long, env = "EMQX_REBALANCE_LEASE_NAME", default_value = "emqx-rebalance-controller")]
    lease_name: String,
    /// Act without an election, as the only process.
    #[arg(long, env = "EMQX_REBALANCE_NO_LEADER_ELECT")]
    no_leader_elect: bool,
    /// Serve `POST /drain?within=SECONDS`: empties the node of the pod that asks, which shows a token
    /// that Kubernetes projects into it for the audience emqx-rebalance.
    #[arg(long, env = "EMQX_REBALANCE_DRAINS")]
    drains: bool,
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
            namespaces: self.namespace.into_iter().filter(|name| !name.is_empty()).collect(),
            metrics_addr: self.metrics_addr,
            lease: (!self.no_leader_elect).then_some(lease),
            allowed_hosts: self.allowed_hosts,
            installed: self.installed,
            drains: self.drains,
        }
    }
}

/// An address with a port, or without one.
fn address(text: &str) -> Result<SocketAddr, String> {
    let ip = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let without_port = || Some(SocketAddr::new(ip.parse().ok()?, METRICS_PORT));
    let read = text.parse().ok().or_else(without_port);
    read.ok_or_else(|| "it must be an address such as 0.0.0.0:8080, [::]:8080 or [::1]".to_owned())
}

const METRICS_PORT: u16 = 8080;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Crd { of }) => print_definitions(of),
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

fn print_definitions(of: Definitions) -> Result<(), RunError> {
    let text = match of {
        Definitions::Emqx => crd::yaml()?,
        Definitions::Own => own::yaml()?,
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> RunArgs {
        let cli = Cli::try_parse_from(["controller", "run"].iter().chain(args)).unwrap();
        let Some(Command::Run(args)) = cli.command else { panic!("{:?}", cli.command) };
        args
    }

    #[test]
    fn addresses_have_a_port_or_none_in_either_family() {
        for (text, expected) in [
            ("[::1]", "[::1]:8080"),
            ("::1", "[::1]:8080"),
            ("[::]:9090", "[::]:9090"),
            ("127.0.0.1", "127.0.0.1:8080"),
            ("0.0.0.0:1", "0.0.0.0:1"),
        ] {
            assert_eq!(run(&["--metrics-addr", text]).metrics_addr.to_string(), expected);
        }
        assert!(address("localhost").is_err() && address("[::1").is_err());
    }

    #[test]
    fn of_what_is_given_twice_the_last_counts() {
        let twice = run(&["--metrics-addr=[::]:1", "--namespace=a", "--metrics-addr=[::1]:2"]);
        assert_eq!(twice.metrics_addr.to_string(), "[::1]:2");
        assert_eq!(run(&[]).metrics_addr.to_string(), "[::]:8080");
    }

    #[test]
    fn namespaces_are_a_list_and_none_are_all() {
        let watched = |args: &[&str]| run(args).options().namespaces;
        assert_eq!(watched(&["--namespace=a,b"]), ["a", "b"]);
        assert_eq!(watched(&["--namespace=a", "--namespace=b"]), ["b"], "the last counts");
        assert_eq!(watched(&["--namespace="]), Vec::<String>::new());
    }

    #[test]
    fn hosts_are_a_list() {
        let hosts = run(&["--allowed-hosts=*.example.com,10.0.0.7:18083"]).allowed_hosts;
        assert_eq!(hosts.len(), 2);
        assert!(Cli::try_parse_from(["controller", "run", "--allowed-hosts=http://a"]).is_err());
    }
}
