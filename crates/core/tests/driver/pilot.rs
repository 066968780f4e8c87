//! A pilot that does not come to its own end is no reason to start more.

use crate::world::{World, name};
use emqx_rebalance_core::driver::{Driver, DriverOptions, OutcomeKind};
use emqx_rebalance_core::{Mode, NodeLoad, Pilot, Plan, PlanOptions, Snapshot, Strategy, plan};

fn with_pilot() -> Plan {
    let nodes = vec![NodeLoad::new(name("a@h"), 200), NodeLoad::new(name("b@h"), 0)];
    let strategy: Strategy =
        serde_json::from_str(r#"{"conn_evict_rate":10,"wait_health_check":2,"wait_takeover":2}"#)
            .unwrap();
    let pilot = Pilot::Clients(20);
    let options = PlanOptions { mode: Mode::Level, pilot, ..PlanOptions::default() };
    plan(&Snapshot::new(nodes).unwrap(), &strategy, &options).unwrap()
}

#[test]
fn a_pilot_that_somebody_stops_ends_the_plan() {
    // While it evicts, and while its nodes only stay closed: by then this world is level.
    for (stopped_at, result) in [(5, OutcomeKind::Vanished), (13, OutcomeKind::Completed)] {
        let plan = with_pilot();
        assert_eq!(plan.pilot.as_ref().map(|pilot| pilot.clients), Some(20));
        let mut driver = Driver::new(plan, DriverOptions::default(), false).unwrap();
        let mut world = World::new();
        world.crash_at = Some(stopped_at);
        let outcome = world.drive(&mut driver);
        assert_eq!(world.starts, 1, "{stopped_at}: {}", outcome.detail);
        assert_eq!(outcome.result, result, "{stopped_at}: {}", outcome.detail);
    }
}
