//! Where is kept what EMQX does not keep.

use clap::Args;
use emqx_rebalance_client::History;
use std::path::{Path, PathBuf};

/// Where records of plans that have ended are kept.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "History")]
pub(crate) struct HistoryArgs {
    /// File of records, one a line
    /// [default: $XDG_STATE_HOME/emqx-rebalance/history.jsonl, or under ~/.local/state]
    #[arg(long, value_name = "FILE", env = "EMQX_REBALANCE_HISTORY")]
    history: Option<PathBuf>,
}

/// Whether and where a record of this plan is kept.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "History")]
pub(crate) struct RecordingArgs {
    /// Where.
    #[command(flatten)]
    file: HistoryArgs,
    /// Keep no record of this rebalance
    #[arg(long)]
    no_history: bool,
}

impl HistoryArgs {
    /// The file, unless nothing says where it could be.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let given = self.history.clone().filter(|path| !path.as_os_str().is_empty());
        given.or_else(|| Some(state_home()?.join("emqx-rebalance/history.jsonl")))
    }
}

impl RecordingArgs {
    /// The file, whether or not a record is kept.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.file.file()
    }

    /// The file to learn from, if it is to be used.
    pub(crate) fn known(&self) -> Option<PathBuf> {
        self.file().filter(|_| !self.no_history)
    }

    /// The history to add to, if one is wished for and nothing is in the way.
    pub(crate) fn history(&self) -> Option<History> {
        self.known().map(History::new)
    }
}

/// Where programs keep what they remember, by the XDG base directory specification: paths that are
/// not absolute do not count.
fn state_home() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(Path::new(".local/state"))))
}
