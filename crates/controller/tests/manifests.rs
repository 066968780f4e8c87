//! What `deploy/` ships is what this crate says.
#![cfg(test)]

use emqx_rebalance_controller::{crd, own};

#[test]
fn the_shipped_definition_is_the_one_that_crdgen_prints() {
    let shipped = include_str!("../../../deploy/manifests/crd.yaml");
    let printed = crd::yaml().unwrap();
    assert_eq!(printed.trim_end(), shipped.trim_end(), "run `cargo xtask kube-manifests`");
}

#[test]
fn so_are_those_of_our_own() {
    let shipped = include_str!("../../../deploy/manifests/own.yaml");
    let printed = own::yaml().unwrap();
    assert_eq!(printed.trim_end(), shipped.trim_end(), "run `cargo xtask kube-manifests`");
}
