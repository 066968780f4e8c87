//! `demo`: the whole story on an embedded cluster.

use super::follow::{End, Until, follow};
use super::{confirm, drive};
use crate::args::DemoArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use crate::render::chart::{self, Kind, Series};
use crate::render::live::Live;
use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Secret};
use emqx_rebalance_core::driver::{DriverOptions, Status};
use emqx_rebalance_core::{AbsThreshold, EvictRate, NodeName, Plan, PlanOptions, Result, Strategy};
use emqx_rebalance_sim::server::Embedded;
use std::collections::BTreeMap;

/// Starts a cluster with an empty node, plans, rebalances over HTTP and gives the verdict.
///
/// # Errors
/// As the embedded cluster says.
pub(crate) async fn run(args: &DemoArgs, output: Output) -> Result<Exit> {
    let counts = counts(args.clients);
    let embedded =
        Embedded::start(emqx_rebalance_sim::ClusterConfig::with_clients(&counts)?).await?;
    introduce(&embedded, args.clients, output);
    let cluster = connect(&embedded).await?;
    let plan = cluster.plan(&strategy(args.clients), &PlanOptions::default()).await?;
    if !output.is_json() {
        output.text(&format!("{}\n", render::plan::plan(&plan)))?;
    }
    let yes = args.yes || !output.can_ask();
    if !confirm::ask(yes, "Start this rebalance on the embedded cluster?", output)? {
        return Ok(Exit::Failed);
    }
    let exit = rebalance(&cluster, &plan, output).await?;
    embedded.stop().await;
    Ok(exit)
}

async fn rebalance(cluster: &Cluster, plan: &Plan, output: Output) -> Result<Exit> {
    let mut run = cluster.start(plan.clone(), DriverOptions::default(), false)?;
    let mut live = Live::new(output, plan);
    let mut history = History::default();
    let see = |status: &Status| history.add(status);
    let end = follow(&mut run, plan, Until::Verdict, &mut live, see).await;
    live.close();
    let status = run.status();
    let End::Verdict(outcome) = end? else {
        output.say("\nStopped watching; the embedded cluster ends with this command.\n");
        return Ok(Exit::Failed);
    };
    output.result(&status, || {
        let mut text = drive::verdict(plan, plan, &status);
        text.push('\n');
        text.push_str(&history.chart(plan));
        text
    })?;
    Ok(Exit::of_outcome(&outcome))
}

fn introduce(embedded: &Embedded, clients: u64, output: Output) {
    let url = embedded.urls().into_iter().next().unwrap_or_default();
    output.say(&format!(
        "An embedded cluster that behaves like EMQX runs here: its API at\n  {url} and three more \
         ports.\nThree of its nodes share {clients} clients; the fourth has just joined.\n\n",
        clients = render::clients(clients)
    ));
}

async fn connect(embedded: &Embedded) -> Result<Cluster> {
    let auth = Auth::ApiKey { key: embedded.api_key(), secret: Secret::new(embedded.api_secret()) };
    Cluster::connect(ClusterConfig { urls: embedded.urls(), auth, ..ClusterConfig::default() })
        .await
}

/// `clients` as evenly as can be on three nodes, and none on the fourth.
fn counts(clients: u64) -> [u64; 4] {
    let third = clients / 3;
    [third, clients - 2 * third, third, 0]
}

/// EMQX's tutorial in a hurry: its thresholds in proportion, shorter waits and a rate that needs
/// about half a minute however many clients there are.
fn strategy(clients: u64) -> Strategy {
    let share = |of: u64| u32::try_from(clients / of).unwrap_or(u32::MAX);
    Strategy {
        conn_evict_rate: EvictRate::at_least_one(share(333)),
        abs_conn_threshold: AbsThreshold::at_least_one(share(100)),
        wait_health_check: WAIT_S,
        wait_takeover: WAIT_S,
        ..Strategy::default()
    }
}

/// What was measured, by second.
#[derive(Default)]
struct History(BTreeMap<u64, BTreeMap<NodeName, u64>>);

impl History {
    fn add(&mut self, status: &Status) {
        let counts = status.nodes.iter().map(|load| (load.node.clone(), load.connections));
        self.0.insert(status.progress.elapsed_s, counts.collect());
    }

    /// The forecast as lines and what was measured as circles upon them.
    fn chart(&self, plan: &Plan) -> String {
        let mut series = render::plan::forecast_series(plan);
        let forecast_s = plan.forecast.duration_s;
        let measured: Vec<Series> =
            series.iter().map(|line| self.of(&line.node, forecast_s)).collect();
        series.extend(measured);
        chart::draw("clients per node", &series)
    }

    /// The counts of one node, sparse enough to leave the line visible.
    fn of(&self, node: &NodeName, until_s: u64) -> Series {
        let step = usize::try_from(until_s / CIRCLES).unwrap_or(usize::MAX).max(1);
        let within = self.0.range(..=until_s).step_by(step);
        let points = within.filter_map(|(time, counts)| Some((*time, *counts.get(node)?)));
        Series { node: node.clone(), kind: Kind::Measured, points: points.collect() }
    }
}

const WAIT_S: u32 = 3;
const CIRCLES: u64 = 12;
