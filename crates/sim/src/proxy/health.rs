//! Asking the nodes whether they take clients.

use super::{Backend, Common};
use crate::population::Door;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use emqx_rebalance_core::Timestamp;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// What a node is asked. It takes clients if it answers 200.
#[derive(Clone, Eq, PartialEq)]
pub struct HealthCheck {
    path: String,
    authorization: Option<String>,
}

impl Default for HealthCheck {
    /// EMQX 5's `availability_check`, as from 5.4.0 on: without credentials.
    fn default() -> Self {
        Self::new("/api/v5/load_rebalance/availability_check")
    }
}

impl HealthCheck {
    /// A GET of `path`, without credentials.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), authorization: None }
    }

    /// The same with an API key, which EMQX asks for before 5.4.0 and 4.4.24.
    #[must_use]
    pub fn with_api_key(mut self, key: &str, secret: &str) -> Self {
        let pair = BASE64_STANDARD.encode(format!("{key}:{secret}"));
        self.authorization = Some(format!("authorization: Basic {pair}\r\n"));
        self
    }

    /// Whether the node at `address` says that it takes clients. No answer is no.
    async fn ask(&self, address: SocketAddr, limit: Duration) -> bool {
        let answer = timeout(limit, self.status(address)).await;
        matches!(answer, Ok(Ok(line)) if line.starts_with(b"HTTP/1.1 200"))
    }

    /// The begin of the answer, as long as its status code.
    async fn status(&self, address: SocketAddr) -> io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect(address).await?;
        let authorization = self.authorization.as_deref().unwrap_or_default();
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {address}\r\n{authorization}connection: close\r\n\r\n",
            self.path
        );
        stream.write_all(request.as_bytes()).await?;
        let mut line = [0; 12];
        stream.read_exact(&mut line).await?;
        Ok(line)
    }
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_key = self.authorization.is_some();
        f.debug_struct("HealthCheck").field("path", &self.path).field("has_key", &has_key).finish()
    }
}

/// Asks every node at each interval, all at once, until the task is dropped.
pub(super) async fn watch(common: Arc<Common>, check: HealthCheck, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let limit = every.clamp(SHORTEST_LIMIT, LONGEST_LIMIT);
    loop {
        ticks.tick().await;
        let answers = ask_all(&common.backends, &check, limit).await;
        common.change(|state| {
            let doors: Vec<Door> =
                answers.iter().map(|up| Door { accepts: *up, available: *up }).collect();
            // Its clock only says when to ask, and that is now.
            let due = state.balancer.next_check().unwrap_or(Timestamp::from_ms(0));
            state.balancer.check(due, &doors);
            state.totals.checked(&answers, &state.balancer.up());
        });
    }
}

/// Whether each node takes clients. One that is slow holds up no other.
async fn ask_all(backends: &[Backend], check: &HealthCheck, limit: Duration) -> Vec<bool> {
    let mut questions = JoinSet::new();
    for (node, backend) in backends.iter().enumerate() {
        let (check, address) = (check.clone(), backend.http);
        questions.spawn(async move { (node, check.ask(address, limit).await) });
    }
    let mut answers = vec![false; backends.len()];
    while let Some(answer) = questions.join_next().await {
        if let Ok((node, is_up)) = answer
            && let Some(slot) = answers.get_mut(node)
        {
            *slot = is_up;
        }
    }
    answers
}

/// A check that takes longer than its interval has failed, within these bounds.
const SHORTEST_LIMIT: Duration = Duration::from_millis(500);
const LONGEST_LIMIT: Duration = Duration::from_secs(5);
