//! Bytes from one connection to another, with next to no memory while none come.

use std::io;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

/// Carries bytes both ways until both sides have closed, or one has broken. A side that has only
/// finished sending goes on receiving.
pub(super) async fn between(mut client: TcpStream, mut node: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    node.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_node, to_node) = node.split();
    tokio::try_join!(carry(from_client, to_node), carry(from_node, to_client)).map(drop)
}

async fn carry(from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<()> {
    loop {
        from.readable().await?;
        match pass(&from, &to)? {
            Passed::All => {}
            Passed::Some(rest) => to.write_all(&rest).await?,
            Passed::End => return to.shutdown().await,
        }
    }
}

enum Passed {
    All,
    /// There was no room for these.
    Some(Vec<u8>),
    End,
}

/// Passes on what is there. Its buffer is on the stack of this call only, so that an idle
/// connection holds none.
fn pass(from: &ReadHalf<'_>, to: &WriteHalf<'_>) -> io::Result<Passed> {
    let mut chunk = [0; CHUNK];
    let bytes = match from.try_read(&mut chunk) {
        Ok(0) => return Ok(Passed::End),
        Ok(len) => chunk.get(..len).unwrap_or_default(),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Passed::All),
        Err(error) => return Err(error),
    };
    let sent = match to.try_write(bytes) {
        Ok(sent) => sent,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
        Err(error) => return Err(error),
    };
    let rest = bytes.get(sent..).unwrap_or_default();
    Ok(if rest.is_empty() { Passed::All } else { Passed::Some(rest.to_vec()) })
}

const CHUNK: usize = 16 * 1024;
