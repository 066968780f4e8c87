//! Times in few numbers, without keeping each.

use crate::report::Millis;
use hdrhistogram::Histogram;

/// Milliseconds, to two digits: a percentile is at most 1 % too high.
#[derive(Clone, Debug, Default)]
pub(crate) struct Percentiles {
    times: Option<Histogram<u64>>,
    max: u64,
}

impl Percentiles {
    pub(crate) fn add(&mut self, ms: u64) {
        if self.times.is_none() {
            self.times = Histogram::new(DIGITS).ok();
        }
        if let Some(times) = &mut self.times {
            // It grows with what it is given, and has room for any.
            let _ = times.record(ms);
        }
        self.max = self.max.max(ms);
    }

    pub(crate) fn summary(&self) -> Option<Millis> {
        let times = self.times.as_ref()?;
        let at = |quantile| times.value_at_quantile(quantile).min(self.max);
        let (p50, p90, p99) = (at(0.5), at(0.9), at(0.99));
        Some(Millis { count: times.len(), p50, p90, p99, max: self.max })
    }
}

const DIGITS: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_one_to_a_thousand() {
        let mut times = Percentiles::default();
        assert_eq!(times.summary(), None);
        (1..=1000).for_each(|ms| times.add(ms));
        let found = times.summary().unwrap();
        assert!((500..=505).contains(&found.p50), "{found:?}");
        assert!((900..=909).contains(&found.p90), "{found:?}");
        assert!((990..=1000).contains(&found.p99), "{found:?}");
        assert_eq!((found.count, found.max), (1000, 1000));
    }
}
