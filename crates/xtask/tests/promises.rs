//! Every line of what is promised, and of what is done against attacks, names tests that are there.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

const PAGES: [&str; 2] = ["guarantees.md", "threats.md"];

/// A test as a page names it: ``[`name`](../path)``.
struct Named<'a> {
    name: &'a str,
    path: &'a str,
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The rows of the tables of a page, without their heads.
fn rows(page: &str) -> impl Iterator<Item = &str> {
    let lines = page.lines().zip(page.lines().skip(1).chain([""]));
    let is_row = |(line, next): &(&str, &str)| {
        line.starts_with('|') && !line.starts_with("|---") && !next.starts_with("|---")
    };
    lines.filter(is_row).map(|(line, _)| line)
}

/// The tests that stand in the last cell of a row.
fn named(row: &str) -> Vec<Named<'_>> {
    let cell = row.trim_end_matches('|').rsplit('|').next().unwrap();
    let links = cell.split("[`").skip(1);
    links
        .map(|link| {
            let (name, rest) = link.split_once("`](../").unwrap_or_else(|| panic!("{link}"));
            let (path, _) = rest.split_once(')').unwrap_or_else(|| panic!("{link}"));
            Named { name, path }
        })
        .collect()
}

/// Whether `source` has a function of that name which the test harness runs.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
    let is_it = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let attributes = |at: usize| {
        lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"))
    };
    let is_test = |at: usize| {
        attributes(at).any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
            && !attributes(at).any(|line| line.starts_with("#[ignore"))
    };
    lines.iter().enumerate().any(|(at, line)| is_it(line) && is_test(at))
}

/// The same of a test in Python, Lua or JavaScript.
fn has_test_of_a_script(source: &str, name: &str) -> bool {
    let begins = [format!("def {name}("), format!("test(\"{name}\",")];
    source
        .lines()
        .map(str::trim_start)
        .any(|line| begins.iter().any(|begin| line.starts_with(begin)))
}

#[test]
fn every_line_is_shown_by_tests_that_are_there() {
    for page in PAGES {
        let text = fs::read_to_string(docs().join(page)).unwrap();
        let mut lines = 0;
        for row in rows(&text) {
            let tests = named(row);
            assert!(!tests.is_empty(), "{page}: a line without a test: {row}");
            for Named { name, path } in tests {
                let source = fs::read_to_string(docs().join("..").join(path));
                let source = source.unwrap_or_else(|error| panic!("{page}: {path}: {error}"));
                let is_there = match path.rsplit('.').next() {
                    Some("rs") => has_test(&source, name),
                    _ => has_test_of_a_script(&source, name),
                };
                assert!(is_there, "{page}: {path} has no test {name}");
            }
            lines += 1;
        }
        assert!(lines > 10, "{page}: only {lines} lines were found");
    }
}

#[test]
fn what_is_no_test_is_told_from_one() {
    let source = "#[test]\n#[cfg(unix)]\nfn one() {}\nfn two() {}\n#[test]\n#[ignore]\nfn three() {}\n    /// Why.\n    #[tokio::test]\n    async fn four() {}\n";
    let found = ["one", "two", "three", "four", "on"].map(|name| has_test(source, name));
    assert_eq!(found, [true, false, false, true, false]);
}

#[test]
fn tests_in_other_languages_are_found() {
    let source =
        "def test_one(a: int) -> None:\n  test(\"two words\", function()\n# test(\"three\", x\n";
    let found = ["test_one", "two words", "three"].map(|name| has_test_of_a_script(source, name));
    assert_eq!(found, [true, true, false]);
}

#[test]
fn a_row_is_told_from_the_head_of_its_table() {
    let page = "| a | b |\n|---|---|\n| x | [`t`](../p.rs), [`u`](../q.rs) |\n\ntext\n";
    let rows: Vec<&str> = rows(page).collect();
    assert_eq!(rows.len(), 1);
    let tests: Vec<_> = named(rows[0]).iter().map(|test| (test.name, test.path)).collect();
    assert_eq!(tests, [("t", "p.rs"), ("u", "q.rs")]);
}
