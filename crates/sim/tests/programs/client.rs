//! A client of MQTT 3.1.1 in raw bytes.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Client(TcpStream);

impl Client {
    /// Connects with a session that ends with the connection; the return code of the CONNACK.
    pub(crate) async fn connect(address: SocketAddr, id: u16) -> std::io::Result<(Self, u8)> {
        let mut stream = TcpStream::connect(address).await?;
        let mut packet = vec![0x10, 17, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 0, 0, 5];
        packet.extend(format!("{id:05}").as_bytes());
        stream.write_all(&packet).await?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await?;
        assert_eq!(answer[..2], [0x20, 2], "CONNACK");
        Ok((Self(stream), answer[3]))
    }

    /// Whether the broker still answers.
    pub(crate) async fn ping(&mut self) -> bool {
        let mut answer = [0; 2];
        self.0.write_all(&[0xC0, 0]).await.is_ok()
            && self.0.read_exact(&mut answer).await.is_ok()
            && answer == [0xD0, 0]
    }
}
