//! Rebalances and evacuations over real sockets, one after the other and several at once, while answers go
//! wrong, nodes die and jobs are let go: does this process keep what it no longer needs?
//!
//! ```text
//! cargo run --release -p emqx-rebalance-client --example soak -- [SECONDS [FILE.csv]]
//! ```
//! Writes a line of seconds, jobs, resident kB and open files every ten seconds, and fails if the last quarter
//! needs more than the second.

use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Secret};
use emqx_rebalance_core::driver::{DriverOptions, OutcomeKind};
use emqx_rebalance_core::{
    Error, Evacuation, EvacuationPlanOptions, LoadBalancer as Balancer, Mode, NodeName, Options,
    PlanOptions, Strategy,
};
use emqx_rebalance_sim::server::Embedded;
use emqx_rebalance_sim::{ClusterConfig as SimConfig, Fault, HttpFailure, HttpFault};
use std::collections::BTreeMap;
use std::fs::{File, read_dir, read_to_string};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What this process has at one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    seconds: u64,
    jobs: u64,
    resident_kb: u64,
    files: usize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(HOUR_S), |text| text.parse())?;
    let mut file = arguments.next().map(File::create).transpose()?;
    let (began, until) = (Instant::now(), Instant::now() + Duration::from_secs(seconds));
    let jobs = Arc::new(AtomicU64::new(0));
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        workers.spawn(work(worker, until, jobs.clone()));
    }
    let mut samples = Vec::new();
    let mut beat = interval(Duration::from_secs(10));
    while Instant::now() < until {
        beat.tick().await;
        let sample = Sample::now(began, jobs.load(Ordering::Relaxed))?;
        say(
            file.as_mut(),
            &format!("{},{},{},{}", sample.seconds, sample.jobs, sample.resident_kb, sample.files),
        )?;
        samples.push(sample);
    }
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    while let Some(worker) = workers.join_next().await {
        for (end, count) in worker?? {
            *ends.entry(end).or_default() += count;
        }
    }
    say(None, &format!("verdicts: {ends:?}"))?;
    Ok(flat(&samples)?)
}

/// Jobs one after the other, each in a cluster of its own, and how they ended.
async fn work(
    worker: u64,
    until: Instant,
    jobs: Arc<AtomicU64>,
) -> Result<BTreeMap<&'static str, u64>, Failure> {
    let mut draw = fastrand::Rng::with_seed(worker);
    let mut ends = BTreeMap::new();
    while Instant::now() < until {
        let embedded = Embedded::start(SimConfig::with_clients(&[600, 300, 0])?).await?;
        let end = job(&embedded, &mut draw).await;
        embedded.stop().await;
        *ends.entry(end.unwrap_or_else(|error| error.kind().as_str())).or_default() += 1;
        jobs.fetch_add(1, Ordering::Relaxed);
    }
    Ok(ends)
}

/// One job while things go wrong, to its verdict or to where nobody waits for it any more.
async fn job(embedded: &Embedded, draw: &mut fastrand::Rng) -> Result<&'static str, Error> {
    let auth = Auth::ApiKey { key: embedded.api_key(), secret: Secret::new(embedded.api_secret()) };
    let config = ClusterConfig { urls: embedded.urls(), auth, ..ClusterConfig::default() };
    let cluster = Cluster::connect(config).await?;
    let options = DriverOptions { poll_interval_ms: 100, settle_s: 5, ..DriverOptions::default() };
    let run = if draw.u8(0..3) == 0 {
        let plan = cluster
            .plan_evacuation(&node(1)?, &Evacuation::default(), &EvacuationPlanOptions::default())
            .await?;
        cluster.evacuate(plan, options, true)?
    } else {
        let balancer = Some(Balancer::RoundRobin);
        let asked =
            PlanOptions { mode: Mode::Level, load_balancer: balancer, ..PlanOptions::default() };
        cluster.start(cluster.plan(&quick()?, &asked).await?, options, true)?
    };
    for _ in 0..draw.u8(0..4) {
        sleep(Duration::from_millis(draw.u64(0..2_000))).await;
        let fault = fault(draw)?;
        // One that cannot happen does not.
        let _happened = embedded.with(|simulation| simulation.inject(&fault));
    }
    match draw.u8(..) % 8 {
        0 => run.let_go(),
        1 => run.stop(),
        _ => {}
    }
    // Verdicts of a broken cluster take minutes, and so long nothing new is opened: most are not waited for.
    if timeout(PATIENCE, run.wait()).await.is_err() {
        run.detach().await;
        return Ok("let go");
    }
    if run.wait().await?.result == OutcomeKind::Completed {
        Ok("completed")
    } else {
        Ok("another verdict")
    }
}

impl Sample {
    /// What the kernel says of this process.
    fn now(began: Instant, jobs: u64) -> Result<Self, Failure> {
        let status = read_to_string("/proc/self/status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|rest| rest.split_whitespace().next());
        Ok(Self {
            seconds: began.elapsed().as_secs(),
            jobs,
            resident_kb: resident.ok_or("no VmRSS in /proc/self/status")?.parse()?,
            files: read_dir("/proc/self/fd")?.count(),
        })
    }
}

/// Fails if the last quarter needs more than the second: in the first, everything is used for the first time.
fn flat(samples: &[Sample]) -> Result<(), String> {
    let quarter = samples.len() / 4;
    let second = samples.get(quarter..2 * quarter).filter(|samples| !samples.is_empty());
    let second = second.ok_or("too short to tell: give it some minutes")?;
    let last = samples.get(3 * quarter..).unwrap_or_default();
    let resident = |samples: &[Sample]| samples.iter().map(|sample| sample.resident_kb).max();
    let files = |samples: &[Sample]| samples.iter().map(|sample| sample.files).max();
    if resident(last) > resident(second).map(|kb| kb + kb / 10) {
        return Err(format!("memory grows: {:?} kB, then {:?}", resident(second), resident(last)));
    }
    if files(last) > files(second).map(|count| count + FEW) {
        return Err(format!("open files grow: {:?}, then {:?}", files(second), files(last)));
    }
    Ok(())
}

fn fault(draw: &mut fastrand::Rng) -> Result<Fault, Error> {
    let node = node(draw.u8(1..4))?;
    let failure = HttpFailure::ALL.get(draw.usize(0..HttpFailure::ALL.len())).copied();
    Ok(match (draw.u8(0..5), failure) {
        (0, _) => Fault::NodeKilled { node },
        (1, _) => Fault::NodeRestarted { node },
        (2, _) => Fault::CoordinatorCrash { node },
        (3, Some(failure)) => Fault::Http { fault: HttpFault::new(failure).times(5) },
        _ => Fault::NodeSlow { node, ms: 300 },
    })
}

fn quick() -> Result<Strategy, Error> {
    Strategy::read(
        serde_json::json!({"conn_evict_rate": 100, "wait_health_check": 1, "wait_takeover": 1}),
    )
}

fn node(place: u8) -> Result<NodeName, Error> {
    let name = NodeName::new(format!("emqx{place}@127.0.0.1"));
    name.map_err(|problem| Error::invalid("node", vec![problem]))
}

/// To stdout, and to the file if there is one.
fn say(file: Option<&mut File>, line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")?;
    file.map_or(Ok(()), |file| writeln!(file, "{line}"))
}

/// The longest that a job is waited for.
const PATIENCE: Duration = Duration::from_secs(12);
const WORKERS: u64 = 4;
const HOUR_S: u64 = 3_600;
/// Files that may be open by chance.
const FEW: usize = 20;
