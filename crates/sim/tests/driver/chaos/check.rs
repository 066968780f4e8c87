//! What must hold whatever happens.

use super::host::{Host, Sent};
use super::line::Purpose;
use super::subject::Subject;
use super::truth::{Sample, shows_live};
use crate::node;
use emqx_rebalance_core::driver::{Event, Guard, Outcome, OutcomeKind};
use emqx_rebalance_core::{NodeName, Plan, Timestamp};

/// What a status says is possible.
pub(super) fn status(subject: &Subject) -> Result<(), String> {
    let status = subject.status();
    let progress = status.progress;
    let connections: u64 = status.nodes.iter().map(|load| load.connections).sum();
    let is_possible = progress.percent.is_finite() && (0.0..=100.0).contains(&progress.percent);
    if !is_possible || subject.is_evacuation() && progress.moved > progress.to_move {
        return Err(format!("impossible progress {progress:?} of {connections}"));
    }
    Ok(())
}

/// What is about to be sent may be sent.
pub(super) fn request(host: &Host, purpose: &Purpose) -> Result<(), String> {
    if let Some(name) = purpose.started() {
        return start(host, name);
    }
    // One that died before it was sent counts: nobody knows.
    let Some(name) = purpose.stopped() else { return Ok(()) };
    let begun = |(_, event): &(Timestamp, Event)| matches!(event, Event::Starting { coordinator } if coordinator == name);
    if host.events.iter().any(begun) {
        return Ok(());
    }
    Err(format!("{name} was told to stop what was never started"))
}

fn start(host: &Host, name: &NodeName) -> Result<(), String> {
    let now = host.now();
    let of = |sent: &&Sent| sent.purpose.started() == Some(name);
    let recent = host.sent.iter().filter(of).filter(|sent| now.ms_since(sent.at) < HOUR_MS);
    // An hour is what the driver's clock says.
    if recent.count() >= MOST_STARTS && !host.was_disturbed {
        return Err(format!("one start too many to {name} within an hour"));
    }
    if let Some(last) = host.sent.iter().rposition(|sent| of(&sent)) {
        let since = host.sent[last].at;
        let is_next_wave = |(at, event): &(Timestamp, Event)| {
            *at >= since && matches!(event, Event::NextWave { .. })
        };
        let has_read = |sent: &Sent| {
            let is_look = matches!(sent.purpose, Purpose::Runs | Purpose::OwnRuns);
            is_look && sent.answered.is_some_and(|at| at >= since)
        };
        let may = host.events.iter().any(is_next_wave) || host.sent[last..].iter().any(has_read);
        if !may {
            return Err(format!("a start to {name} was repeated without a look"));
        }
    }
    // By a clock that jumps, the time of its answer is over.
    if host.has_open_start() && !host.was_disturbed {
        return Err(format!("a start to {name} while another one is on its way"));
    }
    Ok(())
}

/// The verdict is true, and the last word.
pub(super) fn verdict(host: &mut Host) -> Result<(), String> {
    let outcome = host.subject.outcome().cloned().ok_or("there is no verdict")?;
    let is_completed = outcome.result == OutcomeKind::Completed;
    let keeps = host.subject.is_evacuation() && is_completed;
    let says_what_is_left = says_what_is_left(&outcome);
    if !host.truth.ours.is_empty() && !keeps && !says_what_is_left {
        return Err(format!("{:?} still run", host.truth.ours));
    }
    if outcome.detail.contains("did not confirm the stop") {
        told_to_stop(host)?;
    }
    knowing_harm(host)?;
    if is_completed {
        match host.subject.plan().cloned() {
            Some(plan) => completed(host, &plan, &outcome)?,
            None => emptied(host)?,
        }
        nobody_lost(host)?;
    }
    if outcome.result == OutcomeKind::AlreadyBalanced && !host.truth.begun.is_empty() {
        return Err(format!("a run was started: {:?}", host.truth.begun));
    }
    refusal(host, &outcome)?;
    words(host, &outcome)?;
    numbers(host, &outcome)?;
    if is_blind(&outcome) {
        return sees_again(host);
    }
    last_word(host, keeps || says_what_is_left)
}

fn says_what_is_left(outcome: &Outcome) -> bool {
    let detail = &outcome.detail;
    detail.contains("EMQX did not confirm the stop")
        || detail.contains("could not be read")
        || detail.contains("nobody knows")
        || detail.contains("still closed to clients")
        || !outcome.unchecked.is_empty()
}

/// Whether the driver was not let see what became of its work.
fn is_blind(outcome: &Outcome) -> bool {
    outcome.detail.contains("resume this once the cluster can be read")
}

/// What goes on in spite of a verdict was told to stop.
fn told_to_stop(host: &Host) -> Result<(), String> {
    for place in &host.truth.ours {
        let name = node(place + 1);
        if !host.sent.iter().any(|sent| sent.purpose.stopped() == Some(&name)) {
            return Err(format!("{name} goes on, and was never told to stop"));
        }
    }
    Ok(())
}

/// Who was told of somebody else's run did not stop it: a stop names a coordinator, not a run. Nor did
/// whom EMQX had told that ours is stopped.
///
/// An evacuation is known by its node alone, and a run by its nodes and rates: who asked for one and
/// heard no answer takes the one that is shown for its own. Nor does a process know whether the start of
/// the one before it was sent.
fn knowing_harm(host: &Host) -> Result<(), String> {
    for harm in &host.truth.harmed {
        let name = node(harm.place + 1);
        let stops = || host.sent.iter().filter(|sent| sent.purpose.stopped() == Some(&name));
        let Some(stop) = stops().rfind(|sent| sent.at <= harm.at) else { continue };
        let was_done = |sent: &Sent| sent.was_done && sent.answered.is_some_and(|at| at < stop.at);
        let is_known = host.meant(harm.place) == 1
            && host.sent.iter().any(|sent| sent.purpose.started() == Some(&name) && was_done(sent));
        if is_known && stops().any(was_done) && !host.was_disturbed {
            return Err(format!("{name} was told to stop again, and stopped somebody else's"));
        }
    }
    Ok(())
}

fn emptied(host: &Host) -> Result<(), String> {
    let name = host.subject.emptied().ok_or("no evacuation")?;
    let cluster = &host.simulation.cluster;
    let place = cluster.find(name.as_str()).unwrap();
    let counts = cluster.counts(place);
    if counts.connected + counts.sessions() > 0 || !cluster.evacuates(place) {
        return Err(format!("{name} is not empty, or open: {counts:?}"));
    }
    Ok(())
}

fn completed(host: &Host, plan: &Plan, outcome: &Outcome) -> Result<(), String> {
    let cluster = &host.simulation.cluster;
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
    let within = |sample: &Sample| is_within(host, plan, |name| sample.counts[place(name)]);
    let has_live = shows_live(host.scenario.config.personality);
    if has_live && !host.truth.since(last_read(host)).any(within) {
        return Err(format!("the goal is not reached: {:?}", host.truth.samples.back()));
    }
    Ok(())
}

fn is_within(host: &Host, plan: &Plan, count: impl Fn(&NodeName) -> u64) -> bool {
    let mean = |names: &[NodeName]| {
        let sum: u64 = names.iter().map(&count).sum();
        float(sum) / float(names.len() as u64)
    };
    if let [run] = plan.runs.as_slice() {
        let is_balanced = run.strategy.conns_within(mean(&run.donors), mean(&run.recipients));
        if is_balanced || plan.mode == emqx_rebalance_core::Mode::Single {
            return is_balanced;
        }
    }
    let mut nodes: Vec<NodeName> = plan.runs.iter().flat_map(|run| run.nodes.clone()).collect();
    nodes.sort();
    nodes.dedup();
    let all: Vec<NodeName> =
        host.scenario.config.nodes.iter().map(|node| node.name.clone()).collect();
    // The room that the driver gives: one client, or 2 %.
    let is_level = |nodes: &[NodeName]| {
        let most = nodes.iter().map(&count).max().unwrap_or(0);
        let mean = mean(nodes);
        float(most) <= mean * (1.0 + plan.balance.after.over) + (0.021 * mean).max(1.001)
    };
    is_level(&nodes) || is_level(&all)
}

/// When the last counts that the driver has were asked for.
fn last_read(host: &Host) -> Timestamp {
    last_read_by(host, host.now())
}

/// The same of the counts that it had by then.
fn last_read_by(host: &Host, then: Timestamp) -> Timestamp {
    let reads = host.sent.iter().filter(|sent| sent.purpose == Purpose::Counts);
    let answered = reads.filter_map(|sent| Some((sent.answered?, sent.at)));
    let answered = answered.filter(|(answered, _)| *answered <= then);
    // A poll may ask several nodes one after the other.
    let asked = answered.max().map_or_else(Timestamp::default, |(_, asked)| asked);
    Timestamp::from_ms(asked.as_ms().saturating_sub(POLL_MS))
}

/// How many clients the driver may have counted before the first start, at least and at most. What
/// became of them before it looked, by a run of somebody else or otherwise, it cannot know.
pub(super) fn before(host: &Host) -> (u64, u64) {
    let begun = host.sent.iter().find(|sent| sent.purpose.is_start()).map(|sent| sent.at);
    let until = begun.unwrap_or_else(|| host.now());
    let samples = host.truth.since(last_read_by(host, until));
    let counts = samples.take_while(|sample| sample.at <= until).map(Sample::connected);
    counts.fold((u64::MAX, 0), |(least, most), count| (least.min(count), most.max(count)))
}

/// Clients that are nowhere, of `before`, not counting those that left by themselves.
fn missing(before: u64, sample: &Sample) -> u64 {
    before.saturating_sub(sample.departed).saturating_sub(sample.connected())
}

/// Of 100 clients, so many may be missing, and one in any case.
fn allowed(host: &Host, before: u64) -> u64 {
    let percent = u64::from(host.scenario.patience.max_missing_percent);
    (before * percent).div_ceil(100).max(1)
}

fn nobody_lost(host: &Host) -> Result<(), String> {
    let (before, _) = before(host);
    let allowed = allowed(host, before);
    let fewest = host.truth.since(last_read(host)).map(|sample| missing(before, sample)).min();
    if fewest.is_some_and(|missing| missing > allowed) {
        return Err(format!("{fewest:?} of {before} are nowhere, and {allowed} may be"));
    }
    Ok(())
}

/// What is said not to have started has not.
fn refusal(host: &Host, outcome: &Outcome) -> Result<(), String> {
    if outcome.result != OutcomeKind::Refused {
        return Ok(());
    }
    let words = ["were stopped", "look at", "as far as can be seen"];
    let says_so = words.iter().any(|words| outcome.detail.contains(words));
    let named = host
        .truth
        .begun
        .keys()
        .find(|place| outcome.detail.contains(&format!("{} did not start", node(*place + 1))));
    let nothing = outcome.detail.contains("nothing was started") && !host.truth.begun.is_empty();
    let is_first = !host.events.iter().any(|(_, e)| matches!(e, Event::NextWave { .. }));
    if nothing || is_first && named.is_some() && !says_so {
        return Err(format!("it did begin: {:?}", host.truth.begun));
    }
    Ok(())
}

/// What the sentence says of nodes and of clients.
fn words(host: &Host, outcome: &Outcome) -> Result<(), String> {
    let detail = &outcome.detail;
    let nodes = host.scenario.config.nodes.len();
    for place in 0..nodes {
        let name = node(place + 1);
        let is_called_down = ["is down", "was down", "has left"]
            .iter()
            .any(|words| detail.contains(&format!("{name} {words}")));
        if is_called_down && !host.truth.was_down.contains(&place) {
            return Err(format!("{name} was never down"));
        }
    }
    let evacuates = host.subject.emptied().is_some_and(|name| {
        let place = host.simulation.cluster.find(name.as_str());
        place.is_some_and(|place| host.truth.ours.contains(&place))
    });
    let is_called_gone = outcome.result == OutcomeKind::Vanished && !host.was_lied_to();
    if evacuates && (is_called_gone || detail.contains("serves clients again")) {
        return Err("the node evacuates".to_owned());
    }
    // Clients of a node that hangs are connected to nobody who answers.
    if !shows_live(host.scenario.config.personality) || !host.truth.was_down.is_empty() {
        return Ok(());
    }
    let (_, before) = before(host);
    let are_back = host
        .truth
        .since(last_read(host))
        .all(|sample| sample.connected() + sample.departed >= before && sample.departed == 0);
    if detail.contains("do not come back") && are_back && outcome.guard.is_none() {
        return Err(format!("all {before} clients are connected"));
    }
    let is_counted = outcome.unknown.is_empty() && outcome.missing != Some(0);
    if outcome.guard == Some(Guard::ClientsMissing) && are_back && is_counted {
        return Err(format!(
            "all {before} clients are connected, and {:?} missing",
            outcome.missing
        ));
    }
    Ok(())
}

/// The numbers of the outcome are of the time that it names.
fn numbers(host: &Host, outcome: &Outcome) -> Result<(), String> {
    if host.was_disturbed {
        return Ok(());
    }
    let cluster = &host.simulation.cluster;
    for load in host.subject.status().nodes {
        let Some(read_at_ms) = load.read_at_ms else { continue };
        let Some(place) = cluster.find(load.node.as_str()) else { continue };
        let age_ms = host.clock_ms().saturating_sub(read_at_ms);
        let read_at = Timestamp::from_ms(host.now().as_ms().saturating_sub(age_ms));
        let from = Timestamp::from_ms(read_at.as_ms().saturating_sub(OLDEST_MS));
        let is_it = |sample: &&Sample| sample.counts[place] == load.connections;
        let found =
            host.truth.since(from).take_while(|sample| sample.at <= read_at).any(|s| is_it(&s));
        if !found && !host.truth.was_down.contains(&place) {
            let text = format!("{} never held {} clients", load.node, load.connections);
            return Err(format!("{text} before {} ms: {outcome:?}", read_at.as_ms()));
        }
    }
    Ok(())
}

/// Who was not let see, and is let see again, comes to a verdict that says something.
fn sees_again(host: &mut Host) -> Result<(), String> {
    host.mend();
    if !host.drive() {
        return Err("resumed, it comes to no verdict".to_owned());
    }
    let outcome = host.subject.outcome().cloned().ok_or("there is no verdict")?;
    if is_blind(&outcome) {
        return Err(format!("resumed, it is blind: {outcome:?}"));
    }
    if !host.truth.ours.is_empty() && !host.subject.is_evacuation() && !says_what_is_left(&outcome)
    {
        return Err(format!("resumed, it leaves {:?} running: {outcome:?}", host.truth.ours));
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
        let step = host.idle_step();
        if !step.requests.is_empty() || step.wake_at_ms.is_some() || !step.events.is_empty() {
            return Err(format!("it went on after its verdict: {step:?}"));
        }
        status(&host.subject)?;
    }
    let mut reborn = host.subject.reborn(&host.cluster);
    let step = reborn.step(host.clock_ms(), Default::default());
    if !step.requests.is_empty() || reborn.outcome() != ended.as_ref() {
        return Err(format!("another process went on after the verdict: {step:?}"));
    }
    if !may_run && !has_strays && !host.truth.ours.is_empty() {
        return Err(format!("{:?} began after the verdict", host.truth.ours));
    }
    Ok(())
}

/// To one coordinator within an hour.
pub(super) const MOST_STARTS: usize = 3;
const HOUR_MS: u64 = 3_600_000;
/// A poll may begin so long before its last question.
const POLL_MS: u64 = 10_000;
/// Counts are so old at most when they come in.
const OLDEST_MS: u64 = 120_000;

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}
