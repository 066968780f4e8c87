//! Requests that the process sends, and the answers that it gets.

use super::{Host, Mail, Sent};
use crate::chaos::check;
use crate::chaos::line::{Purpose, fate};
use crate::chaos::truth::By;
use emqx_rebalance_exchange::sansio::{HttpAnswer, HttpRequest};
use emqx_rebalance_sim::News;

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
        for sent in &mut self.sent {
            sent.over = true;
        }
        self.inbox.clear();
        self.wire.forget(&mut self.simulation);
    }

    pub(super) fn send(&mut self, mut request: HttpRequest) {
        let (at, id) = (self.now(), request.id);
        let purpose = Purpose::of(&request);
        if let Err(wrong) = check::request(self, &purpose) {
            self.wrong.push(wrong);
        }
        let told = self.scenario.fates.iter().find(|(before, _)| *before == self.sent.len());
        let told = told.map(|(_, fate)| *fate);
        self.sent.push(Sent { id, at, purpose, answered: None, was_done: false, over: false });
        if !self.has_key {
            request.headers.insert("authorization".to_owned(), NOBODY.to_owned());
        }
        let drawn = fate(&self.scenario.storm, at, &request, &mut self.random);
        self.wire.send(at, request, told.unwrap_or(drawn));
        self.move_mail();
    }

    /// Brings every request and answer as far as it has come by now.
    pub(super) fn move_mail(&mut self) {
        while let Some(news) = self.wire.proceed(&mut self.simulation) {
            match news {
                News::Arrived => self.look(By::Driver),
                News::Answered(answer) => self.receive(answer),
            }
        }
    }

    fn receive(&mut self, mut answer: HttpAnswer) {
        // Processes count their requests anew; the last one asks.
        let Some(sent) = self.sent.iter().rposition(|sent| sent.id == answer.id) else { return };
        let now = self.now();
        self.lies.retain(|(until, _)| *until > now);
        for (_, lie) in &self.lies {
            lie.told(&self.sent[sent].purpose, &mut answer);
        }
        // A page for people is no answer of EMQX, and what is too large is not read.
        let is_json = serde_json::from_str::<serde_json::Value>(&answer.body).is_ok();
        let is_read = is_json && answer.body.len() <= emqx_rebalance_api::MAX_BODY;
        let is_answer = answer.status == Some(200) && is_read;
        // EMQX 4 says in the body what it did.
        let is_refusal = answer.body.contains("\"code\"") && !answer.body.contains("\"code\":0");
        let was_done = is_answer && !is_refusal;
        self.inbox.push_back(Mail { sent, answer, is_answer, was_done });
    }
}

/// A key that EMQX does not know.
const NOBODY: &str = "Basic bm9ib2R5Om5vdGhpbmc=";
