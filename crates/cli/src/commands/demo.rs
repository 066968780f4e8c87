//! `demo`: the whole story on an embedded cluster.

use super::crowd::{self, Crowd, Kept};
use super::follow::{End, Until, follow};
use super::page::Page;
use super::{confirm, drive};
use crate::args::DemoArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::program::Program;
use crate::render;
use crate::render::chart::{self, Kind, Series};
use crate::render::live::Live;
use crate::render::paper::Paper;
use emqx_rebalance_client::{Auth, Cluster, Secret};
use emqx_rebalance_core::driver::{DriverOptions, Status};
use emqx_rebalance_core::{
    AbsThreshold, EvictRate, Plan, PlanOptions, ReconnectProfile, Result, Strategy,
};
use emqx_rebalance_report::Course;
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig, Reconnect};
use std::time::Instant;

/// Starts a cluster with an empty node, plans, rebalances over HTTP and gives the verdict.
///
/// # Errors
/// As the embedded cluster and its clients say.
pub(crate) async fn run(args: &DemoArgs, program: &Program, output: Output) -> Result<Exit> {
    let page = args.report.as_deref().map(Page::new).transpose()?;
    let reconnect = args.fleet.resolve()?;
    let crowd = crowd(args, reconnect.clone(), program, output).await?;
    let cluster = connect(&crowd.cluster).await?;
    let options = PlanOptions { reconnect, ..PlanOptions::default() };
    let plan = cluster.plan(&strategy(args.clients), &options).await?;
    if !output.is_json() {
        output.text(&format!("{}\n", render::plan::plan(&plan, output.paper())))?;
    }
    let yes = args.yes || !output.can_ask();
    if !confirm::ask(yes, "Start this rebalance on the embedded cluster?", output)? {
        return Ok(Exit::Failed);
    }
    rebalance(crowd, &cluster, &plan, page.as_ref(), output).await
}

/// The cluster with its clients: real ones if so many files can be open.
async fn crowd(
    args: &DemoArgs,
    reconnect: Option<ReconnectProfile>,
    program: &Program,
    output: Output,
) -> Result<Crowd> {
    let counts = counts(args.clients);
    let (need, have) = (crowd::files_for(args.clients), crowd::files());
    let is_counted = args.counted || need > have;
    if is_counted && !args.counted {
        output.warn(&format!(
            "{} real clients need {need} file descriptors and this process may have {have} \
             (`ulimit -n`): the clients are only counted",
            render::clients(args.clients)
        ));
    }
    introduce(args.clients, is_counted, output);
    let mut config = ClusterConfig::with_clients(&counts)?;
    config.reconnect = reconnect.map_or_else(Reconnect::default, Reconnect::by);
    if is_counted {
        Crowd::counted(config).await
    } else {
        Crowd::real(config, program, output).await
    }
}

async fn rebalance(
    crowd: Crowd,
    cluster: &Cluster,
    plan: &Plan,
    page: Option<&Page>,
    output: Output,
) -> Result<Exit> {
    let mut run = cluster.start(plan.clone(), DriverOptions::default(), false)?;
    let mut live = Live::new(output, "rebalance", &plan.forecast);
    let (mut course, began) = (Course::default(), Instant::now());
    let see = |status: &Status| course.see(status, began.elapsed().as_secs_f64());
    let end = follow(&mut run, Until::Verdict, &mut live, see).await;
    live.close();
    let status = run.status();
    let End::Verdict(outcome) = end? else {
        output.tell("\nStopped watching; the embedded cluster ends with this command.\n");
        return Ok(Exit::Failed);
    };
    let kept = crowd.end().await?;
    let facts = kept.as_ref().map(Kept::facts).unwrap_or_default();
    output.result(&status, |paper| {
        let mut text = drive::verdict(plan, &status, paper);
        text.extend(facts.iter().map(|fact| format!(" {}: {}\n", fact.label, fact.value)));
        text.push('\n');
        text.push_str(&chart(&course, plan, paper));
        text
    })?;
    if let Some(page) = page {
        page.write(plan, &course, Some(&outcome), &facts, output);
    }
    let is_kept = kept.is_none_or(|kept| kept.is_all());
    Ok(if is_kept { Exit::of_outcome(&outcome) } else { Exit::Failed })
}

fn introduce(clients: u64, is_counted: bool, output: Output) {
    let number = render::clients(clients);
    let clients = if is_counted {
        format!("{number} clients, which are only counted")
    } else {
        format!("{number} MQTT clients, which are real and publish")
    };
    output.tell(&render::wrapped(
        &format!(
            "An embedded cluster of four nodes that behave like EMQX runs here. Three of them \
             share {clients}; the fourth has just joined."
        ),
        "",
        output.messages(),
    ));
    output.tell("\n\n");
}

async fn connect(embedded: &Embedded) -> Result<Cluster> {
    let auth = Auth::ApiKey { key: embedded.api_key(), secret: Secret::new(embedded.api_secret()) };
    let urls = embedded.urls();
    let config = emqx_rebalance_client::ClusterConfig { urls, auth, ..Default::default() };
    Cluster::connect(config).await
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

/// The forecast as lines, and what was measured as circles upon them, sparse enough to leave the
/// lines visible.
fn chart(course: &Course, plan: &Plan, paper: Paper) -> String {
    let mut series = render::plan::forecast_series(plan);
    let until_s = plan.forecast.duration_s;
    let step = usize::try_from(until_s / CIRCLES).unwrap_or(usize::MAX).max(1);
    let measured = |line: &Series| {
        let points = course.connections(&line.node, until_s).into_iter().step_by(step).collect();
        Series { node: line.node.clone(), kind: Kind::Measured, points }
    };
    let measured: Vec<Series> = series.iter().map(measured).collect();
    series.extend(measured);
    chart::draw("clients per node", &series, paper)
}

const WAIT_S: u32 = 3;
const CIRCLES: u64 = 12;
