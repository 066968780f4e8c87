//! `history`: what has ended.

use crate::args::HistoryListArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use emqx_rebalance_client::History;
use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use serde::Serialize;

/// The JSON of `history`.
#[derive(Serialize)]
struct Ended {
    version: u32,
    /// The newest first.
    records: Vec<Record>,
}

/// Shows the newest records.
///
/// # Errors
/// `config_invalid` if the file cannot be read, or nothing says where it is.
pub(crate) fn run(args: &HistoryListArgs, output: Output) -> Result<Exit> {
    let path = args.file.file().ok_or_else(|| {
        let message = "nothing says where the history is: give --history";
        Error::new(ErrorKind::ConfigInvalid, message)
    })?;
    let (mut records, unreadable) = History::new(&path).read()?;
    if unreadable > 0 {
        output.warn(&format!("{unreadable} lines of {} are no records", path.display()));
    }
    records.reverse();
    records.truncate(args.limit);
    let ended = Ended { version: 1, records };
    output.result(&ended, |paper| render::history::history(&ended.records, paper))?;
    Ok(Exit::Done)
}
