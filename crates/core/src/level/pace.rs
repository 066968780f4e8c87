//! How fast and how long each donor drops clients.

use super::draft::{Draft, Hold, Site};
use super::flow::Flow;
use super::setting::{SEEN_LAG_S, Setting};
use crate::forecast::Spread;
use crate::number::float;
use crate::number::whole;

/// The donors' part of a draft in which the fullest takes `ticks` ticks.
///
/// Each drops its excess in about as many ticks as the fullest, so that all end together: a donor
/// that reopened early would be filled by those still dropping. What whole numbers of clients and
/// ticks cannot express is looked for in slightly fewer ticks at a higher rate; such a donor stays
/// closed until the last one ends.
pub(crate) fn donors(setting: &Setting, ticks: u64) -> Draft {
    let last = ticks + setting.wait_takeover_s;
    let later = later(setting, ticks);
    let pace = |excess: f64| {
        let (ticks, rate) = best_pace(excess, ticks, setting.top_rate);
        Hold { rate, ticks, wait_s: last - ticks, ahead_s: 0 }
    };
    let hold =
        |site: &Site| (site.member && site.excess() >= 1.0).then(|| pace(site.excess() + later));
    let holds: Vec<Option<Hold>> = setting.sites.iter().map(hold).collect();
    let donors = holds.iter().map(Option::is_some).collect();
    Draft { holds, donors }
}

/// What each node gets of the clients that are still on their way when the donors open. Donors drop that
/// much more, of which their part comes back to them.
fn later(setting: &Setting, ticks: u64) -> f64 {
    if setting.spread == Spread::ToEmptiest {
        // The emptiest get them, which are no donors.
        return 0.0;
    }
    let donors = setting.sites.iter().filter(|site| site.member && site.excess() >= 1.0);
    let count = float(donors.clone().count() as u64);
    let excess: f64 = donors.map(Site::excess).sum();
    let nodes = float(setting.sites.len() as u64);
    let mut flow = Flow::new(0.0, &setting.profile);
    flow.add(0, ticks, 1.0 / float(ticks));
    let opens_s = float(ticks + setting.wait_takeover_s) + SEEN_LAG_S;
    let late = flow.total() - flow.back(opens_s);
    // later = late × (excess + count × later) / nodes
    late * excess / (nodes - late * count).max(1.0)
}

/// Fewest ticks in which every donor can drop its excess, at the rates allowed.
pub(crate) fn fewest_ticks(setting: &Setting) -> u64 {
    let members = setting.sites.iter().filter(|site| site.member);
    let fullest = members.clone().map(Site::excess).fold(0.0, f64::max);
    let all: f64 = members.map(|site| site.excess().max(0.0)).sum();
    let ticks = fullest / float(setting.top_rate);
    let ticks = ticks.max(setting.limits.cluster_rate.map_or(0.0, |rate| all / rate));
    whole(ticks.ceil()).max(1)
}

/// Ticks and rate whose product comes closest to `excess`, with many ticks rather than few.
fn best_pace(excess: f64, most_ticks: u64, top_rate: u64) -> (u64, u64) {
    let wanted = whole(excess.floor()).max(1);
    let most = most_ticks.min(wanted);
    let slowest = wanted.div_ceil(most).min(top_rate);
    let by_ticks = (0..TRIES).map(|less| {
        let ticks = most.saturating_sub(less).max(1);
        (ticks, (wanted / ticks).clamp(1, top_rate))
    });
    let by_rate = (0..TRIES).map(|more| {
        let rate = (slowest + more).min(top_rate);
        ((wanted / rate).clamp(1, most), rate)
    });
    let rounded = |(ticks, rate): (u64, u64)| [(ticks, rate), (ticks, (rate + 1).min(top_rate))];
    let miss = |(ticks, rate): (u64, u64)| wanted.abs_diff(ticks * rate).max(wanted / FINE);
    let tried = by_ticks.chain(by_rate).flat_map(rounded);
    tried.min_by_key(|pace| (miss(*pace), most - pace.0)).unwrap_or((most, slowest))
}

/// How many numbers of ticks, and of clients per tick, are tried.
const TRIES: u64 = 40;
/// A donor's excess is met well enough to this part of it.
const FINE: u64 = 4000;
