//! Where is kept what is known of a driver, so that another process can go on.

use crate::files::{MAX_FILE, Source, read_bounded};
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{Error, Problem, Result};
use emqx_rebalance_exchange::restored;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Keeps all that is known of a driver. Called after every step and before its requests are sent.
pub trait Store: Send + 'static {
    /// Keeps the JSON of `driver` in place of the one before.
    ///
    /// # Errors
    /// `config_invalid` if it cannot be kept; nothing is sent then.
    fn save(&mut self, driver: &Driver) -> Result<()>;
}

/// Keeps nothing: if the process ends, EMQX goes on by itself and nobody has the verdict.
#[derive(Clone, Copy, Debug)]
pub struct NoStore;

impl Store for NoStore {
    fn save(&mut self, _: &Driver) -> Result<()> {
        Ok(())
    }
}

/// Keeps the state if there is somewhere to keep it.
impl<S: Store> Store for Option<S> {
    fn save(&mut self, driver: &Driver) -> Result<()> {
        self.as_mut().map_or(Ok(()), |store| store.save(driver))
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

    /// The driver whose state is at `path`, restored.
    ///
    /// # Errors
    /// `config_invalid` if there is no such file, or it holds no state.
    pub fn load(path: &Path) -> Result<Driver> {
        let bad = |bound: String| {
            Error::invalid("state", vec![Problem::new("state", path.display(), bound)])
        };
        let text = read_bounded(path, Source::File, MAX_FILE);
        let text = text.map_err(|error| bad(format!("a readable file: {error}")))?;
        let driver = serde_json::from_slice::<Value>(&text).and_then(restored);
        driver.map_err(|error| bad(format!("a stored state: {error}")))
    }

    fn replace(&self, driver: &Driver) -> std::io::Result<()> {
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
        serde_json::to_writer(&mut file, driver)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&self.0).map(|_| ()).map_err(|error| error.error)
    }
}

impl Store for FileStore {
    fn save(&mut self, driver: &Driver) -> Result<()> {
        self.replace(driver).map_err(|error| {
            let bound = format!("a file that can be written: {error}");
            Error::invalid("state", vec![Problem::new("state", self.0.display(), bound)])
        })
    }
}
