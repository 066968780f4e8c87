//! The same cluster with a driver at work on it, as it is in the field: it sees counts once a second.

use super::cluster::Cluster;
use super::{Verdict, World};
use emqx_rebalance_core::driver::{Answer, Ask, Driver, Event, Input, Outcome};
use emqx_rebalance_core::{
    Availability, GlobalStatus, NodeList, NodeLoad, NodeName, Refusal, RefusalReason, RunState,
    RunStatus, StartAnswer, StopAnswer, Timestamp,
};

/// How it went.
pub(crate) struct Driven {
    pub(crate) verdict: Verdict,
    pub(crate) outcome: Outcome,
    pub(crate) events: Vec<Event>,
    /// Clients that were on their way when the verdict was given.
    pub(crate) away: u64,
}

/// Drives to the verdict on nodes `names` that hold `counts` clients.
pub(crate) fn drive(
    names: &[NodeName],
    counts: &[u64],
    mut driver: Driver,
    world: World,
) -> Driven {
    let mut cluster = Cluster::new(names, counts, world);
    let (mut now_ms, mut refused, mut events) = (0, 0, Vec::new());
    let mut inputs = vec![Input::Tick];
    let outcome = loop {
        let Some(input) = inputs.pop() else { unreachable!("a driver that waits says until when") };
        let step = driver.step(Timestamp::from_ms(EPOCH_MS + now_ms), input);
        events.extend(step.events);
        if let Some(outcome) = driver.outcome() {
            break outcome.clone();
        }
        for request in step.requests {
            now_ms += CALL_MS;
            cluster.pass(now_ms as f64 / 1000.0);
            let answer = answer(&mut cluster, names, request.ask, &mut refused);
            inputs.insert(0, Input::Answer { id: request.id, answer: Ok(answer) });
        }
        if inputs.is_empty() {
            let wake_ms = step.wake_at.unwrap().as_ms() - EPOCH_MS;
            now_ms = now_ms.max(wake_ms);
            cluster.pass(now_ms as f64 / 1000.0);
            inputs.push(Input::Tick);
        }
    };
    let (away, duration_s) = (cluster.away, now_ms as f64 / 1000.0);
    cluster.finish();
    let Cluster { counts, disconnects, .. } = cluster;
    let verdict = Verdict { counts, disconnects, duration_s, refused };
    Driven { verdict, outcome, events, away }
}

impl Driven {
    /// Waves that were begun, a pilot among them.
    pub(crate) fn waves(&self) -> u32 {
        let is_next = |event: &&Event| matches!(event, Event::NextWave { .. });
        1 + u32::try_from(self.events.iter().filter(is_next).count()).unwrap()
    }
}

fn answer(cluster: &mut Cluster, names: &[NodeName], ask: Ask, refused: &mut usize) -> Answer {
    match ask {
        Ask::Nodes => {
            let load = |(name, n): (&NodeName, &u64)| NodeLoad::new(name.clone(), *n);
            let nodes = names.iter().zip(&cluster.counts).map(load).collect();
            Answer::Nodes(NodeList { nodes, unreadable: Vec::new() })
        }
        Ask::GlobalStatus => Answer::GlobalStatus(status(cluster)),
        Ask::Availability { node } => {
            let is_closed =
                names.iter().position(|n| *n == node).is_some_and(|i| cluster.closed[i]);
            Answer::Availability(if is_closed {
                Availability::Closed
            } else {
                Availability::Serving
            })
        }
        Ask::Start { run } if cluster.start(&run) => Answer::Start(StartAnswer::Started),
        Ask::Start { .. } => {
            *refused += 1;
            let reason = RefusalReason::NothingToBalance;
            let text = "nothing_to_balance".to_owned();
            Answer::Start(StartAnswer::Refused(Refusal { reason, status: 400, text }))
        }
        Ask::Stop { coordinator } if cluster.stop(&coordinator) => {
            Answer::Stop(StopAnswer::Stopped)
        }
        Ask::Stop { .. } => Answer::Stop(StopAnswer::NotStarted),
        Ask::StartEvacuation { .. } | Ask::StopEvacuation { .. } => {
            unreachable!("nobody evacuates")
        }
    }
}

fn status(cluster: &Cluster) -> GlobalStatus {
    let entry = |judged: &super::cluster::Judged| {
        let (run, state) = (&judged.run, RunState::Phase(judged.shown(cluster.now)?));
        let (donors, recipients) = (run.donors.clone(), run.recipients.clone());
        Some(RunStatus::new(run.coordinator.clone(), state, donors, recipients))
    };
    let rebalances = cluster.runs.iter().filter_map(entry).collect();
    GlobalStatus { rebalances, ..GlobalStatus::default() }
}

/// What a call to EMQX takes.
const CALL_MS: u64 = 15;
const EPOCH_MS: u64 = 1_000_000;
