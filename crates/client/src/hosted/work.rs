//! Work on its way, for hosts that wait for it as they like: look now and then, wait a while, be called.

use super::process::{Here, Process};
use emqx_rebalance_core::{Error, ErrorKind, Result};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Work on its way. It goes on even if nobody looks after it.
#[derive(Debug)]
pub struct Work<T>(Here<Begun<T>>);

#[derive(Debug)]
struct Begun<T> {
    result: watch::Receiver<Option<Result<T>>>,
    task: AbortHandle,
}

impl<T: Clone + Send + Sync + 'static> Work<T> {
    pub(super) fn begin(
        process: &'static Process,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Self {
        let work = process.handle.spawn(work);
        let task = work.abort_handle();
        let (teller, result) = watch::channel(None);
        process.handle.spawn(async move {
            let result = work.await.unwrap_or_else(|_| Err(given_up()));
            teller.send_replace(Some(result));
        });
        Self(Here::new(process, Begun { result, task }))
    }

    /// What came of it, if it is over. Never waits.
    ///
    /// # Errors
    /// `conflict` in a child of the process that began it, `timeout` if it was given up, and whatever it
    /// fails with.
    pub fn poll(&self) -> Option<Result<T>> {
        self.0.get().map_or_else(|error| Some(Err(error)), |begun| begun.result.borrow().clone())
    }

    /// Waits for what comes of it; `None` if that takes longer than `time`.
    ///
    /// # Errors
    /// As [`Self::poll`].
    pub fn wait(&self, time: Option<Duration>) -> Option<Result<T>> {
        let begun = match self.0.get() {
            Ok(begun) => begun,
            Err(error) => return Some(Err(error)),
        };
        self.0.process().block_on(async {
            let over = over(begun.result.clone());
            match time {
                Some(time) => tokio::time::timeout(time, over).await.ok().flatten(),
                None => over.await,
            }
        })
    }

    /// Has `call` called once it is over, by a thread that may wait for the host. Not in a child of the
    /// process that began it, and not after [`Process::close`].
    pub fn when_over(&self, call: impl FnOnce() + Send + 'static) {
        if let Ok(begun) = self.0.get() {
            let (process, result) = (self.0.process(), begun.result.clone());
            process.handle.spawn(async move {
                over(result).await;
                process.call_host(call).await;
            });
        }
    }

    /// Gives it up, wherever it is.
    pub fn cancel(&self) {
        if let Ok(begun) = self.0.get() {
            begun.task.abort();
        }
    }
}

async fn over<T: Clone>(mut result: watch::Receiver<Option<Result<T>>>) -> Option<Result<T>> {
    result.wait_for(Option::is_some).await.ok().and_then(|result| result.clone())
}

/// The error of work that nobody waits for any more, or that takes too long.
pub(super) fn given_up() -> Error {
    Error::new(ErrorKind::Timeout, "no answer in time; it is not known how the call ended")
}
