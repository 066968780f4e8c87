//! A job on its way, as a host looks at it.

use super::process::{Here, Process};
use super::work::Work;
use crate::run::{Run, next_event};
use crate::view::View;
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{Event, Outcome};
use emqx_rebalance_report::{Course, Wishes, report};
use std::sync::{Arc, Mutex, PoisonError};

/// A job on its way. It is driven for as long as the process lives, whether or not anybody holds this.
#[derive(Debug)]
pub struct HostedRun {
    run: Here<Arc<Run>>,
    verdict: Work<Outcome>,
    /// What was seen of it.
    course: Here<Arc<Mutex<Course>>>,
}

impl HostedRun {
    pub(super) fn new(process: &'static Process, run: Run) -> Self {
        let (run, course) = (Arc::new(run), Arc::default());
        process.handle.spawn(take_down(Arc::clone(&run), Arc::clone(&course)));
        let waiting = Arc::clone(&run);
        let verdict = Work::begin(process, async move { waiting.wait().await });
        Self { run: Here::new(process, run), verdict, course: Here::new(process, course) }
    }

    /// The run itself.
    ///
    /// # Errors
    /// `conflict` in a child of the process that began it.
    pub fn run(&self) -> Result<&Arc<Run>> {
        self.run.get()
    }

    /// What `look` finds in what is known of it. Never waits.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn look<T>(&self, look: impl FnOnce(&View) -> T) -> Result<T> {
        Ok(look(&self.run()?.view().borrow()))
    }

    /// The verdict, to wait for: as [`Run::wait`].
    pub fn verdict(&self) -> &Work<Outcome> {
        &self.verdict
    }

    /// The page about it, as far as it is.
    ///
    /// # Errors
    /// `unsupported` of an evacuation, and as [`Self::run`].
    pub fn report(&self, wishes: &Wishes) -> Result<String> {
        let driver = self.look(|view| view.driver().clone())?;
        let course = self.course.get()?.lock().unwrap_or_else(PoisonError::into_inner).clone();
        report(&driver, &course, wishes)
    }

    /// Begins something with the run, such as to wait until nothing of it is sent any more.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn begin<T, F>(&self, work: impl FnOnce(Arc<Run>) -> F) -> Result<Work<T>>
    where
        T: Clone + Send + Sync + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        Ok(Work::begin(self.run.process(), work(Arc::clone(self.run()?))))
    }

    /// Has `tell` told of every event from the beginning, in order, and of `None` at the end, by a thread
    /// that may wait for the host. Nothing more is told after [`Process::close`].
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn tell(&self, tell: impl Fn(Option<Event>) + Send + Sync + 'static) -> Result<()> {
        let (process, run, tell) = (self.run.process(), self.run()?, Arc::new(tell));
        let mut view = run.view();
        process.handle.spawn(async move {
            let (mut told, mut is_over) = (0, false);
            while !is_over {
                let (event, tell) = (next_event(&mut view, &mut told).await, Arc::clone(&tell));
                is_over = event.is_none();
                process.call_host(move || tell(event)).await;
            }
        });
        Ok(())
    }
}

/// Holds `run`, so that it goes on, and takes down where it stands until its end.
async fn take_down(run: Arc<Run>, course: Arc<Mutex<Course>>) {
    let mut view = run.view();
    while view.changed().await.is_ok() {
        let view = view.borrow_and_update();
        course.lock().unwrap_or_else(PoisonError::into_inner).follow(view.status());
    }
}
