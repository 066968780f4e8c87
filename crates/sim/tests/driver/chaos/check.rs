//! What must hold whatever happens.

use super::host::{Host, Sent};
use super::scenario::Scenario;
use super::subject::Subject;
use super::truth::End;
use emqx_rebalance_core::driver::{Ask, Event, Input, Outcome, OutcomeKind};
use emqx_rebalance_core::{NodeName, Plan, Timestamp};

/// What a status says is possible.
pub(super) fn status(subject: &Subject) -> Result<(), String> {
    let status = subject.status();
    let progress = status.progress;
    let connections: u64 = status.nodes.iter().map(|load| load.connections).sum();
    let is_possible = progress.percent.is_finite() && (0.0..=100.0).contains(&progress.percent);
    let evacuates = matches!(subject, Subject::Evacuation(_));
    if !is_possible || evacuates && progress.moved > progress.to_move {
        return Err(format!("impossible progress {progress:?} of {connections}"));
    }
    Ok(())
}

/// What is about to be sent may be sent.
pub(super) fn request(
    sent: &[Sent],
    events: &[(Timestamp, Event)],
    ask: &Ask,
    now: Timestamp,
    scenario: &Scenario,
) -> Result<(), String> {
    let starts_of = |name: &NodeName| -> Vec<usize> {
        let of = |ask: &Ask| match ask {
            Ask::Start { run } => run.coordinator == *name,
            Ask::StartEvacuation { node, .. } => node == name,
            _ => false,
        };
        (0..sent.len()).filter(|i| of(&sent[*i].ask)).collect()
    };
    match ask {
        Ask::Start { run: emqx_rebalance_core::Run { coordinator: name, .. } }
        | Ask::StartEvacuation { node: name, .. } => {
            let before = starts_of(name);
            let recent = before.iter().filter(|i| now.ms_since(sent[**i].at) < 3_600_000).count();
            if recent >= MOST_STARTS {
                return Err(format!("start number {} to {name} within an hour", recent + 1));
            }
            if let Some(last) = before.last() {
                let reads = sent[*last..]
                    .iter()
                    .filter(|s| s.ask == Ask::GlobalStatus && s.answered.is_some());
                let (reads, since) = (reads.count(), sent[*last].at);
                let is_next_wave = |(at, event): &(Timestamp, Event)| {
                    *at >= since && matches!(event, Event::NextWave { .. })
                };
                let wanted = if events.iter().any(is_next_wave) {
                    1
                } else {
                    scenario.patience.empty_polls as usize
                };
                if reads < wanted {
                    return Err(format!("a start to {name} was repeated after {reads} reads"));
                }
            }
            let is_start =
                |ask: &Ask| matches!(ask, Ask::Start { .. } | Ask::StartEvacuation { .. });
            if sent.iter().any(|sent| is_start(&sent.ask) && !sent.over) {
                return Err(format!("a start to {name} while another one is on its way"));
            }
            Ok(())
        }
        // One that died before it was sent counts: nobody knows.
        Ask::Stop { coordinator: name } | Ask::StopEvacuation { node: name } => {
            let begun = |(_, event): &(Timestamp, Event)| matches!(event, Event::Starting { coordinator } if coordinator == name);
            if events.iter().any(begun) {
                Ok(())
            } else {
                Err(format!("{name} was told to stop what was never started"))
            }
        }
        _ => Ok(()),
    }
}

/// The verdict is true, and the last word.
pub(super) fn verdict(host: &mut Host) -> Result<(), String> {
    let outcome = host.subject.outcome().cloned().ok_or("there is no verdict")?;
    let says_what_is_left = outcome.detail.contains("EMQX did not confirm the stop")
        || outcome.detail.contains("could not be read");
    let is_evacuation = matches!(host.subject, Subject::Evacuation(_));
    let keeps = is_evacuation && outcome.result == OutcomeKind::Completed;
    if !host.truth.ours.is_empty() && !keeps && !says_what_is_left {
        return Err(format!("{:?} still run", host.truth.ours));
    }
    if says_what_is_left {
        told_to_stop(host)?;
    }
    knowing_harm(host)?;
    let subject = host.subject.clone();
    match (&subject, outcome.result) {
        (Subject::Rebalance(driver), OutcomeKind::Completed) => {
            completed(host, &driver.state().plan, &outcome)?;
        }
        (Subject::Evacuation(evacuator), OutcomeKind::Completed) => {
            let name = evacuator.state().plan.node().clone();
            let cluster = &host.cluster.simulation().cluster;
            let place = cluster.find(name.as_str()).unwrap();
            let counts = cluster.counts(place);
            if counts.connected + counts.sessions() > 0 || !cluster.evacuates(place) {
                return Err(format!("{name} is not empty, or open: {counts:?}"));
            }
        }
        (_, OutcomeKind::AlreadyBalanced) if !host.truth.begun.is_empty() => {
            return Err(format!("a run was started: {:?}", host.truth.begun));
        }
        _ => {}
    }
    last_word(host, keeps || says_what_is_left)
}

/// What goes on in spite of a verdict was told to stop.
fn told_to_stop(host: &Host) -> Result<(), String> {
    for coordinator in &host.truth.ours {
        let name = crate::node(coordinator + 1);
        let is_stop = |sent: &Sent| match &sent.ask {
            Ask::Stop { coordinator } | Ask::StopEvacuation { node: coordinator } => {
                *coordinator == name
            }
            _ => false,
        };
        if !host.sent.iter().any(is_stop) {
            return Err(format!("{name} goes on, and was never told to stop"));
        }
    }
    Ok(())
}

/// Who was told of somebody else's run did not stop it: a stop names a coordinator, not a run.
///
/// An evacuation is known by its node alone: who asked for one and heard no answer takes the one that
/// is shown for its own.
fn knowing_harm(host: &Host) -> Result<(), String> {
    if matches!(host.subject, Subject::Evacuation(_)) {
        return Ok(());
    }
    for (at, begun_at, coordinator) in &host.truth.harmed {
        let is_it = |ask: &Ask| match ask {
            Ask::Stop { coordinator: name } | Ask::StopEvacuation { node: name } => {
                *name == crate::node(coordinator + 1)
            }
            _ => false,
        };
        let mut stops = host.sent.iter().filter(|sent| is_it(&sent.ask) && sent.at <= *at);
        let Some(stop) = stops.next_back() else { continue };
        let told = |sent: &Sent| {
            let is_told = sent.answered.is_some_and(|answered| answered < stop.at);
            sent.ask == Ask::GlobalStatus && sent.at > *begun_at && is_told
        };
        if host.sent.iter().any(told) {
            return Err(format!("a run of {coordinator} that is somebody else's was stopped"));
        }
    }
    Ok(())
}

fn completed(host: &mut Host, plan: &Plan, outcome: &Outcome) -> Result<(), String> {
    let cluster = &host.cluster.simulation().cluster;
    let place = |name: &NodeName| cluster.find(name.as_str()).unwrap();
    for donor in plan.runs.iter().flat_map(|run| &run.donors) {
        let node = place(donor);
        let is_checked = !outcome.unchecked.contains(donor);
        // Somebody else may have closed it since; and one that boots says that it is open before it is.
        let is_well = cluster.is_up(node)
            && !cluster.is_half_up(node)
            && !cluster.is_hung(node)
            && !cluster.evacuates(node);
        let is_alone = cluster.coordinators().is_empty();
        if is_well && is_alone && !cluster.door(node).available && is_checked {
            return Err(format!("{donor} is closed"));
        }
    }
    let mean = |names: &[NodeName], counts: &[u64]| {
        let sum: u64 = names.iter().map(|name| counts[place(name)]).sum();
        float(sum) / float(names.len() as u64)
    };
    let within = |counts: &Vec<u64>| match plan.runs.as_slice() {
        [run] => {
            run.strategy.conns_within(mean(&run.donors, counts), mean(&run.recipients, counts))
        }
        runs => {
            let mut nodes: Vec<&NodeName> = runs.iter().flat_map(|run| &run.nodes).collect();
            nodes.sort();
            nodes.dedup();
            let most = nodes.iter().map(|name| counts[place(name)]).max().unwrap_or(0);
            let sum: u64 = nodes.iter().map(|name| counts[place(name)]).sum();
            let mean = float(sum) / float(nodes.len() as u64);
            // The room that the driver gives: one client, or 2 %.
            float(most) <= mean * (1.0 + plan.balance.after.over) + (0.021 * mean).max(1.001)
        }
    };
    if !host.truth.counts.iter().any(|(_, counts)| within(counts)) {
        return Err(format!("the goal is not reached: {:?}", host.truth.counts.back()));
    }
    Ok(())
}

/// After a verdict nothing is sent, and nothing of ours begins.
fn last_word(host: &mut Host, may_run: bool) -> Result<(), String> {
    let has_strays = host.has_strays();
    let ended = host.subject.outcome().cloned();
    for _ in 0..20 {
        let later = host.now().plus_ms(5_000);
        while host.now() < later {
            host.pass_to(later);
        }
        let step = host.subject.step(host.now(), Input::Tick);
        if !step.requests.is_empty() || step.wake_at.is_some() || !step.events.is_empty() {
            return Err(format!("it went on after its verdict: {step:?}"));
        }
        status(&host.subject)?;
    }
    let mut reborn = host.subject.reborn();
    let step = reborn.step(host.now(), Input::Tick);
    if !step.requests.is_empty() || reborn.outcome() != ended.as_ref() {
        return Err(format!("another process went on after the verdict: {step:?}"));
    }
    if !may_run && !has_strays && !host.truth.ours.is_empty() {
        return Err(format!("{:?} began after the verdict", host.truth.ours));
    }
    Ok(())
}

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
    let was_uneven = outcome.result == OutcomeKind::Vanished && spread_ms > 1_000;
    if !outcome.result.is_success() && !was_unread && !was_unheard && !was_uneven {
        return Err("it is no success".to_owned());
    }
    // A short run may come and go before it can be seen that its start, whose answer was lost, arrived.
    let asked = |place: usize| {
        let is_it = |event: &Event| matches!(event, Event::Starting { coordinator } if *coordinator == crate::node(place + 1));
        host.events.iter().filter(|(_, event)| is_it(event)).count()
    };
    if host.truth.begun.iter().any(|(place, begun)| *begun > asked(*place)) {
        return Err(format!("started again: {:?}", host.truth.begun));
    }
    if host.truth.ends.iter().any(|(_, _, end)| *end != End::ByItself) {
        return Err(format!("did not end by themselves: {:?}", host.truth.ends));
    }
    Ok(())
}

/// To one coordinator within an hour.
const MOST_STARTS: usize = 3;

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}
