//! What an object keeps for the next process, as text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::io::{Error, Read, Write};

/// `value` as text of a few kilobytes: compressed, since people look at objects, and each change of one is sent to
/// all that watch.
///
/// # Errors
/// Only if memory runs out.
pub(crate) fn pack(value: &impl Serialize) -> Result<String, Error> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&serde_json::to_vec(value)?)?;
    Ok(STANDARD.encode(gzip.finish()?))
}

/// The JSON that [`pack`] was given.
///
/// # Errors
/// If it is something else, or more than any of ours comes to.
pub(crate) fn unpack(text: &str) -> Result<Vec<u8>, Error> {
    let bytes = STANDARD.decode(text).map_err(Error::other)?;
    let mut json = Vec::new();
    GzDecoder::new(bytes.as_slice()).take(MAX_BYTES + 1).read_to_end(&mut json)?;
    if json.len() as u64 > MAX_BYTES {
        return Err(Error::other("it unpacks to more than any plan comes to"));
    }
    Ok(json)
}

/// More than any plan comes to. A small text may unpack to a thousand times its size, and to more again
/// when it is read.
pub(crate) const MAX_BYTES: u64 = 2 << 20;
