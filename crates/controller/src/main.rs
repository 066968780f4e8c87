//! The controller's command.

use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// Makes EMQX's `Rebalance` custom resource work.
#[derive(Debug, Parser)]
#[command(name = "emqx-rebalance-controller", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints the custom resource definition with both versions.
    Crd,
}

fn main() -> ExitCode {
    let Command::Crd = Args::parse().command;
    let printed = emqx_rebalance_controller::crd::yaml()
        .and_then(|yaml| Ok(std::io::stdout().write_all(yaml.as_bytes())?));
    if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
