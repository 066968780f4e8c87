//! Verdicts over many clusters.

use super::Verdict;
use super::clusters::Case;
use std::fmt;

/// Verdicts over many clusters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    over: Vec<f64>,
    disconnects: Vec<f64>,
    time: Vec<f64>,
    refused: usize,
}

impl Tally {
    pub(crate) const fn new() -> Self {
        Self { over: Vec::new(), disconnects: Vec::new(), time: Vec::new(), refused: 0 }
    }

    pub(crate) fn add(&mut self, verdict: &Verdict, case: &Case) {
        let bounds = case.bounds();
        self.over.push(verdict.over());
        self.disconnects.push(verdict.disconnects as f64 / bounds.fewest_disconnects.max(1) as f64);
        self.time.push(verdict.duration_s / bounds.shortest_s.max(1) as f64);
        self.refused += verdict.refused;
    }

    /// The fullest node over the mean: share `part` of the clusters are at most this.
    pub(crate) fn over(&self, part: f64) -> f64 {
        quantile(&self.over, part)
    }

    /// Disconnects against the fewest possible.
    pub(crate) fn disconnects(&self, part: f64) -> f64 {
        quantile(&self.disconnects, part)
    }

    /// Time against the shortest possible.
    pub(crate) fn time(&self, part: f64) -> f64 {
        quantile(&self.time, part)
    }

    /// Starts that EMQX refused.
    pub(crate) fn refused(&self) -> usize {
        self.refused
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "over {:6.2} / {:6.2} (most {:6.2})  disconnects {:.3} / {:.3}  time {:.3} / {:.3}  \
             refused {}",
            100.0 * self.over(0.5),
            100.0 * self.over(0.9),
            100.0 * self.over(1.0),
            self.disconnects(0.5),
            self.disconnects(0.9),
            self.time(0.5),
            self.time(0.9),
            self.refused()
        )
    }
}

fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * part).round() as usize]
}
