//! HAProxy in front of any number of nodes, configured as in examples/haproxy.

use std::fmt::Write;
use std::net::SocketAddr;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// A running HAProxy; it ends when this is dropped.
pub(crate) struct HaProxy {
    pub(crate) address: SocketAddr,
    _child: Child,
    _folder: TempDir,
}

impl HaProxy {
    pub(crate) async fn start(mqtt: &[SocketAddr], http: &[SocketAddr]) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = probe.local_addr().unwrap();
        drop(probe);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("haproxy.cfg");
        std::fs::write(&path, configuration(address, mqtt, http)).unwrap();
        let mut command = Command::new("haproxy");
        // Debian puts it where only root's path leads.
        command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
        command.arg("-db").arg("-f").arg(path).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("no haproxy ({error}): apt-get install haproxy"));
        while TcpStream::connect(address).await.is_err() {
            assert_eq!(child.try_wait().unwrap(), None, "haproxy ended");
            tokio::task::yield_now().await;
        }
        Self { address, _child: child, _folder: folder }
    }
}

/// `timeout check`: a node of a busy machine may take more than a check's interval to answer, and
/// must not count as down for that.
fn configuration(address: SocketAddr, mqtt: &[SocketAddr], http: &[SocketAddr]) -> String {
    let mut text = format!(
        "global\n maxconn 8000\n\
         defaults\n mode tcp\n timeout connect 5s\n timeout check 5s\n timeout client 2h\n timeout server 2h\n\
         listen mqtt\n bind {address}\n balance roundrobin\n option httpchk\n \
         http-check send meth GET uri /api/v5/load_rebalance/availability_check\n \
         http-check expect status 200\n default-server check inter 1s fall 1 rise 1\n"
    );
    for (n, (mqtt, http)) in mqtt.iter().zip(http).enumerate() {
        writeln!(text, " server emqx{n} {mqtt} port {}", http.port()).unwrap();
    }
    text
}
