//! A plan, or an evacuation, on its way, as one thing.

use super::scenario::{Patience, Scenario, Work, rules};
use crate::node;
use emqx_rebalance_core::driver::{Driver, DriverOptions, Outcome, Status};
use emqx_rebalance_core::{
    Evacuation, EvacuationPlan, EvacuationPlanOptions, Job, LoadBalancer as Balancer, Mode,
    NodeName, Plan, PlanOptions, Snapshot, plan, plan_evacuation,
};
use emqx_rebalance_exchange::restored;
use emqx_rebalance_exchange::sansio::{Cluster, Run, RunInput, RunStep};
use emqx_rebalance_sim::{Policy, Release};

#[derive(Debug)]
pub(super) struct Subject(Box<Run>);

impl Subject {
    pub(super) fn new(scenario: &Scenario, cluster: &Cluster, snapshot: &Snapshot) -> Self {
        let options = options(&scenario.patience);
        let job: Job = if let Work::Evacuation { node: at } = scenario.work {
            evacuation(scenario, snapshot, at).into()
        } else {
            let rules = rules(scenario.rate, scenario.waits);
            plan(snapshot, &rules, &planned(scenario)).unwrap().into()
        };
        let driver = Driver::new(job, options, true).unwrap();
        Self(Box::new(cluster.drive(driver).unwrap()))
    }

    pub(super) fn step(&mut self, now_ms: u64, input: RunInput) -> RunStep {
        self.0.step(now_ms, input)
    }

    pub(super) fn outcome(&self) -> Option<&Outcome> {
        self.0.outcome()
    }

    pub(super) fn status(&self) -> Status {
        self.0.status()
    }

    pub(super) fn is_evacuation(&self) -> bool {
        self.emptied().is_some()
    }

    /// The plan of runs in hand.
    pub(super) fn plan(&self) -> Option<&Plan> {
        self.0.driver().state().plan()
    }

    /// The node that is to be emptied.
    pub(super) fn emptied(&self) -> Option<&NodeName> {
        self.0.driver().state().evacuation_plan().map(EvacuationPlan::node)
    }

    /// Seconds that the plan in hand should take.
    pub(super) fn expected_s(&self) -> u64 {
        self.0.driver().state().forecast().duration_s
    }

    /// Another process goes on from the stored state.
    pub(super) fn reborn(&self, cluster: &Cluster) -> Self {
        let state = serde_json::to_string(self.0.driver()).unwrap();
        let driver = restored(&mut serde_json::Deserializer::from_str(&state)).unwrap();
        Self(Box::new(cluster.drive(driver).unwrap()))
    }
}

fn options(patience: &Patience) -> DriverOptions {
    let Patience { poll_interval_ms, empty_polls, settle_s, max_missing_percent, grace_s } =
        *patience;
    DriverOptions {
        poll_interval_ms,
        empty_polls,
        settle_s,
        max_missing_percent,
        reconnect_grace_s: grace_s,
        ..DriverOptions::default()
    }
}

fn planned(scenario: &Scenario) -> PlanOptions {
    let reconnect = scenario.told();
    if let Work::Single { coordinator } = scenario.work {
        let coordinator = Some(node(coordinator + 1));
        return PlanOptions { coordinator, reconnect, ..PlanOptions::default() };
    }
    let balancer = match scenario.config.load_balancer.policy {
        Policy::RoundRobin => Balancer::RoundRobin,
        Policy::Random => Balancer::Random,
        _ => Balancer::LeastConnections,
    };
    let load_balancer = Some(balancer);
    PlanOptions { mode: Mode::Level, load_balancer, reconnect, ..PlanOptions::default() }
}

fn evacuation(scenario: &Scenario, snapshot: &Snapshot, at: usize) -> EvacuationPlan {
    let rules = rules(scenario.rate, scenario.waits);
    use Release::{V4_4, V4_4_12, V4_4_17};
    let has_wait = !matches!(scenario.config.personality, V4_4_12 | V4_4_17 | V4_4);
    let evacuation = Evacuation {
        conn_evict_rate: rules.conn_evict_rate,
        sess_evict_rate: rules.sess_evict_rate,
        wait_health_check: has_wait.then_some(rules.wait_health_check),
        wait_takeover: rules.wait_takeover,
        ..Evacuation::default()
    };
    let asked =
        EvacuationPlanOptions { reconnect: scenario.told(), ..EvacuationPlanOptions::default() };
    plan_evacuation(snapshot, &node(at + 1), &evacuation, &asked).unwrap()
}
