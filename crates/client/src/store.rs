//! Where a driver's state is kept, so that another process can go on.

use crate::files::{MAX_FILE, Source, read_bounded};
use emqx_rebalance_core::driver::DriverState;
use emqx_rebalance_core::{Error, Problem, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Keeps a driver's state, of runs or of an evacuation. Called after every step that changed it and before requests are sent.
pub trait Store<S = DriverState>: Send + 'static {
    /// Keeps `state` in place of the one before.
    ///
    /// # Errors
    /// `config_invalid` if it cannot be kept; nothing is sent then.
    fn save(&mut self, state: &S) -> Result<()>;
}

/// Keeps nothing: if the process ends, EMQX goes on by itself and nobody has the verdict.
#[derive(Clone, Copy, Debug)]
pub struct NoStore;

impl<S> Store<S> for NoStore {
    fn save(&mut self, _: &S) -> Result<()> {
        Ok(())
    }
}

/// Keeps the state in a JSON file that is replaced as a whole, so that a reader or a power cut finds
/// the old or the new state and never half of one. Only its owner can read it (mode 0600).
#[derive(Clone, Debug)]
pub struct FileStore(PathBuf);

impl FileStore {
    /// A state at `path`. Its folder must exist and be writable.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The state at `path`: a [`DriverState`], or that of an evacuation.
    ///
    /// # Errors
    /// `config_invalid` if there is no such file, or it holds no state.
    pub fn load<S: DeserializeOwned>(path: &Path) -> Result<S> {
        let bad = |bound: String| {
            Error::invalid("state", vec![Problem::new("state", path.display(), bound)])
        };
        let text = read_bounded(path, Source::File, MAX_FILE);
        let text = text.map_err(|error| bad(format!("a readable file: {error}")))?;
        serde_json::from_slice(&text).map_err(|error| bad(format!("a stored state: {error}")))
    }

    fn replace<S: Serialize>(&self, state: &S) -> std::io::Result<()> {
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
        serde_json::to_writer(&mut file, state)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&self.0).map(|_| ()).map_err(|error| error.error)
    }
}

impl<S: Serialize> Store<S> for FileStore {
    fn save(&mut self, state: &S) -> Result<()> {
        self.replace(state).map_err(|error| {
            let bound = format!("a file that can be written: {error}");
            Error::invalid("state", vec![Problem::new("state", self.0.display(), bound)])
        })
    }
}
