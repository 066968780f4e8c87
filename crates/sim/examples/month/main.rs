//! A month of a fleet, looked after in four ways: how uneven the clusters were for how long, and what
//! that cost. Writes the table, the picture and every decision of the policy.
//!
//! ```text
//! cargo run --release -p emqx-rebalance-sim --features policy --example month -- [CLUSTERS [FOLDER]]
//! ```

mod fleet;
mod page;
mod way;

use emqx_rebalance_core::{Error, ErrorKind, Result};
use std::path::PathBuf;
use way::{Month, Way};

/// A way to look after a fleet, and what came of it in each cluster.
struct Outcome {
    way: Way,
    months: Vec<Month>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let clusters: u64 = arguments.next().map_or(Ok(CLUSTERS), |text| text.parse())?;
    let folder: PathBuf = arguments.next().unwrap_or_else(|| "docs".to_owned()).into();
    let outcomes = Way::ALL.map(|way| looked_after(way, clusters));
    let outcomes = outcomes.into_iter().collect::<Result<Vec<_>>>()?;
    page::draw(&outcomes, &folder.join("month.svg"))?;
    std::fs::write(folder.join("month.md"), page::told(&outcomes)?)?;
    Ok(())
}

/// Each month on a thread of its own.
fn looked_after(way: Way, clusters: u64) -> Result<Outcome> {
    let months = std::thread::scope(|scope| {
        let begin = |seed| scope.spawn(move || way.month(seed));
        let begun: Vec<_> = (1..=clusters).map(begin).collect();
        let months = begun.into_iter().map(|month| month.join().map_err(|_| panicked())?);
        months.collect::<Result<Vec<Month>>>()
    })?;
    Ok(Outcome { way, months })
}

fn panicked() -> Error {
    Error::new(ErrorKind::Conflict, "a month panicked")
}

/// Unless it is said.
const CLUSTERS: u64 = 10;
