//! A running swarm.

use crate::client::{Client, Route, Stage};
use crate::config::SwarmConfig;
use crate::descriptors;
use crate::report::Report;
use crate::tally::Shared;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// A running swarm. Its clients are gone when it is dropped.
#[derive(Debug)]
#[must_use = "the clients are gone when this is dropped"]
pub struct Swarm {
    shared: Arc<Shared>,
    stage: watch::Sender<Stage>,
    launcher: JoinHandle<()>,
}

impl Swarm {
    /// Starts connecting. Needs a tokio runtime with IO and time.
    ///
    /// # Errors
    /// `config_invalid` with every problem of `config`, or if the process may not open as many
    /// files; `unreachable` for a target without an address.
    pub async fn start(config: SwarmConfig) -> Result<Self> {
        config.check()?;
        descriptors::reserve(config.clients)?;
        let routes = Routes::resolve(&config).await?;
        let shared = Arc::new(Shared::new(config));
        let (stage, watched) = watch::channel(Stage::Running);
        let launcher = tokio::spawn(launch(Arc::clone(&shared), routes, watched));
        Ok(Self { shared, stage, launcher })
    }

    /// What it has seen so far.
    pub fn report(&self) -> Report {
        self.shared.report(false)
    }

    /// Stops publishing, waits for messages on their way, reports, and disconnects everyone.
    pub async fn stop(mut self) -> Report {
        self.stage.send_replace(Stage::Draining);
        let limit = Duration::from_millis(self.shared.config.drain_ms);
        // Out of time: what has not arrived is lost, and the report says so.
        _ = timeout(limit, self.settled()).await;
        let report = self.shared.report(true);
        self.stage.send_replace(Stage::Ending);
        // Whoever does not end in time is dropped with the launcher.
        _ = timeout(GOODBYE, &mut self.launcher).await;
        report
    }

    /// Waits until the report is as wished. It is looked at after events, 100 times a second at
    /// most.
    pub async fn until(&self, wish: impl Fn(&Report) -> bool) -> Report {
        loop {
            let changed = self.shared.changed();
            let report = self.report();
            if wish(&report) {
                return report;
            }
            changed.await;
            sleep(GLANCE).await;
        }
    }

    async fn settled(&self) {
        loop {
            let changed = self.shared.changed();
            if self.shared.is_settled() {
                return;
            }
            changed.await;
            sleep(GLANCE).await;
        }
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        self.launcher.abort();
    }
}

/// Starts one client after the other, then waits until all have ended.
async fn launch(shared: Arc<Shared>, routes: Routes, stage: watch::Receiver<Stage>) {
    let gate = Arc::new(Semaphore::new(shared.config.connecting_at_once));
    let mut clients = JoinSet::new();
    for index in 0..shared.config.clients {
        if let Some(rate) = shared.config.connect_rate {
            sleep_until(turn(shared.start, index, rate)).await;
        }
        let Ok(permit) = Arc::clone(&gate).acquire_owned().await else { break };
        if *stage.borrow() != Stage::Running {
            break;
        }
        let route = routes.of(index);
        let client = Client::new(index, Arc::clone(&shared), stage.clone(), route);
        clients.spawn(client.live(permit));
    }
    while clients.join_next().await.is_some() {}
}

/// When client `index` begins at `rate` clients per second.
fn turn(start: Instant, index: u64, rate: u32) -> Instant {
    start + Duration::from_micros(index.saturating_mul(1_000_000) / u64::from(rate.max(1)))
}

/// The addresses behind a configuration.
struct Routes {
    /// Where the first clients go, each with the number of the client after its last.
    placement: Vec<(u64, SocketAddr)>,
    targets: Arc<[SocketAddr]>,
}

impl Routes {
    async fn resolve(config: &SwarmConfig) -> Result<Self> {
        let mut targets = Vec::new();
        for target in &config.targets {
            targets.push(resolve(target).await?);
        }
        let (mut placement, mut end) = (Vec::new(), 0);
        for place in &config.placement {
            end += place.clients;
            placement.push((end, resolve(&place.target).await?));
        }
        Ok(Self { placement, targets: targets.into() })
    }

    fn of(&self, index: u64) -> Route {
        let placed = self.placement.iter().find(|(end, _)| index < *end).map(|(_, at)| *at);
        Route { placed, targets: Arc::clone(&self.targets) }
    }
}

async fn resolve(target: &str) -> Result<SocketAddr> {
    let unreachable = |reason: String| {
        Error::new(ErrorKind::Unreachable, "no address for a target; write it as `host:port`")
            .with("target", target)
            .with("reason", reason)
    };
    let mut found = lookup_host(target).await.map_err(|error| unreachable(error.to_string()))?;
    found.next().ok_or_else(|| unreachable("the name has no address".to_owned()))
}

/// The least time between two looks at all clients.
const GLANCE: Duration = Duration::from_millis(10);
/// How long clients have to disconnect.
const GOODBYE: Duration = Duration::from_secs(5);
