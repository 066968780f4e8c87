//! Real load balancers as child processes.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// A running program; it ends when this is dropped.
pub(crate) struct Program {
    pub(crate) address: SocketAddr,
    _child: Child,
    _folder: TempDir,
}

/// A file of the examples.
pub(crate) fn example(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../examples", path].iter().collect()
}

/// A port that is free now; these programs cannot choose one by themselves.
async fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// HAProxy with the configuration of the examples.
pub(crate) async fn haproxy(mqtt: &[SocketAddr], http: &[SocketAddr]) -> Program {
    let address = free_port().await;
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(example("haproxy/haproxy.cfg"));
    command.env("MQTT_LISTEN", address.to_string());
    for (n, (mqtt, http)) in mqtt.iter().zip(http).enumerate() {
        command.env(format!("EMQX{}_MQTT", n + 1), mqtt.to_string());
        command.env(format!("EMQX{}_HTTP_PORT", n + 1), http.port().to_string());
    }
    start(command, address, tempfile::tempdir().unwrap(), "haproxy").await
}

/// nginx with the configuration of the examples and these addresses in the place of its own.
pub(crate) async fn nginx(mqtt: &[SocketAddr]) -> Program {
    let (address, folder) = (free_port().await, tempfile::tempdir().unwrap());
    let mut config = std::fs::read_to_string(example("nginx-stream/nginx.conf")).unwrap();
    let places = ["127.0.0.1:11883", "127.0.0.1:12883", "127.0.0.1:13883"];
    let changes = places.into_iter().zip(mqtt).chain([("listen 127.0.0.1:1883", &address)]);
    for (place, address) in changes {
        assert!(config.contains(place), "{place}");
        let keyword = if place.starts_with("listen") { "listen " } else { "" };
        config = config.replace(place, &format!("{keyword}{address}"));
    }
    let modules = "modules/ngx_stream_module.so";
    config = config.replace(modules, &format!("/usr/lib/nginx/{modules}"));
    let path = folder.path().join("nginx.conf");
    std::fs::write(&path, config).unwrap();
    // One process, so that none is left when it is killed.
    let mut command = Command::new("nginx");
    command
        .arg("-p")
        .arg(folder.path())
        .arg("-c")
        .arg(path)
        .args(["-g", "daemon off; master_process off;"]);
    start(command, address, folder, "nginx-light libnginx-mod-stream").await
}

async fn start(
    mut command: Command,
    address: SocketAddr,
    folder: TempDir,
    package: &str,
) -> Program {
    // Debian puts both where only root's path has them.
    #[expect(clippy::disallowed_methods, reason = "a test that starts programs has a path")]
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let started: io::Result<Child> = command.env("PATH", path).kill_on_drop(true).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => panic!("{error}: apt-get install {package}"),
    };
    while TcpStream::connect(address).await.is_err() {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("it ended with {status}: apt-get install {package}");
        }
        tokio::task::yield_now().await;
    }
    Program { address, _child: child, _folder: folder }
}
