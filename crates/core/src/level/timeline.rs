//! How many clients each node holds at a time, by a draft.

use super::draft::Draft;
use super::flow::Flow;
use super::look::Look;
use super::setting::Setting;
use crate::forecast::Spread;
use crate::number::float;

/// The expected timeline of a draft.
#[derive(Debug)]
pub(crate) struct Timeline<'a> {
    setting: &'a Setting,
    draft: &'a Draft,
    flow: &'a Flow<'a>,
    openings: Vec<f64>,
    /// When nodes open, ascending: time, clients back by then, what each open node has got by then,
    /// and how many are open from then on.
    steps: Vec<Step>,
    /// Clients of the open nodes at the start, ascending, with their sum up to each.
    levels: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    at_s: f64,
    back: f64,
    each: f64,
    /// Variance of that, if chance deals the clients.
    variance: f64,
    open: u64,
}

/// A moment of a timeline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    at_s: f64,
    /// What a node open from the start has got by then.
    each: f64,
    /// The level that the emptiest open nodes are filled to.
    level: f64,
}

impl<'a> Timeline<'a> {
    /// The timeline of `draft`, which sends back `flow`, behind a balancer that looks at `look`.
    pub(crate) fn new(
        setting: &'a Setting,
        draft: &'a Draft,
        flow: &'a Flow<'a>,
        look: Look,
    ) -> Self {
        let openings = look.openings(setting, draft);
        let steps = steps(flow, &openings);
        let levels = levels(setting, draft);
        Self { setting, draft, flow, openings, steps, levels }
    }

    /// The moment `t`.
    pub(crate) fn at(&self, t: f64) -> Moment {
        let back = if t.is_finite() { self.flow.back(t) } else { self.flow.total() };
        let each =
            self.step(t).map_or(0.0, |step| step.each + (back - step.back) / float(step.open));
        let level = match self.setting.spread {
            Spread::Evenly => 0.0,
            Spread::ToEmptiest => self.level(back),
        };
        Moment { at_s: t, each, level }
    }

    /// Clients of node `site` at a moment, without what it has dropped itself.
    pub(crate) fn undropped(&self, site: usize, moment: Moment) -> f64 {
        let clients = self.setting.sites.get(site).map_or(0.0, |site| site.clients);
        let opening = self.openings.get(site).copied().unwrap_or(0.0);
        match self.setting.spread {
            Spread::Evenly if opening >= moment.at_s => clients,
            Spread::Evenly => clients + moment.each - self.step(opening).map_or(0.0, |s| s.each),
            Spread::ToEmptiest if self.is_held(site) => clients,
            Spread::ToEmptiest => clients.max(moment.level),
        }
    }

    /// Clients of every node once all are back.
    pub(crate) fn end(&self) -> Vec<f64> {
        let end = self.at(f64::INFINITY);
        let left = |site: usize| {
            let drops =
                self.draft.holds.get(site).copied().flatten().map_or(0, |hold| hold.drops());
            self.undropped(site, end) - float(drops)
        };
        (0..self.setting.sites.len()).map(left).collect()
    }

    /// The variance of every node's clients in the end if chance deals them.
    pub(crate) fn variances(&self) -> Vec<f64> {
        let end = self.steps.last().map_or(0.0, |step| {
            let open = float(step.open);
            step.variance + (self.flow.total() - step.back) * (1.0 / open) * (1.0 - 1.0 / open)
        });
        let before = |opening: &f64| self.step(*opening).map_or(0.0, |step| step.variance);
        self.openings.iter().map(|opening| end - before(opening)).collect()
    }

    fn is_held(&self, site: usize) -> bool {
        self.draft.holds.get(site).is_some_and(Option::is_some)
    }

    /// The last step at or before `t`.
    fn step(&self, t: f64) -> Option<&Step> {
        let after = self.steps.partition_point(|step| step.at_s <= t);
        after.checked_sub(1).and_then(|i| self.steps.get(i))
    }

    fn level(&self, back: f64) -> f64 {
        let mut level = 0.0;
        for (i, (clients, sum)) in self.levels.iter().enumerate() {
            if i > 0 && level <= *clients {
                break;
            }
            level = (sum + back) / float(i as u64 + 1);
        }
        level
    }
}

fn steps(flow: &Flow<'_>, openings: &[f64]) -> Vec<Step> {
    let mut sorted = openings.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut steps: Vec<Step> = Vec::new();
    for at_s in sorted {
        let back = flow.back(at_s);
        match steps.last_mut() {
            Some(last) if last.at_s >= at_s => last.open += 1,
            Some(&mut Step { back: before, each, variance, open, .. }) => {
                let share = 1.0 / float(open);
                let each = each + (back - before) * share;
                let variance = variance + (back - before) * share * (1.0 - share);
                steps.push(Step { at_s, back, each, variance, open: open + 1 });
            }
            None => steps.push(Step { at_s, back, each: 0.0, variance: 0.0, open: 1 }),
        }
    }
    steps
}

fn levels(setting: &Setting, draft: &Draft) -> Vec<(f64, f64)> {
    let open = setting.sites.iter().zip(&draft.holds).filter(|(_, hold)| hold.is_none());
    let mut clients: Vec<f64> = open.map(|(site, _)| site.clients).collect();
    clients.sort_by(f64::total_cmp);
    let add = |sum: &mut f64, clients: f64| {
        *sum += clients;
        Some((clients, *sum))
    };
    clients.into_iter().scan(0.0, add).collect()
}
