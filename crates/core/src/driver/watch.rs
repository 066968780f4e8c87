//! What every driver keeps: the time, what it sent, and the cluster as last seen.

use super::ask::{Answer, Ask, Request, RequestId};
use super::clients::Loss;
use super::clock::Clock;
use super::event::Event;
use super::guard::{Alarm, Guard};
use super::outcome::Cause;
use super::poll::{Poll, Question};
use super::stops::Stops;
use crate::emqx::StopAnswer;
use crate::error::{Error, ErrorKind, Result};
use crate::node::NodeName;
use crate::reconnect::{Drift, Learning};
use crate::snapshot::NodeLoad;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What every driver keeps between its steps.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Watch {
    pub(crate) now: Timestamp,
    #[serde(default)]
    pub(crate) clock: Clock,
    pub(crate) began_at: Option<Timestamp>,
    pub(crate) starts: Vec<StartRecord>,
    pub(crate) next_poll: Timestamp,
    pub(crate) next_id: u64,
    /// The nodes before the first start of the wave.
    pub(crate) baseline: Vec<NodeLoad>,
    /// The nodes before the first start of all, if that was another wave's.
    #[serde(default)]
    pub(super) origin: Vec<NodeLoad>,
    /// The nodes as last seen.
    pub(crate) nodes: Vec<NodeLoad>,
    /// What nodes that are to lose clients have lost lately.
    #[serde(default)]
    pub(super) losses: Vec<Loss>,
    /// What was dropped and what was missing, from the first start on.
    #[serde(default)]
    pub(super) learning: Learning,
    /// What comes and goes by itself.
    #[serde(default)]
    pub(super) drift: Drift,
    /// When the nodes were last seen.
    #[serde(default)]
    pub(super) seen_at: Timestamp,
    /// Since when the cluster could not be read, if the last poll did not come through.
    #[serde(default)]
    pub(crate) silence: Option<Silence>,
    /// When a count of the driver's nodes last changed.
    pub(crate) changed_at: Timestamp,
    pub(crate) alarm: Option<Alarm>,
    /// When the last poll was asked that showed something of ours.
    #[serde(default)]
    pub(crate) shown_at: Timestamp,
    /// What EMQX said to stops and no poll has taken note of yet.
    #[serde(default, skip_serializing_if = "Stops::is_empty")]
    pub(crate) stops: Stops,
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
    pub(crate) poll: Poll,
    /// To be sent at the end of the step.
    #[serde(skip)]
    pub(crate) requests: Vec<Request>,
    /// To be told at the end of the step.
    #[serde(skip)]
    pub(crate) events: Vec<Event>,
}

/// A time in which no poll came through.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Silence {
    /// When a poll came through last.
    pub(crate) since: Timestamp,
    /// Why the last one did not.
    pub(crate) cause: Cause,
}

impl Silence {
    /// Whether asking again cannot help: EMQX answers, and does not let us read.
    pub(crate) fn is_refusal(&self) -> bool {
        !RETRYABLE.iter().any(|kind| kind.as_str() == self.cause.kind)
    }
}

/// A start that was sent.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct StartRecord {
    pub(crate) coordinator: NodeName,
    pub(crate) at: Timestamp,
}

impl Watch {
    /// Begins a step when the host's clock says `host`. Whether nobody drove for a while before it:
    /// another process did, or this one was stopped.
    pub(crate) fn begin_step(&mut self, host: Timestamp) -> bool {
        let is_new = std::mem::take(&mut self.is_restored);
        let now = self.clock.read(host, self.now, is_new);
        let gap_ms = now.ms_since(self.now);
        self.poll.is_torn |= self.clock.was_paused(now, false);
        self.now = now;
        self.began_at.get_or_insert(now);
        let was_away = is_new || self.clock.was_paused(now, !self.pending.is_empty());
        if was_away {
            // The cluster moved on by itself meanwhile; what it has come to is still to be seen.
            self.paused_ms = self.paused_ms.saturating_add(gap_ms);
            self.changed_at = now;
            self.next_poll = now;
            self.alarm = None;
        }
        was_away
    }

    /// Seconds from `began` to `at` in which a process drove.
    pub(crate) fn driven_s(&self, began: Timestamp, at: Timestamp) -> u64 {
        at.ms_since(began).saturating_sub(self.paused_ms) / 1000
    }

    pub(crate) fn ask(&mut self, ask: Ask, question: Question) {
        let id = RequestId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
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
    pub(crate) fn begin_poll(&mut self, interval_ms: u64) {
        self.poll = Poll { open: true, asked_at: self.now, ..Poll::default() };
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
        let answer = answer.map(|answer| self.dated(answer));
        let poll = &mut self.poll;
        match (question, answer) {
            (Question::Nodes, Ok(Answer::Nodes(list))) => {
                poll.nodes = Some(list);
                poll.nodes_at = self.now;
            }
            (Question::GlobalStatus, Ok(Answer::GlobalStatus(status))) => {
                poll.status = Some(status);
            }
            (Question::Availability(node), Ok(Answer::Availability(availability))) => {
                poll.availability.insert(node, Some(availability));
            }
            (Question::Start(i), answer) => return Some((i, answer)),
            (Question::Stop(i), Ok(Answer::Stop(StopAnswer::Stopped))) => {
                self.stops.stopped.push(i)
            }
            (Question::Stop(i), Ok(Answer::Stop(StopAnswer::NotStarted))) => {
                self.stops.absent.push(i)
            }
            (Question::Stop(_), Ok(Answer::Stop(StopAnswer::Refused(refusal)))) => {
                self.lost(&Error::from(refusal));
            }
            (Question::Availability(node), answer) => {
                poll.availability.insert(node, None);
                self.lost(&answer.err().unwrap_or_else(mismatch));
            }
            (_, answer) => self.lost(&answer.err().unwrap_or_else(mismatch)),
        }
        None
    }

    /// Says of counts when they came: the poll that they belong to may take long to come to its end.
    fn dated(&self, answer: Answer) -> Answer {
        match answer {
            Answer::Nodes(mut list) => {
                self.stamp(&mut list.nodes);
                Answer::Nodes(list)
            }
            answer => answer,
        }
    }

    fn lost(&mut self, error: &Error) {
        let cause = Cause::from(error);
        self.poll.lost = Some(cause.clone());
        self.events.push(Event::AnswerLost { cause });
    }

    /// Waits for no answer of the poll in progress any more.
    pub(crate) fn abandon_poll(&mut self) {
        self.pending.retain(|_, question| matches!(question, Question::Start(_)));
        self.poll = Poll::default();
    }

    /// Waits for no answer to a read any more: what was read before a pause tells of the time before it.
    pub(crate) fn abandon_reads(&mut self) {
        let is_command =
            |question: &Question| matches!(question, Question::Start(_) | Question::Stop(_));
        self.pending.retain(|_, question| is_command(question));
        self.poll = Poll::default();
    }

    /// Whether an answer to a read is on its way.
    pub(crate) fn is_reading(&self) -> bool {
        let is_read = |question: &Question| !matches!(question, Question::Start(_));
        self.pending.values().any(is_read)
    }

    /// When to step again, with a verdict still to come, by the host's clock: at `opens_at`, if that is
    /// before the next poll.
    pub(crate) fn wake_at(
        &mut self,
        poll_interval_ms: u64,
        opens_at: Option<Timestamp>,
    ) -> Timestamp {
        let due = self.due(poll_interval_ms);
        let due = opens_at.map_or(due, |at| due.min(at));
        self.clock.promise(due)
    }

    fn due(&self, poll_interval_ms: u64) -> Timestamp {
        if self.pending.is_empty() {
            return self.next_poll;
        }
        // An answer comes first; this is only for hosts that lose one without a word.
        self.now.max(self.next_poll).plus_ms(poll_interval_ms)
    }

    /// Notes whether the poll came through.
    pub(crate) fn hear(&mut self, poll: &Poll) {
        if poll.status.is_some() && poll.nodes.is_some() {
            self.silence = None;
            return;
        }
        let cause = poll.lost.clone().unwrap_or_else(|| Cause::from(&no_answer()));
        let since = self.silence.take().map_or(poll.asked_at, |silence| silence.since);
        self.silence = Some(Silence { since, cause });
    }

    /// Seconds for which the cluster could not be read.
    pub(crate) fn silent_s(&self) -> u64 {
        self.silence.as_ref().map_or(0, |silence| self.now.ms_since(silence.since) / 1000)
    }

    /// Seconds from the last change of a count to the questions of a poll that shows it unchanged. A
    /// poll whose answers took long tells of the time before it alone. Time in which the cluster could
    /// not be read is not counted: it may be moving all the same.
    pub(crate) fn idle_s(&mut self, poll: &Poll) -> u64 {
        if poll.status.is_none() || poll.nodes.is_none() {
            self.changed_at = self.now;
        }
        poll.asked_at.ms_since(self.changed_at) / 1000
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

    /// Counts what a poll saw. Gives it back once it was seen for as long as it takes to act: by two
    /// polls, `patience_ms` apart at least.
    pub(crate) fn confirmed(
        &mut self,
        trouble: Option<(Guard, String)>,
        poll: &Poll,
        patience_ms: u64,
    ) -> Option<(Guard, String)> {
        let Some((guard, numbers)) = trouble else {
            if poll.nodes.is_some() && poll.status.is_some() {
                self.alarm = None;
            }
            return None;
        };
        let alarm = Alarm::after(self.alarm, guard, self.now);
        self.alarm = Some(alarm);
        alarm.is_certain(poll.asked_at, patience_ms).then_some((guard, numbers))
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
        self.poll = Poll::default();
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
