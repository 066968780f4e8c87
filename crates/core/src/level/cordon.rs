//! Which recipients stay closed for how long, so that even spreading fills every node to its target.

use super::draft::{Draft, Hold};
use super::flow::Flow;
use super::setting::Setting;
use crate::number::float;
use crate::number::whole;

/// Most seconds by which a cordon ends its run before the donors' first tick.
///
/// A cordon drops next to nothing, so it need not wait for the balancer as donors do.
const AHEAD_S: u64 = 2;

/// Adds cordons to `draft`, which holds the donors' part.
///
/// From the end backwards: after the last node has opened, every open node gets as many clients, so
/// the node that lacks fewest opens last, at the moment after which just as many arrive as it lacks;
/// before that there is a node less, and so on to the emptiest ones, which stay open throughout.
/// A run ends on a whole second. A node that opens too early for it drops what it will get too
/// much; one that opens late misses what the others then share. Either is let be within
/// `tolerance` clients.
///
/// The emptiest nodes stay open from the start, made equal for at most `budget` clients dropped.
pub(crate) fn add(setting: &Setting, draft: &mut Draft, tolerance: f64, budget: f64) {
    let mut recipients: Vec<(usize, f64)> = lacking(setting, draft).collect();
    recipients.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let donors = draft.holds.iter().flatten().count();
    let room = setting.limits.closed.map_or(usize::MAX, |most| most.saturating_sub(donors));
    let closable = closable(setting, &recipients);
    let equal_weights = closable + emptiest(&recipients) >= recipients.len();
    let first = if room < recipients.len() || !equal_weights {
        closable.min(room)
    } else {
        level_base(setting, draft, &mut recipients, budget)
    };
    let mut way = Way::new(setting, draft, recipients.len(), tolerance);
    for (site, lack) in recipients.iter().take(first) {
        let Some(hold) = way.back_to(*lack) else { break };
        if let Some(slot) = draft.holds.get_mut(*site) {
            *slot = Some(hold);
        }
    }
}

/// How many of `recipients`, from the one that lacks least on, EMQX would close: beside each there
/// must be one that lacks more and holds fewer clients. With equal weights there always is, short
/// of the emptiest.
fn closable(setting: &Setting, recipients: &[(usize, f64)]) -> usize {
    let clients =
        |(site, _): &(usize, f64)| setting.sites.get(*site).map_or(0.0, |site| site.clients);
    let mut fewest = f64::INFINITY;
    let mut first_open = recipients.len();
    for (i, recipient) in recipients.iter().enumerate().rev() {
        if fewest + 1.0 >= clients(recipient) {
            first_open = i;
        }
        fewest = fewest.min(clients(recipient));
    }
    first_open
}

/// How many of `recipients` lack as much as the last, give or take a client.
fn emptiest(recipients: &[(usize, f64)]) -> usize {
    let most = recipients.last().map_or(0.0, |(_, lack)| *lack);
    recipients.iter().filter(|(_, lack)| *lack >= most - 1.0).count()
}

/// Makes the emptiest nodes equal, so that more of them share what comes at first; returns how many
/// of `recipients` are fuller.
///
/// What a balancer sees late goes to the nodes that are open then. The more they are, the less it
/// matters. The fuller of them drop what they have more before the donors begin, together at most
/// `budget` clients.
fn level_base(
    setting: &Setting,
    draft: &mut Draft,
    recipients: &mut [(usize, f64)],
    budget: f64,
) -> usize {
    let most = recipients.last().map_or(0.0, |(_, lack)| *lack);
    let open = emptiest(recipients);
    let ahead_s = AHEAD_S.min(setting.wait_health_check_s);
    let mut chosen = recipients.len() - open;
    if ahead_s < AHEAD_S || open == 0 {
        return chosen;
    }
    // What the fuller drop comes back to those that stay open, so they meet half way.
    let meet = |from: usize| {
        let trimmed = recipients.get(from..recipients.len() - open).unwrap_or_default();
        let over: f64 = trimmed.iter().map(|(_, lack)| most - lack).sum();
        over / float((trimmed.len() + open) as u64)
    };
    let cost = |from: usize| meet(from) * float(open as u64);
    while chosen > 0 && cost(chosen - 1) <= budget {
        chosen -= 1;
    }
    let level = most - meet(chosen);
    let trimmed = recipients.len() - open;
    for (site, lack) in recipients.iter_mut().take(trimmed).skip(chosen) {
        let drops = whole((level - *lack).round());
        if drops > setting.top_rate {
            return trimmed;
        }
        if drops > 0
            && let Some(slot) = draft.holds.get_mut(*site)
        {
            *slot = Some(Hold { rate: drops, ticks: 1, wait_s: 0, ahead_s });
        }
    }
    chosen
}

/// The way back from the end: what nodes get that open at the time it has come to.
struct Way<'a> {
    setting: &'a Setting,
    flow: Flow<'a>,
    tolerance: f64,
    /// The earliest first tick of a cordon is this much before the donors'.
    ahead_s: u64,
    /// The opening last set, in seconds from that earliest tick.
    lasts_s: u64,
    /// Clients back by then.
    back: f64,
    /// What a node that opens then gets from there on.
    later: f64,
    /// Nodes open just before.
    open: usize,
    /// What the nodes set so far miss in all.
    owed: f64,
}

impl<'a> Way<'a> {
    fn new(setting: &'a Setting, draft: &Draft, recipients: usize, tolerance: f64) -> Self {
        let flow = setting.flow(draft);
        let ahead_s = AHEAD_S.min(setting.wait_health_check_s);
        let lasts_s = whole(draft.lasts_s()) + ahead_s;
        let back = flow.back(setting.opens_s(draft.lasts_s()));
        let later = (flow.total() - back) / float(setting.sites.len() as u64);
        Self {
            setting,
            flow,
            tolerance,
            ahead_s,
            lasts_s,
            back,
            later,
            open: recipients + setting.sites.iter().filter(|site| !site.member).count(),
            owed: 0.0,
        }
    }

    /// The cordon of a node that lacks `lack`, not less than the one before; `None` if it stays
    /// open, as then do all that lack more.
    fn back_to(&mut self, lack: f64) -> Option<Hold> {
        let share = float(self.open as u64);
        if self.open <= 1 || self.later + self.back / share - lack <= self.tolerance {
            return None;
        }
        let (lasts_s, surplus) = self.opening(lack + 1.0);
        let drops = 1 + whole(surplus.round());
        let ticks = drops.div_ceil(self.setting.top_rate);
        let ahead = (self.ahead_s + ticks).saturating_sub(lasts_s).min(self.ahead_s);
        let wait_s = (lasts_s + ahead).saturating_sub(self.ahead_s + ticks);
        let gets = self.gets(lasts_s);
        self.owed += lack + float(drops) - gets;
        self.later = gets;
        self.back = self.arrived(lasts_s);
        self.lasts_s = lasts_s;
        self.open -= 1;
        Some(Hold { rate: drops.div_ceil(ticks), ticks, wait_s, ahead_s: ahead })
    }

    /// When to open a node that lacks `lack`, and what to drop since it then gets too much.
    fn opening(&self, lack: f64) -> (u64, f64) {
        let share = float(self.open as u64);
        let due = self.back - share * (lack - self.later);
        let late = first_at_least(1, self.lasts_s, |s| self.arrived(s) >= due);
        let early = late.saturating_sub(1).max(1);
        let missing = lack - self.gets(late);
        let surplus = self.gets(early) - lack;
        let may_miss = self.owed + missing <= self.tolerance * (share - 1.0);
        if surplus <= self.tolerance && self.owed > 0.0 {
            (early, 0.0)
        } else if missing <= 0.0 || may_miss {
            (late, (-missing - self.tolerance).max(0.0))
        } else {
            (early, (surplus - self.tolerance).max(0.0))
        }
    }

    /// Clients back when a node opens whose run ends `lasts_s` after the earliest first tick.
    fn arrived(&self, lasts_s: u64) -> f64 {
        self.flow.back(self.setting.opens_s(float(lasts_s) - float(self.ahead_s)))
    }

    /// What such a node gets.
    fn gets(&self, lasts_s: u64) -> f64 {
        self.later + (self.back - self.arrived(lasts_s)) / float(self.open as u64)
    }
}

/// Recipients with what each lacks.
fn lacking<'a>(setting: &'a Setting, draft: &'a Draft) -> impl Iterator<Item = (usize, f64)> + 'a {
    let sites = setting.sites.iter().zip(&draft.holds).enumerate();
    sites
        .filter(|(_, (site, hold))| site.member && hold.is_none())
        .map(|(i, (site, _))| (i, -site.excess()))
}

/// The first of `from..=to` for which `holds`, which then holds for all after it; `to` if none.
fn first_at_least(from: u64, to: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (from.min(to), to);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
