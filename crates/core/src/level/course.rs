//! How many clients each node holds at a time, by a draft.

use super::draft::Draft;
use super::flow::Flow;
use super::setting::Setting;
use crate::balance::float;
use crate::forecast::Spread;

/// The expected course of a draft.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    setting: &'a Setting,
    draft: &'a Draft,
    flow: Flow,
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
    open: u64,
}

impl<'a> Course<'a> {
    pub(crate) fn new(setting: &'a Setting, draft: &'a Draft) -> Self {
        let flow = setting.flow(draft);
        let openings = setting.openings(draft);
        let steps = steps(&flow, &openings);
        let levels = levels(setting, draft);
        Self { setting, draft, flow, openings, steps, levels }
    }

    /// Clients of node `site` at `t`, without what it has dropped itself.
    pub(crate) fn undropped(&self, site: usize, t: f64) -> f64 {
        let clients = self.setting.sites.get(site).map_or(0.0, |site| site.clients);
        match self.setting.spread {
            Spread::Evenly => clients + self.each_by(t) - self.each_by(self.opening(site).min(t)),
            Spread::ToEmptiest if self.is_held(site) => clients,
            Spread::ToEmptiest => clients.max(self.level(t)),
        }
    }

    /// Clients of every node once all are back.
    pub(crate) fn end(&self) -> Vec<f64> {
        let left = |site: usize| {
            let drops =
                self.draft.holds.get(site).copied().flatten().map_or(0, |hold| hold.drops());
            self.undropped(site, f64::INFINITY) - float(drops)
        };
        (0..self.setting.sites.len()).map(left).collect()
    }

    fn is_held(&self, site: usize) -> bool {
        self.draft.holds.get(site).is_some_and(Option::is_some)
    }

    fn opening(&self, site: usize) -> f64 {
        self.openings.get(site).copied().unwrap_or(0.0)
    }

    /// What a node open from the start has got by `t`.
    fn each_by(&self, t: f64) -> f64 {
        let after = self.steps.partition_point(|step| step.at_s <= t);
        let Some(step) = after.checked_sub(1).and_then(|i| self.steps.get(i)) else { return 0.0 };
        let back = if t.is_finite() { self.flow.back(t) } else { self.flow.total() };
        step.each + (back - step.back) / float(step.open)
    }

    /// The level that the emptiest open nodes are filled to at `t`.
    fn level(&self, t: f64) -> f64 {
        let back = if t.is_finite() { self.flow.back(t) } else { self.flow.total() };
        let filled = |n: usize, sum: f64| (sum + back) / float(n as u64);
        let mut level = 0.0;
        for (i, (clients, sum)) in self.levels.iter().enumerate() {
            if i > 0 && level <= *clients {
                break;
            }
            level = filled(i + 1, *sum);
        }
        level
    }
}

fn steps(flow: &Flow, openings: &[f64]) -> Vec<Step> {
    let mut sorted = openings.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut steps: Vec<Step> = Vec::new();
    for at_s in sorted {
        let back = flow.back(at_s);
        match steps.last_mut() {
            Some(last) if last.at_s >= at_s => last.open += 1,
            Some(&mut Step { back: before, each, open, .. }) => {
                let each = each + (back - before) / float(open);
                steps.push(Step { at_s, back, each, open: open + 1 });
            }
            None => steps.push(Step { at_s, back, each: 0.0, open: 1 }),
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
