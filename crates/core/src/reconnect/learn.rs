//! Learns the reconnect profile of a cluster's clients from what was dropped and what is missing.
//!
//! Whoever drops clients one after the other sees only a sum: how many are missing at a time. Each part
//! of the profile adds its own course to that sum, known but for its size; the sizes that fit best, none
//! below 0, are the profile (non-negative least squares). What was not seen yet is not made up: clients
//! that are not back by the time of the oldest drop are taken to come on at the pace of late, and for
//! lost where none came of late.

use super::{ReconnectProfile, Reconnects};
use crate::number::float;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// What was dropped, and what was seen of it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Learning {
    /// Clients dropped, the oldest first.
    drops: Vec<Dropped>,
    /// Clients missing, the oldest first.
    seen: Vec<Seen>,
}

/// Clients dropped about a time: stored as a pair, as there are many.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(from = "(Timestamp, u64)", into = "(Timestamp, u64)")]
struct Dropped {
    at: Timestamp,
    clients: u64,
}

/// Clients missing at a time, stored as a pair.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(from = "(Timestamp, i64)", into = "(Timestamp, i64)")]
struct Seen {
    at: Timestamp,
    missing: i64,
}

/// A profile that was learned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Learned {
    pub(crate) profile: ReconnectProfile,
    /// Of so many clients.
    pub(crate) clients: u64,
    /// How long the first of them was watched, in seconds.
    pub(crate) watched_s: f64,
}

impl Learned {
    /// For people and programs.
    pub(crate) fn seen(self) -> Reconnects {
        let Self { profile, clients, watched_s } = self;
        let after = |share: f64| {
            (profile.comes() >= share).then(|| profile.time_of(share / profile.comes()))
        };
        Reconnects {
            clients,
            watched_s,
            half_s: after(0.5),
            most_s: after(0.9),
            missing: (1.0 - profile.comes()).max(0.0),
            profile,
        }
    }

    /// Whether nobody came for so long that nobody is likely to come any more: for three quarters of the
    /// time watched, which is longer than client libraries wait before their second try.
    pub(crate) fn has_settled(&self) -> bool {
        let of_late =
            self.profile.back_by(self.watched_s) - self.profile.back_by(self.watched_s / 4.0);
        self.watched_s >= SETTLED_S && of_late < NOTHING
    }
}

impl Learning {
    /// Takes note that `clients` were dropped at about `at`.
    pub(crate) fn note_drop(&mut self, at: Timestamp, clients: u64) {
        if clients > 0 {
            self.drops.push(Dropped { at, clients });
        }
        if self.drops.len() > MOST_KEPT {
            self.drops = self.drops.chunks(2).map(Dropped::together).collect();
        }
    }

    /// Takes note that `missing` clients are not there `now`.
    pub(crate) fn note_missing(&mut self, now: Timestamp, missing: i64) {
        if self.drops.is_empty() {
            return;
        }
        self.seen.push(Seen { at: now, missing });
        if self.seen.len() > MOST_KEPT {
            let mut i = 0;
            self.seen.retain(|_| {
                i += 1;
                i % 2 == 0
            });
        }
    }

    /// Since when at least half as many were missing as at the last look, without a break.
    pub(crate) fn missing_since(&self) -> Option<Timestamp> {
        let last = self.seen.last().filter(|seen| seen.missing > 0)?;
        let as_many = |seen: &&Seen| seen.missing.saturating_mul(2) >= last.missing;
        self.seen.iter().rev().take_while(as_many).last().map(|seen| seen.at)
    }

    /// Clients dropped in all.
    pub(crate) fn dropped(&self) -> u64 {
        self.drops.iter().map(|drop| drop.clients).fold(0, u64::saturating_add)
    }

    /// Clients that `profile` has on their way at `now`: those that come and are not back.
    pub(crate) fn on_their_way(&self, profile: &ReconnectProfile, now: Timestamp) -> f64 {
        let away = |drop: &Dropped| {
            let left = profile.comes() - profile.back_by(drop.age_s(now));
            float(drop.clients) * left.max(0.0)
        };
        self.drops.iter().map(away).sum()
    }

    /// The profile that fits best what was seen; `None` if that is too little to tell.
    pub(crate) fn profile(&self) -> Option<Learned> {
        let (first, last) = (self.drops.first()?, self.seen.last()?);
        let watched_s = first.age_s(last.at);
        let clients = self.dropped();
        if clients < LEAST_CLIENTS || watched_s < LEAST_S {
            return None;
        }
        let bins: Vec<(f64, f64)> = bins(watched_s).collect();
        let sizes = without_noise(self.fit(&bins));
        let profile = ReconnectProfile::new(&points(&bins, &sizes, watched_s)).ok()?;
        Some(Learned { profile, clients, watched_s })
    }

    /// The share of the clients that comes back in each of `bins`: what came between two looks tells when
    /// they come, what had come by each look tells how many.
    fn fit(&self, bins: &[(f64, f64)]) -> Vec<f64> {
        let mut fit = Fit::new(bins.len());
        let (mut before, mut back_before) = (vec![0.0; bins.len()], 0.0);
        let mut looks = Vec::new();
        for seen in &self.seen {
            let by = self.back(bins, seen.at);
            let since: Vec<f64> = by.iter().zip(&before).map(|(now, last)| now - last).collect();
            let back = self.back_in_truth(*seen);
            fit.add(&since, back - back_before);
            looks.push((by.clone(), back));
            (before, back_before) = (by, back);
        }
        scaled(fit.sizes(), &looks)
    }

    /// Clients that were back at a look.
    fn back_in_truth(&self, seen: Seen) -> f64 {
        let dropped = self.drops.iter().filter(|drop| drop.at <= seen.at);
        let dropped: f64 = dropped.map(|drop| float(drop.clients)).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
        let missing = seen.missing as f64;
        dropped - missing
    }

    /// Clients that would be back at `at` of each of `bins`, if all came evenly between its ends.
    fn back(&self, bins: &[(f64, f64)], at: Timestamp) -> Vec<f64> {
        let mut by = vec![0.0; bins.len()];
        // Clients whose time is in a bin are back from all bins before it.
        let mut beyond = vec![0.0; bins.len() + 1];
        for drop in self.drops.iter().filter(|drop| drop.at <= at) {
            let (age_s, clients) = (drop.age_s(at), float(drop.clients));
            let bin = bins.partition_point(|(_, to_s)| *to_s <= age_s);
            if let (Some(part), Some((from_s, to_s))) = (by.get_mut(bin), bins.get(bin)) {
                *part += clients * (age_s - from_s).max(0.0) / (to_s - from_s);
            }
            if let Some(sum) = beyond.get_mut(bin) {
                *sum += clients;
            }
        }
        let mut later = beyond.last().copied().unwrap_or_default();
        for (part, own) in by.iter_mut().zip(&beyond).rev() {
            *part += later;
            later += own;
        }
        by
    }
}

impl From<(Timestamp, u64)> for Dropped {
    fn from((at, clients): (Timestamp, u64)) -> Self {
        Self { at, clients }
    }
}

impl From<Dropped> for (Timestamp, u64) {
    fn from(drop: Dropped) -> Self {
        (drop.at, drop.clients)
    }
}

impl From<(Timestamp, i64)> for Seen {
    fn from((at, missing): (Timestamp, i64)) -> Self {
        Self { at, missing }
    }
}

impl From<Seen> for (Timestamp, i64) {
    fn from(seen: Seen) -> Self {
        (seen.at, seen.missing)
    }
}

impl Dropped {
    fn age_s(self, now: Timestamp) -> f64 {
        float(now.ms_since(self.at)) / 1000.0
    }

    /// Several as one, about the middle of their times.
    fn together(drops: &[Self]) -> Self {
        let clients = drops.iter().map(|drop| drop.clients).fold(0, u64::saturating_add);
        let first = drops.first().map_or_else(Timestamp::default, |drop| drop.at);
        let ms = |drop: &Self| u128::from(drop.at.ms_since(first)) * u128::from(drop.clients);
        let middle = drops.iter().map(ms).sum::<u128>() / u128::from(clients.max(1));
        Self { at: first.plus_ms(u64::try_from(middle).unwrap_or_default()), clients }
    }
}

/// Where the profile may bend, as far as `watched_s` reaches.
fn bins(watched_s: f64) -> impl Iterator<Item = (f64, f64)> {
    let ends = BENDS_S.iter().zip(BENDS_S.iter().skip(1));
    let seen = ends.filter(move |(from, _)| **from + SHORTEST_S <= watched_s);
    seen.map(move |(from, to)| (*from, to.min(watched_s)))
}

/// Least squares: the sums that the best sizes follow from.
struct Fit {
    squares: Vec<Vec<f64>>,
    products: Vec<f64>,
}

impl Fit {
    fn new(sizes: usize) -> Self {
        Self { squares: vec![vec![0.0; sizes]; sizes], products: vec![0.0; sizes] }
    }

    /// Adds that sizes times `row` came to `seen`.
    fn add(&mut self, row: &[f64], seen: f64) {
        let lines = self.squares.iter_mut().zip(&mut self.products).zip(row);
        for ((line, product), x) in lines {
            *product += x * seen;
            line.iter_mut().zip(row).for_each(|(sum, y)| *sum += x * y);
        }
    }

    /// The sizes, none below 0, that leave the least squares.
    fn sizes(&self) -> Vec<f64> {
        let mut sizes = vec![0.0_f64; self.products.len()];
        for _ in 0..ROUNDS {
            for (i, (line, product)) in self.squares.iter().zip(&self.products).enumerate() {
                let own = line.get(i).copied().unwrap_or_default();
                let all: f64 = line.iter().zip(&sizes).map(|(square, size)| square * size).sum();
                if let Some(size) = sizes.get_mut(i)
                    && own > 0.0
                {
                    let others = all - own * *size;
                    *size = ((product - others) / (own * (1.0 + EVENLY))).max(0.0);
                }
            }
        }
        sizes
    }
}

/// `sizes` made so much larger or smaller that they come closest to what was back at the `looks`; at most
/// 1 together.
fn scaled(mut sizes: Vec<f64>, looks: &[(Vec<f64>, f64)]) -> Vec<f64> {
    let by = |row: &[f64]| row.iter().zip(&sizes).map(|(x, size)| x * size).sum::<f64>();
    let fitted: Vec<(f64, f64)> = looks.iter().map(|(row, back)| (by(row), *back)).collect();
    let squares: f64 = fitted.iter().map(|(by, _)| by * by).sum();
    let products: f64 = fitted.iter().map(|(by, back)| by * back).sum();
    let sum: f64 = sizes.iter().sum();
    if squares > 0.0 && sum > 0.0 {
        let scale = (products / squares).clamp(0.0, 1.0 / sum);
        let scale = if sum * scale > ALL { 1.0 / sum } else { scale };
        sizes.iter_mut().for_each(|size| *size *= scale);
    }
    sizes
}

/// `sizes` without those after the last that tells: together they are as good as none, and nobody is to be
/// waited for because of them. What they held is taken to be back before.
fn without_noise(mut sizes: Vec<f64>) -> Vec<f64> {
    let mut after = 0.0;
    for i in (0..sizes.len()).rev() {
        let Some(size) = sizes.get_mut(i) else { break };
        if after + *size > NOTHING {
            *size += after;
            break;
        }
        after += std::mem::take(size);
    }
    sizes
}

/// The profile's points: as fitted up to `watched_s`, then on at the pace of late.
fn points(bins: &[(f64, f64)], sizes: &[f64], watched_s: f64) -> Vec<(f64, f64)> {
    let mut points = vec![(0.0, 0.0)];
    let mut back: f64 = 0.0;
    for ((_, to), size) in bins.iter().zip(sizes) {
        back = (back + size).min(1.0);
        points.push((*to, back));
    }
    let left = 1.0 - back;
    let at = |time_s: f64| {
        let after = points.partition_point(|(at, _)| *at <= time_s);
        let (t0, y0) = points.get(after.saturating_sub(1)).copied().unwrap_or_default();
        let (t1, y1) = points.get(after).copied().unwrap_or((t0, y0));
        if t1 > t0 { y0 + (y1 - y0) * (time_s - t0) / (t1 - t0) } else { y0 }
    };
    let of_late = back - at(watched_s * LATE);
    let pace = of_late / (watched_s * (1.0 - LATE));
    if left > 1.0 - ALL && of_late > NOTHING {
        let more = left.min(pace * watched_s);
        points.push((watched_s + more / pace, back + more));
    }
    points
}

/// Where a profile may bend, in seconds: closer to each other the sooner clients come.
const BENDS_S: [f64; 23] = [
    0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0,
    128.0, 192.0, 256.0, 384.0, 512.0, 1024.0,
];
/// No part is learned that was watched for less.
const SHORTEST_S: f64 = 0.5;
/// More drops, or looks, are put together: a state must stay small.
const MOST_KEPT: usize = 240;
/// Fewer clients, watched for less, tell nothing.
const LEAST_CLIENTS: u64 = 20;
/// See [`LEAST_CLIENTS`].
const LEAST_S: f64 = 2.0;
/// As good as all: the rest is what comes and goes by itself.
const ALL: f64 = 0.99;
/// As good as none.
const NOTHING: f64 = 0.005;
/// Seconds after which a profile may be taken to have come to its end.
const SETTLED_S: f64 = 24.0;
/// What is of late, as a part of the time watched.
const LATE: f64 = 0.67;
/// What keeps parts alike that looks cannot tell apart, against all that they do tell.
const EVENLY: f64 = 0.01;
/// Rounds of the fit: sizes settle long before.
const ROUNDS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::whole;

    /// Learns from `rate` clients dropped each second for `ticks` seconds and watched for `watched_s` on.
    fn learned(truth: &ReconnectProfile, rate: u64, ticks: u64, watched_s: u64) -> Learned {
        let mut learning = Learning::default();
        let at = |tick: u64| Timestamp::from_ms(1_000_000 + tick * 1000);
        for second in 0..watched_s {
            let dropped = if second < ticks { rate } else { 0 };
            let now = at(second).plus_ms(500);
            let back: f64 = (0..ticks.min(second + 1))
                .map(|tick| float(rate) * truth.back_by(float(second - tick) + 0.5))
                .sum();
            let sum = float(rate * ticks.min(second + 1));
            learning.note_drop(at(second), dropped);
            let missing = whole((sum - back).round());
            learning.note_missing(now, i64::try_from(missing).unwrap());
        }
        learning.profile().unwrap()
    }

    fn furthest(one: &ReconnectProfile, other: &ReconnectProfile, until_s: u32) -> f64 {
        let apart = |t: f64| (one.back_by(t) - other.back_by(t)).abs();
        (0..until_s * 2).map(|i| apart(f64::from(i) / 2.0)).fold(0.0, f64::max)
    }

    #[test]
    fn a_fleet_is_learned_from_a_pilot_and_from_a_long_run() {
        let fleets: [&[(f64, f64)]; 4] = [
            &[(2.0, 0.0), (5.0, 1.0)],
            &[(0.5, 0.0), (1.5, 0.8), (5.0, 0.8), (30.0, 1.0)],
            &[(0.5, 0.0), (1.5, 0.5), (10.0, 0.5), (60.0, 1.0)],
            &[(0.5, 0.0), (1.5, 0.95)],
        ];
        for points in fleets {
            let truth = ReconnectProfile::new(points).unwrap();
            for (rate, ticks) in [(1000, 1), (50, 60)] {
                let Learned { profile, clients, .. } = learned(&truth, rate, ticks, 130);
                assert_eq!(clients, rate * ticks);
                let apart = furthest(&profile, &truth, 120);
                // Where within the first second or two is not seen by looks a second apart.
                assert!(apart < 0.25, "{points:?}, {ticks} ticks: {apart}: {profile:?}");
                let later = [4.0_f64, 8.0, 16.0, 40.0];
                let apart = later.map(|t| (profile.back_by(t) - truth.back_by(t)).abs());
                assert!(apart.iter().all(|apart| *apart < 0.15), "{points:?}: {apart:?}");
                let at_the_end = (profile.comes() - truth.comes()).abs();
                assert!(at_the_end < 0.01, "{points:?}, {ticks} ticks: {profile:?}");
            }
        }
    }

    #[test]
    fn what_was_not_seen_yet_comes_on_at_the_pace_of_late() {
        let slow = ReconnectProfile::new(&[(0.0, 0.0), (100.0, 1.0)]).unwrap();
        let Learned { profile, .. } = learned(&slow, 1000, 1, 50);
        assert!((profile.back_by(40.0) - 0.4).abs() < 0.05, "{profile:?}");
        assert!(
            profile.comes() > 0.9 && (80.0..=130.0).contains(&profile.longest_s()),
            "{profile:?}"
        );
        let gone = ReconnectProfile::new(&[(0.0, 0.0), (2.0, 0.4)]).unwrap();
        assert!(learned(&gone, 1000, 1, 50).profile.comes() < 0.42);
    }

    #[test]
    fn too_little_tells_nothing() {
        let mut learning = Learning::default();
        assert_eq!(learning.profile(), None);
        learning.note_drop(Timestamp::from_ms(0), 19);
        learning.note_missing(Timestamp::from_ms(60_000), 0);
        assert_eq!(learning.profile(), None);
    }

    #[test]
    fn its_size_is_bounded_and_forgets_nobody() {
        let mut learning = Learning::default();
        for i in 0..100_000_u64 {
            let now = Timestamp::from_ms(i * 1000);
            learning.note_drop(now, 7);
            learning.note_missing(now, 10);
        }
        assert!(learning.drops.len() <= MOST_KEPT && learning.seen.len() <= MOST_KEPT);
        assert_eq!(learning.dropped(), 700_000);
    }
}
