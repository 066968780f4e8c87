//! Servers that are not EMQX, or not well: each is one clear error, in time, with bounded memory.
#![cfg(test)]

use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Secret, Timeouts};
use emqx_rebalance_core::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server that treats every connection with `serve`, until it is dropped.
struct Server {
    url: String,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn new<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket));
            }
        });
        Self { url, task }
    }

    /// Answers every request with `answer`.
    async fn saying(answer: impl Into<Arc<str>>) -> Self {
        let answer = answer.into();
        Self::new(move |mut socket| {
            let answer = answer.clone();
            async move {
                read_request(&mut socket).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        })
        .await
    }
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut buffer = vec![0; 8192];
    let read = socket.read(&mut buffer).await.unwrap_or(0);
    String::from_utf8_lossy(&buffer[..read]).into_owned()
}

/// The error of connecting to a server that answers, however slow this machine is.
async fn connect(url: &str) -> Error {
    connect_within(Duration::from_secs(30), url).await
}

async fn connect_within(limit: Duration, url: &str) -> Error {
    let config = ClusterConfig {
        auth: Auth::ApiKey { key: "key".into(), secret: Secret::new("s3cret") },
        timeouts: Timeouts { connect: limit, request: limit, start: limit },
        ..ClusterConfig::new(url)
    };
    let error = Cluster::connect(config).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("s3cret") && !text.contains("a2V5OnMzY3JldA"), "{text}");
    error
}

#[tokio::test]
async fn nobody_listens() {
    let url = Server::saying("").await.url.clone();
    let error = connect(&url).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains(&url), "{error}");
}

#[tokio::test]
async fn a_server_that_hangs() {
    let server = Server::new(|mut socket| async move {
        read_request(&mut socket).await;
        std::future::pending::<()>().await;
    })
    .await;
    let error = connect_within(Duration::from_millis(500), &server.url).await;
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_server_that_sends_a_byte_now_and_then() {
    let server = Server::new(|mut socket| async move {
        read_request(&mut socket).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await;
        while socket.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let error = connect_within(Duration::from_millis(500), &server.url).await;
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_server_that_closes_at_once() {
    let server = Server::new(|socket| async move { drop(socket) }).await;
    assert_eq!(connect(&server.url).await.kind(), ErrorKind::Unreachable);
}

#[tokio::test]
async fn an_answer_that_breaks_off() {
    let server = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":").await;
    assert_eq!(connect(&server.url).await.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn an_answer_that_is_not_http() {
    let server = Server::saying("\x16\x03\x01 I speak something else\r\n\r\n").await;
    assert!(connect(&server.url).await.is_retryable());
}

#[tokio::test]
async fn an_answer_of_a_gigabyte_is_not_read() {
    let server = Server::new(|mut socket| async move {
        read_request(&mut socket).await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n";
        let _ = socket.write_all(head).await;
        let chunk = vec![b' '; 1 << 20];
        while socket.write_all(&chunk).await.is_ok() {}
    })
    .await;
    let error = connect(&server.url).await;
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.to_string().contains("too large"), "{error}");
}

/// Nobody unpacks it: 42 bytes of gzip can be a gigabyte.
#[tokio::test]
async fn a_compressed_answer_that_was_not_asked_for_is_none() {
    for kind in ["gzip", "deflate", "br", "zstd"] {
        let server = Server::new(move |mut socket| async move {
            let asked = read_request(&mut socket).await;
            assert!(!asked.to_lowercase().contains("accept-encoding"), "{asked}");
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: {kind}\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n",
                EMPTY_OBJECT.len()
            );
            let _ = socket.write_all(head.as_bytes()).await;
            let _ = socket.write_all(&EMPTY_OBJECT).await;
        })
        .await;
        let error = connect(&server.url).await;
        assert_eq!(error.kind(), ErrorKind::Protocol, "{kind}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_deeper_than_any_stack() {
    for body in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 18)] {
        let length = body.len();
        let server = Server::saying(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
        .await;
        let error = connect(&server.url).await;
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    }
}

#[tokio::test]
async fn a_login_page() {
    let server = Server::saying(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 36\r\nconnection: close\r\n\r\n\
         <html><body>Please log in</body></html>",
    )
    .await;
    let error = connect(&server.url).await;
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::saying(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    )
    .await;
    let error = connect(&server.url).await;
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}

#[tokio::test]
async fn a_wrong_key() {
    let server = Server::new(|mut socket| async move {
        let status = if read_request(&mut socket).await.contains("/api/v5/status") {
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 41\r\nconnection: close\r\n\r\n\
             Node emqx@h is started\nemqx is running   "
        } else {
            "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: 70\r\n\
             connection: close\r\n\r\n\
             {\"code\":\"BAD_API_KEY_OR_SECRET\",\"message\":\"Check api_key/api_secret\"}  "
        };
        let _ = socket.write_all(status.as_bytes()).await;
    })
    .await;
    assert_eq!(connect(&server.url).await.kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn missing_certificates_and_bad_urls_are_named_before_anything_is_sent() {
    let mut config = ClusterConfig::new("https://127.0.0.1:1");
    config.tls.ca_cert = Some("/no/such/file.pem".into());
    let error = Cluster::connect(config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
    assert!(error.to_string().contains("ca_cert"), "{error}");
    let error = Cluster::connect(ClusterConfig::new("emqx")).await.unwrap_err();
    assert!(error.to_string().contains("urls[0]"), "{error}");
}

/// `{}`, by gzip.
const EMPTY_OBJECT: [u8; 22] =
    [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 174, 5, 0, 67, 191, 166, 163, 2, 0, 0, 0];
