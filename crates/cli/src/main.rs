//! The `emqx-rebalance` command.

mod args;
mod clock;
mod commands;
mod exit;
mod input;
mod output;
mod render;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match args::Cli::try_parse() {
        Ok(cli) => commands::run(cli).into(),
        Err(error) => commands::usage(&error).into(),
    }
}
