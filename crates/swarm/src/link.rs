//! One connection, with next to no memory while it is idle.

use crate::wire::{self, Incoming, Malformed};
use bytes::{Buf, BytesMut};
use mqtt5_protocol::ProtocolVersion;
use std::io;
use std::net::SocketAddr;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// A connection. Its buffers are empty, and own nothing, while nothing is on its way.
#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    version: ProtocolVersion,
    unread: BytesMut,
    unsent: Vec<u8>,
    end: Option<Loss>,
}

/// Why a connection is over, or did not come to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    /// The other side closed it.
    Closed,
    /// The other side said why; only MQTT 5 does.
    Disconnected(u8),
    /// It sent what is not MQTT.
    Malformed,
    /// No answer to a ping within the keep-alive.
    NoPingResponse,
    /// Nobody listens there.
    NotListening,
    /// It broke.
    Reset,
    /// No connection or no CONNACK in time.
    TimedOut,
    /// This machine could not: no port or file left, no route.
    Other,
}

impl Link {
    pub(crate) async fn open(target: SocketAddr, version: ProtocolVersion) -> Result<Self, Loss> {
        let stream = TcpStream::connect(target).await.map_err(|error| Loss::of(&error))?;
        stream.set_nodelay(true).map_err(|error| Loss::of(&error))?;
        Ok(Self { stream, version, unread: BytesMut::new(), unsent: Vec::new(), end: None })
    }

    /// Waits until there is something to receive, or room for what is not sent yet.
    pub(crate) async fn ready(&self) -> Result<(), Loss> {
        let interest = if self.unsent.is_empty() {
            Interest::READABLE
        } else {
            Interest::READABLE | Interest::WRITABLE
        };
        self.stream.ready(interest).await.map(drop).map_err(|error| Loss::of(&error))
    }

    /// Sends `bytes`, or what of them there is room for; the rest follows in [`Self::exchange`].
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Loss> {
        self.unsent.extend_from_slice(bytes);
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Loss> {
        while !self.unsent.is_empty() {
            match self.stream.try_write(&self.unsent) {
                Ok(sent) if sent == self.unsent.len() => self.unsent = Vec::new(),
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(Loss::of(&error)),
            }
        }
        Ok(())
    }

    /// Sends what is left and takes in what has arrived, for [`Self::next`].
    pub(crate) fn exchange(&mut self) {
        if let Err(loss) = self.flush() {
            self.end = Some(loss);
        }
        // On the stack of this call only, so that ten thousand idle clients do not hold one each.
        let mut chunk = [0; CHUNK];
        // Even if it cannot send: a broker that has just refused says why and closes.
        loop {
            match self.stream.try_read(&mut chunk) {
                Ok(0) => return self.end = Some(Loss::Closed),
                Ok(len) => self.unread.extend_from_slice(chunk.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => return self.end = Some(Loss::of(&error)),
            }
        }
    }

    /// The next packet that has arrived; the connection's end only after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Incoming>, Loss> {
        match (wire::next(&self.unread, self.version)?, self.end) {
            (Some((incoming, len)), _) => {
                self.unread.advance(len);
                if self.unread.is_empty() {
                    self.unread = BytesMut::new();
                }
                Ok(Some(incoming))
            }
            (None, Some(end)) => Err(end),
            (None, None) => Ok(None),
        }
    }
}

impl Loss {
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::NotListening,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected => Self::Reset,
            _ => Self::Other,
        }
    }

    /// The word for it in a report.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Disconnected(code) => return format!("v5_0x{code:02x}"),
            Self::Closed => "closed",
            Self::Malformed => "malformed",
            Self::NoPingResponse => "no_ping_response",
            Self::NotListening => "refused",
            Self::Reset => "reset",
            Self::TimedOut => "timed_out",
            Self::Other => "other",
        }
        .to_owned()
    }
}

impl From<Malformed> for Loss {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

const CHUNK: usize = 4096;
