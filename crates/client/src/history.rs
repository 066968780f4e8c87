//! The memory that EMQX does not have: one line of JSON for each plan that has ended.

use crate::files::{MAX_FILE, Source, private, read_bounded};
use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::{Error, Problem, Result};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// A file of records, one a line, the newest last. Only its owner can read one that is made here
/// (mode 0600).
#[derive(Clone, Debug)]
pub struct History(PathBuf);

impl History {
    /// The history at `path`. Neither the file nor its folder has to exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Adds `record`. Lines are written whole, so that several processes can share the file.
    ///
    /// # Errors
    /// `config_invalid` if the file cannot be written.
    pub fn add(&self, record: &Record) -> Result<()> {
        let append = || {
            if let Some(folder) = self.0.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut line = serde_json::to_vec(record)?;
            line.push(b'\n');
            private().create(true).append(true).open(&self.0)?.write_all(&line)
        };
        append().map_err(|error: std::io::Error| self.bad(&error))
    }

    /// Every record, the oldest first, and how many lines could not be read. No file is no record.
    ///
    /// # Errors
    /// `config_invalid` if the file is there and cannot be read.
    pub fn read(&self) -> Result<(Vec<Record>, usize)> {
        let text = match read_bounded(&self.0, Source::File, MAX_FILE) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(self.bad(&error)),
        };
        let lines = text.lines().filter(|line| !line.is_empty());
        let (good, bad): (Vec<_>, Vec<_>) =
            lines.map(serde_json::from_str::<Record>).partition(Result::is_ok);
        Ok((good.into_iter().flatten().collect(), bad.len()))
    }

    fn bad(&self, error: &std::io::Error) -> Error {
        let bound = format!("a file that can be read and written: {error}");
        Error::invalid("history", vec![Problem::new("history", self.0.display(), bound)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_that_is_not_there_is_empty_and_a_broken_line_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::new(folder.path().join("new/history.jsonl"));
        assert!(matches!(history.read(), Ok((records, 0)) if records.is_empty()));
        fs::create_dir(folder.path().join("new")).unwrap();
        fs::write(folder.path().join("new/history.jsonl"), "{\"version\":1,\n").unwrap();
        assert!(matches!(history.read(), Ok((records, 1)) if records.is_empty()));
        assert!(History::new(folder.path()).read().is_err());
    }
}
