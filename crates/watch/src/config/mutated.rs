//! A configuration that somebody has changed: it is read, or refused with lines that are in it.

use super::tests::{GOOD, read};
use emqx_rebalance_core::Error;
use emqx_rebalance_testkit::cases::cases;
use emqx_rebalance_testkit::mutate::{changed, changes};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

const WORDS: [&str; 10] = [
    "auto",
    "http://eu:18083",
    "eu",
    "0 2 * * *",
    "* * * * * *",
    "2h",
    "Europe/Berlin",
    "EU_SECRET",
    "good",
    "9999999999999999999999s",
];

/// The document that [`GOOD`] is.
fn good() -> Value {
    serde_saphyr::from_str(GOOD).unwrap()
}

fn short(error: &Error) -> Result<(), TestCaseError> {
    for problem in error.problems() {
        let text = problem.to_string();
        prop_assert!(text.chars().count() < 6000, "{text}");
        prop_assert!(!text.contains("s3cret"), "{text}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn a_changed_configuration_is_read_or_refused(changes in changes(&WORDS)) {
        let text = changed(good(), &changes, "-").to_string();
        if let Err(error) = read(&text) {
            short(&error)?;
        }
    }

    #[test]
    fn a_configuration_with_other_text_in_it_is_read_or_refused(
        at in any::<Index>(),
        text in "[-:{}\\[\\]&*!|>'\"%@`#, \n\ta-z0-9\u{0}é]{1,12}",
    ) {
        let mut changed = GOOD.to_owned();
        let mut at = at.index(changed.len());
        while !changed.is_char_boundary(at) {
            at -= 1;
        }
        changed.insert_str(at, &text);
        if let Err(error) = read(&changed) {
            short(&error)?;
        }
    }
}
