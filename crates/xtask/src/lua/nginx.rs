//! The module in a real nginx: after its forks, and while EMQX's API hangs.

use super::embedded::Embedded;
use anyhow::{Context, Result, bail, ensure};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use xshell::Shell;

/// Asks nginx for every path of `tests/nginx/smoke.lua`.
pub(super) fn test(shell: &Shell, module: &Path, program: &Path) -> Result<()> {
    let cluster = Embedded::start(program)?;
    let hung = TcpListener::bind("127.0.0.1:0")?;
    hung.set_nonblocking(true)?;
    let cut_off = TcpListener::bind("127.0.0.1:0")?;
    let ports = [hung.local_addr()?.port(), cut_off.local_addr()?.port()];
    thread::spawn(move || answer_in_part(&cut_off));
    let server = Nginx::start(shell, module, &cluster, ports)?;
    server.gives("fast", "\"pid\":")?;
    server.gives("inherited_cluster", "\"connections\":300")?;
    server.gives("inherited_job", "\"kind\":\"conflict\"")?;
    server.is_fast_during("hung", &hung)?;
    server.is_fast_during("carried_hung", &hung)?;
    server.gives("resty", "\"runs\":[]")?;
    server.gives("resty_kinds", RESTY_KINDS)?;
    server.gives("resty_cut_off", RESTY_CUT_OFF)?;
    server.gives("cut_off", r#"["protocol","the answer is cut off"]"#)?;
    server.gives("carried", "\"result\":\"completed\"")?;
    server.gives("short_example", r#"{"first":"conflict","left":0,"then_drives":"nobody"}"#)
}

/// Answers everybody with less than is announced.
fn answer_in_part(listener: &TcpListener) {
    for mut client in listener.incoming().flatten() {
        // The end is what it is about.
        let _ = client.read(&mut [0; 1024]);
        let _ = client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{");
    }
}

/// An nginx that runs until this is dropped.
struct Nginx {
    child: Child,
    folder: TempDir,
}

impl Nginx {
    /// Starts one that knows the ports of what hangs and of what cuts its answers off.
    fn start(
        shell: &Shell,
        module: &Path,
        cluster: &Embedded,
        [hung, cut_off]: [u16; 2],
    ) -> Result<Self> {
        let folder = TempDir::new()?;
        let bindings = shell.current_dir().join("bindings/lua");
        symlink(module.canonicalize()?, folder.path().join("module"))?;
        symlink(bindings.join("lua"), folder.path().join("lua"))?;
        symlink(bindings.join("tests/nginx"), folder.path().join("tests"))?;
        symlink(bindings.join("../../examples/lua"), folder.path().join("examples"))?;
        let mut command = command(folder.path());
        command.env("HUNG_URL", format!("http://127.0.0.1:{hung}"));
        command.env("CUT_OFF_PORT", cut_off.to_string()).envs(cluster.variables());
        let server = Self { child: command.spawn().context("nginx")?, folder };
        server.wait_until_there()?;
        Ok(server)
    }

    /// Waits for its socket, which is there once it listens.
    fn wait_until_there(&self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(20);
        while UnixStream::connect(self.socket()).is_err() {
            ensure!(Instant::now() < until, "nginx does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("nginx.sock")
    }

    /// That the answer of `path` holds `part`.
    fn gives(&self, path: &str, part: &str) -> Result<()> {
        let answer = get(&self.socket(), path)?;
        ensure!(answer.contains(part), "`{part}` is not in the answer of {path}: {answer}");
        Ok(())
    }

    /// That the one worker answers others while `path` waits for `hung`, which never answers.
    fn is_fast_during(&self, path: &'static str, hung: &TcpListener) -> Result<()> {
        let socket = self.socket();
        // What earlier ones left behind.
        while hung.accept().is_ok() {}
        let waiting = thread::spawn(move || get(&socket, path));
        let _held = loop {
            match hung.accept() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ensure!(!waiting.is_finished(), "{path} asked nobody");
                    thread::sleep(Duration::from_millis(5));
                }
                held => break held?,
            }
        };
        for _ in 0..20 {
            self.gives("fast", "\"pid\":")?;
        }
        ensure!(!waiting.is_finished(), "{path} was over before others had their answers");
        let Ok(answer) = waiting.join() else { bail!("{path} panicked") };
        let answer = answer?;
        ensure!(answer.contains("\"kind\":\"timeout\""), "{path} gave {answer}");
        Ok(())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its worker behind.
        if !command(self.folder.path()).args(["-s", "stop"]).status().is_ok_and(|s| s.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// nginx in `folder`, to which its paths are relative.
fn command(folder: &Path) -> Command {
    let mut command = Command::new("/usr/sbin/nginx");
    command.arg("-p").arg(folder).args(["-c", "tests/nginx.conf"]).current_dir(folder);
    command
}

/// The whole answer to one request.
fn get(socket: &Path, path: &str) -> Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(90)))?;
    write!(stream, "GET /{path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).with_context(|| path.to_owned())?;
    Ok(answer)
}

/// A connection that is closed is not an answer that is cut off, and both are told from one that hangs.
const RESTY_CUT_OFF: &str =
    r#"["unreachable","closed","protocol","the answer is cut off","timeout"]"#;
/// A lost name, a bad certificate and a reset are what the core calls them.
const RESTY_KINDS: &str = r#"["timeout","unreachable","unreachable","unreachable","protocol"]"#;
