//! `fleet-demo`: three embedded clusters that grow, and the watch over them.

use super::interrupt::Interrupt;
use super::watch::follow;
use crate::args::FleetDemoArgs;
use crate::exit::Exit;
use crate::output::Output;
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Result};
use emqx_rebalance_exchange::Outside;
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig, Credentials, Drift, Fault, Release, ScheduledFault};
use emqx_rebalance_watch::{Fleet, Watch};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

/// One cluster of the demo. Its last node joins when the demo has gone on for a while.
struct Site {
    name: &'static str,
    mode: &'static str,
    release: Release,
    clients: &'static [u64],
    joins_at_s: f64,
}

/// Starts the clusters and the watch, and tells what is decided.
///
/// # Errors
/// If no port is free, or there is no folder for temporary files.
pub(crate) async fn run(args: &FleetDemoArgs, output: Output) -> Result<Exit> {
    let mut interrupt = Interrupt::new()?;
    let folder = tempfile::tempdir().map_err(|error| {
        Error::new(ErrorKind::ConfigInvalid, "cannot make a folder for the store")
            .with("why", error)
    })?;
    let mut clusters = Vec::new();
    for site in SITES {
        clusters.push(Embedded::start(site.config()?).await?);
    }
    let fleet = Fleet::read(&file(&clusters, folder.path()), &Demo)?;
    let mut watch = Watch::begin(fleet).await?;
    if let Some(address) = watch.address() {
        output.tell(&introduction(address));
    }
    let end = async {
        tokio::select! {
            () = interrupt.wait() => {}
            () = after(args.for_s) => {}
        }
    };
    follow(&mut watch, end, output).await?;
    watch.end().await;
    for cluster in clusters {
        cluster.stop().await;
    }
    Ok(Exit::Done)
}

impl Site {
    /// The embedded cluster, with clients that come and go.
    fn config(&self) -> Result<ClusterConfig> {
        let mut config = ClusterConfig::with_clients(self.clients)?;
        config.personality = self.release;
        config.drift = Drift { arrivals_per_s: CHURN_PER_S, departures_per_s: CHURN_PER_S };
        config.newcomers = config.nodes.last().map(|node| node.name.clone()).into_iter().collect();
        config.faults = config.newcomers.iter().flat_map(|node| self.scale_out(node)).collect();
        Ok(config)
    }

    /// A node that boots on its own, and then joins.
    fn scale_out(&self, node: &NodeName) -> [ScheduledFault; 2] {
        let appears_at_s = self.joins_at_s - BOOT_S;
        [
            ScheduledFault::new(appears_at_s, Fault::NodeAppeared { node: node.clone() }),
            ScheduledFault::new(self.joins_at_s, Fault::NodeJoined { node: node.clone() }),
        ]
    }

    /// Its entry in the file of the fleet: a policy whose times fit into minutes.
    fn entry(&self, cluster: &Embedded) -> Value {
        json!({
            "name": self.name,
            "urls": cluster.urls(),
            "api_key": cluster.api_key(),
            "api_secret_env": CLUSTER_SECRET,
            "poll_interval_s": 1,
            // Nodes of embedded clusters have the same names everywhere.
            "distinct": true,
            "policy": {
                "mode": self.mode,
                "imbalance_for_s": 5,
                "node_settle_s": 3,
                "cool_down_s": 60,
            },
            "plan": {"conn_evict_rate": 100, "wait_health_check": 1, "wait_takeover": 1},
            "driver": {"settle_s": 10},
        })
    }
}

fn file(clusters: &[Embedded], folder: &Path) -> String {
    let entries: Vec<Value> =
        SITES.iter().zip(clusters).map(|(site, cluster)| site.entry(cluster)).collect();
    json!({
        "store": folder.join("fleet.db"),
        "listen": "127.0.0.1:0",
        "tokens": [{"name": "you", "role": "approver", "token_env": TOKEN}],
        "clusters": entries,
    })
    .to_string()
}

/// What runs here, and what to type next.
fn introduction(address: SocketAddr) -> String {
    let mut text = String::from("Three embedded clusters run here, and a watch over them:\n");
    for site in SITES {
        let (name, mode, at) = (site.name, site.mode, site.joins_at_s);
        let (nodes, release) = (site.clients.len() - 1, site.release.as_str());
        text.push_str(&format!(
            "  {name}: {nodes} nodes like EMQX {release}, another joins after {at} s; mode: {mode}\n"
        ));
    }
    let last = SITES.iter().find(|site| site.mode == "propose").map_or("us", |site| site.name);
    text.push_str(&format!(
        "\nAt http://{address}, until Ctrl-C. In another shell:\n  \
         export FLEET_URL=http://{address} FLEET_TOKEN={DEMO_TOKEN}\n  \
         curl -s -H \"Authorization: Bearer $FLEET_TOKEN\" $FLEET_URL/api/v1/decisions\n\
         When {last} has proposed a plan, approve it with its id and fingerprint:\n  \
         curl -s -H \"Authorization: Bearer $FLEET_TOKEN\" $FLEET_URL/api/v1/clusters/{last} | jq '.proposal | {{id, fingerprint, figures}}'\n  \
         curl -s -H \"Authorization: Bearer $FLEET_TOKEN\" $FLEET_URL/api/v1/clusters/{last}/approve \
         --json '{{\"id\": …, \"fingerprint\": \"…\"}}'\n\n"
    ));
    text
}

/// Waits for so many seconds, or for ever.
async fn after(for_s: Option<u64>) {
    match for_s {
        Some(for_s) => sleep(Duration::from_secs(for_s)).await,
        None => std::future::pending().await,
    }
}

/// The secrets of the demo, which are no secrets: they open nothing but its embedded clusters.
struct Demo;

impl Outside for Demo {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            TOKEN => Some(DEMO_TOKEN.to_owned()),
            CLUSTER_SECRET => Some(Credentials::default().api_secret),
            _ => None,
        }
    }

    fn secret(&self, _: &str) -> Result<String, String> {
        Err("the demo has no files".to_owned())
    }
}

const SITES: [Site; 3] = [
    Site {
        name: "eu",
        mode: "auto",
        release: Release::V5_8,
        clients: &[900, 900, 900, 0],
        joins_at_s: 8.0,
    },
    Site {
        name: "us",
        mode: "propose",
        release: Release::V5_10,
        clients: &[600, 600, 0],
        joins_at_s: 10.0,
    },
    Site {
        name: "ap",
        mode: "observe",
        release: Release::V6_2,
        clients: &[500, 500, 500, 500, 0],
        joins_at_s: 12.0,
    },
];
/// As many come as go.
const CHURN_PER_S: f64 = 2.0;
/// Longer than an embedded node takes to boot.
const BOOT_S: f64 = 6.0;
const TOKEN: &str = "FLEET_TOKEN";
const DEMO_TOKEN: &str = "token-of-the-demo-alone";
const CLUSTER_SECRET: &str = "CLUSTER_SECRET";
