//! What every driver keeps: the time, what it sent, and the cluster as last seen.

use super::ask::{Answer, Ask, Request, RequestId};
use super::event::Event;
use super::guard::{Alarm, Guard};
use super::outcome::Cause;
use super::state::{Question, Round};
use crate::emqx::StopAnswer;
use crate::error::{Error, ErrorKind, Result};
use crate::node::NodeName;
use crate::snapshot::NodeLoad;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What every driver keeps between its steps.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Watch {
    pub(crate) now: Timestamp,
    pub(crate) began_at: Option<Timestamp>,
    pub(crate) starts: Vec<StartRecord>,
    pub(crate) next_poll: Timestamp,
    pub(crate) next_id: u64,
    /// The nodes before the first start.
    pub(crate) baseline: Vec<NodeLoad>,
    /// The nodes as last seen.
    pub(crate) nodes: Vec<NodeLoad>,
    /// When a count of the driver's nodes last changed.
    pub(crate) changed_at: Timestamp,
    pub(crate) alarm: Option<Alarm>,
    /// Milliseconds in which no process drove: they count against no limit.
    pub(crate) paused_ms: u64,
    /// Whether this process has yet to make its first step with a state that another one left.
    #[serde(skip)]
    pub(crate) is_restored: bool,
    /// Requests that were sent and not answered. They do not survive a restart.
    #[serde(skip)]
    pub(crate) pending: BTreeMap<RequestId, Question>,
    /// Answers of the poll in progress.
    #[serde(skip)]
    pub(crate) round: Round,
    /// To be sent at the end of the step.
    #[serde(skip)]
    pub(crate) requests: Vec<Request>,
    /// To be told at the end of the step.
    #[serde(skip)]
    pub(crate) events: Vec<Event>,
}

/// A start that was sent.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct StartRecord {
    pub(crate) coordinator: NodeName,
    pub(crate) at: Timestamp,
}

impl Watch {
    /// Begins a step at `now`. Whether it is the first one after a restart.
    pub(crate) fn begin_step(&mut self, now: Timestamp) -> bool {
        let gap_ms = now.ms_since(self.now);
        self.now = self.now.max(now);
        self.began_at.get_or_insert(self.now);
        let is_first = std::mem::take(&mut self.is_restored);
        if is_first {
            // The cluster moved on by itself meanwhile; what it has come to is still to be seen.
            self.paused_ms += gap_ms;
            self.changed_at = self.now;
            self.next_poll = self.now;
        }
        is_first
    }

    /// Seconds since `began` in which a process drove.
    pub(crate) fn driven_s(&self, began: Timestamp) -> u64 {
        self.now.ms_since(began).saturating_sub(self.paused_ms) / 1000
    }

    pub(crate) fn ask(&mut self, ask: Ask, question: Question) {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.pending.insert(id, question);
        self.requests.push(Request { id, ask });
    }

    /// Sends a start and remembers when.
    pub(crate) fn ask_start(&mut self, coordinator: NodeName, ask: Ask, question: Question) {
        self.starts.push(StartRecord { coordinator: coordinator.clone(), at: self.now });
        self.events.push(Event::Starting { coordinator });
        self.ask(ask, question);
    }

    /// Begins a poll, and says when the next one is due.
    pub(crate) fn begin_round(&mut self, interval_ms: u64) {
        self.round = Round { open: true, ..Round::default() };
        self.next_poll = self.now.plus_ms(interval_ms);
    }

    /// Asks for everything; the nodes of `closed` are asked whether they serve.
    pub(crate) fn ask_all(&mut self, closed: Vec<NodeName>) {
        self.ask(Ask::GlobalStatus, Question::GlobalStatus);
        self.ask(Ask::Nodes, Question::Nodes);
        for node in closed {
            self.ask(Ask::Availability { node: node.clone() }, Question::Availability(node));
        }
    }

    /// Files an answer; gives back that to a start. Answers to requests of an earlier process are
    /// nobody's and are dropped.
    pub(crate) fn file(
        &mut self,
        id: RequestId,
        answer: Result<Answer>,
    ) -> Option<(usize, Result<Answer>)> {
        let question = self.pending.remove(&id)?;
        let round = &mut self.round;
        match (question, answer) {
            (Question::Nodes, Ok(Answer::Nodes(list))) => round.nodes = Some(list),
            (Question::GlobalStatus, Ok(Answer::GlobalStatus(status))) => {
                round.status = Some(status);
            }
            (Question::Availability(node), Ok(Answer::Availability(availability))) => {
                round.availability.insert(node, Some(availability));
            }
            (Question::Start(i), answer) => return Some((i, answer)),
            (Question::Stop(i), Ok(Answer::Stop(StopAnswer::Stopped | StopAnswer::NotStarted))) => {
                round.stopped.push(i)
            }
            (Question::Stop(_), Ok(Answer::Stop(StopAnswer::Refused(refusal)))) => {
                self.lost(&Error::from(refusal));
            }
            (Question::Availability(node), answer) => {
                round.availability.insert(node, None);
                self.lost(&answer.err().unwrap_or_else(mismatch));
            }
            (_, answer) => self.lost(&answer.err().unwrap_or_else(mismatch)),
        }
        None
    }

    fn lost(&mut self, error: &Error) {
        let cause = Cause::from(error);
        self.round.lost = Some(cause.clone());
        self.events.push(Event::AnswerLost { cause });
    }

    /// Waits for no answer of the poll in progress any more.
    pub(crate) fn abandon_round(&mut self) {
        self.pending.retain(|_, question| matches!(question, Question::Start(_)));
        self.round = Round::default();
    }

    /// Whether an answer to a read is on its way.
    pub(crate) fn is_reading(&self) -> bool {
        let is_read = |question: &Question| !matches!(question, Question::Start(_));
        self.pending.values().any(is_read)
    }

    /// When to step again, with a verdict still to come.
    pub(crate) fn wake_at(&self, poll_interval_ms: u64) -> Timestamp {
        if self.pending.is_empty() {
            return self.next_poll;
        }
        // An answer comes first; this is only for hosts that lose one without a word.
        self.now.max(self.next_poll).plus_ms(poll_interval_ms)
    }

    /// Keeps the nodes as they are before the first start.
    pub(crate) fn see_baseline(&mut self, nodes: Vec<NodeLoad>) {
        self.nodes.clone_from(&nodes);
        self.baseline = nodes;
        self.changed_at = self.now;
    }

    /// Keeps the nodes as a poll shows them. `counted` are those whose counts tell of movement.
    pub(crate) fn see_nodes(&mut self, nodes: &[NodeLoad], counted: &[NodeName]) {
        let counts = |nodes: &[NodeLoad]| -> Vec<(NodeName, u64, u64)> {
            let part = nodes.iter().filter(|load| counted.contains(&load.node));
            let mut counts: Vec<_> = part
                .map(|load| (load.node.clone(), load.connections, load.disconnected_sessions))
                .collect();
            counts.sort();
            counts
        };
        if counts(nodes) != counts(&self.nodes) {
            self.changed_at = self.now;
        }
        self.nodes = nodes.to_vec();
    }

    /// Seconds since a count changed. Time in which none could be read is not counted: a cluster that
    /// answers nobody may be moving all the same.
    pub(crate) fn idle_s(&mut self, could_read: bool) -> u64 {
        if !could_read {
            self.changed_at = self.now;
        }
        self.now.ms_since(self.changed_at) / 1000
    }

    /// Why the first read of the cluster, which did not come through, ends the plan; `None` if it is
    /// to be asked again.
    pub(crate) fn preflight_lost(&self, lost: Option<Cause>, patience_s: u32) -> Option<Cause> {
        let began = self.began_at.unwrap_or(self.now);
        let waited_s = self.now.ms_since(began) / 1000;
        let cause = lost.unwrap_or_else(|| Cause::from(&no_answer()));
        let is_final = !RETRYABLE.iter().any(|kind| kind.as_str() == cause.kind);
        (is_final || waited_s >= patience_s.into()).then_some(cause)
    }

    /// Counts what a poll saw. Gives it back once it was seen as often in a row as it takes to act.
    pub(crate) fn confirmed(
        &mut self,
        trouble: Option<(Guard, String)>,
        round: &Round,
    ) -> Option<(Guard, String)> {
        let Some((guard, numbers)) = trouble else {
            if round.nodes.is_some() && round.status.is_some() {
                self.alarm = None;
            }
            return None;
        };
        let alarm = Alarm::after(self.alarm, guard);
        self.alarm = Some(alarm);
        alarm.is_certain().then_some((guard, numbers))
    }

    /// Whether one more start to `coordinator` keeps to what EMQX bears.
    pub(crate) fn has_starts_left(&self, coordinator: &NodeName) -> bool {
        let recent = self.starts.iter().filter(|start| {
            start.coordinator == *coordinator && self.now.ms_since(start.at) < HOUR_MS
        });
        recent.count() < STARTS_PER_HOUR
    }

    /// Forgets what died with the process.
    pub(crate) fn forget_requests(&mut self) {
        self.pending.clear();
        self.round = Round::default();
        self.next_poll = self.now;
        self.is_restored = true;
    }
}

pub(crate) fn mismatch() -> Error {
    Error::new(ErrorKind::Protocol, "the answer belongs to another question")
}

fn no_answer() -> Error {
    Error::new(ErrorKind::Unreachable, "the cluster did not answer")
}

const RETRYABLE: [ErrorKind; 3] = [ErrorKind::Protocol, ErrorKind::Timeout, ErrorKind::Unreachable];
/// Starts per coordinator and hour. EMQX's supervisor gives up at 10 crashes in an hour, and a
/// failing start can cost two.
const STARTS_PER_HOUR: usize = 3;
const HOUR_MS: u64 = 3_600_000;
