//! Prints the custom resource definition with both versions.

use std::error::Error;
use std::io::{Write, stdout};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let yaml = emqx_rebalance_controller::crd::yaml()?;
    Ok(stdout().write_all(yaml.as_bytes())?)
}
