//! What must hold as well where only the driver suffers, or only its clients do.

use super::check::{MOST_STARTS, before, float};
use super::host::Host;
use super::scenario::Work;
use super::truth::{End, shows_live};
use crate::node;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_core::driver::{Event, Guard, OutcomeKind};

/// Of a cluster that is well: the runs were started once, ended by themselves, and reached the goal.
pub(super) fn success(host: &Host) -> Result<(), String> {
    let outcome = host.subject.outcome().ok_or("there is no verdict")?;
    let starts = host.events.iter().filter(|(_, e)| matches!(e, Event::Starting { .. })).count();
    // A cluster that cannot be read is not touched; and runs that level together and were begun at
    // different times, since a start was lost or a process died, may end elsewhere.
    let was_unread = outcome.result == OutcomeKind::Refused && starts == 0;
    // Nor is one bothered for long whose starts are all lost.
    let was_unheard = outcome.result == OutcomeKind::Refused && starts >= MOST_STARTS;
    let begun = host.events.iter().filter(|(_, e)| matches!(e, Event::Starting { .. }));
    let (mut first, mut last) = (begun.clone(), begun);
    let spread_ms = first.next().zip(last.next_back()).map_or(0, |((a, _), (z, _))| z.ms_since(*a));
    let was_uneven = outcome.result == OutcomeKind::Vanished && spread_ms > EVEN_MS;
    // A cluster that is silent for longer than the user waits for it has come to nobody knows what.
    let storm = &host.scenario.storm;
    let silent_ms = storm.to_ms - storm.from_ms + 2 * storm.slowest_ms + LONGEST_REQUEST_MS;
    let waited_ms = u64::from(host.scenario.patience.settle_s) * 10_000;
    let was_silent = outcome.result == OutcomeKind::TimedOut
        && outcome.detail.contains("could not be read")
        && waited_ms < silent_ms;
    // Within the thresholds EMQX calls it balanced, and starts nothing more; a forecast may promise more.
    let was_close = outcome.result == OutcomeKind::Vanished && is_within_thresholds(host);
    let is_excused = was_unread || was_unheard || was_uneven || was_silent || was_close;
    if !outcome.result.is_success() && !is_excused {
        return Err("it is no success".to_owned());
    }
    // A short run may come and go before it can be seen that its start, whose answer was lost, arrived.
    if host.truth.begun.iter().any(|(place, begun)| *begun > host.meant(*place)) {
        return Err(format!("started again: {:?}", host.truth.begun));
    }
    let was_ended = |(_, place, end): &&(Timestamp, usize, End)| match end {
        End::ByItself => false,
        End::Stopped => !was_opened(host, *place),
        End::CutShort => true,
    };
    if host.truth.ends.iter().any(|end| was_ended(&end) && !is_of_uneven_wave(host, end.0)) {
        return Err(format!("did not end by themselves: {:?}", host.truth.ends));
    }
    Ok(())
}

/// Whether the driver opened a node that the plan only kept closed, since others had caught up with it.
fn was_opened(host: &Host, place: usize) -> bool {
    let is_it = |event: &Event| matches!(event, Event::Opening { node: opened } if *opened == node(place + 1));
    host.events.iter().any(|(_, event)| is_it(event))
}

/// Whether `at` is in the last wave, whose starts were pulled apart by a death or a pause. EMQX may
/// refuse one for what another one has begun meanwhile, and then those that it took are stopped.
fn is_of_uneven_wave(host: &Host, at: Timestamp) -> bool {
    let is_next = |(_, event): &(Timestamp, Event)| matches!(event, Event::NextWave { .. });
    let first = host.events.iter().rposition(is_next).unwrap_or(0);
    let is_start = |event: &Event| matches!(event, Event::Starting { .. });
    let starts = host.events[first..].iter().filter(|(_, event)| is_start(event));
    let mut starts = starts.map(|(at, _)| *at);
    let began = starts.next();
    began.is_some_and(|began| {
        let last = starts.next_back().unwrap_or(began);
        at >= began && last.ms_since(began) > EVEN_MS
    })
}

/// Whether the fullest of the plan's nodes is as little over the mean as the absolute threshold allows.
fn is_within_thresholds(host: &Host) -> bool {
    let (Some(plan), Some(last)) = (host.subject.plan(), host.truth.samples.back()) else {
        return false;
    };
    let mean = float(last.connected()) / float(last.counts.len() as u64);
    let most = last.counts.iter().max().copied().unwrap_or(0);
    let mut runs = plan.runs.iter();
    runs.any(|run| float(most) - mean <= f64::from(run.strategy.abs_conn_threshold.get()))
}

/// Of clients that do not come back: no more are away than the user allows, and were dropped while
/// they were given time and a few polls went by.
pub(super) fn bounded(host: &Host) -> Result<(), String> {
    let patience = &host.scenario.patience;
    let (before, _) = before(host);
    let percent = u64::from(patience.max_missing_percent);
    let donors: u64 = match host.subject.plan() {
        Some(plan) => plan.runs.iter().map(|run| run.donors.len() as u64).sum(),
        None => 1,
    };
    let looked_ms = u64::from(patience.grace_s) * 1000 + 4 * u64::from(patience.poll_interval_ms);
    let dropped = u64::from(host.scenario.rate) * donors * (looked_ms.div_ceil(1000) + 2);
    let most = (before * percent).div_ceil(100) + dropped;
    if percent < 100
        && shows_live(host.scenario.config.personality)
        && host.truth.most_away > most.max(1)
    {
        return Err(format!("{} of {before} were away, {most} may be", host.truth.most_away));
    }
    Ok(())
}

/// Of clients that take their time: where all come, nobody says that they do not. A single run, or an
/// evacuation, that was not told how they come takes those for lost that need longer than the grace.
pub(super) fn guarded(host: &Host) -> Result<(), String> {
    let outcome = host.subject.outcome().ok_or("there is no verdict")?;
    let scenario = &host.scenario;
    let profile = scenario.config.reconnect.profile.as_ref().ok_or("no profile")?;
    let may_know = scenario.is_told || matches!(scenario.work, Work::Level);
    if profile.comes() >= 1.0 && may_know && outcome.guard == Some(Guard::ClientsMissing) {
        return Err("slow clients were taken for lost ones".to_owned());
    }
    Ok(())
}

/// Starts of one wave are this close together, unless something befalls who sends them.
const EVEN_MS: u64 = 1_000;
/// The time limit of a start, the longest of all.
const LONGEST_REQUEST_MS: u64 = 60_000;
