//! The job after a scale-out: levels the cluster, drops no more clients than allowed, says how far it is, and
//! leaves a report.
//!
//!     EMQX_URL=http://10.0.0.1:18083 EMQX_API_KEY=… EMQX_API_SECRET=… scale_out report.html
//!
//! Ends with 0 if the cluster is level, with 1 if it is not.

use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Secret};
use emqx_rebalance_core::driver::{DriverOptions, Outcome, Progress};
use emqx_rebalance_core::{Decision, EvictRate, Mode, PlanOptions, Result, Strategy};
use emqx_rebalance_report::{Course, Wishes, report};
use std::error::Error;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

/// What becomes of the cluster, and the page about it; `None` if there is nothing to do.
pub(crate) async fn level(
    cluster: &Cluster,
    pace: &Strategy,
    tell: impl Fn(&Progress),
) -> Result<Option<(Outcome, String)>> {
    let options = PlanOptions { mode: Mode::Level, ..PlanOptions::default() };
    let plan = cluster.plan(pace, &options).await?;
    if plan.decision != Decision::Start {
        return Ok(None);
    }
    // By default all waves together drop at most 1.1 times as many clients as any plan must.
    let run = cluster.start(plan, DriverOptions::default(), false)?;
    let (mut course, mut view) = (Course::default(), run.view());
    while view.changed().await.is_ok() {
        let status = view.borrow_and_update().status().clone();
        tell(&status.progress);
        course.follow(&status);
    }
    let outcome = run.wait().await?;
    let page = report(view.borrow().driver(), &course, &Wishes::default())?;
    Ok(Some((outcome, page)))
}

#[tokio::main]
async fn main() -> std::result::Result<ExitCode, Box<dyn Error>> {
    let (key, secret) = (env::var("EMQX_API_KEY")?, Secret::new(env::var("EMQX_API_SECRET")?));
    let url = env::var("EMQX_URL")?;
    let auth = Auth::ApiKey { key, secret };
    let cluster = Cluster::connect(ClusterConfig { auth, ..ClusterConfig::new(&url) }).await?;
    let pace = Strategy { conn_evict_rate: EvictRate::at_least_one(100), ..Strategy::default() };
    let tell = |progress: &Progress| {
        let Progress { moved, to_move, .. } = progress;
        // Whoever does not listen keeps nobody from levelling.
        let _ = writeln!(stdout(), "{moved} of {to_move} clients moved");
    };
    let done = level(&cluster, &pace, tell).await?;
    let Some((outcome, page)) = done else { return Ok(ExitCode::SUCCESS) };
    if let Some(file) = env::args_os().nth(1) {
        fs::write(Path::new(&file), page)?;
    }
    writeln!(stdout(), "{}: {}", outcome.result.as_str(), outcome.detail)?;
    Ok(if outcome.result.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
