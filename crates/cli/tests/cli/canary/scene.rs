//! A cluster whose secrets are the canaries, and a folder for all that the command writes.

use crate::command::{Said, binary, finish};
use crate::relay::Relay;
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig, Credentials, Reconnect};
use emqx_rebalance_testkit::canary::Canaries;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How the command is told who asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    Key,
    KeyInFile,
    Login,
    LoginInFile,
}

/// A cluster, whose nodes are behind relays that note what they are asked, and a folder.
pub(super) struct Scene {
    list: Canaries,
    /// Outside of what is searched.
    given: TempDir,
    folder: TempDir,
    urls: Vec<String>,
    relays: Vec<Relay>,
    /// The cluster ends with its runtime.
    _cluster: Option<(Embedded, Runtime)>,
}

impl Scene {
    /// A cluster that knows the canaries.
    pub(super) fn new() -> Self {
        let list = Canaries::list();
        Self::of(Credentials {
            api_key: list.api_key.clone(),
            api_secret: list.secret("api_secret").to_owned(),
            username: list.username.clone(),
            password: list.secret("password").to_owned(),
            ..Credentials::default()
        })
    }

    /// One that knows none of them.
    pub(super) fn with_other_accounts() -> Self {
        Self::of(Credentials::default())
    }

    fn of(credentials: Credentials) -> Self {
        let runtime = Runtime::new().unwrap();
        let reconnect = Reconnect { min_ms: 0, max_ms: 100, ..Reconnect::default() };
        let clients = ClusterConfig::with_clients(&[150, 150, 0]).unwrap();
        let config = ClusterConfig { credentials, reconnect, ..clients };
        let cluster = runtime.block_on(Embedded::start(config)).unwrap();
        let relays: Vec<Relay> = cluster.urls().iter().map(|url| Relay::before(url)).collect();
        let urls = relays.iter().map(|relay| relay.url.clone()).collect();
        Self { relays, _cluster: Some((cluster, runtime)), ..Self::at(urls) }
    }

    /// Somebody else's servers.
    pub(super) fn at(urls: Vec<String>) -> Self {
        let (given, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let list = Canaries::list();
        for name in ["api_secret", "password"] {
            std::fs::write(given.path().join(name), list.secret(name)).unwrap();
        }
        Self { list, given, folder, urls, relays: Vec::new(), _cluster: None }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The binary, told in this way who asks, with `FOLDER` in its arguments as this folder.
    pub(super) fn command(&self, way: Way, args: &[&str]) -> Command {
        let folder = self.folder().display().to_string();
        let mut command = binary(&[]);
        command.args(args.iter().map(|arg| arg.replace("FOLDER", &folder)));
        command.env("EMQX_URL", self.urls.join(",")).env("XDG_STATE_HOME", self.folder());
        let (name, secret, variable, flag) = match way {
            Way::Key | Way::KeyInFile => {
                ("EMQX_API_KEY", "api_secret", "EMQX_API_SECRET", "--api-secret-file")
            }
            Way::Login | Way::LoginInFile => {
                ("EMQX_USERNAME", "password", "EMQX_PASSWORD", "--password-file")
            }
        };
        let is_key = name == "EMQX_API_KEY";
        command.env(name, if is_key { &self.list.api_key } else { &self.list.username });
        match way {
            Way::Key | Way::Login => command.env(variable, self.list.secret(secret)),
            Way::KeyInFile | Way::LoginInFile => {
                command.arg(flag).arg(self.given.path().join(secret))
            }
        };
        command
    }

    /// Runs it to its end. It says no secret.
    pub(super) fn run(&self, way: Way, args: &[&str]) -> Said {
        let said = finish(&mut self.command(way, args), "");
        for (stream, text) in [("output", &said.out), ("error", &said.err)] {
            self.list.assert_none_in(&format!("the {stream} of {args:?}"), text);
        }
        said
    }

    /// All that the nodes were sent.
    pub(super) fn sent(&self) -> Vec<String> {
        self.relays.iter().flat_map(Relay::seen).collect()
    }

    /// No secret is in any file, nor in what was sent but where it belongs.
    pub(super) fn search(&self) {
        let sent = self.sent();
        assert!(!sent.is_empty(), "the nodes were asked");
        for request in &sent {
            self.list.assert_none_in("what was sent", public(request));
        }
        let mut folders = vec![self.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).unwrap();
                    self.list.assert_none_in(&path.display().to_string(), bytes);
                }
            }
        }
    }
}

/// A request without the header that says who asks, and without the body of a login.
fn public(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let is_login = head.starts_with("POST /api/v5/login HTTP");
    let is_public = |line: &&str| !line.to_ascii_lowercase().starts_with("authorization: ");
    let lines = head.lines().filter(is_public).chain((!is_login).then_some(body));
    lines.collect::<Vec<_>>().join("\n")
}

/// A server that answers with all that it was asked, as EMQX writes errors. Returns its URL.
pub(super) fn parrot() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut request = [0; 16384];
            let read = client.read(&mut request).unwrap_or(0);
            let asked = String::from_utf8_lossy(&request[..read]).into_owned();
            let answer = serde_json::json!({ "code": "BAD_REQUEST", "message": asked }).to_string();
            let head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json";
            let length = answer.len();
            let text =
                format!("{head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{answer}");
            // The other side may have gone.
            let _ = client.write_all(text.as_bytes());
        }
    });
    url
}

/// Waits until `child` says `text` on standard error. Returns what it said.
pub(super) fn wait_for(child: &mut Child, text: &str) -> String {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut said = String::new();
    while !said.contains(text) {
        said += &lines.next().unwrap_or_else(|| panic!("{text} not in {said}"));
    }
    said
}
