//! What shells and `man` read of this command: made from its own arguments.

use crate::args::{Cli, ManArgs};
use crate::exit::Exit;
use crate::output::Output;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use emqx_rebalance_core::{Error, Problem, Result};
use std::fs;
use std::io;
use std::path::Path;

/// Writes the completions of `shell` to standard output.
///
/// # Errors
/// As [`Output::text`].
pub(crate) fn completions(shell: Shell, output: Output) -> Result<Exit> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    output.text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Writes the manual page to standard output, or one page for each command to a folder.
///
/// # Errors
/// `config_invalid` if the folder cannot be written, and as [`Output::text`].
pub(crate) fn man(args: &ManArgs, output: Output) -> Result<Exit> {
    match &args.dir {
        Some(folder) => pages(folder).map_err(|error| bad(folder, &error))?,
        None => {
            let mut page = Vec::new();
            // Nothing that is kept in memory fails.
            let written = Man::new(Cli::command()).render(&mut page);
            written.map_err(|error| bad(Path::new("-"), &error))?;
            output.text(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(Exit::Done)
}

fn pages(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Cli::command(), folder)
}

fn bad(folder: &Path, error: &io::Error) -> Error {
    let bound = format!("a folder that can be written: {error}");
    Error::invalid("options", vec![Problem::new("dir", folder.display(), bound)])
}
