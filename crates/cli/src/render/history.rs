//! What has ended, and how well it was foretold.

use super::found::purpose;
use super::numbers::{counted, percent};
use super::paper::Paper;
use super::table::{self, Column};
use crate::clock;
use emqx_rebalance_core::Job;
use emqx_rebalance_core::driver::Record;

/// A row for each record, and below it who started it, why, and over what.
pub(crate) fn history(records: &[Record], paper: Paper) -> String {
    if records.is_empty() {
        return "No rebalance has ended yet that this history knows of.\n".to_owned();
    }
    let columns = [
        Column::Text("when"),
        Column::Text("outcome"),
        Column::Number("over"),
        Column::Number("plan"),
        Column::Number("time"),
        Column::Number("plan"),
    ];
    let rows: Vec<_> = records.iter().map(row).collect();
    let notes: Vec<_> = records.iter().map(note).collect();
    table::annotated(&columns, &rows, &notes, paper)
}

fn row(record: &Record) -> Vec<String> {
    let measured = record.outcome.balance.map(|balance| percent(balance.over));
    let took_s = record.ended_at.ms_since(record.began_at) / 1000;
    vec![
        clock::local(record.began_at.as_ms()),
        record.outcome.result.as_str().replace('_', " "),
        measured.unwrap_or_else(|| "?".to_owned()),
        percent(record.plan.balance().after.over),
        clock_time(took_s),
        clock_time(record.expected_s),
    ]
}

fn note(record: &Record) -> String {
    let moved = counted(record.moved, "client");
    let mut text = match &record.plan {
        Job::Evacuation(plan) => format!("{moved} moved, evacuation of {}", plan.node()),
        Job::Rebalance(plan) => {
            let nodes = counted(plan.fingerprint.nodes.len() as u64, "node");
            format!("{moved} moved, {} on {nodes}", plan.mode.as_str())
        }
    };
    if !record.waves.is_empty() {
        text.push_str(&format!(", the last of {} rounds", record.waves.len() + 1));
    }
    if let Some(purpose) = purpose(&record.purpose) {
        text.push_str(&format!("; {purpose}"));
    }
    text
}

/// Seconds as "1:05" or "2:00:09", which stand below each other.
fn clock_time(seconds: u64) -> String {
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > MOST_HOURS {
        return format!("> {MOST_HOURS} h");
    }
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// More than a year: whoever wrote that did not measure it.
const MOST_HOURS: u64 = 9999;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_below_each_other() {
        assert_eq!(clock_time(65), "1:05");
        assert_eq!(clock_time(7209), "2:00:09");
        assert_eq!(clock_time(u64::MAX), "> 9999 h");
    }
}
