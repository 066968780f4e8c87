//! When a request was sent whose time was not written down: its note tells.

use crate::replay::millis;
use serde_json::Value;

/// Times of the rows of a file of requests, one after the other.
pub(crate) struct Clock<'a> {
    /// The timeline that was recorded beside it.
    polls: &'a [Value],
    /// Milliseconds from a mark of a signal to the signal.
    late_ms: u64,
    last: u64,
}

impl<'a> Clock<'a> {
    pub(crate) fn new(polls: &'a [Value], late_ms: u64) -> Self {
        Self { polls, late_ms, last: 0 }
    }

    /// The time of the next row, which has this note.
    pub(crate) fn time_of(&mut self, note: &str) -> u64 {
        let found = self.marked(note).or_else(|| self.hung(note)).or_else(|| self.polled(note));
        self.last = found.unwrap_or(self.last + 1);
        self.last
    }

    /// A command has a mark of the same words.
    fn marked(&self, note: &str) -> Option<u64> {
        let marks = self.polls.iter().filter(|row| row["mark"] == note);
        marks.map(time).find(|at| *at > self.last)
    }

    /// Sent once a node hung.
    fn hung(&self, note: &str) -> Option<u64> {
        let name = note.split_once(" hangs, sent ")?.0;
        let mark = format!("kill -STOP {name}");
        let at = self.polls.iter().find(|row| row["mark"] == mark).map(time)? + self.late_ms;
        // Before the coordinator's next round, which hangs too.
        Some(at.max(self.last) + 1)
    }

    /// Sent in a state: when a poll saw that first, or just before the next command.
    fn polled(&self, note: &str) -> Option<u64> {
        let state = note.split(' ').next_back().filter(|word| STATES.contains(word))?;
        let shows = |row: &&Value| {
            let nodes = row.as_object().into_iter().flatten();
            nodes.into_iter().any(|(_, node)| node["status"]["body"]["state"] == state)
        };
        let seen = self.polls.iter().find(shows).map(|row| time(row) + POLL_MS);
        let stops = self.polls.iter().filter(|row| row["mark"] == "evac stop");
        let before = || stops.map(time).next().map(|at| at - 10);
        let at = seen.or_else(before)?;
        Some(at.max(self.last + 1))
    }
}

fn time(row: &Value) -> u64 {
    millis(row["t"].as_str().unwrap())
}

const STATES: [&str; 7] = [
    "wait_health_check",
    "waiting_health_check",
    "evicting_conns",
    "wait_takeover",
    "waiting_takeover",
    "evicting_sessions",
    "prohibiting",
];
/// How long a poll takes to go round the nodes.
const POLL_MS: u64 = 60;
