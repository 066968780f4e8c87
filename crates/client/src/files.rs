//! Files that are read no further than a bound, and written for nobody else to read.

use emqx_rebalance_core::{Error, Problem, Result};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The most bytes that a file of ours may have: 64 MiB. A state of 1,000 nodes is about 2 MiB.
pub const MAX_FILE: u64 = 64 << 20;
/// The most bytes that a file with a key or a secret may have: 1 MiB.
pub const MAX_SECRET: u64 = 1 << 20;

/// What a path that is read may lead to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// A file alone: it is read again, or written, later.
    File,
    /// A file, or a pipe such as a shell's `<(command)`.
    FileOrPipe,
}

/// The bytes at `path`, at most `max` of them: never a device's, which has no end.
///
/// # Errors
/// Whatever keeps it from being read; `InvalidData` if it is too large, `InvalidInput` if it is
/// neither a file nor, where one will do, a pipe.
pub fn read_bounded(path: &Path, source: Source, max: u64) -> io::Result<Vec<u8>> {
    // Before it is opened: to open a device may do something.
    check(&fs::metadata(path)?, source)?;
    let file = File::open(path)?;
    check(&file.metadata()?, source)?;
    read_to_bound(file, max)
}

/// The bytes of `input`, at most `max` of them.
///
/// # Errors
/// As [`read_bounded`].
pub fn read_to_bound(input: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        let size = if max >= 1 << 20 { format!("{} MiB", max >> 20) } else { format!("{max} B") };
        let message = format!("it is larger than {size}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(bytes)
}

/// Options that make a new file readable and writable by its owner alone (mode 0600 on Unix). A file
/// that is there keeps its mode.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens the lock at `path` and makes it if it is not there. What is in it stays as it is, and a
/// symbolic link is not followed.
///
/// # Errors
/// Whatever keeps it from being opened; `InvalidInput` if something else than a file is there.
pub fn open_lock(path: &Path) -> io::Result<File> {
    match private().read(true).write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let seen = fs::symlink_metadata(path)?;
    check(&seen, Source::File)?;
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    if is_same(&seen, &file.metadata()?) {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it was replaced while it was opened"))
}

/// The bytes of the file that the option `field` names: a file, or a pipe.
pub(crate) fn read(field: &str, path: &Path, max: u64) -> Result<Vec<u8>> {
    read_bounded(path, Source::FileOrPipe, max).map_err(|error| {
        let bound = format!("a file that can be read: {error}");
        Error::invalid("TLS options", vec![Problem::new(field, path.display(), bound)])
    })
}

fn check(metadata: &Metadata, source: Source) -> io::Result<()> {
    let kind = metadata.file_type();
    #[cfg(unix)]
    let is_pipe = std::os::unix::fs::FileTypeExt::is_fifo(&kind);
    #[cfg(not(unix))]
    let is_pipe = false;
    if kind.is_file() || (is_pipe && source == Source::FileOrPipe) {
        return Ok(());
    }
    let what = match kind {
        kind if kind.is_dir() => "it is a folder",
        kind if kind.is_symlink() => "it is a symbolic link",
        _ if is_pipe => "it is a pipe",
        _ => "it is a device or a socket",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{what}, not a file")))
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, other: &Metadata) -> bool {
    other.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_device_a_folder_and_a_file_over_the_bound_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large");
        fs::write(&large, "12345").unwrap();
        for (path, says) in [
            (Path::new("/dev/zero"), "a device"),
            (folder.path(), "a folder"),
            (&large, "larger than 4 B"),
        ] {
            let error = read_bounded(path, Source::FileOrPipe, 4).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert_eq!(read_bounded(&large, Source::File, 5).unwrap(), b"12345");
    }

    #[test]
    fn a_lock_takes_nothing_from_what_is_there_and_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("kept"), "precious").unwrap();
        open_lock(&path("kept")).unwrap();
        assert_eq!(fs::read_to_string(path("kept")).unwrap(), "precious");
        symlink(path("kept"), path("link")).unwrap();
        let error = open_lock(&path("link")).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
        fs::create_dir(path("folder")).unwrap();
        assert!(open_lock(&path("folder")).is_err());
        let mode = open_lock(&path("new")).unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
