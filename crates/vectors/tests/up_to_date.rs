//! The files hold what the core does now.
#![cfg(test)]

use std::fs;

#[test]
fn the_vectors_are_up_to_date() {
    for (path, text) in emqx_rebalance_vectors::files().unwrap() {
        let written = fs::read_to_string(&path).unwrap();
        let differs = written.lines().zip(text.lines()).position(|(a, b)| a != b);
        assert!(
            written == text,
            "{} differs in line {differs:?}: see what changed by `cargo run -p emqx-rebalance-vectors` and `git diff`",
            path.display()
        );
    }
}
