//! An API server with its store, on loopback ports that were free, until it is dropped.
//!
//! There is nothing else: no controller manager, no scheduler, no kubelet. Pods are objects that
//! tests write, and a namespace that is deleted stays.

use crate::step::step;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use xshell::{Shell, TempDir, cmd};

/// How long the API server may take to be ready: it took 4 s on two idle cores.
const START: Duration = Duration::from_secs(120);

/// A running API server that checks rights (RBAC), and its administrator's access.
pub(crate) struct Cluster {
    // Dropped in this order: the server before its store, and both before their files.
    _server: Program,
    _store: Program,
    folder: TempDir,
}

impl Cluster {
    /// Starts the programs in `bin`, and waits until the API server is ready.
    pub(crate) fn start(shell: &Shell, bin: &Path) -> Result<Self> {
        let folder = shell.create_temp_dir()?;
        let (store, peer, port) = (free_port()?, free_port()?, free_port()?);
        write_access(shell, folder.path(), port)?;
        let cluster = Self {
            _store: Program::start(bin, "etcd", folder.path(), &store_options(store, peer))?,
            _server: Program::start(
                bin,
                "kube-apiserver",
                folder.path(),
                &server_options(port, store),
            )?,
            folder,
        };
        step("kube-apiserver is ready", || cluster.wait(shell, &bin.join("kubectl")))?;
        Ok(cluster)
    }

    /// The file that gives programs the administrator's access.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    fn wait(&self, shell: &Shell, kubectl: &Path) -> Result<()> {
        let config = self.kubeconfig();
        let began = Instant::now();
        let ready = || cmd!(shell, "{kubectl} --kubeconfig {config} get --raw /readyz");
        while ready().quiet().ignore_stdout().ignore_stderr().run().is_err() {
            let log = self.folder.path().join("kube-apiserver.log");
            ensure!(began.elapsed() < START, "not ready; its log ends: {}", last_lines(&log));
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// Writes the administrator's token, the key that signs the tokens of service accounts, and a
/// kubeconfig. The server makes its own certificate, which is its authority's too.
fn write_access(shell: &Shell, folder: &Path, port: u16) -> Result<()> {
    let key = folder.join("accounts.key");
    cmd!(shell, "openssl genrsa -out {key} 2048").quiet().ignore_stderr().run()?;
    let token = cmd!(shell, "openssl rand -hex 16").quiet().read()?;
    shell.write_file(folder.join("tokens.csv"), format!("{token},admin,0,system:masters\n"))?;
    let config = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         clusters: [{{name: test, cluster: {{server: 'https://127.0.0.1:{port}', \
         certificate-authority: certificates/apiserver.crt}}}}]\n\
         users: [{{name: admin, user: {{token: {token}}}}}]\n\
         contexts: [{{name: test, context: {{cluster: test, user: admin}}}}]\n"
    );
    Ok(shell.write_file(folder.join("kubeconfig"), config)?)
}

fn store_options(port: u16, peer: u16) -> Vec<String> {
    let (clients, peers) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peer}"));
    vec![
        "--data-dir=store".to_owned(),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=default={peers}"),
    ]
}

fn server_options(port: u16, store: u16) -> Vec<String> {
    vec![
        format!("--etcd-servers=http://127.0.0.1:{store}"),
        format!("--secure-port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--cert-dir=certificates".to_owned(),
        "--authorization-mode=RBAC".to_owned(),
        "--token-auth-file=tokens.csv".to_owned(),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        "--service-account-signing-key-file=accounts.key".to_owned(),
        "--service-account-key-file=accounts.key".to_owned(),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        // Pods want the account `default`, which the controller manager makes.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        // The service `kubernetes` may not have an address of loopback.
        "--endpoint-reconciler-type=none".to_owned(),
    ]
}

/// A program that ends with this value, and with this process whatever becomes of it.
struct Program(Child);

impl Program {
    /// Starts `name` in `folder`, with its output in a file there.
    fn start(bin: &Path, name: &str, folder: &Path, options: &[String]) -> Result<Self> {
        let log = File::create(folder.join(name).with_extension("log"))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(bin.join(name)).args(options);
        command.current_dir(folder).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        Ok(Self(command.spawn().context("setpriv, of util-linux, is needed")?))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already where these fail.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that nobody listens on. Somebody else may take it before our program does; that would
/// fail the start.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(20).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
