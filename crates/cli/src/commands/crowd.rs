//! An embedded cluster and its clients: real ones in a process of their own, or counted ones.

use super::swarm::Swarm;
use crate::output::Output;
use crate::program::Program;
use crate::render;
use emqx_rebalance_core::{Error, ErrorKind, ReconnectProfile, Result};
use emqx_rebalance_report::Fact;
use emqx_rebalance_sim::proxy::{Backend, HealthCheck, Proxy, ProxyConfig};
use emqx_rebalance_sim::server::{Embedded, MqttOptions, ServerOptions};
use emqx_rebalance_sim::{ClusterConfig, LoadBalancer};
use emqx_rebalance_swarm::{Placement, Reconnect, Report, SwarmConfig};
use indicatif::{ProgressBar, ProgressStyle};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// An embedded cluster and its clients.
pub(crate) struct Crowd {
    /// The cluster.
    pub(crate) cluster: Embedded,
    real: Option<Real>,
    clients: u64,
}

/// Real clients and the load balancer that they come back through.
struct Real {
    /// None if nobody connects but those that come from elsewhere.
    swarm: Option<Swarm>,
    proxy: Proxy,
    /// How long those that were dropped last are waited for.
    patience: Duration,
}

impl Crowd {
    /// The cluster of `config`, whose clients are only counted.
    ///
    /// # Errors
    /// As [`Embedded::start`].
    pub(crate) async fn counted(config: ClusterConfig) -> Result<Self> {
        let clients = config.nodes.iter().map(|node| node.clients).sum();
        Ok(Self { cluster: Embedded::start(config).await?, real: None, clients })
    }

    /// The cluster of `config`, a load balancer, and a process of as many real clients as it puts on
    /// its nodes, which have all connected.
    ///
    /// # Errors
    /// As [`Embedded::start_on`], [`Proxy::start`] and [`Swarm::start`]; `timeout` if the clients
    /// do not all connect.
    pub(crate) async fn real(
        mut config: ClusterConfig,
        program: &Program,
        output: Output,
    ) -> Result<Self> {
        let counts: Vec<u64> = config.nodes.iter().map(|node| node.clients).collect();
        for node in &mut config.nodes {
            node.clients = 0;
        }
        let rules = config.load_balancer.clone();
        let reconnect = Reconnect {
            delay_ms: 500,
            profile: config.reconnect.profile.clone(),
            ..Reconnect::default()
        };
        let patience = patience(&reconnect);
        let options =
            ServerOptions { mqtt: Some(MqttOptions::default()), ..ServerOptions::default() };
        let cluster = Embedded::start_on(config, options).await?;
        let proxy = before(&cluster, rules)?;
        let clients = counts.iter().sum();
        let mut swarm = None;
        if clients > 0 {
            let all = swarm.insert(Swarm::start(
                program,
                &swarm_config(&counts, &cluster, &proxy, reconnect),
            )?);
            connected(all, clients, output).await?;
        }
        Ok(Self { cluster, real: Some(Real { swarm, proxy, patience }), clients })
    }

    /// Where the load balancer before real clients listens.
    pub(crate) fn load_balancer(&self) -> Option<SocketAddr> {
        self.real.as_ref().map(|real| real.proxy.address())
    }

    /// Ends everything, and says what became of sessions and messages if the clients were real.
    ///
    /// # Errors
    /// `unreachable` if the clients ended too early.
    pub(crate) async fn end(self) -> Result<Option<Kept>> {
        let kept = match self.real.and_then(|real| Some((real.swarm?, real.proxy, real.patience))) {
            Some((mut swarm, _proxy, patience)) => {
                let all = self.clients;
                // Those that the last eviction dropped may still be on their way.
                let back =
                    swarm.until(|report| report.connected + report.reconnects.stayed_away == all);
                let _ = timeout(patience, back).await;
                Some(Kept(swarm.end().await?))
            }
            None => None,
        };
        self.cluster.stop().await;
        Ok(kept)
    }
}

/// A load balancer before the MQTT ports of `cluster`.
fn before(cluster: &Embedded, rules: LoadBalancer) -> Result<Proxy> {
    let nodes = cluster.mqtt_addresses().iter().zip(cluster.addresses());
    let key = (cluster.api_key(), cluster.api_secret());
    let check = HealthCheck::default().with_api_key(&key.0, &key.1);
    let backends = nodes.map(|(mqtt, http)| Backend { mqtt: *mqtt, http: *http }).collect();
    Proxy::start(ProxyConfig { backends, rules, check, ..ProxyConfig::default() })
}

/// What became of the sessions and messages of real clients.
pub(crate) struct Kept(Report);

impl Kept {
    /// The figures as people read them.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        let Report { sessions, messages, .. } = &self.0;
        let count = render::clients;
        let kept = sessions.persistent.saturating_sub(sessions.lost);
        let fact = |label: &str, value: String| Fact { label: label.to_owned(), value };
        vec![
            fact("sessions kept", format!("{} of {}", count(kept), count(sessions.persistent))),
            fact(
                "messages lost",
                format!("{} of {}", count(messages.missing), count(messages.acknowledged)),
            ),
        ]
    }

    /// Whether every session and every message is there.
    pub(crate) fn is_all(&self) -> bool {
        self.0.sessions.lost == 0 && self.0.messages.missing == 0
    }
}

/// Files that this process may open, raised as far as it may.
pub(crate) fn files() -> u64 {
    let now = getrlimit(Resource::Nofile);
    let highest = Rlimit { current: now.maximum, ..now };
    let limit =
        if setrlimit(Resource::Nofile, highest).is_ok() { now.maximum } else { now.current };
    limit.unwrap_or(u64::MAX)
}

/// Files that `clients` need: one socket each, and two more for each that comes back through the
/// load balancer, which at most a third do.
pub(crate) fn files_for(clients: u64) -> u64 {
    clients.saturating_add(clients / 3 * 2).saturating_add(OTHER_FILES)
}

/// How long clients are waited for at the end that come back as `reconnect` says.
fn patience(reconnect: &Reconnect) -> Duration {
    let longest_s = reconnect.profile.as_ref().map_or(0.0, ReconnectProfile::longest_s);
    COMING_BACK + Duration::from_secs_f64(longest_s).min(SLOW)
}

fn swarm_config(
    counts: &[u64],
    cluster: &Embedded,
    proxy: &Proxy,
    reconnect: Reconnect,
) -> SwarmConfig {
    let placed = counts.iter().zip(cluster.mqtt_addresses());
    let placed = placed.filter(|(clients, _)| **clients > 0);
    let clients: u64 = counts.iter().sum();
    SwarmConfig {
        clients,
        targets: vec![proxy.address().to_string()],
        placement: placed
            .map(|(clients, at)| Placement { target: at.to_string(), clients: *clients })
            .collect(),
        client_id_prefix: "demo".to_owned(),
        v5: 0.5,
        reconnect,
        publish_rate: f64::from(u32::try_from(clients / 20).unwrap_or(u32::MAX).max(5)),
        ..SwarmConfig::default()
    }
}

/// Waits until every client has connected, showing how many have.
async fn connected(swarm: &mut Swarm, clients: u64, output: Output) -> Result<()> {
    let began = Instant::now();
    let bar = if output.is_live() { ProgressBar::new(clients) } else { ProgressBar::hidden() };
    if let Ok(style) =
        ProgressStyle::with_template(" connecting {bar:40} {human_pos} of {human_len}")
    {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏·"));
    }
    let mut seen = 0;
    while seen < clients {
        let more = swarm.until(|report| report.connected > seen);
        let report = timeout(CONNECTING, more).await.map_err(|_| {
            let message = "the clients do not connect: try --counted, or fewer with --clients";
            Error::new(ErrorKind::Timeout, message).with("connected", seen)
        })??;
        seen = report.connected;
        bar.set_position(seen);
        if report.is_final {
            break;
        }
    }
    bar.finish_and_clear();
    let took = began.elapsed().as_secs_f64();
    output.tell(&format!("{} clients have connected in {took:.1} s.\n\n", render::clients(seen)));
    Ok(())
}

/// Without one more client in this time, something is wrong.
const CONNECTING: Duration = Duration::from_secs(20);
/// Beyond what a profile says.
const COMING_BACK: Duration = Duration::from_secs(15);
/// Nobody watches an end for longer.
const SLOW: Duration = Duration::from_secs(120);
/// Listeners, the HTTP API's connections, libraries.
const OTHER_FILES: u64 = 300;
