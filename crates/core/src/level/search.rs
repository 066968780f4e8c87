//! Tries drafts and keeps the best.

use super::draft::Draft;
use super::flow::Flow;
use super::look::{Look, typical};
use super::polish::polish;
use super::setting::Setting;
use super::timeline::Timeline;
use super::{cordon, pace};
use crate::forecast::Spread;
use crate::number::float;
use crate::number::whole;

/// The best draft for `setting`.
pub(crate) fn best(setting: &Setting) -> Draft {
    let (waiting, found) = best_wait(setting);
    if !setting.by_chance {
        return polished(&waiting, found);
    }
    let flow = waiting.flow(&found.draft);
    let variances = Timeline::new(&waiting, &found.draft, &flow, Look::LATE).variances();
    let roomy = waiting.with_room_for(&variances);
    let found = best_for(&roomy);
    polished(&roomy, found)
}

/// A draft that was tried.
#[derive(Debug)]
struct Tried {
    score: f64,
    ticks: u64,
    draft: Draft,
}

/// The best draft over all waits that are worth trying, with the setting that has its wait.
fn best_wait(setting: &Setting) -> (Setting, Tried) {
    let mut best = (setting.clone(), best_for(setting));
    let fewest = pace::fewest_ticks(setting);
    for wait_s in setting.waits_s.iter().skip(1) {
        let waiting = setting.waiting(*wait_s);
        let is_too_long = |most: u64| fewest + waiting.longer_wait_s() > most;
        let is_beaten = longer(&waiting, fewest, fewest) >= best.1.score;
        if is_beaten || setting.limits.ticks.is_some_and(is_too_long) {
            continue;
        }
        let found = best_for(&waiting);
        if found.score < best.1.score {
            best = (waiting, found);
        }
    }
    best
}

fn polished(setting: &Setting, Tried { ticks, mut draft, .. }: Tried) -> Draft {
    if setting.spread == Spread::Evenly {
        let fewest = pace::fewest_ticks(setting);
        polish(setting, &mut draft, |draft| score(setting, draft, fewest, ticks));
    }
    draft
}

/// The best draft that `cordon` makes.
fn best_for(setting: &Setting) -> Tried {
    let fewest = pace::fewest_ticks(setting);
    let mut best: Option<Tried> = None;
    let mut ticks = fewest;
    let most = most_ticks(setting, fewest);
    let beaten = |best: &Option<Tried>, ticks: u64| {
        let least = longer(setting, fewest, ticks);
        best.as_ref().is_some_and(|best| best.score <= least)
    };
    while ticks <= most && !beaten(&best, ticks) {
        for draft in drafts(setting, ticks) {
            let score = score(setting, &draft, fewest, ticks);
            if best.as_ref().is_none_or(|best| score < best.score) {
                best = Some(Tried { score, ticks, draft });
            }
        }
        ticks += coarse(setting) * (1 + ticks / 60 + (ticks - fewest) / 10);
    }
    let plain = || {
        let draft = pace::donors(setting, fewest);
        Tried { score: score(setting, &draft, fewest, fewest), ticks: fewest, draft }
    };
    best.unwrap_or_else(plain)
}

/// The different drafts of `ticks` ticks.
fn drafts(setting: &Setting, ticks: u64) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for knobs in Knobs::all(setting) {
        let draft = draft(setting, ticks, knobs);
        if !drafts.contains(&draft) {
            drafts.push(draft);
        }
    }
    drafts
}

/// How much coarser a large cluster is searched, since each try costs the square of its nodes.
fn coarse(setting: &Setting) -> u64 {
    1 + setting.sites.len() as u64 / 80
}

/// The most ticks to try.
fn most_ticks(setting: &Setting, fewest: u64) -> u64 {
    let all: f64 = setting.sites.iter().map(|site| site.excess().max(0.0)).sum();
    let slow = setting.limits.node_rate.map_or(0, |rate| whole((all / rate).ceil()));
    let most = 3 * fewest.max(slow) + 12;
    let limit = setting.limits.ticks.map(|limit| limit.saturating_sub(setting.longer_wait_s()));
    limit.map_or(most, |limit| most.min(limit.max(fewest)))
}

/// By how much clients come back faster than allowed, as a share.
fn too_fast(setting: &Setting, draft: &Draft) -> f64 {
    let at_once = |ahead: bool| -> f64 {
        let holds = draft.holds.iter().flatten().filter(|hold| (hold.ahead_s > 0) == ahead);
        holds.map(|hold| float(hold.rate)).sum()
    };
    let flow = at_once(false).max(at_once(true));
    let open = match setting.spread {
        Spread::Evenly => draft.holds.iter().filter(|hold| hold.is_none()).count().max(1),
        Spread::ToEmptiest => 1,
    };
    let beyond =
        |limit: Option<f64>, rate: f64| limit.map_or(0.0, |most| (rate / most - 1.0).max(0.0));
    beyond(setting.limits.cluster_rate, flow)
        + beyond(setting.limits.node_rate, flow / float(open as u64))
}

/// What the search turns, beside the number of ticks.
#[derive(Clone, Copy, Debug)]
struct Knobs {
    /// What a node may get too much, against the mean.
    tolerance: f64,
    /// What may be dropped to make the emptiest nodes equal, against the fewest disconnects.
    budget: f64,
}

impl Knobs {
    fn all(setting: &Setting) -> Vec<Self> {
        if setting.spread == Spread::ToEmptiest {
            return vec![Self { tolerance: 0.0, budget: 0.0 }];
        }
        if coarse(setting) > 1 {
            return vec![
                Self { tolerance: 0.001, budget: 0.0 },
                Self { tolerance: 0.001, budget: 0.025 },
                Self { tolerance: 0.006, budget: 0.01 },
            ];
        }
        let with = |tolerance| BUDGETS.map(|budget| Self { tolerance, budget });
        TOLERANCES.into_iter().flat_map(with).collect()
    }
}

/// The tolerances and budgets that are tried: from what nobody sees to what is too much. Chosen by trial on
/// the seeded clusters of `docs/quality.md`; the example `level_quality` shows what a change does to them.
const TOLERANCES: [f64; 4] = [0.0005, 0.001, 0.002, 0.006];
/// See [`TOLERANCES`].
const BUDGETS: [f64; 4] = [0.0, 0.01, 0.025, 0.05];

fn draft(setting: &Setting, ticks: u64, knobs: Knobs) -> Draft {
    let mut draft = pace::donors(setting, ticks);
    if setting.spread == Spread::Evenly {
        let total: f64 = setting.sites.iter().map(|site| site.target).sum();
        let mean = total / float(setting.sites.len().max(1) as u64);
        let budget = knobs.budget * float(draft.drops());
        cordon::add(setting, &mut draft, knobs.tolerance * mean, budget);
    }
    draft
}

/// What a draft costs: its fullest node, disconnects and time beyond the least, weighed.
///
/// How much one is worth in another is judgement and not measured: as the first goal is a level cluster,
/// a node 0.3 % over is as good as none, and 3 % more disconnects than the fewest are cheap.
fn score(setting: &Setting, draft: &Draft, fewest: u64, ticks: u64) -> f64 {
    let over = over(setting, draft);
    let least: f64 = setting.sites.iter().map(|site| site.excess().max(0.0)).sum();
    let more = float(draft.drops()) / least.max(1.0) - 1.0;
    let fine = 0.2 * over + 0.8 * (over - GOOD).max(0.0) + (over - FAIR).max(0.0);
    let dear = 0.05 * more.max(0.0) + (more - 0.03).max(0.0);
    fine + dear + 10.0 * too_fast(setting, draft) + longer(setting, fewest, ticks)
}

/// What time beyond the shortest costs: chance spoils more than haste does, so that there slow plans
/// gain less.
fn longer(setting: &Setting, fewest: u64, ticks: u64) -> f64 {
    let more_s = setting.longer_wait_s();
    let waits_s = setting.wait_health_check_s + setting.wait_takeover_s - more_s;
    let weight = if setting.by_chance { LONGER_BY_CHANCE } else { LONGER };
    weight * float(ticks - fewest + more_s) / float(waits_s + fewest)
}

/// The fullest node over its target, whenever the balancer looks.
fn over(setting: &Setting, draft: &Draft) -> f64 {
    let flow = setting.flow(draft);
    let at = |look: Look| over_at(setting, draft, &flow, look);
    match setting.spread {
        Spread::ToEmptiest => at(Look::LATE),
        Spread::Evenly => typical(at),
    }
}

fn over_at(setting: &Setting, draft: &Draft, flow: &Flow<'_>, look: Look) -> f64 {
    let end = Timeline::new(setting, draft, flow, look).end();
    let each = end.iter().zip(&setting.sites);
    let members = each.filter(|(_, site)| site.member);
    members.map(|(clients, site)| clients / site.target.max(1.0) - 1.0).fold(0.0, f64::max)
}

/// Closer than this to level counts little.
const GOOD: f64 = 0.003;
/// Further than this counts double.
const FAIR: f64 = 0.006;
/// Twice the time is worth this much of the fullest node over the mean: judgement, as in [`score`].
const LONGER: f64 = 0.014;
/// The same where chance deals the clients.
const LONGER_BY_CHANCE: f64 = 0.02;
