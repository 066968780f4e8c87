//! Lua's type of a plan is written by hand: it has every field that a plan has.

use emqx_rebalance_core::{NodeLoad, NodeName, PlanOptions, Snapshot, Strategy, plan};
use std::fs;

#[test]
fn the_type_of_a_plan_has_every_field() {
    let load = |name: &str, clients| NodeLoad::new(NodeName::new(name).unwrap(), clients);
    let loads = vec![load("a@h", 9000), load("b@h", 0), load("c@h", 3000)];
    let snapshot = Snapshot::new(loads).unwrap();
    let options = PlanOptions { mode: emqx_rebalance_core::Mode::Level, ..PlanOptions::default() };
    let plan = plan(&snapshot, &Strategy::default(), &options).unwrap();
    let plan = serde_json::to_value(plan).unwrap();
    let types =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../bindings/lua/lua/emqx_rebalance/types.lua");
    let types = fs::read_to_string(types).unwrap();
    let class = types.split("---@class emqx_rebalance.Plan\n").nth(1).unwrap();
    let class = class.split("\n\n").next().unwrap();
    for field in plan.as_object().unwrap().keys() {
        let is_there =
            [" ", "? "].iter().any(|end| class.contains(&format!("@field {field}{end}")));
        assert!(is_there, "add `{field}` to emqx_rebalance.Plan in types.lua");
    }
}
