//! A relay before an embedded cluster, which keeps chosen requests to itself and says so.

use crate::command::Embedded;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// What begins the requests that are kept, and how many of those are let through before: none is kept
/// if it is absent.
type Kept = Arc<Mutex<Option<(&'static str, u32)>>>;

/// A relay before the first node of a cluster.
pub(crate) struct Relay {
    pub(crate) url: String,
    kept: Kept,
    held: Receiver<TcpStream>,
    seen: Seen,
}

/// Every request that came.
type Seen = Arc<Mutex<Vec<String>>>;

impl Relay {
    /// A relay that lets everything through.
    pub(crate) fn new(cluster: &Embedded) -> Self {
        Self::before(&cluster.urls[0])
    }

    /// The same before the node with this URL.
    pub(crate) fn before(url: &str) -> Self {
        let upstream = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (kept, (hold, held)) = (Kept::default(), channel());
        let (rule, seen) = (Arc::clone(&kept), Seen::default());
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, node) = (client.unwrap(), TcpStream::connect(&upstream).unwrap());
                let (rule, hold, noted) = (Arc::clone(&rule), hold.clone(), Arc::clone(&noted));
                let (mut back, mut answers) =
                    (client.try_clone().unwrap(), node.try_clone().unwrap());
                thread::spawn(move || {
                    // Either side may have gone.
                    let _ = std::io::copy(&mut answers, &mut back);
                    let _ = back.shutdown(Shutdown::Both);
                });
                thread::spawn(move || forward(client, node, (&rule, &noted), &hold));
            }
        });
        Self { url, kept, held, seen }
    }

    /// From now on requests that begin with `start` are never answered, but for the first `but`.
    pub(crate) fn keep(&self, start: &'static str, but: u32) {
        *self.kept.lock().unwrap() = Some((start, but));
    }

    /// Whether a request was kept that nobody waited for.
    pub(crate) fn has_kept(&self) -> bool {
        self.held.try_recv().is_ok()
    }

    /// Every request that came, as it came.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until a request is kept, and keeps it.
    pub(crate) fn wait(&self) -> TcpStream {
        self.held.recv().unwrap()
    }
}

/// Requests are small: each comes in one piece.
fn forward(
    mut client: TcpStream,
    mut node: TcpStream,
    (kept, seen): (&Kept, &Seen),
    hold: &Sender<TcpStream>,
) {
    let mut request = [0; 16384];
    while let Ok(read @ 1..) = client.read(&mut request) {
        seen.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).into_owned());
        let is_kept = is_kept(&mut kept.lock().unwrap(), &request[..read]);
        if is_kept {
            // Nobody may wait for it any more.
            let _ = hold.send(client.try_clone().unwrap());
            return;
        }
        if node.write_all(&request[..read]).is_err() {
            return;
        }
    }
    let _ = node.shutdown(Shutdown::Both);
}

fn is_kept(rule: &mut Option<(&'static str, u32)>, request: &[u8]) -> bool {
    let Some((start, but)) = rule else { return false };
    if !request.starts_with(start.as_bytes()) {
        return false;
    }
    let is_kept = *but == 0;
    *but = but.saturating_sub(1);
    is_kept
}
