//! Who uses a file, so that nobody else does.

use emqx_rebalance_client::open_lock;
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result};
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The sole use of a file, until it is dropped or the process ends, however it does.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the use of `path`, by a lock beside it.
    ///
    /// # Errors
    /// `conflict`, saying which process has it; `config_invalid` if there can be no lock.
    pub(super) fn take(path: &Path) -> Result<Self> {
        let lock = beside(path);
        let bad = |error: &io::Error| {
            let bound = format!("a file that can be written: {error}");
            Error::invalid("store", vec![Problem::new("store", lock.display(), bound)])
        };
        let mut file = open_lock(&lock).map_err(|error| bad(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(path, &mut file)),
            Err(TryLockError::Error(error)) => return Err(bad(&error)),
        }
        sign(&mut file).map_err(|error| bad(&error))?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // It is gone with the file in any case.
        let _ = self.0.unlock();
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    lock.into()
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

fn in_use(path: &Path, file: &mut File) -> Error {
    let mut holder = String::new();
    let read = file.take(MAX_HOLDER).read_to_string(&mut holder);
    let holder = read.map_or_else(|_| "unknown".to_owned(), |_| holder);
    let message =
        "another process uses this store: end that first, or give this one a store of its own";
    Error::new(ErrorKind::Conflict, message).with("store", path.display()).with("process", holder)
}

const MAX_HOLDER: u64 = 20;
