//! Holds the runbooks against the words of the code: each is there, in its section, and no other.

use crate::words::of;
use emqx_rebalance_core::driver::{Guard, OutcomeKind};
use emqx_rebalance_core::policy::Reason;
use emqx_rebalance_core::{ErrorKind, FindingCode};
use schemars::JsonSchema;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../docs/runbooks.md");

/// The words that have an entry in the section `heading`: a heading of their own, or the first cell of a row.
fn entries(heading: &str) -> BTreeSet<String> {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let of_line = |line: &str| {
        let rest = line.strip_prefix("### `").or_else(|| line.strip_prefix("| `"))?;
        Some(rest.split('`').next().unwrap().to_owned())
    };
    section.lines().filter_map(of_line).collect()
}

fn words<T: JsonSchema>() -> BTreeSet<String> {
    of::<T>().unwrap().words.into_iter().map(|(word, _)| word).collect()
}

#[test]
fn every_word_that_people_meet_has_its_entry() {
    assert_eq!(entries("Verdicts"), words::<OutcomeKind>());
    assert_eq!(entries("Guards"), words::<Guard>());
    assert_eq!(entries("Errors"), words::<ErrorKind>());
    assert_eq!(entries("Findings"), words::<FindingCode>());
    assert_eq!(entries("Decisions of the watch"), words::<Reason>());
}
