//! Options, and how bad ones are named.

use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{ErrorKind, Evacuation, Options, PlanOptions, Strategy};

#[test]
fn bad_options_are_all_named() {
    let text =
        serde_json::from_str::<DriverOptions>(r#"{"poll_interval_ms":1,"settle_s":0,"x":1}"#)
            .unwrap_err()
            .to_string();
    for field in ["poll_interval_ms", "settle_s", "`x`"] {
        assert!(text.contains(field), "{field} not in {text}");
    }
}

#[test]
fn options_of_every_kind_name_all_their_problems() {
    fn fields<T: Options>(json: &str) -> Vec<String> {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let error = T::read(value).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        error.problems().iter().map(|problem| problem.field.clone()).collect()
    }
    let text = r#"{"mode":"both","load_balancer":1,"target_over":"much","nodes":[],"x":1}"#;
    let expected = ["mode", "nodes", "load_balancer", "target_over", "x"];
    assert_eq!(fields::<PlanOptions>(text), expected);
    assert_eq!(fields::<Strategy>(r#"{"conn_evict_rate":0,"y":1}"#), ["conn_evict_rate", "y"]);
    assert_eq!(fields::<Strategy>("[]"), ["strategy"]);
    assert_eq!(fields::<DriverOptions>(r#"{"settle_s":0}"#), ["settle_s"]);
    assert_eq!(fields::<Evacuation>(r#"{"migrate_to":1}"#), ["migrate_to"]);
}
