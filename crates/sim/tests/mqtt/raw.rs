//! A client that says and sees bytes.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection to a node.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    version: u8,
}

/// What a CONNECT says.
#[derive(Clone)]
pub(crate) struct Connect {
    /// 3 for MQTT 3.1, 4 for 3.1.1, 5.
    pub(crate) version: u8,
    pub(crate) id: String,
    pub(crate) clean: bool,
    /// Seconds; MQTT 5 only.
    pub(crate) expiry: u32,
    pub(crate) keep_alive: u16,
    /// Topic and payload, at QoS 1.
    pub(crate) will: Option<(&'static str, &'static str)>,
}

impl Connect {
    /// A client that keeps its session, or one that does not.
    pub(crate) fn new(version: u8, id: &str, clean: bool) -> Self {
        let expiry = if clean { 0 } else { 7200 };
        Self { version, id: id.to_owned(), clean, expiry, keep_alive: 60, will: None }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut body = text(if self.version == 3 { "MQIsdp" } else { "MQTT" });
        let will = if self.will.is_some() { 0b1100 } else { 0 };
        body.extend([self.version, u8::from(self.clean) << 1 | will]);
        body.extend(self.keep_alive.to_be_bytes());
        if self.version == 5 {
            body.extend([5, 0x11]);
            body.extend(self.expiry.to_be_bytes());
        }
        body.extend(text(&self.id));
        if let Some((topic, payload)) = self.will {
            body.extend((self.version == 5).then_some(0));
            body.extend(text(topic));
            body.extend(text(payload));
        }
        packet(0x10, &body)
    }

    /// Connects to `address`: the connection, and the node's answer.
    pub(crate) async fn to(&self, address: SocketAddr) -> (Raw, Vec<u8>) {
        let mut raw = Raw::open(address).await;
        raw.version = self.version;
        raw.send(&self.bytes()).await;
        let answer = raw.packet().await;
        (raw, answer)
    }

    /// Connects to `address`, which must let the client in: the connection, and whether its
    /// session was there.
    pub(crate) async fn welcome(&self, address: SocketAddr) -> (Raw, bool) {
        let (raw, answer) = self.to(address).await;
        assert_eq!((answer[0], answer[3]), (0x20, 0), "CONNACK: {answer:02x?}");
        (raw, answer[2] == 1)
    }
}

/// A PUBLISH that was received.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Received {
    pub(crate) topic: String,
    pub(crate) payload: String,
    pub(crate) id: u16,
    pub(crate) dup: bool,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
}

impl Raw {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), version: 5 }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next packet, or nothing if the node closed the connection.
    pub(crate) async fn packet(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let Ok(first) = self.stream.read_u8().await else { return bytes };
        bytes.push(first);
        let mut length = 0;
        for place in 0.. {
            let byte = self.stream.read_u8().await.unwrap();
            bytes.push(byte);
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                break;
            }
        }
        let start = bytes.len();
        bytes.resize(start + length, 0);
        self.stream.read_exact(&mut bytes[start..]).await.unwrap();
        bytes
    }

    /// Whatever comes until the node closes the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    /// Subscribes at `qos`. The code of the answer.
    pub(crate) async fn subscribe(&mut self, filter: &str, qos: u8) -> u8 {
        let mut body = vec![0, 9];
        body.extend((self.version == 5).then_some(0));
        body.extend(text(filter));
        body.push(qos);
        self.send(&packet(0x82, &body)).await;
        let answer = self.packet().await;
        assert_eq!((answer[0], &answer[2..4]), (0x90, &[0, 9][..]), "SUBACK: {answer:02x?}");
        *answer.last().unwrap()
    }

    /// Publishes without waiting for an answer; `id` 0 is QoS 0.
    pub(crate) async fn publish(&mut self, topic: &str, payload: &str, id: u16) {
        self.send(&self.publication(topic, payload, id, u8::from(id > 0), false)).await;
    }

    pub(crate) fn publication(
        &self,
        topic: &str,
        payload: &str,
        id: u16,
        qos: u8,
        retain: bool,
    ) -> Vec<u8> {
        let mut body = text(topic);
        if qos > 0 {
            body.extend(id.to_be_bytes());
        }
        body.extend((self.version == 5).then_some(0));
        body.extend(payload.as_bytes());
        packet(0x30 | qos << 1 | u8::from(retain), &body)
    }

    /// Publishes at QoS 1 and waits for the PUBACK.
    pub(crate) async fn publish_and_wait(&mut self, topic: &str, payload: &str) {
        self.publish(topic, payload, 1).await;
        let answer = self.packet().await;
        assert_eq!((answer[0], &answer[2..4]), (0x40, &[0, 1][..]), "PUBACK: {answer:02x?}");
    }

    /// The next packet, which must be a PUBLISH.
    pub(crate) async fn receive(&mut self) -> Received {
        let packet = self.packet().await;
        assert_eq!(packet.first().map(|first| first >> 4), Some(3), "PUBLISH: {packet:02x?}");
        let qos = packet[0] >> 1 & 3;
        let start = 1 + packet[1..].iter().take_while(|byte| **byte >= 0x80).count() + 1;
        let length = usize::from(u16::from_be_bytes([packet[start], packet[start + 1]]));
        let (topic, mut rest) = packet[start + 2..].split_at(length);
        let mut id = 0;
        if qos > 0 {
            id = u16::from_be_bytes([rest[0], rest[1]]);
            rest = &rest[2..];
        }
        if self.version == 5 {
            rest = &rest[1 + usize::from(rest[0])..];
        }
        Received {
            topic: String::from_utf8(topic.to_vec()).unwrap(),
            payload: String::from_utf8(rest.to_vec()).unwrap(),
            id,
            dup: packet[0] & 8 != 0,
            qos,
            retain: packet[0] & 1 != 0,
        }
    }

    pub(crate) async fn acknowledge(&mut self, id: u16) {
        let [high, low] = id.to_be_bytes();
        self.send(&[0x40, 2, high, low]).await;
    }

    /// Says PINGREQ and waits for the answer: all that was said before is done.
    pub(crate) async fn ping(&mut self) {
        self.send(&[0xc0, 0]).await;
        assert_eq!(self.packet().await, [0xd0, 0]);
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

/// A packet with its length before it.
pub(crate) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut length = body.len();
    loop {
        let more = if length > 127 { 0x80 } else { 0 };
        bytes.push(u8::try_from(length & 0x7f).unwrap() | more);
        length >>= 7;
        if more == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

/// What comes on a connection that is closed without a word.
pub(crate) const NOTHING: [u8; 0] = [];
