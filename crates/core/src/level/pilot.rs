//! A small part first, to see how clients come back.

use super::draft::{Draft, Hold};
use super::outlook::{Candidate, Scene};
use super::setting::Setting;
use super::starts;
use crate::number::{float, whole};
use crate::plan::{Pilot, PilotRun};
use crate::snapshot::NodeLoad;
use crate::strategy::Strategy;

impl Scene<'_> {
    /// The run that shows how clients come back, before those of `chosen`: none if that is known, or
    /// `chosen` does not drop clients enough for it to be worth the time.
    pub(crate) fn pilot(&self, chosen: &Candidate, strategy: &Strategy) -> Option<PilotRun> {
        let drops = chosen.outlook.forecast.disconnects;
        let clients = match self.options.pilot {
            Pilot::Clients(clients) => u64::from(clients).min(drops),
            Pilot::Auto if self.options.told_profile().is_none() => {
                whole(float(drops) * SHARE).max(LEAST)
            }
            Pilot::Auto | Pilot::Off => return None,
        };
        let is_worth_it = self.options.pilot != Pilot::Auto || drops >= clients * WORTH;
        if chosen.runs.is_empty() || !is_worth_it {
            return None;
        }
        let nodes: Vec<&NodeLoad> = self.nodes().collect();
        let setting = Setting::of(&nodes, &[], strategy, self.options);
        let draft = draft(&setting, clients)?;
        let start = starts::starts(&setting, &draft).into_iter().next()?;
        let dropped = draft.drops();
        let lasts_s = u64::from(start.wait_health_check_s) + u64::from(start.wait_takeover_s);
        let ticks = draft.holds.iter().flatten().map(|hold| hold.ticks).sum::<u64>();
        let run = self.run(&nodes, start, strategy)?;
        Some(PilotRun { run, clients: dropped, most_s: lasts_s + ticks })
    }
}

/// The fullest node drops about `clients`, at once if the rate allows it, and stays closed until they
/// are back.
fn draft(setting: &Setting, clients: u64) -> Option<Draft> {
    let sites = setting.sites.iter().enumerate().filter(|(_, site)| site.member);
    let (fullest, site) = sites.max_by(|(_, a), (_, b)| a.excess().total_cmp(&b.excess()))?;
    let clients = clients.min(whole(site.excess()));
    let ticks = clients.div_ceil(setting.top_rate).clamp(1, MOST_TICKS);
    let rate = (clients / ticks).clamp(1, setting.top_rate);
    let hold = Hold { rate, ticks, wait_s: MOST_S, ahead_s: 0 };
    let at = |site: usize| (site == fullest).then_some(hold);
    let holds: Vec<Option<Hold>> = (0..setting.sites.len()).map(at).collect();
    // No donor by name: it hands over no sessions, which would keep it closed for longer.
    let donors = vec![false; holds.len()];
    (clients > 0).then_some(Draft { holds, donors })
}

/// Of the clients that a plan drops, the part that is dropped first.
const SHARE: f64 = 0.02;
/// Fewer show nothing for sure: of 200, a share is known within 7 % but for one time in twenty.
const LEAST: u64 = 200;
/// A plan that drops fewer than so many times as much is over before there is much to gain.
const WORTH: u64 = 3;
/// Most seconds until they are back.
const MOST_S: u64 = 60;
/// Most ticks that they are dropped in: the fewer, the clearer it is who comes back when.
const MOST_TICKS: u64 = 10;
