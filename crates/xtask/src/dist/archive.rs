//! Archives that are the same whenever they are made of the same files.

use anyhow::{Context, Result};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use tar::{Builder, EntryType, Header};

/// A tar archive whose files are root's and of one time.
pub(super) struct Archive<W: Write> {
    builder: Builder<W>,
    time: u64,
}

/// Who may do what with a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    Program,
    File,
    Folder,
    /// A folder that everybody may write to.
    Shared,
}

impl Mode {
    const fn bits(self) -> u32 {
        match self {
            Self::Program | Self::Folder => 0o755,
            Self::File => 0o644,
            Self::Shared => 0o1777,
        }
    }
}

impl<W: Write> Archive<W> {
    pub(super) fn new(into: W, time: u64) -> Self {
        Self { builder: Builder::new(into), time }
    }

    /// Adds a file of these bytes, at a path within the archive.
    pub(super) fn bytes(&mut self, path: &str, mode: Mode, bytes: &[u8]) -> Result<()> {
        let size = u64::try_from(bytes.len())?;
        let mut header = self.header(EntryType::Regular, mode, size);
        Ok(self.builder.append_data(&mut header, path, bytes)?)
    }

    /// Adds a file of the disk.
    pub(super) fn file(&mut self, path: &str, mode: Mode, from: &Path) -> Result<()> {
        let file = File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
        let mut header = self.header(EntryType::Regular, mode, file.metadata()?.len());
        Ok(self.builder.append_data(&mut header, path, file)?)
    }

    pub(super) fn folder(&mut self, path: &str, mode: Mode) -> Result<()> {
        let mut header = self.header(EntryType::Directory, mode, 0);
        Ok(self.builder.append_data(&mut header, path, std::io::empty())?)
    }

    /// Adds all that a folder holds, at any depth, below `path`. What may be run stays so.
    pub(super) fn tree(&mut self, path: &str, from: &Path) -> Result<()> {
        let mut entries = fs::read_dir(from)?.collect::<std::io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().into_string();
            let name = name.map_err(|name| anyhow::anyhow!("{name:?} is no text"))?;
            let (inside, place) = (format!("{path}/{name}"), entry.path());
            if place.is_dir() {
                self.tree(&inside, &place)?;
            } else {
                self.file(&inside, mode_of(&place)?, &place)?;
            }
        }
        Ok(())
    }

    pub(super) fn end(self) -> Result<W> {
        Ok(self.builder.into_inner()?)
    }

    fn header(&self, kind: EntryType, mode: Mode, size: u64) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode.bits());
        header.set_mtime(self.time);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(size);
        header
    }
}

/// A compressed archive in memory.
pub(super) fn gzipped() -> GzEncoder<Vec<u8>> {
    // Without a time and the name of a system, which gzip would write too.
    GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best())
}

fn mode_of(file: &Path) -> Result<Mode> {
    use std::os::unix::fs::PermissionsExt;
    let is_program = fs::metadata(file)?.permissions().mode() & 0o100 != 0;
    Ok(if is_program { Mode::Program } else { Mode::File })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn packed(from: &Path) -> Vec<u8> {
        let mut archive = Archive::new(gzipped(), 1_700_000_000);
        archive.tree("it", from).unwrap();
        archive.end().unwrap().finish().unwrap()
    }

    #[test]
    fn the_same_files_are_the_same_archive_whenever_they_were_written() {
        let one = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        for (folder, names, day) in [(&one, ["b", "a"], 1), (&other, ["a", "b"], 2)] {
            fs::create_dir(folder.path().join("deep")).unwrap();
            for file in names.iter().flat_map(|name| [(*name).to_owned(), format!("deep/{name}")]) {
                let mut written = File::create(folder.path().join(&file)).unwrap();
                written.write_all(file.as_bytes()).unwrap();
                written.set_modified(UNIX_EPOCH + Duration::from_secs(day * 86_400)).unwrap();
            }
        }
        assert_eq!(packed(one.path()), packed(other.path()));
        fs::write(other.path().join("deep/a"), "c").unwrap();
        assert_ne!(packed(one.path()), packed(other.path()));
    }
}
