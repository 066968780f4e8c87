//! How well `level` plans level where clients take their time: seeded clusters, each judged client by
//! client.
//!
//! `cargo run --release --example reconnects -p emqx-rebalance-core [CLUSTERS [FEWEST MOST]]`

#![expect(clippy::print_stdout, reason = "a report")]

#[path = "../tests/judge/mod.rs"]
mod judge;

use judge::clusters::Around;
use judge::{Deal, Fleet, Look, Tally, clusters};

fn main() {
    let numbers: Vec<f64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let number = |i: usize, default: f64| numbers.get(i).copied().unwrap_or(default);
    let wanted = number(0, 1000.0) as u64;
    let clients = (number(1, 1e4), number(2, 1e6));
    for deal in [Deal::RoundRobin, Deal::LeastConnections] {
        for fleet in Fleet::ALL {
            for told in [None] {
                let around = Around { deal, look: Look::Anywhere, fleet, told };
                let mut tally = Tally::default();
                let mut ends = std::collections::BTreeMap::new();
                for seed in 0..wanted {
                    let case = clusters::case(seed, clients);
                    let driven = case.driven(around, Default::default());
                    *ends.entry(format!("{:?}", driven.outcome.result)).or_insert(0) += 1;
                    if std::env::var("SHOW").is_ok() {
                        println!(
                            "{seed} {:?} {} {}",
                            driven.outcome.result, driven.outcome.detail, driven.away
                        );
                    }
                    tally.add(&driven.verdict, &case);
                }
                let told = if told.is_some() { "known" } else { "-" };
                println!("{deal:?} {:28} {told:6} {tally} {ends:?}", fleet.name);
            }
        }
    }
}
