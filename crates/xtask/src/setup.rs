//! What the tests need on the machine.

use crate::step::step;
use anyhow::{Context, Result};
use std::env;
use xshell::{Shell, cmd};

/// The target that the browser's packages are built for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Programs that tests use as the real peers of the embedded cluster, and the Debian packages that
/// hold them.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("chromium", &["chromium"]),
    // Unpacks the source that the Kubernetes API server is built from.
    ("dpkg-source", &["dpkg-dev"]),
    ("haproxy", &["haproxy"]),
    ("lua5.1", &["lua5.1"]),
    ("lua5.3", &["lua5.3"]),
    ("lua5.4", &["lua5.4"]),
    ("luacheck", &["lua-check"]),
    // OpenResty's, which its nginx module needs; Debian's other one cannot be installed beside it.
    ("luajit", &["luajit2"]),
    ("luarocks", &["luarocks"]),
    // LuaRocks wants the headers for whatever it installs as a library.
    ("/usr/include/lua5.4/lua.h", &["liblua5.4-dev"]),
    ("mosquitto", &["mosquitto"]),
    ("mosquitto_pub", &["mosquitto-clients"]),
    ("nginx", &["nginx-light", "libnginx-mod-stream"]),
    // Scrapes the embedded cluster in Grafana's stories; its promtool tries the alert rules.
    ("prometheus", &["prometheus"]),
    ("/usr/lib/nginx/modules/ngx_http_lua_module.so", &["libnginx-mod-http-lua"]),
    ("/usr/lib/nginx/modules/ngx_stream_js_module.so", &["libnginx-mod-stream-js"]),
    ("openssl", &["openssl"]),
    ("pgrep", &["procps"]),
];

/// What packages are tried with: a Debian to install in is made by the first.
const PACKAGING: &[(&str, &[&str])] = &[("debootstrap", &["debootstrap"]), ("rpm", &["rpm"])];

/// Installs the programs of tests that are missing, where this is Debian and we may.
pub(crate) fn programs(shell: &Shell) -> Result<()> {
    install(shell, PROGRAMS)
}

/// The same of those that packages are tried with.
pub(crate) fn packaging(shell: &Shell) -> Result<()> {
    install(shell, PACKAGING)
}

fn install(shell: &Shell, programs: &[(&str, &[&str])]) -> Result<()> {
    step("programs", || {
        let missing = programs.iter().filter(|(program, _)| !is_installed(program));
        let packages: Vec<&str> = missing.flat_map(|(_, packages)| *packages).copied().collect();
        if packages.is_empty() {
            return Ok(());
        }
        let list = packages.join(" ");
        let help = || format!("install them yourself, as root: apt-get install -y {list}");
        cmd!(shell, "apt-get update -qq").run().with_context(help)?;
        let install = cmd!(shell, "apt-get install -y -qq --no-install-recommends {packages...}");
        install.env("DEBIAN_FRONTEND", "noninteractive").run().with_context(help)
    })
}

/// Whether `program` is where programs are. Servers are often outside a user's own
/// path; modules are given by theirs.
fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.into_iter().any(|folder| folder.join(program).is_file())
}

/// Adds the WebAssembly target to the Rust tool chain.
pub(crate) fn wasm_target(shell: &Shell) -> Result<()> {
    step("wasm target", || {
        let installed = cmd!(shell, "rustup target list --installed").quiet().read();
        if installed.context("rustup is needed: see https://rustup.rs")?.contains(WASM) {
            return Ok(());
        }
        Ok(cmd!(shell, "rustup target add {WASM}").run()?)
    })
}

/// Has Rust's standard library for `triple`, which is built here for machines of another kind or C library.
pub(crate) fn standard_library(shell: &Shell, triple: &str) -> Result<()> {
    let installed = cmd!(shell, "rustup target list --installed").quiet().read()?;
    if installed.lines().any(|line| line == triple) {
        return Ok(());
    }
    let add = cmd!(shell, "rustup target add {triple}");
    add.run().with_context(|| {
        format!(
            "Rust's standard library for {triple} is not here, and could not be had: \
             run `rustup target add {triple}` where the network allows it, or name another processor"
        )
    })
}
