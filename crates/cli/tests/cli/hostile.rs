//! Servers that are no EMQX, or a broken one: a clear error, exit code 3, nothing started.

use crate::command::{Embedded, Said, finish, run};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A server that treats every connection in its own way, and notes whether a start was sent.
struct Server {
    url: String,
    was_started: Arc<AtomicBool>,
}

impl Server {
    fn new(treat: impl Fn(TcpStream) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let was_started = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&was_started);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (treat, noted) = (treat.clone(), Arc::clone(&noted));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let mut head = [0; 4096];
                    let read = stream.read(&mut head).unwrap_or(0);
                    if head[..read].starts_with(b"POST") {
                        noted.store(true, Ordering::SeqCst);
                    }
                    treat(stream);
                });
            }
        });
        Self { url, was_started }
    }

    /// Starting on this server, which answers, must fail with code 3 and without a start.
    fn refuses(&self) -> Said {
        self.refuses_within("20")
    }

    fn refuses_within(&self, timeout_s: &str) -> Said {
        let args = ["start", "--yes", "--timeout", timeout_s, "--url", &self.url];
        let said = run(&args, "");
        assert_eq!(said.code, Some(3), "{}", said.err);
        assert_eq!(said.out, "");
        assert!(said.err.starts_with("error: "), "{}", said.err);
        assert!(said.err.contains("hint: "), "{}", said.err);
        assert!(!self.was_started.load(Ordering::SeqCst));
        said
    }
}

fn answer(mut stream: TcpStream, head: &str, body: &str) {
    let length = body.len();
    let text = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}");
    // The other side may have gone.
    let _ = stream.write_all(text.as_bytes());
}

#[test]
fn a_login_page_is_told_apart() {
    let server = Server::new(|stream| {
        let page = "<!DOCTYPE html><html><body>Please log in</body></html>";
        answer(stream, "200 OK\r\ncontent-type: text/html", page);
    });
    let said = server.refuses();
    assert!(said.err.contains("--url is the base of EMQX's HTTP API"), "{}", said.err);
}

#[test]
fn a_redirect_to_a_login_page_is_not_followed() {
    let server =
        Server::new(|stream| answer(stream, "302 Found\r\nlocation: http://127.0.0.1:1/", ""));
    server.refuses();
}

#[test]
fn a_proxy_without_a_node_behind_it_is_told_from_a_wrong_url() {
    let said = Server::new(|stream| answer(stream, "503 Service Unavailable", "")).refuses();
    assert!(said.err.contains("EMQX or a proxy before it fails"), "{}", said.err);
}

#[test]
fn https_where_nobody_speaks_it_is_said() {
    let server = Server::new(|stream| answer(stream, "400 Bad Request", "no TLS here"));
    let said = run(&["status", "--url", &server.url.replace("http:", "https:")], "");
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("whether --url must begin with http://"), "{}", said.err);
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let (keep, kept) = std::sync::mpsc::channel();
    let server = Server::new(move |stream| keep.send(stream).unwrap());
    server.refuses_within("1");
    drop(kept);
}

#[test]
fn a_server_that_closes_is_given_up() {
    Server::new(drop).refuses();
}

#[test]
fn nobody_there_is_said() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = run(&["status", "--url", &format!("http://{free}"), "--timeout", "1"], "");
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("can be reached"), "{}", said.err);
}

#[test]
fn garbage_is_refused() {
    Server::new(|stream| {
        answer(stream, "200 OK\r\ncontent-type: application/json", "{\"nodes\":[")
    })
    .refuses();
    Server::new(|mut stream| {
        let _ = stream.write_all(&[0xff; 1000]);
    })
    .refuses();
}

#[test]
fn a_gigabyte_is_not_read() {
    let server = Server::new(|mut stream| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                    content-length: 1073741824\r\n\r\n[";
        let _ = stream.write_all(head.as_bytes());
        let block = vec![b' '; 1 << 20];
        for _ in 0..1024 {
            if stream.write_all(&block).is_err() {
                return;
            }
        }
    });
    server.refuses();
}

#[test]
fn a_wrong_key_is_named_and_its_secret_is_not() {
    let cluster = Embedded::start(&["--clients", "3000,0"]);
    for json in [false, true] {
        let mut command = cluster.command(&["start", "--yes"]);
        command.env("EMQX_API_SECRET", "not-the-s3cret");
        if json {
            command.args(["--output", "json"]);
        }
        let said = finish(&mut command, "");
        assert_eq!(said.code, Some(3), "{}", said.err);
        assert_eq!(said.out, "");
        assert!(!said.err.contains("not-the-s3cret"), "{}", said.err);
        if json {
            assert_eq!(said.error()["kind"], "unauthorized");
        } else {
            assert!(said.err.contains("check --api-key and its secret"), "{}", said.err);
        }
    }
    assert_eq!(cluster.running(), 0);
}
