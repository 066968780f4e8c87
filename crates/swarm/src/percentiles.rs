//! Times in few numbers, without keeping each.

use crate::report::Millis;

/// Milliseconds in buckets that are 1/16 apart, so that a percentile is at most 6 % too high.
#[derive(Clone, Debug, Default)]
pub(crate) struct Percentiles {
    /// Sorted by time; as long as the largest time seen needs, at most 1,000.
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

impl Percentiles {
    pub(crate) fn add(&mut self, ms: u64) {
        let place = bucket(ms);
        if self.buckets.len() <= place {
            self.buckets.resize(place + 1, 0);
        }
        if let Some(bucket) = self.buckets.get_mut(place) {
            *bucket += 1;
        }
        self.count += 1;
        self.max = self.max.max(ms);
    }

    pub(crate) fn summary(&self) -> Option<Millis> {
        (self.count > 0).then(|| Millis {
            count: self.count,
            p50: self.at(50),
            p90: self.at(90),
            p99: self.at(99),
            max: self.max,
        })
    }

    fn at(&self, percent: u64) -> u64 {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.map_or(self.max, |place| highest(place).min(self.max))
    }
}

/// The bucket of a time: exact below 16, then 16 for each power of two.
fn bucket(ms: u64) -> usize {
    let power = ms.checked_ilog2().unwrap_or(0);
    let place = match power {
        0..4 => ms,
        _ => u64::from(power - 3) * 16 + ((ms >> (power - 4)) & 15),
    };
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The largest time in a bucket.
fn highest(place: usize) -> u64 {
    let place = place as u64;
    match place / 16 {
        0 => place,
        power => ((16 + place % 16 + 1) << (power - 1)).saturating_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_order_and_hold_their_highest() {
        let mut last = 0;
        for ms in 0..100_000 {
            let place = bucket(ms);
            assert!(place == last || place == last + 1, "{ms}");
            assert!(highest(place) >= ms && bucket(highest(place)) == place, "{ms}");
            assert!(highest(place) - ms <= ms / 16, "{ms}");
            last = place;
        }
    }

    #[test]
    fn percentiles_of_one_to_a_thousand() {
        let mut times = Percentiles::default();
        assert_eq!(times.summary(), None);
        (1..=1000).for_each(|ms| times.add(ms));
        let found = times.summary().unwrap();
        assert!((500..=531).contains(&found.p50), "{found:?}");
        assert!((900..=956).contains(&found.p90), "{found:?}");
        assert_eq!((found.count, found.max), (1000, 1000));
        assert!(found.p99 <= 1000);
    }
}
