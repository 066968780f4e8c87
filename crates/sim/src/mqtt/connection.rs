//! One client's connection: bytes in, bytes out, and when it ends.

use super::broker::Farewell;
use super::frame::{Fault, Frames};
use super::handshake::{self, Answer};
use super::host::Host;
use super::requests::{self, Client};
use super::wire::{self, Version};
use mqtt5_protocol::packet::Packet;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A connection. While it is idle it owns no buffer.
pub(super) struct Connection {
    host: Arc<Host>,
    stream: TcpStream,
    frames: Frames,
    /// What is still to be sent.
    pending: Vec<u8>,
    /// How much of `pending` was.
    sent: usize,
    client: Option<Client>,
    closing: bool,
    deadline: Option<Instant>,
}

impl Connection {
    pub(super) fn new(host: Arc<Host>, stream: TcpStream) -> Self {
        let deadline = Some(Instant::now() + host.connect_timeout);
        Self {
            host,
            stream,
            frames: Frames::default(),
            pending: Vec::new(),
            sent: 0,
            client: None,
            closing: false,
            deadline,
        }
    }

    /// Serves the client until it goes or is sent away.
    pub(super) async fn run(mut self) {
        // Small packets one by one are what MQTT is; a failure here only makes them slower.
        let _set = self.stream.set_nodelay(true);
        let flushed = self.talk().await.is_ok();
        if let Some(client) = self.client.take() {
            let now = self.host.shared.now();
            let farewell = if client.said_farewell { Farewell::Said } else { Farewell::Missed };
            self.host.broker.state().left(now, client.id, &client.link, farewell);
        }
        if flushed && self.closing {
            self.linger().await;
        }
    }

    /// Until the connection fails, or everything was said and it is to be closed.
    async fn talk(&mut self) -> io::Result<()> {
        loop {
            if self.host.is_hung() {
                self.host.awake().await;
                self.extend_deadline();
            }
            self.send()?;
            if self.closing && self.pending.is_empty() {
                return Ok(());
            }
            let interest = self.interest();
            tokio::select! {
                ready = self.stream.ready(interest) => if ready?.is_readable() && self.listens() {
                    self.read()?;
                },
                () = posted(self.client.as_ref()) => {}
                () = until(self.deadline) => self.time_out()?,
            }
        }
    }

    fn listens(&self) -> bool {
        !self.closing && !self.host.is_hung()
    }

    /// The client was heard.
    fn extend_deadline(&mut self) {
        if let Some(client) = self.client.as_ref().filter(|_| !self.closing) {
            self.deadline = client.keep_alive.map(|limit| Instant::now() + limit);
        }
    }

    /// Sends what there is, as far as the client takes it. The rest stays in the link, where it
    /// can be seen that the client does not read.
    fn send(&mut self) -> io::Result<()> {
        loop {
            if let Some(client) = self.client.as_ref().filter(|_| self.pending.is_empty()) {
                self.pending = client.link.take();
            }
            if self.client.as_ref().is_some_and(|client| client.link.has_ended()) {
                self.close();
            }
            if self.pending.is_empty() {
                return Ok(());
            }
            self.flush()?;
            if !self.pending.is_empty() {
                return Ok(());
            }
        }
    }

    fn close(&mut self) {
        if !self.closing {
            self.closing = true;
            self.deadline = Some(Instant::now() + CLOSE_TIMEOUT);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while let Some(rest) = self.pending.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.try_write(rest) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.pending = Vec::new();
        self.sent = 0;
        Ok(())
    }

    /// A client that does not read what it is sent is not read from either.
    fn interest(&self) -> Interest {
        match self.pending.len() - self.sent {
            0 => Interest::READABLE,
            _ if self.closing => Interest::WRITABLE,
            waiting if waiting > MAX_PENDING => Interest::WRITABLE,
            _ => Interest::READABLE | Interest::WRITABLE,
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK];
        match self.stream.try_read(&mut chunk) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => self.frames.push(chunk.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
        self.extend_deadline();
        if let Err(fault) = self.process() {
            self.fault(fault);
        }
        Ok(())
    }

    /// Carries out every packet that is there.
    fn process(&mut self) -> Result<(), Fault> {
        while !self.closing {
            if self.client.is_none() && self.frames.is_no_connect() {
                return Err(Fault::Protocol);
            }
            let Some(frame) = self.frames.next(MAX_PACKET)? else { return Ok(()) };
            let level = self.client.as_ref().map_or(Version::V5, |c| c.link.version).level();
            self.handle(frame.decode(level)?)?;
        }
        Ok(())
    }

    fn handle(&mut self, packet: Packet) -> Result<(), Fault> {
        match (&mut self.client, packet) {
            (Some(client), packet) => {
                if requests::carry_out(&self.host, client, packet)? {
                    self.close();
                }
            }
            (None, Packet::Connect(connect)) => match handshake::greet(&self.host, *connect)? {
                Answer::Welcome(client) => {
                    self.client = Some(client);
                    self.extend_deadline();
                }
                Answer::Refusal(bytes) => {
                    self.pending = bytes;
                    self.close();
                }
            },
            (None, _) => return Err(Fault::Protocol),
        }
        Ok(())
    }

    /// Sends a client away that does not speak MQTT.
    fn fault(&mut self, fault: Fault) {
        match (&self.client, fault) {
            (Some(client), fault) => client.link.end(fault.reason()),
            (None, Fault::Version(newer)) => {
                let version = if newer { Version::V5 } else { Version::V3 };
                wire::refuse(&mut self.pending, version, fault.reason(), UNACCEPTABLE_VERSION);
            }
            (None, _) => {}
        }
        if self.client.is_none() {
            self.close();
        }
    }

    /// The client was silent for too long, or does not take what it is sent.
    fn time_out(&mut self) -> io::Result<()> {
        match &self.client {
            _ if self.host.is_hung() => {}
            Some(client) if !self.closing => client.link.end(KEEP_ALIVE_TIMEOUT),
            _ => return Err(io::ErrorKind::TimedOut.into()),
        }
        Ok(())
    }

    /// Closes so that the client can still read what it was told: a socket that is closed with
    /// unread bytes in it resets the connection.
    async fn linger(&mut self) {
        let drained = async {
            self.stream.shutdown().await?;
            loop {
                self.stream.readable().await?;
                match self.stream.try_read(&mut [0; CHUNK]) {
                    Ok(0) => return Ok(()),
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                    _ => {}
                }
            }
        };
        let _drained: Result<io::Result<()>, _> = tokio::time::timeout(LINGER, drained).await;
    }
}

async fn posted(client: Option<&Client>) {
    match client {
        Some(client) => client.link.posted().await,
        None => std::future::pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Bytes read at a time, on the stack.
const CHUNK: usize = 4096;
/// EMQX's `max_packet_size`, which its CONNACK announces.
const MAX_PACKET: usize = 1 << 20;
/// Bytes a client may leave unread before it is not read from any more.
const MAX_PENDING: usize = 64 << 10;
/// How long a client that is sent away may take to read that.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
const LINGER: Duration = Duration::from_secs(1);
const KEEP_ALIVE_TIMEOUT: u8 = 0x8d;
const UNACCEPTABLE_VERSION: u8 = 1;
