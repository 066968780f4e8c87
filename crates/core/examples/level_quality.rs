//! How well `level` plans level: 1,000 seeded clusters, each judged client by client.
//!
//! `cargo run --release --example level_quality -p emqx-rebalance-core [CLUSTERS [FEWEST MOST]]`,
//! where each cluster holds FEWEST to MOST clients. Prints median and 90th percentile of how far the
//! fullest node ends over the mean, of the disconnects against the fewest possible and of the time
//! against the shortest possible: after one to three waves and after EMQX's own run, with clients that
//! are back within a second or so; then for fleets that take their time, which the plan knows, does not
//! know, or knows and drives, or takes for clients that are back at once; with the verdicts of the driver.

#![expect(clippy::print_stdout, reason = "a report")]

#[path = "../tests/judge/mod.rs"]
mod judge;

use emqx_rebalance_core::driver::DriverOptions;
use judge::clusters::{self, Around, Case};
use judge::{Deal, Fleet, Look, Tally};
use std::collections::BTreeMap;

const DEALS: [Deal; 3] = [Deal::RoundRobin, Deal::LeastConnections, Deal::Random];

fn main() {
    let numbers: Vec<f64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let number = |i: usize, default: f64| numbers.get(i).copied().unwrap_or(default);
    let wanted = number(0, 1000.0);
    let clients = (number(1, 1e4), number(2, 1e6));
    println!("{wanted} clusters of {} to {} clients", clients.0, clients.1);
    println!("median / 90th percentile: over %, disconnects to the fewest, time to the shortest");
    let cases = || {
        let seeds = (0_u32..).take_while(|seed| f64::from(*seed) < wanted);
        seeds.map(|seed| clusters::case(u64::from(seed), clients))
    };
    for look in [Look::OnTheSecond, Look::Anywhere] {
        for deal in DEALS {
            prompt(cases(), Around::prompt(deal, look));
        }
    }
    for deal in DEALS {
        for fleet in Fleet::ALL {
            let unknown = Around { fleet, ..Around::prompt(deal, Look::Anywhere) };
            let known = Around { told: Some(fleet), ..unknown };
            println!("{deal:?}, clients come back {}", fleet.name);
            println!("  not told, one wave  {}", planned(cases(), unknown));
            println!("  told, one wave      {}", planned(cases(), known));
            println!("  not told, driven    {}", driven(cases(), unknown));
            println!("  told, driven        {}", driven(cases(), known));
            if fleet != Fleet::PROMPT {
                let wrong = Around { told: Some(Fleet::PROMPT), ..unknown };
                println!("  told wrongly, driven {}", driven(cases(), wrong));
            }
        }
    }
}

/// Clients that are back within a second or so.
fn prompt(cases: impl Iterator<Item = Case>, around: Around) {
    let (mut single, mut waves) = (Tally::default(), [const { Tally::new() }; 3]);
    for case in cases {
        single.add(&case.single(around), &case);
        for (tally, after) in waves.iter_mut().zip(case.level(around, 3)) {
            tally.add(&after, &case);
        }
    }
    println!("{:?}, balancer looks {:?}", around.deal, around.look);
    println!("  EMQX alone {single}");
    for (i, wave) in waves.iter().enumerate() {
        println!("  wave {}     {wave}", i + 1);
    }
}

/// One wave that nobody drives.
fn planned(cases: impl Iterator<Item = Case>, around: Around) -> Tally {
    let mut tally = Tally::new();
    for case in cases {
        for after in case.level(around, 1) {
            tally.add(&after, &case);
        }
    }
    tally
}

/// All that a driver makes of it, with how often it gave which verdict.
fn driven(cases: impl Iterator<Item = Case>, around: Around) -> String {
    let (mut tally, mut verdicts) = (Tally::new(), BTreeMap::<String, u32>::new());
    let (mut judged_early, mut waves, mut clusters) = (0, 0, 0);
    for case in cases {
        let driven = case.driven(around, DriverOptions::default());
        *verdicts.entry(format!("{:?}", driven.outcome.result)).or_default() += 1;
        judged_early += u32::from(driven.away > 0);
        waves += driven.waves();
        clusters += 1;
        tally.add(&driven.verdict, &case);
    }
    let waves = f64::from(waves) / f64::from(clusters.max(1));
    format!("{tally}  {verdicts:?}, {judged_early} with clients on their way; waves {waves:.2}")
}
