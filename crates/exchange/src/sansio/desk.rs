//! A transport that sends nothing itself: requests are laid on a desk, answers are put there.

use super::message::{HttpAnswer, HttpRequest};
use crate::base::BaseUrl;
use crate::transport::Transport;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use http::{Request, Response};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// Requests that wait to be sent, answers that wait to be read, and what is waited for.
///
/// Who waits is polled whenever the host comes by with news, so nobody has to be woken.
#[derive(Clone, Debug, Default)]
pub struct Desk(Arc<Mutex<Papers>>);

#[derive(Debug, Default)]
struct Papers {
    now_ms: u64,
    /// Milliseconds by which `now_ms` is ahead of a host's clock that was set back.
    ahead_ms: u64,
    next_id: u64,
    outbox: Vec<HttpRequest>,
    inbox: BTreeMap<u64, Result<Response<Vec<u8>>>>,
    /// What is waited for, and until when.
    deadlines: BTreeMap<u64, u64>,
}

impl Desk {
    /// Sets the clock and puts down answers. Those that nobody waits for are thrown away.
    pub(super) fn arrive(&self, now_ms: u64, answers: Vec<HttpAnswer>) {
        let mut papers = self.papers();
        papers.pass_to(now_ms);
        for (id, answer) in answers.into_iter().map(HttpAnswer::read) {
            if papers.deadlines.contains_key(&id) {
                papers.inbox.entry(id).or_insert(answer);
            }
        }
    }

    /// Takes the requests that wait to be sent.
    pub(super) fn collect(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut self.papers().outbox)
    }

    /// When to come back at the latest.
    pub(super) fn wake_at_ms(&self) -> Option<u64> {
        let papers = self.papers();
        let next = papers.deadlines.values().min().copied();
        next.map(|at| at.saturating_sub(papers.ahead_ms))
    }

    /// Begins to wait for `duration`, with something to send if there is something.
    fn wait(&self, duration: Duration, send: impl FnOnce(u64) -> Option<HttpRequest>) -> Wait {
        let mut papers = self.papers();
        let id = papers.next_id;
        papers.next_id += 1;
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let until = papers.now_ms.saturating_add(ms);
        papers.deadlines.insert(id, until);
        papers.outbox.extend(send(id));
        Wait { desk: self.clone(), id }
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Papers {
    /// Takes the host's time. Its steps may be a little out of order; a clock that was set back goes on
    /// from where it was, or nothing that is waited for would ever be over.
    fn pass_to(&mut self, host_ms: u64) {
        let now_ms = host_ms.saturating_add(self.ahead_ms);
        if self.now_ms.saturating_sub(now_ms) > OUT_OF_ORDER_MS {
            self.ahead_ms = self.now_ms.saturating_sub(host_ms);
        }
        self.now_ms = self.now_ms.max(now_ms);
    }
}

/// Steps of a host may be so much out of order.
const OUT_OF_ORDER_MS: u64 = 2_000;

impl Transport for Desk {
    const TAKES_PATHS: bool = true;

    async fn send(
        &self,
        base: &BaseUrl,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>> {
        let url = base.join(request.uri());
        let answer = self.wait(timeout, |id| Some(HttpRequest::new(id, url, request, timeout)));
        let late = || Error::new(ErrorKind::Timeout, "no answer in time");
        let answer = answer.await.unwrap_or_else(|| Err(late()));
        answer.map_err(|error: Error| error.with("url", base))
    }

    async fn sleep(&self, duration: Duration) {
        self.wait(duration, |_| None).await;
    }

    fn unix_ms(&self) -> u64 {
        let papers = self.papers();
        papers.now_ms.saturating_sub(papers.ahead_ms)
    }
}

/// Ends with an answer, or with `None` when its time has come.
struct Wait {
    desk: Desk,
    id: u64,
}

impl Future for Wait {
    type Output = Option<Result<Response<Vec<u8>>>>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut papers = self.desk.papers();
        if let Some(answer) = papers.inbox.remove(&self.id) {
            return Poll::Ready(Some(answer));
        }
        let is_over = papers.deadlines.get(&self.id).is_none_or(|until| papers.now_ms >= *until);
        if is_over { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut papers = self.desk.papers();
        papers.deadlines.remove(&self.id);
        papers.inbox.remove(&self.id);
    }
}
