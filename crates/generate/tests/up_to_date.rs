//! The generated files are what the core's tables say.

use std::fs;

#[test]
fn the_generated_files_are_up_to_date() {
    let files = emqx_rebalance_generate::files().unwrap();
    let is_old = |(path, text): &(_, String)| fs::read_to_string(path).unwrap_or_default() != *text;
    let old: Vec<_> = files.into_iter().filter(is_old).map(|(path, _)| path).collect();
    assert!(old.is_empty(), "run `cargo xtask generate`, which writes {old:?} again");
}
