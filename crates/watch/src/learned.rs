//! How the clients of a cluster came back, from one run to the next.

use crate::clock::now_ms;
use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::{Asked, Mode, ReconnectProfile};

/// How the clients of a cluster came back last, where that tells anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned(Option<(u64, ReconnectProfile)>);

impl Learned {
    /// By `records`, the newest first.
    pub(crate) fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut learned = Self::default();
        for record in records {
            if learned.0.is_none() {
                learned.see(record);
            }
        }
        learned
    }

    /// Takes in a run that has ended.
    pub(crate) fn see(&mut self, record: &Record) {
        if let Some(seen) = record.reconnects.as_ref().filter(|seen| seen.is_telling()) {
            self.0 = Some((record.ended_at.as_ms(), seen.profile.clone()));
        }
    }

    /// What to plan with: as `asked`, with what was learned where that says nothing.
    pub(crate) fn tell(&self, asked: &Asked) -> Asked {
        let mut asked = asked.clone();
        let options = &mut asked.options;
        let is_told = options.reconnect.is_some() || options.reconnect_delay_s.is_some();
        if let Some((at_ms, profile)) = &self.0
            && options.mode == Mode::Level
            && !is_told
            && now_ms().saturating_sub(*at_ms) <= OLDEST_MS
        {
            options.reconnect = Some(profile.clone());
        }
        asked
    }
}

/// A fleet may be another one after a quarter of a year.
const OLDEST_MS: u64 = 90 * 86_400_000;
