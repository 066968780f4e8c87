//! The embedded cluster, as a program of its own.

use anyhow::{Context, Result};
use serde_json::{Deserializer, Value};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// An embedded cluster that runs until this is dropped.
pub(crate) struct Embedded {
    child: Child,
    access: Value,
}

impl Embedded {
    /// Starts one with `program`, on ports of the system's choice.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["--output", "json", "cluster", "--clients", CLIENTS]);
        let mut child = command.stdout(Stdio::piped()).spawn().context("the embedded cluster")?;
        let output = child.stdout.take().context("the cluster has no output")?;
        let said = Deserializer::from_reader(output).into_iter().next();
        let mut cluster = Self { child, access: Value::Null };
        cluster.access = said.context("the cluster said nothing")??;
        Ok(cluster)
    }

    /// How to reach it, as the variables that everybody reads.
    pub(crate) fn variables(&self) -> [(&'static str, String); 3] {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let urls = self.access.get("urls").and_then(Value::as_array).into_iter().flatten();
        let member = |name: &str| self.access.get(name).map(text).unwrap_or_default();
        [
            ("EMQX_URL", urls.map(text).collect::<Vec<_>>().join(",")),
            ("EMQX_API_KEY", member("api_key")),
            ("EMQX_API_SECRET", member("api_secret")),
        ]
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Few, so that a rebalance takes seconds.
const CLIENTS: &str = "300,300,0";
