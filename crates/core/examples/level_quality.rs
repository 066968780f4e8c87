//! How well `level` plans level: 1,000 seeded clusters, each judged client by client.
//!
//! `cargo run --release --example level_quality -p emqx-rebalance-core [CLUSTERS [FEWEST MOST]]`,
//! where each cluster holds FEWEST to MOST clients. Prints median and 90th percentile of how far the
//! fullest node ends over the mean, of the disconnects against the fewest possible and of the time
//! against the shortest possible, after one to three waves and after EMQX's own run.

#![expect(clippy::print_stdout, reason = "a report")]

#[path = "../tests/judge/mod.rs"]
mod judge;

use judge::clusters::Around;
use judge::{Deal, Look, Tally, clusters};

fn main() {
    let numbers: Vec<f64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let number = |i: usize, default: f64| numbers.get(i).copied().unwrap_or(default);
    let clusters_wanted = number(0, 1000.0);
    let clients = (number(1, 1e4), number(2, 1e6));
    println!("{clusters_wanted} clusters of {} to {} clients", clients.0, clients.1);
    println!("median / 90th percentile: over %, disconnects to the fewest, time to the shortest");
    for look in [Look::OnTheSecond, Look::Anywhere] {
        for deal in [Deal::RoundRobin, Deal::LeastConnections, Deal::Random] {
            let (mut single, mut waves) = (Tally::default(), [const { Tally::new() }; 3]);
            let mut seed = 0_u32;
            while f64::from(seed) < clusters_wanted {
                let case = clusters::case(u64::from(seed), clients);
                single.add(&case.single(Around::prompt(deal, look)), &case);
                for (tally, after) in
                    waves.iter_mut().zip(case.level(Around::prompt(deal, look), 3))
                {
                    tally.add(&after, &case);
                }
                seed += 1;
            }
            println!("{deal:?}, balancer looks {look:?}");
            println!("  EMQX alone {single}");
            for (i, wave) in waves.iter().enumerate() {
                println!("  wave {}     {wave}", i + 1);
            }
        }
    }
}
