//! One question to a cluster, which may take several requests.

use super::desk::Desk;
use super::message::{HttpAnswer, HttpRequest};
use emqx_rebalance_core::Result;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// One question to a cluster, which may take several requests. Dropping it forgets the question.
#[must_use = "nothing is asked before the first step"]
pub struct Talk<T> {
    desk: Desk,
    /// Gone once there is a result.
    future: Option<Pin<Box<dyn Future<Output = Result<T>> + Send>>>,
}

/// The whole answer to one [`Talk::step`]. As JSON, the `result` is one, or an `error`.
#[derive(Debug)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[must_use = "requests are lost if dropped"]
pub struct TalkStep<T> {
    /// To send, all at once.
    pub requests: Vec<HttpRequest>,
    /// Step again no later than this, with or without answers; `None` once there is a result.
    pub wake_at_ms: Option<u64>,
    /// The result, once.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<T>"))]
    pub result: Option<Result<T>>,
}

impl<T> Talk<T> {
    pub(super) fn new(
        desk: Desk,
        future: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Self {
        Self { desk, future: Some(Box::pin(future)) }
    }

    /// Takes the time, in milliseconds since 1970, and the answers that came since the last step.
    ///
    /// Early, late and repeated calls are harmless. A request that is not answered within its
    /// timeout counts as lost.
    pub fn step(&mut self, now_ms: u64, answers: Vec<HttpAnswer>) -> TalkStep<T> {
        self.desk.arrive(now_ms, answers);
        let result = self.proceed();
        let is_open = self.future.is_some();
        let wake_at_ms = is_open.then(|| self.desk.wake_at_ms()).flatten();
        TalkStep { requests: self.desk.collect(), wake_at_ms, result }
    }

    /// Goes as far as it can with what is on the desk.
    pub(super) fn proceed(&mut self) -> Option<Result<T>> {
        let future = self.future.as_mut()?;
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => {
                self.future = None;
                Some(result)
            }
            Poll::Pending => None,
        }
    }
}

impl<T: Serialize> Serialize for TalkStep<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { requests, wake_at_ms, result } = self;
        let mut step = serializer.serialize_struct("TalkStep", 3)?;
        step.serialize_field("requests", requests)?;
        step.serialize_field("wake_at_ms", wake_at_ms)?;
        match result {
            Some(Ok(result)) => step.serialize_field("result", result)?,
            Some(Err(error)) => step.serialize_field("error", error)?,
            None => {}
        }
        step.end()
    }
}

impl<T> fmt::Debug for Talk<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Talk").field("is_open", &self.future.is_some()).finish_non_exhaustive()
    }
}
