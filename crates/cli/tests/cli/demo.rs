//! `demo`: the main job from the first line to the verdict.

use crate::command::run;

#[test]
fn the_demo_ends_with_a_true_verdict() {
    let said = run(&["demo", "--clients", "30", "--yes"], "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    for text in [
        "Three of its nodes share 30 clients",
        "waiting for load balancers to notice",
        "moving clients",
    ] {
        assert!(said.err.contains(text), "{text} not in {}", said.err);
    }
    for text in ["gives clients (donor)", "✔ completed", "predicted", "oo measured"] {
        assert!(said.out.contains(text), "{text} not in {}", said.out);
    }
    for line in said.out.lines().chain(said.err.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
}
