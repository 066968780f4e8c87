//! Improves a draft step by step.

use super::draft::{Draft, Hold};
use super::setting::Setting;
use crate::number::float;
use crate::number::whole;

/// Changes single cordons of `draft` while that lowers its `score`.
///
/// Each may open some seconds earlier or later, and drop some clients more or fewer. Steps get
/// smaller when none of them helps any more.
pub(crate) fn polish(setting: &Setting, draft: &mut Draft, score: impl Fn(&Draft) -> f64) {
    let total: f64 = setting.sites.iter().map(|site| site.target).sum();
    let nodes = setting.sites.len().max(1) as u64;
    let mean = total / float(nodes);
    let mut tries = (WORK / (nodes * nodes)).min(MOST_TRIES);
    let mut best = score(draft);
    let mut step = COARSEST_S;
    while step > 0 && tries > 0 {
        let before = best;
        let clients = whole(mean * float(step) / 1000.0).max(1);
        for site in 0..draft.holds.len() {
            for next in changes(setting, draft, site, (step, clients)) {
                if tries == 0 {
                    return;
                }
                tries -= 1;
                let Some(slot) = draft.holds.get_mut(site) else { continue };
                let kept = slot.replace(next);
                let now = score(draft);
                if now + 1e-6 < best {
                    best = now;
                    break;
                } else if let Some(slot) = draft.holds.get_mut(site) {
                    *slot = kept;
                }
            }
        }
        if best >= before {
            step /= 2;
        }
    }
}

/// What the cordon at `site` may do instead, by `step` seconds or so many clients.
fn changes(
    setting: &Setting,
    draft: &Draft,
    site: usize,
    (step, clients): (u64, u64),
) -> impl Iterator<Item = Hold> + use<> {
    let cordon = draft.donors.get(site) == Some(&false);
    let hold = draft.holds.get(site).copied().flatten().filter(|_| cordon);
    let top_rate = setting.top_rate;
    let around = move |hold: Hold| {
        let later = Some(Hold { wait_s: hold.wait_s + step, ..hold });
        let earlier = hold.wait_s.checked_sub(step).map(|wait_s| Hold { wait_s, ..hold });
        let more = Hold { rate: (hold.rate + clients).min(top_rate), ..hold };
        let fewer = Hold { rate: hold.rate.saturating_sub(clients).max(1), ..hold };
        let all = [later, earlier, Some(more), Some(fewer)];
        all.into_iter().flatten().filter(move |next| *next != hold)
    };
    hold.into_iter().flat_map(around)
}

/// Seconds of the coarsest step. It goes with that many thousandths of the mean in clients.
const COARSEST_S: u64 = 4;
/// Most drafts tried.
const MOST_TRIES: u64 = 3000;
/// Bounds the time on large clusters, where each try costs up to the square of the nodes.
const WORK: u64 = 10_000_000;
