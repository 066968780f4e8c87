//! Whether the watch works: what the probes say is tied to it.

use kube::runtime::watcher::{self, Event};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::{Duration, Instant};

/// What is known of all watches.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<Vec<Arc<Health>>>);

impl Watches {
    /// One more watch begins.
    pub(crate) fn begin(&self) -> Arc<Health> {
        let health = Arc::new(Health::default());
        health.begin();
        self.all().push(Arc::clone(&health));
        health
    }

    /// Whether what all of them show can be worked with.
    pub(crate) fn are_ready(&self) -> bool {
        self.all().iter().all(|health| health.is_ready())
    }

    /// Whether the process may go on.
    pub(crate) fn are_alive(&self) -> bool {
        self.all().iter().all(|health| health.is_alive())
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<Health>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of one watch. Before there is one, the process stands by, which is no fault.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Known>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// When the first list was asked for.
    began: Option<Instant>,
    /// Whether a list has come, so that there is something to work on.
    is_listed: bool,
    /// The first and the last of the errors that came one after the other.
    errors: Option<(Instant, Instant)>,
}

impl Health {
    /// The watch begins.
    fn begin(&self) {
        self.known().began.get_or_insert_with(Instant::now);
    }

    /// Takes note of what the watch brings.
    pub(crate) fn see<K>(&self, event: &Result<Event<K>, watcher::Error>) {
        let mut known = self.known();
        match event {
            // A list has begun, and may fail.
            Ok(Event::Init | Event::InitApply(_)) => {}
            Ok(event) => {
                known.is_listed |= matches!(event, Event::InitDone);
                known.errors = None;
            }
            Err(_) => {
                let now = Instant::now();
                // A watch that works brings nothing while nothing happens: silence ends a row too.
                let first = known.errors.filter(|(_, last)| now - *last <= PAUSE);
                known.errors = Some((first.map_or(now, |(first, _)| first), now));
            }
        }
    }

    /// Whether what the watch shows can be worked with.
    fn is_ready(&self) -> bool {
        let known = self.known();
        known.began.is_none() || (known.is_listed && known.failing_for() < READY_AFTER)
    }

    /// Whether the process may go on: a new one may do better where a watch does not work for long.
    fn is_alive(&self) -> bool {
        let known = self.known();
        let waited = known.began.filter(|_| !known.is_listed).map(|began| began.elapsed());
        known.failing_for().max(waited.unwrap_or_default()) < ALIVE_AFTER
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn failing_for(&self) -> Duration {
        let row = self.errors.filter(|(_, last)| last.elapsed() <= PAUSE);
        row.map(|(first, _)| first.elapsed()).unwrap_or_default()
    }
}

/// Longer than a watch that fails is left alone before it is tried again: kube's longest is 30 s, and
/// as much again by chance.
const PAUSE: Duration = Duration::from_secs(75);
/// How long a watch may fail before nobody should count on this process.
const READY_AFTER: Duration = Duration::from_secs(30);
/// How long before it should be started anew. An API server that is upgraded is away for minutes.
const ALIVE_AFTER: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    type Brought = Result<Event<()>, watcher::Error>;

    fn failed() -> Brought {
        Err(watcher::Error::NoResourceVersion)
    }

    /// Errors every 20 seconds for as long as `time`.
    async fn fail_for(health: &Health, time: Duration) {
        let began = Instant::now();
        health.see(&failed());
        health.see(&Brought::Ok(Event::Init));
        while began.elapsed() < time {
            advance(Duration::from_secs(20)).await;
            health.see(&failed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_stands_by_is_well() {
        let health = Health::default();
        advance(ALIVE_AFTER * 2).await;
        assert!(health.is_ready() && health.is_alive());
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_never_comes_is_noticed() {
        let health = Health::default();
        health.begin();
        assert!(!health.is_ready() && health.is_alive());
        advance(ALIVE_AFTER).await;
        assert!(!health.is_alive());
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_that_fails_is_noticed_and_so_is_its_recovery() {
        let health = Health::default();
        health.begin();
        health.see(&Brought::Ok(Event::InitDone));
        advance(ALIVE_AFTER).await;
        assert!(health.is_ready() && health.is_alive(), "silence is no fault");
        fail_for(&health, READY_AFTER).await;
        assert!(!health.is_ready() && health.is_alive());
        fail_for(&health, ALIVE_AFTER).await;
        assert!(!health.is_alive());
        health.see(&Brought::Ok(Event::Apply(())));
        assert!(health.is_ready() && health.is_alive());
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_that_fails_no_more_is_well_though_nothing_happens() {
        let health = Health::default();
        health.begin();
        health.see(&Brought::Ok(Event::InitDone));
        fail_for(&health, READY_AFTER).await;
        advance(PAUSE * 2).await;
        assert!(health.is_ready());
        health.see(&failed());
        assert!(health.is_ready(), "one error after a long time is the first again");
    }
}
