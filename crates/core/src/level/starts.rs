//! A draft as the starts that EMQX is sent: which nodes each names, and where it stops.

use super::draft::{Draft, Hold};
use super::look::Look;
use super::setting::Setting;
use super::timeline::Timeline;
use crate::number::float;
use crate::number::whole;
use crate::units::{AbsThreshold, EvictRate, RelThreshold};

/// Most recipients that a run names. Its coordinator asks each of them every second.
const MOST_RECIPIENTS: usize = 16;

/// A start, by indices of sites.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Start {
    /// The node to close, which also coordinates.
    pub(crate) site: usize,
    /// The nodes it is measured against.
    pub(crate) recipients: Vec<usize>,
    pub(crate) rate: EvictRate,
    pub(crate) wait_health_check_s: u32,
    pub(crate) wait_takeover_s: u32,
    pub(crate) abs: AbsThreshold,
    pub(crate) rel: RelThreshold,
    /// Whether it is a donor; otherwise a cordon, which moves no sessions.
    pub(crate) donor: bool,
}

/// The starts of `draft` in the order to send them: donors, fullest first, then cordons.
///
/// A donor is measured against the emptiest recipients, cordoned or not, since their sum hardly
/// depends on luck; a cordon against nodes that are never closed, since a start may not name a node
/// that an earlier one has closed.
pub(crate) fn starts(setting: &Setting, draft: &Draft) -> Vec<Start> {
    let flow = setting.flow(draft);
    let timelines =
        [Look::EARLY, Look::LATE].map(|look| Timeline::new(setting, draft, &flow, look));
    let mut order: Vec<usize> = (0..setting.sites.len()).collect();
    let clients = |i: usize| setting.sites.get(i).map_or(0.0, |site| site.clients);
    let is_member = |i: usize| setting.sites.get(i).is_some_and(|site| site.member);
    let is_donor = |i: usize| draft.donors.get(i).copied().unwrap_or(false);
    let hold = |i: usize| draft.holds.get(i).copied().flatten();
    order.sort_by(|a, b| {
        is_donor(*b).cmp(&is_donor(*a)).then(clients(*b).total_cmp(&clients(*a))).then(a.cmp(b))
    });
    let emptiest_first = |keep: &dyn Fn(usize) -> bool| -> Vec<usize> {
        order.iter().rev().copied().filter(|i| keep(*i)).collect()
    };
    let recipients = emptiest_first(&|i| is_member(i) && !is_donor(i));
    let open = emptiest_first(&|i| is_member(i) && hold(i).is_none());
    let start = |site: usize| {
        let hold = hold(site)?;
        let against = if is_donor(site) { &recipients } else { &open };
        let named = below_average(clients(site), against, clients);
        stop(setting, &timelines, (site, is_donor(site)), hold, named)
    };
    order.iter().filter_map(|site| start(*site)).collect()
}

/// The longest prefix of `emptiest` that EMQX takes for recipients beside a donor of `clients`.
fn below_average(clients: f64, emptiest: &[usize], of: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut named = Vec::new();
    let mut longest = 0;
    let mut sum = clients;
    for site in emptiest.iter().copied().take(MOST_RECIPIENTS) {
        sum += of(site);
        named.push(site);
        if of(site) < sum / float(named.len() as u64 + 1) {
            longest = named.len();
        }
    }
    named.truncate(longest);
    named
}

/// The start with a threshold half way between the last tick that drops and the check that ends it,
/// whether the balancer looks early or late.
fn stop(
    setting: &Setting,
    [early, late]: &[Timeline<'_>; 2],
    (site, donor): (usize, bool),
    hold: Hold,
    recipients: Vec<usize>,
) -> Option<Start> {
    if recipients.is_empty() {
        return None;
    }
    let clients = setting.sites.get(site).map_or(0.0, |site| site.clients);
    let over = |tick: u64| {
        let at_s = setting.first_tick_s() - float(hold.ahead_s) + float(tick);
        let own = clients - float(hold.rate * tick);
        let by = |timeline: &Timeline<'_>| {
            let moment = timeline.at(at_s);
            let sum: f64 = recipients.iter().map(|i| timeline.undropped(*i, moment)).sum();
            own - sum / float(recipients.len() as u64)
        };
        [by(early), by(late)]
    };
    let [before, first] =
        [hold.ticks - 1, 0].map(|tick| over(tick).into_iter().fold(f64::INFINITY, f64::min));
    let after = over(hold.ticks).into_iter().fold(f64::NEG_INFINITY, f64::max);
    if first <= 1.0 {
        return None;
    }
    let threshold = ((before + after) / 2.0).floor().min((before - 0.5).floor());
    Some(Start {
        site,
        recipients,
        rate: EvictRate::at_least_one(u32::try_from(hold.rate).unwrap_or(u32::MAX)),
        wait_health_check_s: setting
            .wait(setting.wait_health_check_s - hold.ahead_s, setting.wait_health_check_s),
        wait_takeover_s: setting.wait(hold.wait_s, setting.wait_takeover_s),
        abs: AbsThreshold::at_least_one(u32::try_from(whole(threshold)).unwrap_or(u32::MAX)),
        rel: RelThreshold::TIGHTEST,
        donor,
    })
}
