//! The controller's program, as its Deployment starts it.

use crate::place::Place;
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// A running controller. It is killed when it is dropped, and what it logged is printed if the test
/// has failed.
pub(crate) struct Controller {
    program: Child,
    address: String,
    log: watch::Receiver<Vec<String>>,
}

impl Controller {
    /// Starts it with the Deployment's arguments, its service account's rights, and `proxy` in the
    /// place of the cluster's network. Without `elected`, it need not wait for the Lease of one that
    /// was killed.
    pub(crate) async fn start(place: &Place, proxy: &str, elected: bool) -> Self {
        let more: &[&str] = if elected { &[] } else { &["--no-leader-elect"] };
        Self::start_with(place, proxy, more).await
    }

    /// The same with `more` arguments.
    pub(crate) async fn start_with(place: &Place, proxy: &str, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_emqx-rebalance-controller"));
        // Of an option that is given twice, the last counts.
        command.args(place.arguments().await).arg("--metrics-addr=127.0.0.1:0");
        command.args(more);
        command.envs(place.environment().await);
        command.env("KUBECONFIG", place.kubeconfig().await).env("NO_COLOR", "1");
        command.envs([("http_proxy", proxy), ("no_proxy", "127.0.0.1")]);
        command.env("RUST_LOG", "info,emqx_rebalance_controller=debug");
        Self::run(command).await
    }

    async fn run(mut command: Command) -> Self {
        command.stderr(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
        let mut program = command.spawn().unwrap();
        let mut lines = BufReader::new(program.stderr.take().unwrap()).lines();
        let (write, log) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                write.send_modify(|log| log.push(line));
            }
        });
        let mut controller = Self { program, address: String::new(), log };
        let line = controller.until_logged("address=").await;
        controller.address = line.split_once("address=").unwrap().1.to_owned();
        controller
    }

    /// Waits for a line with `text` in the log, and answers it.
    pub(crate) async fn until_logged(&mut self, text: &str) -> String {
        let find = |log: &Vec<String>| log.iter().find(|line| line.contains(text)).cloned();
        let logged = self.log.wait_for(|log| find(log).is_some());
        let log = timeout(Duration::from_secs(60), logged).await;
        let Ok(Ok(log)) = log else { panic!("it does not log {text}") };
        find(&log).unwrap()
    }

    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        self.program.kill().await.unwrap();
    }

    /// Asks it to end, as Kubernetes does, and waits until it has.
    pub(crate) async fn terminate(mut self) {
        let id = self.program.id().unwrap().to_string();
        assert!(Command::new("kill").arg(id).status().await.unwrap().success());
        assert!(self.program.wait().await.unwrap().success());
    }

    /// The values of `/metrics`, by the name of the series with its labels.
    pub(crate) async fn metrics(&self) -> BTreeMap<String, f64> {
        let text = self.ask("/metrics").await;
        let lines = text.lines().filter(|line| line.starts_with("emqx_"));
        lines
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
            .collect()
    }

    /// The answer to a request of one of the probes.
    pub(crate) async fn ask(&self, path: &str) -> String {
        self.request(&format!("GET {path}"), "").await
    }

    /// The answer to a pod's hook, which shows `token`.
    pub(crate) async fn drain(&self, within_s: u64, token: &str) -> String {
        let header = format!("Authorization: Bearer {token}\r\n");
        self.request(&format!("POST /drain?within={within_s}"), &header).await
    }

    async fn request(&self, line: &str, header: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let request =
            format!("{line} HTTP/1.1\r\nHost: controller\r\n{header}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Resident memory in kibibytes.
    pub(crate) fn memory_kib(&self) -> u64 {
        let file = format!("/proc/{}/status", self.program.id().unwrap());
        let status = std::fs::read_to_string(file).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the controller's log");
            for line in self.log.borrow().iter() {
                eprintln!("{line}");
            }
        }
    }
}
