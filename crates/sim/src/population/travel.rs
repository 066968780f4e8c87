//! Clients on their way, and the sessions of those who do not come.

use super::ms_of;
use crate::reconnect::Reconnect;
use crate::rng::Rng;
use emqx_rebalance_core::{ReconnectProfile, Timestamp};
use std::collections::BTreeMap;

/// What will happen to whom, and when.
#[derive(Clone, Debug, Default)]
pub(super) struct Travel(BTreeMap<Timestamp, Vec<Trip>>);

/// Clients, and where their sessions wait for them, if they have any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Party {
    pub(super) count: u64,
    pub(super) session_on: Option<usize>,
}

/// A party, and what becomes of it at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trip {
    pub(super) party: Party,
    pub(super) end: End,
}

/// How a trip ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// The clients try to connect.
    Knocks,
    /// Nobody came: their sessions end.
    Lapses,
}

impl Trip {
    fn goes_with(self, other: Self) -> bool {
        self.end == other.end && self.party.session_on == other.party.session_on
    }
}

impl Travel {
    /// Puts clients that lost their connection on their way. How many of them never come.
    pub(super) fn set_out(
        &mut self,
        now: Timestamp,
        party: Party,
        reconnect: &Reconnect,
        rng: &mut Rng,
    ) -> u64 {
        if let Some(profile) = &reconnect.profile {
            return self.set_out_by(now, party, profile, rng);
        }
        self.scatter(now, party, (reconnect.min_ms, reconnect.max_ms), rng);
        0
    }

    /// Each client draws when it comes. Those of one millisecond travel together, so that a million of
    /// them are no more trips than the profile has milliseconds.
    fn set_out_by(
        &mut self,
        now: Timestamp,
        party: Party,
        profile: &ReconnectProfile,
        rng: &mut Rng,
    ) -> u64 {
        let mut never = 0;
        for _ in 0..party.count {
            match profile.back_after(rng.share()) {
                Some(after_s) => self.knock_after(now, ms_of(after_s), Party { count: 1, ..party }),
                None => never += 1,
            }
        }
        self.stay_away(now, Party { count: never, ..party });
        never
    }

    /// Spreads a party evenly between two delays, in groups.
    pub(super) fn scatter(
        &mut self,
        now: Timestamp,
        party: Party,
        (min_ms, max_ms): (u64, u64),
        rng: &mut Rng,
    ) {
        if party.count == 0 {
            return;
        }
        let width = max_ms - min_ms;
        let groups = if width == 0 { 1 } else { party.count.min(GROUPS) };
        for group in 0..groups {
            let count = party.count / groups + u64::from(group < party.count % groups);
            let within = width * group / groups + rng.below(width / groups + 1);
            self.knock_after(now, min_ms + within.min(width), Party { count, ..party });
        }
    }

    /// Lets a party knock after `delay_ms`. If that is too long for their sessions, they end before.
    pub(super) fn knock_after(&mut self, now: Timestamp, delay_ms: u64, mut party: Party) {
        if delay_ms > SESSION_EXPIRY_MS && party.session_on.is_some() {
            self.stay_away(now, party);
            party.session_on = None;
        }
        self.add(now.plus_ms(delay_ms), Trip { party, end: End::Knocks });
    }

    /// Lets the sessions of a party end that does not come in time.
    pub(super) fn stay_away(&mut self, now: Timestamp, party: Party) {
        if party.count > 0 && party.session_on.is_some() {
            self.add(now.plus_ms(SESSION_EXPIRY_MS), Trip { party, end: End::Lapses });
        }
    }

    /// Adds a trip, to the last one of the same kind if there is one.
    fn add(&mut self, at: Timestamp, trip: Trip) {
        let trips = self.0.entry(at).or_default();
        match trips.last_mut().filter(|last| last.goes_with(trip)) {
            Some(last) => last.party.count += trip.party.count,
            None => trips.push(trip),
        }
    }

    /// Has `count` clients find their session on `to` instead of `from`.
    pub(super) fn redirect(&mut self, from: usize, to: usize, mut count: u64) {
        for trips in self.0.values_mut() {
            let mut split = Vec::new();
            for trip in trips.iter_mut().filter(|trip| trip.party.session_on == Some(from)) {
                let moved = trip.party.count.min(count);
                count -= moved;
                trip.party.count -= moved;
                let party = Party { count: moved, session_on: Some(to) };
                split.push(Trip { party, ..*trip });
            }
            trips.extend(split);
            trips.retain(|trip| trip.party.count > 0);
            if count == 0 {
                return;
            }
        }
    }

    /// Forgets the sessions on a node that died.
    pub(super) fn lose_sessions(&mut self, node: usize) {
        for trips in self.0.values_mut() {
            for trip in trips.iter_mut().filter(|trip| trip.party.session_on == Some(node)) {
                trip.party.session_on = None;
            }
            trips.retain(|trip| trip.end == End::Knocks || trip.party.session_on.is_some());
        }
    }

    /// When the next trip ends.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.0.keys().next().copied()
    }

    /// The trips that end first, if that is at `now` or before.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<Vec<Trip>> {
        let first = self.0.first_entry().filter(|entry| *entry.key() <= now);
        first.map(|entry| entry.remove())
    }
}

/// Into how many groups a party is scattered at most.
const GROUPS: u64 = 16;
/// EMQX's `session_expiry_interval`, 2 h.
const SESSION_EXPIRY_MS: u64 = 7_200_000;
