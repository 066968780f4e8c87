//! How many cases a property is tried on, and which.

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};

/// `usual` cases, the same ones every time: a test that fails one time in fifty helps nobody. Or as many
/// others as the variable `PROPTEST_CASES` says, which is how `cargo xtask soak` looks for what nobody has
/// met yet: those that fail are written to `tests/found.txt` of their crate, and tried first from then on.
pub fn cases(usual: u32) -> Config {
    let found = FileFailurePersistence::Direct(FOUND);
    let config = Config { failure_persistence: Some(Box::new(found)), ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return config;
    }
    Config { cases: usual, rng_seed: RngSeed::Fixed(1), ..config }
}

/// Beside the manifest of the crate whose test has failed.
const FOUND: &str = "tests/found.txt";
