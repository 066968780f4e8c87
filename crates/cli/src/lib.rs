//! The `emqx-rebalance` command, for its own program and for hosts that carry it, and its texts.

mod args;
mod clock;
mod commands;
mod exit;
mod hint;
mod input;
mod output;
mod program;
mod render;
mod text;
mod version;

pub use exit::Exit;
pub use program::Program;
pub use text::{evacuation_text, plan_text, status_text};

use clap::Parser;
use std::ffi::OsString;

/// Runs the command line `args`, the name of the command first, to its end.
///
/// `program` is what starts this command once more: it runs clients in a process of their own.
/// Interrupts are the command's while it runs.
pub fn run(args: &[OsString], program: &Program) -> Exit {
    match args::Cli::try_parse_from(args) {
        Ok(cli) => commands::run(cli, program),
        Err(error) => commands::usage(&error, args),
    }
}
