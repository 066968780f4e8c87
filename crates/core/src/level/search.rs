//! Tries drafts and keeps the best.

use super::course::Course;
use super::draft::Draft;
use super::setting::Setting;
use super::{cordon, pace};
use crate::balance::float;
use crate::forecast::Spread;

/// The best draft for `setting`.
pub(crate) fn best(setting: &Setting) -> Draft {
    let fewest = pace::fewest_ticks(setting);
    let mut best: Option<(f64, Draft)> = None;
    let mut ticks = fewest;
    while ticks <= 3 * fewest + 12 {
        for tolerance in TOLERANCES {
            let draft = draft(setting, ticks, tolerance);
            let score = score(setting, &draft, fewest, ticks);
            if best.as_ref().is_none_or(|(least, _)| score < *least) {
                best = Some((score, draft));
            }
        }
        ticks += 1 + ticks / 60 + (ticks - fewest) / 10;
    }
    best.map_or_else(|| pace::donors(setting, fewest), |(_, draft)| draft)
}

const TOLERANCES: [f64; 5] = [0.0005, 0.001, 0.002, 0.004, 0.008];

fn draft(setting: &Setting, ticks: u64, tolerance: f64) -> Draft {
    let mut draft = pace::donors(setting, ticks);
    if setting.spread == Spread::Evenly {
        let mean: f64 = setting.sites.iter().map(|site| site.target).sum::<f64>()
            / float(setting.sites.len() as u64);
        cordon::add(setting, &mut draft, tolerance * mean);
    }
    draft
}

/// What a draft costs: its fullest node, disconnects and time beyond the least, weighed.
fn score(setting: &Setting, draft: &Draft, fewest: u64, ticks: u64) -> f64 {
    let end = Course::new(setting, draft).end();
    let over = end
        .iter()
        .zip(&setting.sites)
        .map(|(clients, site)| clients / site.target.max(1.0) - 1.0)
        .fold(0.0, f64::max);
    let least: f64 = setting.sites.iter().map(|site| site.excess().max(0.0)).sum();
    let more = float(draft.drops()) / least.max(1.0) - 1.0;
    let waits = float(setting.wait_health_check_s + setting.wait_takeover_s);
    let longer = float(ticks - fewest) / (waits + float(fewest));
    over.max(0.002)
        + 0.2 * over.min(0.002)
        + 0.05 * more.max(0.0)
        + (more - 0.03).max(0.0)
        + 0.02 * longer
}
