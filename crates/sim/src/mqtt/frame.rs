//! Cuts a stream of bytes into MQTT packets.

use bytes::{Buf, Bytes, BytesMut};
use mqtt5_protocol::packet::{FixedHeader, Packet, PacketType};

/// Why a client is sent away: it does not speak MQTT as it should.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// The bytes are no MQTT packet.
    Malformed,
    /// A packet at the wrong time, or one that servers do not take.
    Protocol,
    /// A packet larger than the node takes.
    TooLarge,
    /// A CONNECT for a version of MQTT that is not spoken here; `true` if it is newer than 5.
    Version(bool),
    /// A publication to a topic that cannot be one.
    Topic,
    /// More publications of QoS 2 than the client may have under way.
    Quota,
}

impl Fault {
    /// MQTT 5's reason code for it.
    pub(super) const fn reason(self) -> u8 {
        match self {
            Self::Malformed => 0x81,
            Self::Protocol => 0x82,
            Self::Version(_) => 0x84,
            Self::Topic => 0x90,
            Self::Quota => 0x93,
            Self::TooLarge => 0x95,
        }
    }
}

/// Bytes that were received and are no whole packet yet. Empty it holds no memory.
#[derive(Debug, Default)]
pub(super) struct Frames {
    partial: BytesMut,
}

/// One packet, not decoded yet.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Frame {
    header: FixedHeader,
    body: Bytes,
}

impl Frames {
    /// Takes in what was received.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
    }

    /// Whether what comes next is something else than a CONNECT.
    pub(super) fn is_no_connect(&self) -> bool {
        self.partial.first().is_some_and(|first| first >> 4 != PacketType::Connect as u8)
    }

    /// The next whole packet, of `limit` bytes at most.
    ///
    /// # Errors
    /// The stream cannot be read any further.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<Frame>, Fault> {
        let Some((header, start)) = read_header(&self.partial)? else {
            return Ok(None);
        };
        let length = header.remaining_length as usize;
        if start + length > limit {
            return Err(Fault::TooLarge);
        }
        let Some(body) = self.partial.get(start..start + length) else {
            return Ok(None);
        };
        // A copy, so that a small message that waits long does not hold on to a large buffer.
        let body = Bytes::copy_from_slice(body);
        self.partial.advance(start + length);
        if self.partial.is_empty() {
            self.partial = BytesMut::new();
        }
        Ok(Some(Frame { header, body }))
    }
}

/// The fixed header and its length, once all of it is there.
fn read_header(bytes: &[u8]) -> Result<Option<(FixedHeader, usize)>, Fault> {
    let Some((first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let packet_type = PacketType::from_u8(first >> 4).ok_or(Fault::Malformed)?;
    let mut length = 0;
    for (place, byte) in (0_usize..MAX_LENGTH_BYTES).zip(rest) {
        length |= u32::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let header = FixedHeader::new(packet_type, first & 0x0f, length);
            return Ok(Some((header, place + 2)));
        }
    }
    if rest.len() >= MAX_LENGTH_BYTES { Err(Fault::Malformed) } else { Ok(None) }
}

impl Frame {
    /// The packet, as `version`'s clients write it; for CONNECT that does not matter.
    ///
    /// # Errors
    /// It is malformed, or a CONNECT of an unknown version.
    pub(super) fn decode(self, version: u8) -> Result<Packet, Fault> {
        let mut body = self.body;
        if self.header.packet_type == PacketType::Connect {
            body = as_known_version(body)?;
        }
        let kind = self.header.packet_type;
        Packet::decode_from_body_with_version(kind, &self.header, &mut body, version)
            .map_err(|_| Fault::Malformed)
    }
}

/// Checks a CONNECT's version, which the codec does not, and turns MQTT 3.1 into 3.1.1: their
/// packets differ in the protocol's name alone.
fn as_known_version(body: Bytes) -> Result<Bytes, Fault> {
    if let Some(rest) = body.strip_prefix(b"\x00\x06MQIsdp\x03") {
        return Ok([b"\x00\x04MQTT\x04", rest].concat().into());
    }
    match body.strip_prefix(b"\x00\x04MQTT").map(|rest| rest.first().copied()) {
        Some(Some(4 | 5)) => Ok(body),
        Some(Some(version)) => Err(Fault::Version(version > 5)),
        _ => Err(Fault::Malformed),
    }
}

/// A length of up to 268,435,455 is written in at most this many bytes.
const MAX_LENGTH_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 1024;

    fn drain(frames: &mut Frames) -> Result<Vec<Frame>, Fault> {
        let mut found = Vec::new();
        while let Some(frame) = frames.next(LIMIT)? {
            found.push(frame);
        }
        Ok(found)
    }

    fn read(chunks: &[&[u8]]) -> Result<Vec<Frame>, Fault> {
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for chunk in chunks {
            frames.push(chunk);
            found.extend(drain(&mut frames)?);
        }
        Ok(found)
    }

    #[test]
    fn a_packet_that_comes_in_pieces_is_one_packet() {
        let [piece] = &read(&[b"\x30", b"\x05\x00\x01", b"a", b"hi"]).unwrap()[..] else {
            panic!("one packet")
        };
        assert_eq!(&piece.body[..], b"\x00\x01ahi");
    }

    #[test]
    fn a_length_is_refused_as_soon_as_it_is_known() {
        assert_eq!(read(&[b"\x30\xff\xff\xff\x7f"]), Err(Fault::TooLarge));
        assert_eq!(read(&[b"\x30\xff\xff\xff\xff"]), Err(Fault::Malformed));
        assert_eq!(read(&[b"\x30\xff\xff\xff"]), Ok(Vec::new()));
    }

    #[test]
    fn type_zero_is_malformed() {
        assert_eq!(read(&[b"\x00"]), Err(Fault::Malformed));
    }

    #[test]
    fn unknown_versions_are_told_apart_from_nonsense() {
        for (body, fault) in [
            (&b"\x10\x08\x00\x04MQTT\x06\x02"[..], Fault::Version(true)),
            (b"\x10\x08\x00\x04MQTT\x03\x02", Fault::Version(false)),
            (b"\x10\x06\x00\x04HTTP", Fault::Malformed),
            (b"\x10\x00", Fault::Malformed),
        ] {
            let frame = read(&[body]).unwrap().remove(0);
            assert_eq!(frame.decode(5).unwrap_err(), fault);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_end_in_packets_or_a_fault(
            bytes in proptest::collection::vec(any::<u8>(), 0..3000),
            cuts in proptest::collection::vec(1_usize..200, 1..50),
        ) {
            let mut frames = Frames::default();
            let (mut rest, mut cuts) = (&bytes[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (chunk, more) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                rest = more;
                frames.push(chunk);
                let Ok(found) = drain(&mut frames) else { return Ok(()) };
                for frame in found {
                    let _ = frame.decode(5);
                }
                // What is kept is less than one packet and its header.
                prop_assert!(frames.partial.len() < LIMIT + 5);
            }
        }

        #[test]
        fn any_body_of_any_type_decodes_or_is_a_fault(
            first in 0x10_u8..=0xff,
            version in prop_oneof![Just(4_u8), Just(5)],
            mut body in proptest::collection::vec(any::<u8>(), 0..100),
            named in any::<bool>(),
        ) {
            if named {
                body.splice(0..0, *b"\x00\x04MQTT\x05");
            }
            let header = FixedHeader::new(
                PacketType::from_u8(first >> 4).unwrap(),
                first & 0x0f,
                u32::try_from(body.len()).unwrap(),
            );
            let _ = Frame { header, body: body.into() }.decode(version);
        }

        #[test]
        fn where_the_stream_is_cut_does_not_matter(
            bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..9),
            cut in 0_usize..900,
        ) {
            let mut stream = Vec::new();
            for body in &bodies {
                stream.push(0x30);
                super::super::wire::put_length(&mut stream, body.len());
                stream.extend_from_slice(body);
            }
            let (head, tail) = stream.split_at(cut.min(stream.len()));
            let found = read(&[head, tail]).unwrap();
            let found: Vec<Vec<u8>> = found.iter().map(|frame| frame.body.to_vec()).collect();
            prop_assert_eq!(found, bodies);
        }
    }
}
