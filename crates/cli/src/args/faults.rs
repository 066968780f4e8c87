//! What breaks in an embedded cluster, and when.

use super::quantity;
use crate::input;
use clap::Args;
use emqx_rebalance_core::{Error, Problem, Result};
use emqx_rebalance_sim::{Fault, ScheduledFault};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What breaks in an embedded cluster, and when.
#[derive(Args, Debug)]
#[command(next_help_heading = "Faults")]
pub(crate) struct FaultArgs {
    /// Break something so long after the start, such as
    /// '30s={"type":"node_killed","node":"emqx2@127.0.0.1"}'. Repeat
    #[arg(long = "fault", value_name = "TIME=JSON", allow_hyphen_values = true)]
    faults: Vec<String>,
    /// File of faults, JSON or YAML: a list of {"at_s": 30, "fault": {"type": …}}; `-` reads
    /// standard input. More of them at any time by POST to /sim/faults of any node; what can break
    /// is in crates/sim
    #[arg(long = "faults", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl FaultArgs {
    /// The faults of the file, and then those of the flags.
    ///
    /// # Errors
    /// `config_invalid` if the file cannot be read, and with every element that is no fault.
    pub(crate) fn resolve(&self, clients_are_real: bool) -> Result<Vec<ScheduledFault>> {
        let mut wishes = match &self.file {
            Some(path) => input::list(path, "list of faults")?,
            None => Vec::new(),
        };
        let mut problems = Vec::new();
        for text in &self.faults {
            match timed(text) {
                Some(wish) => wishes.push(wish),
                None => problems.push(Problem::new("fault", text, FLAG)),
            }
        }
        let faults = read(wishes, clients_are_real, &mut problems);
        if problems.is_empty() { Ok(faults) } else { Err(Error::invalid("cluster", problems)) }
    }
}

/// "30s={…}" as an element of a file.
fn timed(text: &str) -> Option<Value> {
    let (time, fault) = text.split_once('=')?;
    let at_s = quantity::seconds(time.trim())?;
    let fault: Value = serde_json::from_str(fault).ok()?;
    Some(json!({ "at_s": at_s, "fault": fault }))
}

fn read(
    wishes: Vec<Value>,
    clients_are_real: bool,
    problems: &mut Vec<Problem>,
) -> Vec<ScheduledFault> {
    let mut faults = Vec::new();
    for (i, wish) in wishes.into_iter().enumerate() {
        let shown = wish.to_string();
        match serde_json::from_value::<ScheduledFault>(wish) {
            Ok(wish) if clients_are_real && is_of_counted(&wish.fault) => {
                problems.push(Problem::new(format!("faults[{i}]"), shown, COUNTED));
            }
            Ok(wish) => faults.push(wish),
            Err(error) => {
                let bound = format!("a fault and its time: {error}");
                problems.push(Problem::new(format!("faults[{i}]"), shown, bound));
            }
        }
    }
    faults
}

/// Whether it tells clients what to do, which real ones do not let themselves be told.
fn is_of_counted(fault: &Fault) -> bool {
    matches!(fault, Fault::LoadBalancer { .. } | Fault::Reconnect { .. } | Fault::Arrivals { .. })
}

const FLAG: &str = "a time, `=` and a fault as JSON, such as \
    `30s={\"type\":\"node_killed\",\"node\":\"emqx2@127.0.0.1\"}`";
const COUNTED: &str = "a fault that real clients know: without `--mqtt` this one is possible";
