//! What there is to look after: one file.

mod cluster;
mod lines;
mod schema;

pub use cluster::ClusterEntry;
pub use schema::schema;

use cluster::Reader;
use emqx_rebalance_core::{Error, ErrorKind, Fields, Loose, Problem, Result};
use emqx_rebalance_exchange::Outside;
use lines::Lines;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The fleet: every cluster that is looked after, and where what is known of them is kept.
#[derive(Debug)]
pub struct Fleet {
    /// The SQLite file. Default `fleet.db`, beside where the process runs.
    pub store: PathBuf,
    /// How long samples are kept.
    pub retention: Retention,
    /// The clusters, each under a name of its own.
    pub clusters: Vec<ClusterEntry>,
}

/// How many days what was seen is kept: of every poll, of every minute, of every hour. Decisions and runs are kept for as
/// long as hours are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// Days of every poll. Default 2.
    pub polls_d: u32,
    /// Days of minutes. Default 14.
    pub minutes_d: u32,
    /// Days of hours. Default 400.
    pub hours_d: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { polls_d: 2, minutes_d: 14, hours_d: 400 }
    }
}

impl Fleet {
    /// Reads a configuration, YAML or JSON. `outside` has the secrets that it refers to.
    ///
    /// # Errors
    /// `config_invalid` with every problem at once, each with its line. Shows no secret.
    pub fn read(text: &str, outside: &dyn Outside) -> Result<Self> {
        let (value, lines) = Lines::read(text).map_err(|why| {
            Error::new(ErrorKind::ConfigInvalid, "the configuration is no YAML").with("why", why)
        })?;
        Self::of(value, outside).map_err(|problems| {
            Error::invalid(WHAT, problems.iter().map(|problem| lines.mark(problem)).collect())
        })
    }

    fn of(value: Loose, outside: &dyn Outside) -> Result<Self, Vec<Problem>> {
        let Loose::Object(members) = value else {
            return Err(vec![Problem::new(WHAT, "a value", "an object with `clusters`")]);
        };
        let mut fields = Fields::from(members);
        let store = fields.text("store", 1..=MAX_PATH).unwrap_or_else(|| "fleet.db".to_owned());
        let mut days = |name, default| fields.whole(name, 1, MAX_DAYS).unwrap_or(default);
        let default = Retention::default();
        let retention = Retention {
            polls_d: days("keep_polls_d", default.polls_d),
            minutes_d: days("keep_minutes_d", default.minutes_d),
            hours_d: days("keep_hours_d", default.hours_d),
        };
        let mut problems = Vec::new();
        let clusters = match fields.take("clusters") {
            Some(Loose::List(list)) if !list.is_empty() => list,
            _ => {
                problems.push(Problem::new("clusters", "absent", "a list of at least one cluster"));
                Vec::new()
            }
        };
        let mut reader = Reader { outside, problems: &mut problems };
        let read = |(i, value)| reader.cluster(i, value);
        let clusters: Vec<ClusterEntry> =
            clusters.into_iter().enumerate().filter_map(read).collect();
        if let Err(error) = fields.finish(WHAT, OPTIONS) {
            problems.extend_from_slice(error.problems());
        }
        problems.extend(twice(&clusters));
        if problems.is_empty() {
            Ok(Self { store: store.into(), retention, clusters })
        } else {
            Err(problems)
        }
    }
}

/// Names and URLs that two clusters share: two policies must not act on one cluster.
fn twice(clusters: &[ClusterEntry]) -> Vec<Problem> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for cluster in clusters {
        let place = format!("clusters[{}]", cluster.place);
        let urls =
            cluster.access.urls.iter().map(|url| url.trim_end_matches('/').to_ascii_lowercase());
        for (field, key) in urls.map(|url| ("url", url)).chain([("name", cluster.name.clone())]) {
            if let Some(other) = seen.insert(format!("{field} {key}"), &cluster.name) {
                let bound =
                    format!("another than that of `{other}`: one cluster is looked after once");
                problems.push(Problem::new(format!("{place}.{field}"), key, bound));
            }
        }
    }
    problems
}

const WHAT: &str = "fleet";
const OPTIONS: &[&str] = &["store", "keep_polls_d", "keep_minutes_d", "keep_hours_d", "clusters"];
const MAX_PATH: usize = 4096;
/// Ten years.
const MAX_DAYS: u32 = 3660;

#[cfg(test)]
mod mutated;
#[cfg(test)]
mod tests;
