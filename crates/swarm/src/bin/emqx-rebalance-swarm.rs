//! A swarm as a program of its own, for other programs to start:
//! `emqx-rebalance-swarm CONFIG OPTIONS`, both JSON, of `SwarmConfig` and `ProcessOptions`.

use emqx_rebalance_swarm::SwarmConfig;
use emqx_rebalance_swarm::process::{ProcessOptions, run};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: emqx-rebalance-swarm CONFIG OPTIONS");
    let config: SwarmConfig = serde_json::from_str(&next()?)?;
    let options: ProcessOptions = serde_json::from_str(&next()?)?;
    run(config, &options, &mut std::io::stdout()).await?;
    Ok(())
}
