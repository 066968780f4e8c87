//! What each command does: ask the core and the cluster, hand the answers to `render`.

mod approved;
mod cluster;
mod confirm;
mod connect;
mod crowd;
mod demo;
mod doctor;
mod drive;
mod evacuate;
#[cfg(feature = "watch")]
mod fleet_demo;
mod follow;
mod history;
mod interrupt;
mod learned;
mod leaving;
mod page;
mod plan;
mod purpose;
mod resume;
mod shell;
mod start;
mod state;
mod status;
mod stop;
mod stops;
mod swarm;
#[cfg(feature = "watch")]
mod watch;

use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::hint::Given;
use crate::output::{Format, Output};
use crate::program::Program;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::future::Future;

/// Runs a command and says how it ended.
pub(crate) fn run(cli: Cli, program: &Program) -> Exit {
    let output = Output::new(cli.output.output, cli.output.no_color);
    let given = Given::of(&cli.connection);
    match dispatch(cli, program, output) {
        Ok(exit) => exit,
        Err(error) => {
            output.error(&error, given.hint(&error).as_deref());
            Exit::of_error(&error)
        }
    }
}

/// Reports a command line that cannot be read, or shows the help that was asked for.
pub(crate) fn usage(error: &clap::Error, args: &[OsString]) -> Exit {
    let asked_for_json = args.iter().any(|arg| arg == "--output=json")
        || args
            .iter()
            .zip(args.iter().skip(1))
            .any(|(flag, value)| flag == "--output" && value == "json");
    if error.use_stderr() && asked_for_json {
        let text = error.to_string();
        let error = Error::new(ErrorKind::ConfigInvalid, usage_words(&text));
        Output::new(Format::Json, true).error(&error, Some("see --help"));
        return Exit::Usage;
    }
    // A closed terminal is no reason to fail in another way.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

/// What is wrong with a command line, in one line, without how to use it.
fn usage_words(error: &str) -> String {
    let lines = error.lines().take_while(|line| !line.starts_with("Usage:"));
    let lines = lines.filter(|line| !line.starts_with("For more information"));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

fn dispatch(cli: Cli, program: &Program, output: Output) -> Result<Exit> {
    let connection = cli.connection;
    match cli.command {
        Command::Doctor(history) => block_on(doctor::run(&history, &connection, output)),
        Command::Plan(args) => plan::run(&args, &connection, output),
        Command::Start(args) => block_on(start::run(&args, &connection, output)),
        Command::Resume(args) => block_on(resume::run(&args, &connection, output)),
        Command::Status(args) => block_on(status::run(&args, &connection, output)),
        Command::Stop(args) => block_on(stop::run(&args, &connection, output)),
        Command::History(args) => history::run(&args, output),
        #[cfg(feature = "watch")]
        Command::Watch(args) => block_on(watch::run(&args, output)),
        Command::Evacuate(command) => block_on(evacuate::run(&command, &connection, output)),
        Command::Cluster(args) => block_on(cluster::run(&args, program, output)),
        Command::Demo(args) => block_on(demo::run(&args, program, output)),
        #[cfg(feature = "watch")]
        Command::FleetDemo(args) => block_on(fleet_demo::run(&args, output)),
        Command::Completions { shell } => shell::completions(shell, output),
        Command::Man(args) => shell::man(&args, output),
        Command::Swarm(args) => block_on(swarm::run(&args)),
    }
}

/// Runs `work` to its end. The runtime starts here, so that offline plans need none.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Error::new(ErrorKind::Unreachable, "cannot start the runtime").with("why", error)
    })?;
    runtime.block_on(work)
}
