//! The driver of a plan or of an evacuation, as one thing.

use super::scenario::{Scenario, Work, rules};
use crate::node;
use emqx_rebalance_core::driver::{Driver, DriverOptions, Input, Outcome, Status, Step};
use emqx_rebalance_core::{
    Evacuation, EvacuationPlanOptions, Evacuator, LoadBalancer as Balancer, Mode, PlanOptions,
    Snapshot, Timestamp, plan, plan_evacuation,
};
use emqx_rebalance_sim::{Policy, Release};

#[derive(Clone, Debug)]
pub(super) enum Subject {
    Rebalance(Box<Driver>),
    Evacuation(Box<Evacuator>),
}

impl Subject {
    pub(super) fn new(scenario: &Scenario, snapshot: &Snapshot) -> Self {
        let Scenario { work, rate, waits, patience, .. } = scenario;
        let options: DriverOptions = serde_json::from_str(&format!(
            r#"{{"poll_interval_ms":{},"empty_polls":{},"settle_s":{}}}"#,
            patience.poll_interval_ms, patience.empty_polls, patience.settle_s
        ))
        .unwrap();
        let rules = rules(*rate, *waits);
        let planned = match work {
            Work::Single { coordinator } => {
                let coordinator = Some(node(coordinator + 1));
                PlanOptions { coordinator, ..PlanOptions::default() }
            }
            _ => {
                let balancer = match scenario.config.load_balancer.policy {
                    Policy::RoundRobin => Balancer::RoundRobin,
                    Policy::Random => Balancer::Random,
                    _ => Balancer::LeastConnections,
                };
                let load_balancer = Some(balancer);
                PlanOptions { mode: Mode::Level, load_balancer, ..PlanOptions::default() }
            }
        };
        if let Work::Evacuation { node: at } = work {
            let has_wait = !matches!(
                scenario.config.personality,
                Release::V4_4_12 | Release::V4_4_17 | Release::V4_4
            );
            let evacuation = Evacuation {
                conn_evict_rate: rules.conn_evict_rate,
                sess_evict_rate: rules.sess_evict_rate,
                wait_health_check: has_wait.then_some(rules.wait_health_check),
                wait_takeover: rules.wait_takeover,
                ..Evacuation::default()
            };
            let asked = EvacuationPlanOptions::default();
            let plan = plan_evacuation(snapshot, &node(at + 1), &evacuation, &asked).unwrap();
            return Self::Evacuation(Box::new(Evacuator::new(plan, options, true).unwrap()));
        }
        let plan = plan(snapshot, &rules, &planned).unwrap();
        Self::Rebalance(Box::new(Driver::new(plan, options, true).unwrap()))
    }

    pub(super) fn step(&mut self, now: Timestamp, input: Input) -> Step {
        match self {
            Self::Rebalance(driver) => driver.step(now, input),
            Self::Evacuation(evacuator) => evacuator.step(now, input),
        }
    }

    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Rebalance(driver) => driver.outcome(),
            Self::Evacuation(evacuator) => evacuator.outcome(),
        }
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::Rebalance(driver) => driver.status(),
            Self::Evacuation(evacuator) => evacuator.status(),
        }
    }

    /// Seconds that the plan in hand should take.
    pub(super) fn expected_s(&self) -> u64 {
        match self {
            Self::Rebalance(driver) => driver.state().plan.forecast.duration_s,
            Self::Evacuation(evacuator) => evacuator.state().plan.forecast.duration_s,
        }
    }

    /// Another process goes on from the stored state.
    pub(super) fn reborn(&self) -> Self {
        match self {
            Self::Rebalance(driver) => {
                let json = serde_json::to_string(driver.state()).unwrap();
                Self::Rebalance(Box::new(Driver::restore(serde_json::from_str(&json).unwrap())))
            }
            Self::Evacuation(evacuator) => {
                let json = serde_json::to_string(evacuator.state()).unwrap();
                Self::Evacuation(Box::new(Evacuator::restore(serde_json::from_str(&json).unwrap())))
            }
        }
    }
}
