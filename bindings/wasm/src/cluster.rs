//! A cluster that is asked through the page's `fetch`.

use crate::json::{Thrown, ask, read, restored, thrown};
use crate::options;
use crate::run::Run;
use crate::talk::Talk;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{
    EvacuationPlan, EvacuationRequest, NodeName, Plan, PlanRequest, Result, StartRequest, Tolerance,
};
use emqx_rebalance_exchange::sansio;
use wasm_bindgen::prelude::wasm_bindgen;

/// A cluster that is asked through the page's `fetch`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Cluster(sansio::Cluster);

#[wasm_bindgen]
impl Cluster {
    /// A cluster of `AccessOptions` that nothing was asked yet.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<Self, Thrown> {
        options::cluster(options).map(Self).map_err(|error| thrown(&error))
    }

    /// Asks which API there is, as `start` and `resume` need to know.
    pub fn connect(&self) -> Talk {
        Talk::new(self.0.connect())
    }

    /// Asks for a `Snapshot`.
    pub fn snapshot(&self) -> Talk {
        Talk::new(self.0.snapshot())
    }

    /// Asks for the `Plan` of a `PlanRequest`.
    pub fn plan(&self, request: &str) -> Result<Talk, Thrown> {
        Ok(Talk::new(self.0.plan(ask(request, PlanRequest::read)?)))
    }

    /// Asks whether a `Plan` can still be started: the error says what has changed.
    pub fn check_fits(&self, plan: &str) -> Result<Talk, Thrown> {
        Ok(Talk::new(self.0.check_fits(read(plan, "plan")?, Tolerance::default())))
    }

    /// Asks for a `Status`.
    pub fn status(&self) -> Talk {
        Talk::new(self.0.status())
    }

    /// Stops the run of a coordinator, or all: gives the coordinators.
    pub fn stop(&self, coordinator: Option<String>) -> Result<Talk, Thrown> {
        let coordinator = coordinator.map(node).transpose()?;
        Ok(Talk::new(self.0.stop(coordinator)))
    }

    /// Asks for the `EvacuationPlan` of an `EvacuationRequest`.
    pub fn plan_evacuation(&self, request: &str) -> Result<Talk, Thrown> {
        let request = ask(request, EvacuationRequest::read)?;
        Ok(Talk::new(self.0.plan_evacuation(request)))
    }

    /// Has a node take clients again: gives whether it was evacuated.
    pub fn stop_evacuation(&self, name: String) -> Result<Talk, Thrown> {
        Ok(Talk::new(self.0.stop_evacuation(node(name)?)))
    }

    /// Asks for the list of `EvacuationStatus`.
    pub fn evacuations(&self) -> Talk {
        Talk::new(self.0.evacuations())
    }

    /// A run of a `StartRequest` of a `Plan`. Nothing is sent before its first step.
    pub fn start(&self, request: &str) -> Result<Run, Thrown> {
        self.drive(ask(request, |tree| StartRequest::<Plan>::read(tree)?.driver())?)
    }

    /// A run of a `StartRequest` of an `EvacuationPlan`.
    pub fn start_evacuation(&self, request: &str) -> Result<Run, Thrown> {
        self.drive(ask(request, |tree| StartRequest::<EvacuationPlan>::read(tree)?.driver())?)
    }

    /// A run that goes on from a `DriverState` or an `EvacuatorState`.
    pub fn resume(&self, state: &str) -> Result<Run, Thrown> {
        self.drive(restored(state)?)
    }
}

impl Cluster {
    fn drive(&self, driver: Driver) -> Result<Run, Thrown> {
        self.0.drive(driver).map(Run::new).map_err(|error| thrown(&error))
    }
}

fn node(name: String) -> Result<NodeName, Thrown> {
    NodeName::new(name)
        .map_err(|problem| thrown(&emqx_rebalance_core::Error::invalid("node name", vec![problem])))
}
