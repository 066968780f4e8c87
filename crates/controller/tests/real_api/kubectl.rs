//! `kubectl`, as users type it.

use serde_json::Value;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// `kubectl` in one namespace.
#[derive(Clone)]
pub(crate) struct Kubectl {
    namespace: String,
}

impl Kubectl {
    pub(crate) fn new(namespace: &str) -> Self {
        Self { namespace: namespace.to_owned() }
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What it prints. Fails the test if it fails.
    pub(crate) async fn run(&self, args: &[&str]) -> String {
        self.with_input(args, "").await
    }

    pub(crate) async fn apply(&self, yaml: &str) -> String {
        self.with_input(&["apply", "--filename=-"], yaml).await
    }

    /// The object, such as `crd/name`.
    pub(crate) async fn get(&self, object: &str) -> Value {
        serde_json::from_str(&self.run(&["get", object, "--output=json"]).await).unwrap()
    }

    pub(crate) async fn with_input(&self, args: &[&str], input: &str) -> String {
        match self.try_with_input(args, input).await {
            Ok(printed) => printed,
            Err(error) => panic!("kubectl {}: {error}", args.join(" ")),
        }
    }

    /// What it prints, or what it says of an error.
    pub(crate) async fn try_with_input(
        &self,
        args: &[&str],
        input: &str,
    ) -> Result<String, String> {
        let mut command = Command::new("kubectl");
        command.arg("--namespace").arg(&self.namespace).args(args).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().expect("kubectl must be on the path");
        let mut stdin = running.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        let done = running.wait_with_output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
    }
}
