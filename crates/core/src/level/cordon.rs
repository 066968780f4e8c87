//! Which recipients stay closed for how long, so that even spreading fills every node to its target.

use super::draft::{Draft, Hold};
use super::pace::whole;
use super::setting::Setting;
use crate::balance::float;

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
pub(crate) fn add(setting: &Setting, draft: &mut Draft, tolerance: f64) {
    let flow = setting.flow(draft);
    let ahead_s = AHEAD_S.min(setting.wait_health_check_s);
    let last = whole(draft.lasts_s()) + ahead_s;
    // Seconds from the earliest first tick.
    let opens_s = |lasts_s: u64| setting.opens_s(float(lasts_s) - float(ahead_s));
    let arrives = |lasts_s: u64| flow.back(opens_s(lasts_s));
    let mut recipients: Vec<(usize, f64)> = lacking(setting, draft).collect();
    recipients.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let most_lack = recipients.last().map_or(0.0, |(_, lack)| *lack);
    let mut open = recipients.len();
    let all = setting.sites.len();
    let mut cursor = Cursor {
        lasts_s: last,
        back: arrives(last),
        later: (flow.total() - arrives(last)) / float(all as u64),
        owed: 0.0,
    };
    for (site, lack) in recipients {
        if open <= 1 || lack >= most_lack - 1.0 {
            break;
        }
        let share = float(open as u64);
        let due = cursor.back - share * (lack + 1.0 - cursor.later);
        let shortest = 1;
        let if_open = cursor.later + cursor.back / share - lack;
        if if_open <= tolerance {
            break;
        }
        let late = first_at_least(shortest, cursor.lasts_s, |s| arrives(s) >= due);
        let gets = |lasts_s: u64| cursor.later + (cursor.back - arrives(lasts_s)) / share;
        let early = late.saturating_sub(1).max(shortest);
        let missing = lack + 1.0 - gets(late);
        let surplus = gets(early) - lack - 1.0;
        let may_miss = cursor.owed + missing <= tolerance * (share - 1.0);
        let (lasts_s, trim) = if surplus <= tolerance && cursor.owed > 0.0 {
            (early, 0.0)
        } else if missing <= 0.0 || may_miss {
            (late, (-missing - tolerance).max(0.0))
        } else {
            (early, (surplus - tolerance).max(0.0))
        };
        let drops = 1 + whole(trim.round());
        let ticks = drops.div_ceil(setting.top_rate);
        let ahead = (ahead_s + ticks).saturating_sub(lasts_s).min(ahead_s);
        let wait_s = (lasts_s + ahead).saturating_sub(ahead_s + ticks);
        let hold = Hold { rate: drops.div_ceil(ticks), ticks, wait_s, ahead_s: ahead };
        cursor.owed += lack + float(hold.drops()) - gets(lasts_s);
        cursor.later = gets(lasts_s);
        cursor.back = arrives(lasts_s);
        cursor.lasts_s = lasts_s;
        if let Some(slot) = draft.holds.get_mut(site) {
            *slot = Some(hold);
        }
        open -= 1;
    }
}

/// Where the way back from the end has come to.
struct Cursor {
    /// The opening last set, in seconds from the first tick.
    lasts_s: u64,
    /// Clients back by then.
    back: f64,
    /// What a node that opens then gets from there on.
    later: f64,
    /// What the nodes set so far miss in all.
    owed: f64,
}

/// Recipients with what each lacks.
fn lacking<'a>(setting: &'a Setting, draft: &'a Draft) -> impl Iterator<Item = (usize, f64)> + 'a {
    let sites = setting.sites.iter().zip(&draft.donors).enumerate();
    sites.filter(|(_, (_, donor))| !**donor).map(|(i, (site, _))| (i, -site.excess()))
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
