//! How long native Rust takes from the text of a request to the text of its plan: reads a JSON list
//! of requests and writes one of milliseconds, each the median of several calls.

use anyhow::{Context, Result, ensure};
use emqx_rebalance_core::PlanRequest;
use serde_json::Deserializer;
use std::io::{Write, stdin, stdout};
use std::time::{Duration, Instant};

fn main() -> Result<()> {
    let requests: Vec<String> = serde_json::from_reader(stdin())?;
    let medians = requests.iter().map(|request| median_ms(request)).collect::<Result<Vec<_>>>()?;
    Ok(stdout().write_all(&serde_json::to_vec(&medians)?)?)
}

fn median_ms(request: &str) -> Result<f64> {
    plan(request)?;
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < LEAST || (began.elapsed() < PATIENCE && times.len() < MOST) {
        let start = Instant::now();
        ensure!(!plan(request)?.is_empty(), "no plan");
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("no call was timed")
}

fn plan(request: &str) -> Result<String> {
    let plan = PlanRequest::read(&mut Deserializer::from_str(request))?.plan()?;
    Ok(serde_json::to_string(&plan)?)
}

const LEAST: usize = 5;
const MOST: usize = 1000;
const PATIENCE: Duration = Duration::from_secs(2);
