//! What is known of a run.

use emqx_rebalance_core::driver::{Driver, Event, Outcome, Status};
use emqx_rebalance_core::{NodeLoad, NodeName, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is known of a run: as of its last step.
#[derive(Debug)]
pub struct View {
    version: u64,
    driver: Driver,
    status: Status,
    events: Vec<Event>,
    samples: Vec<Sample>,
    end: Option<Result<Outcome>>,
}

/// The clients of every node that is known, at one time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// Seconds since the start.
    pub elapsed_s: u64,
    /// Connected clients by node.
    pub connections: BTreeMap<NodeName, u64>,
}

impl View {
    pub(crate) fn new(driver: Driver) -> Self {
        let status = driver.status();
        Self { version: 1, driver, status, events: Vec::new(), samples: Vec::new(), end: None }
    }

    /// The number of this view: each that follows has a higher one.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All that the driver knows. Its JSON is what another process goes on from.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Where it stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Everything that happened, in order. A run has some ten events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The clients of every node, whenever they changed.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The verdict, or why there is none to come. `None` while it is driven.
    pub fn end(&self) -> Option<&Result<Outcome>> {
        self.end.as_ref()
    }

    pub(crate) fn see(&mut self, driver: &Driver, events: Vec<Event>) {
        self.version += 1;
        self.driver = driver.clone();
        self.status = driver.status();
        self.events.extend(events);
        let sample = Sample::of(&self.status);
        if self.samples.last() != Some(&sample) {
            self.samples.push(sample);
        }
    }

    pub(crate) fn finish(&mut self, end: Result<Outcome>) {
        self.version += 1;
        self.end = Some(end);
    }
}

impl Sample {
    fn of(status: &Status) -> Self {
        let known =
            |load: &NodeLoad| load.known_connections().map(|known| (load.node.clone(), known));
        let nodes = status.nodes.iter().filter_map(known);
        Self { elapsed_s: status.progress.elapsed_s, connections: nodes.collect() }
    }
}
