//! The ways to look after a cluster.

use crate::fleet::{CLIENTS, DAY_S, DAYS, EPOCH_MS, cluster, node};
use emqx_rebalance_core::policy::{Decision, Policy};
use emqx_rebalance_core::{
    Asked, Balance, Mode, Options, PlanOptions, Result, Strategy, Timestamp,
};
use emqx_rebalance_sim::{Deed, Fault, Keeper, VirtualCluster};
use serde_json::json;

/// A way to look after a cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    Nothing,
    Nightly,
    ByHand,
    Policy,
}

/// What came of a month.
#[derive(Debug, Default)]
pub(crate) struct Month {
    /// Time, in milliseconds since the beginning, and by how much the fullest node was over the mean.
    pub(crate) samples: Vec<(u64, f64)>,
    /// Clients that were sent away to move them.
    pub(crate) evicted: u64,
    pub(crate) starts: u64,
    pub(crate) deeds: Vec<Deed>,
    pub(crate) decisions: Vec<Decision>,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Nothing, Self::Nightly, Self::ByHand, Self::Policy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing is done",
            Self::Nightly => "EMQX's rebalance every night at two",
            Self::ByHand => {
                "EMQX's rebalance by hand, at half past nine on a working day, if over 20 %"
            }
            Self::Policy => "a policy: from two to five at night, if over 10 %",
        }
    }

    /// The month of the cluster of this seed.
    pub(crate) fn month(self, seed: u64) -> Result<Month> {
        let mut cluster = VirtualCluster::new(cluster(seed)?)?;
        let mut month = Month::default();
        let mut keeper = keeper()?;
        while cluster.now().as_ms() < u64::from(DAYS * DAY_S) * 1000 {
            let over = over(&mut cluster)?;
            month.samples.push((cluster.now().as_ms(), over));
            match self {
                Self::Policy => month.deeds.extend(keeper.look_after(&mut cluster)?),
                _ => {
                    if self.starts(cluster.now(), over) {
                        month.starts += u64::from(start(&mut cluster)?);
                    }
                    cluster.advance_ms(POLL_MS);
                }
            }
        }
        month.starts += month.deeds.len() as u64;
        month.evicted = cluster.simulation().cluster.totals().evicted;
        month.decisions = keeper.decisions;
        Ok(month)
    }

    /// Whether somebody starts EMQX's own rebalance now.
    fn starts(self, now: Timestamp, over: f64) -> bool {
        let minute = now.as_ms() / 60_000;
        let (day, minute) = (minute / MINUTES, minute % MINUTES);
        match self {
            Self::Nightly => minute == 2 * 60,
            Self::ByHand => day % 7 < 5 && minute == 9 * 60 + 30 && over > 0.2,
            Self::Nothing | Self::Policy => false,
        }
    }
}

impl Month {
    /// The share of the month in which the fullest node was over the mean by more than `least`.
    pub(crate) fn share_over(&self, least: f64) -> f64 {
        // Until the next sample it may have been as bad as at this one.
        let spans = self.samples.windows(2).filter_map(|pair| match pair {
            [(from, over), (to, _)] => Some((to - from, *over > least)),
            _ => None,
        });
        let (mut whole, mut uneven) = (0_u64, 0_u64);
        for (ms, is_uneven) in spans {
            whole += ms;
            uneven += if is_uneven { ms } else { 0 };
        }
        share(uneven, whole)
    }

    /// How often a client was sent away, on average.
    pub(crate) fn per_client(&self) -> f64 {
        share(self.evicted, CLIENTS.into())
    }
}

/// Whether EMQX took it: not if it calls the cluster balanced.
fn start(cluster: &mut VirtualCluster) -> Result<bool> {
    let run = Fault::ForeignRun { coordinator: node(1)?, nodes: None, strategy: strategy()? };
    Ok(cluster.simulation().inject(&run).is_ok())
}

fn over(cluster: &mut VirtualCluster) -> Result<f64> {
    let snapshot = cluster.simulation().cluster.snapshot()?;
    Ok(Balance::of(snapshot.running().map(|load| (load.connections, 1.0))).over)
}

fn keeper() -> Result<Keeper> {
    let policy = Policy::read(json!({
        "mode": "auto",
        "windows": [{ "cron": "0 2 * * *", "duration_s": 3 * 3600 }],
        "max_disconnects_per_day": CLIENTS / 2,
    }))?;
    let options = PlanOptions { mode: Mode::Level, ..PlanOptions::default() };
    let asked = Asked { strategy: strategy()?, options };
    let mut keeper = Keeper::new(policy, EPOCH_MS);
    (keeper.asked, keeper.poll_ms) = (asked, POLL_MS);
    Ok(keeper)
}

/// EMQX's own defaults.
fn strategy() -> Result<Strategy> {
    Strategy::read(json!({}))
}

fn share(part: u64, whole: u64) -> f64 {
    float(part) / float(whole.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

const POLL_MS: u64 = 60_000;
const MINUTES: u64 = 24 * 60;
