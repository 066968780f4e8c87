//! The file of a driver's state, and the lock beside it.

use emqx_rebalance_client::{FileStore, open_lock};
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result};
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A file of a driver's state that this process alone drives. The lock is a file beside it, since
/// the state's own is replaced at every step; it ends with the process, however that ends.
pub(crate) struct StateFile {
    path: PathBuf,
    _lock: File,
}

impl StateFile {
    /// Takes the file at `path` for a new plan or evacuation.
    ///
    /// # Errors
    /// `conflict` if another process has it, or it holds a plan that has not ended; `config_invalid`
    /// if it holds something else or cannot be written.
    pub(crate) fn fresh(path: &Path) -> Result<Self> {
        let file = Self::lock(path)?;
        if path.exists() && FileStore::load(path)?.outcome().is_none() {
            let message = "the state file holds a plan that has not ended: go on with it by \
                           `emqx-rebalance resume`, or remove the file";
            return Err(Error::new(ErrorKind::Conflict, message).with("state", path.display()));
        }
        Ok(file)
    }

    /// Takes the file at `path` to go on with what it holds.
    ///
    /// # Errors
    /// `conflict` if another process has it; `config_invalid` if it holds no state.
    pub(crate) fn stored(path: &Path) -> Result<(Self, Driver)> {
        // Before the lock, which would leave a file beside a name that was only mistyped.
        FileStore::load(path)?;
        let file = Self::lock(path)?;
        let driver = FileStore::load(path)?;
        Ok((file, driver))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What keeps the states of a driver in it.
    pub(crate) fn store(&self) -> FileStore {
        FileStore::new(&self.path)
    }

    fn lock(path: &Path) -> Result<Self> {
        let mut name = OsString::from(path);
        name.push(".lock");
        let bad = |error: std::io::Error| {
            let bound = format!("a file that can be written: {error}");
            Error::invalid("options", vec![Problem::new("state", path.display(), bound)])
        };
        let lock = open_lock(Path::new(&name)).map_err(|error| {
            let lock = Path::new(&name).display();
            let bound = format!("a file that can be written, with a lock at {lock}: {error}");
            Error::invalid("options", vec![Problem::new("state", path.display(), bound)])
        })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let message = "another process drives the plan of this state file";
                Err(Error::new(ErrorKind::Conflict, message).with("state", path.display()))
            }
            Err(TryLockError::Error(error)) => Err(bad(error)),
        }
    }
}
