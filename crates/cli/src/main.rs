//! The `emqx-rebalance` command.

use emqx_rebalance_cli::{Program, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    run(&args, &Program::this()).into()
}
