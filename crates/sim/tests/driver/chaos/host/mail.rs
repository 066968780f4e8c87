//! Requests on their way to nodes, and answers on their way back.

use super::{Flight, Host, Mail, Sent};
use crate::chaos::check;
use crate::chaos::line::{Fate, Parcel, Purpose, Stage, delivered, failure, place, seen};
use crate::chaos::truth::By;
use emqx_rebalance_exchange::sansio::{FailureKind, HttpAnswer, HttpRequest};

impl Host {
    /// The next answer for the process. Before it has that, it knows nothing of it.
    pub(super) fn hand_over(&mut self) -> Option<HttpAnswer> {
        let now = self.now();
        let Mail { sent, answer, is_answer, was_done } = self.inbox.pop_front()?;
        let sent = self.sent.get_mut(sent)?;
        sent.answered = is_answer.then_some(now);
        sent.was_done = was_done;
        sent.over = true;
        Some(answer)
    }

    /// Whatever a dead or finished process waited for.
    pub(super) fn give_up_all(&mut self) {
        for flight in self.flights.drain(..) {
            self.sent[flight.sent].over = true;
        }
        for mail in self.inbox.drain(..) {
            self.sent[mail.sent].over = true;
        }
        for id in self.parcels.iter().map(|parcel| parcel.request.id).collect::<Vec<_>>() {
            self.abandon(id);
        }
    }

    /// Nobody waits for the answer to `id` any more; a command is carried out all the same.
    fn abandon(&mut self, id: u64) {
        for parcel in self.parcels.iter_mut().filter(|p| p.wanted && p.request.id == id) {
            parcel.wanted = false;
            if let Stage::There { ticket } = parcel.stage {
                self.simulation.give_up(ticket);
            }
        }
        self.parcels.retain(|parcel| {
            parcel.wanted || parcel.is_command() && matches!(parcel.stage, Stage::Out { .. })
        });
    }

    pub(super) fn send(&mut self, request: HttpRequest) {
        let now = self.now();
        let purpose = Purpose::of(&request);
        if let Err(wrong) = check::request(self, &purpose) {
            self.wrong.push(wrong);
        }
        let sent = self.sent.len();
        self.sent.push(Sent { at: now, purpose, answered: None, was_done: false, over: false });
        let (id, timeout_ms) = (request.id, request.timeout_ms);
        let fate = Fate::draw(&self.scenario.storm, now, &request, &mut self.random);
        let mut parcel =
            Parcel { request, stage: Stage::Out { at: now }, back_ms: 0, wanted: true };
        let mut fails_after_ms = timeout_ms;
        let mut arrives_after_ms = Some(0);
        match fate {
            Fate::Well => {}
            Fate::Delayed { out_ms, back_ms } => {
                parcel.back_ms = back_ms;
                arrives_after_ms = Some(out_ms);
            }
            Fate::Lost { arrives_after_ms: arrives, told_after_ms } => {
                parcel.wanted = false;
                fails_after_ms = told_after_ms;
                arrives_after_ms = arrives;
            }
        }
        let is_silence = fails_after_ms >= timeout_ms;
        let kind = if is_silence { FailureKind::Timeout } else { FailureKind::Unreachable };
        self.flights.push(Flight { id, sent, fails_at: now.plus_ms(fails_after_ms), kind });
        if let Some(after_ms) = arrives_after_ms {
            parcel.stage = Stage::Out { at: now.plus_ms(after_ms) };
            self.parcels.push(parcel);
        }
        self.move_parcels();
    }

    /// Brings every request and answer as far as it has come by now.
    pub(super) fn move_parcels(&mut self) {
        let now = self.now();
        for mut parcel in std::mem::take(&mut self.parcels) {
            if let Stage::Out { at } = parcel.stage
                && at <= now
            {
                parcel.stage = self.deliver(&parcel);
            }
            if let Stage::There { ticket } = parcel.stage
                && let Some(answer) = self.simulation.collect(ticket)
                && let Ok(answer) = seen(parcel.request.id, answer)
            {
                parcel.stage = Stage::Back { at: now.plus_ms(parcel.back_ms), answer };
            }
            match parcel.stage {
                Stage::Back { at, answer } if at <= now => {
                    if parcel.wanted {
                        self.receive(&parcel.request, answer);
                    }
                }
                _ if !parcel.wanted && !matches!(parcel.stage, Stage::Out { .. }) => {}
                _ => self.parcels.push(parcel),
            }
        }
    }

    fn deliver(&mut self, parcel: &Parcel) -> Stage {
        let request = delivered(&parcel.request, self.has_key);
        let via = place(&parcel.request.url).unwrap_or_else(|| self.balance());
        let answer = self.simulation.answer(via, &request);
        self.look(By::Driver);
        match seen(parcel.request.id, answer) {
            Ok(answer) => Stage::Back { at: self.now().plus_ms(parcel.back_ms), answer },
            Err(ticket) => {
                if !parcel.wanted {
                    self.simulation.give_up(ticket);
                }
                Stage::There { ticket }
            }
        }
    }

    /// The next node whose API listens.
    fn balance(&mut self) -> usize {
        let nodes = self.scenario.config.nodes.len();
        let turns = (1..=nodes).map(|step| (self.next_door + step) % nodes);
        let up = turns.clone().find(|via| self.simulation.cluster.is_up(*via));
        self.next_door = up.unwrap_or(self.next_door);
        self.next_door
    }

    fn receive(&mut self, request: &HttpRequest, mut answer: HttpAnswer) {
        let Some(i) = self.flights.iter().position(|flight| flight.id == request.id) else {
            return;
        };
        let flight = self.flights.swap_remove(i);
        let now = self.now();
        self.lies.retain(|(until, _)| *until > now);
        for (_, lie) in &self.lies {
            lie.told(&self.sent[flight.sent].purpose, &mut answer);
        }
        // A page for people is no answer of EMQX, and what is too large is not read.
        let is_json = serde_json::from_str::<serde_json::Value>(&answer.body).is_ok();
        let is_read = is_json && answer.body.len() <= emqx_rebalance_api::MAX_BODY;
        let is_answer = answer.status == Some(200) && is_read;
        // EMQX 4 says in the body what it did.
        let is_refusal = answer.body.contains("\"code\"") && !answer.body.contains("\"code\":0");
        let was_done = is_answer && !is_refusal;
        self.inbox.push_back(Mail { sent: flight.sent, answer, is_answer, was_done });
    }

    pub(super) fn fail_what_is_late(&mut self) {
        let now = self.now();
        let (late, open) = std::mem::take(&mut self.flights)
            .into_iter()
            .partition::<Vec<_>, _>(|flight| flight.fails_at <= now);
        self.flights = open;
        for flight in late {
            self.abandon(flight.id);
            let answer = failure(flight.id, flight.kind);
            let mail = Mail { sent: flight.sent, answer, is_answer: false, was_done: false };
            self.inbox.push_back(mail);
        }
    }
}
