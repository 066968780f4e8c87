//! Drives a driver through any scripted cluster, killing it on request.

use emqx_rebalance_core::driver::{
    Driver, Event, Input, Outcome, Request, StoredEvacuation, StoredRebalance,
};
use emqx_rebalance_core::{Error, ErrorKind, Timestamp};

/// Which answers do not come back, and what happens to the request all the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    BeforeEmqx,
    AfterEmqx,
}

/// Whether the driver's process dies now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kill {
    No,
    BeforeSending,
    AfterSending,
}

/// Goes on from what `driver` has stored, as the process does that follows one that was killed.
fn restarted(driver: &Driver) -> Driver {
    let stored = serde_json::to_string(driver).unwrap();
    if driver.state().plan().is_some() {
        Driver::restore(serde_json::from_str::<StoredRebalance>(&stored).unwrap())
    } else {
        Driver::restore(serde_json::from_str::<StoredEvacuation>(&stored).unwrap())
    }
}

/// A cluster that lives by the second.
pub(crate) trait Scene {
    fn now(&mut self) -> &mut Timestamp;
    /// Lets one second pass.
    fn second(&mut self);
    fn answer(&mut self, request: Request) -> Input;
    fn events(&mut self) -> &mut Vec<Event>;
    /// Whether the user asks for a stop now.
    fn stops_now(&mut self) -> bool;

    /// Lets so many seconds pass.
    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            let later = self.now().plus_ms(1000);
            *self.now() = later;
            self.second();
        }
    }
}

/// Runs `driver` to its verdict; `between` is asked after each step, before its requests are sent.
pub(crate) fn drive<S: Scene>(
    scene: &mut S,
    driver: &mut Driver,
    mut between: impl FnMut(&mut S, &Driver) -> Kill,
) -> Outcome {
    let mut inputs = vec![Input::Tick];
    for _ in 0..100_000 {
        let Some(input) = inputs.pop() else {
            panic!("the driver asks for nothing and has no verdict");
        };
        let now = *scene.now();
        let step = driver.step(now, input);
        scene.events().extend(step.events);
        if let Some(outcome) = driver.outcome() {
            return outcome.clone();
        }
        let kill = between(scene, driver);
        if kill != Kill::BeforeSending {
            let answers = step.requests.into_iter().map(|request| scene.answer(request));
            let answers: Vec<_> = answers.collect();
            inputs.extend(answers.into_iter().rev());
        }
        if kill != Kill::No {
            *driver = restarted(driver);
            inputs.clear();
        }
        if scene.stops_now() {
            inputs.push(Input::Stop);
        }
        if inputs.is_empty() {
            sleep_until(scene, step.wake_at.unwrap());
            inputs.push(Input::Tick);
        }
    }
    panic!("no verdict after 100,000 steps");
}

/// Tries `drive_killed_at` for every step there is, killed before and after it sends.
pub(crate) fn kill_at_every_step(drive_killed_at: impl Fn(Kill, usize) -> usize) {
    for kill in [Kill::BeforeSending, Kill::AfterSending] {
        let mut steps = usize::MAX;
        let mut kill_at = 0;
        while kill_at < steps {
            steps = drive_killed_at(kill, kill_at);
            kill_at += 1;
        }
        assert!(steps > 20, "only {steps} steps were tried");
    }
}

pub(crate) fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "no answer")
}

fn sleep_until(scene: &mut impl Scene, wake_at: Timestamp) {
    while *scene.now() < wake_at {
        scene.pass(1);
    }
}
