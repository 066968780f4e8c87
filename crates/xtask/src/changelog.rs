//! CHANGELOG.md: one section for each release, the newest first, and above them what is in none yet.

use crate::version;
use anyhow::{Context, Result, bail, ensure};
use jiff::civil::Date;
use std::io::{Write, stdout};
use xshell::Shell;

const FILE: &str = "CHANGELOG.md";
const UNRELEASED: &str = "Unreleased";
/// What a section's first line begins with.
const HEADING: &str = "## ";

/// Prints what a release brought, without its heading; without a release, what is in none yet.
pub(crate) fn show(shell: &Shell, release: Option<&str>) -> Result<()> {
    let text = shell.read_file(FILE)?;
    let notes = notes(&text, release.unwrap_or(UNRELEASED))?;
    Ok(writeln!(stdout(), "{notes}")?)
}

/// Makes what is in no release yet the section of this checkout's version, released on `date`.
pub(crate) fn cut(shell: &Shell, date: Date) -> Result<()> {
    let text = shell.read_file(FILE)?;
    Ok(shell.write_file(FILE, with_release(&text, version::CURRENT, date)?)?)
}

/// The section of `release`, without its heading.
fn notes<'text>(text: &'text str, release: &str) -> Result<&'text str> {
    let section = sections(text).find(|(name, _)| *name == release);
    let Some((_, body)) = section else {
        let names: Vec<_> = sections(text).map(|(name, _)| name).collect();
        bail!("{FILE} has no section {release}, it has: {}", names.join(", "));
    };
    ensure!(!body.is_empty(), "the section {release} of {FILE} is empty");
    Ok(body)
}

/// `text` with the section of what is unreleased as that of `release`, and an empty one above it.
fn with_release(text: &str, release: &str, date: Date) -> Result<String> {
    let is_there = sections(text).any(|(name, _)| name == release);
    ensure!(!is_there, "{FILE} has a section {release} already: raise the version first");
    notes(text, UNRELEASED)?;
    let heading = format!("{HEADING}{UNRELEASED}\n");
    let (before, after) = text.split_once(&heading).context("no heading of what is unreleased")?;
    Ok(format!("{before}{heading}\n{HEADING}{release} ({date})\n{after}"))
}

/// The name of every section, such as `0.1.0`, with its text.
fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let marks = text.match_indices(HEADING).map(|(at, _)| at);
    let starts = marks.filter(|at| *at == 0 || text.get(..*at).is_some_and(|b| b.ends_with('\n')));
    let starts: Vec<_> = starts.collect();
    let ends: Vec<_> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| {
        let section = text.get(start + HEADING.len()..end)?;
        let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
        Some((heading.split_whitespace().next()?, body.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders::root;
    use jiff::civil::date;

    const TEXT: &str = "# Changelog\n\nAll.\n\n## Unreleased\n\n### Added\n- A ## b.\n\n\
                        ## 0.1.0 (2026-01-02)\n\n### Fixed\n- C.\n";

    #[test]
    fn a_release_has_its_own_lines_and_no_others() {
        assert_eq!(notes(TEXT, "Unreleased").unwrap(), "### Added\n- A ## b.");
        assert_eq!(notes(TEXT, "0.1.0").unwrap(), "### Fixed\n- C.");
        let error = notes(TEXT, "0.1").unwrap_err().to_string();
        assert!(error.ends_with("no section 0.1, it has: Unreleased, 0.1.0"), "{error}");
    }

    #[test]
    fn what_is_unreleased_becomes_a_release_once() {
        let cut = with_release(TEXT, "0.2.0", date(2026, 3, 4)).unwrap();
        assert!(cut.contains("## Unreleased\n\n## 0.2.0 (2026-03-04)\n\n### Added\n"), "{cut}");
        assert_eq!(notes(&cut, "0.2.0").unwrap(), notes(TEXT, "Unreleased").unwrap());
        assert_eq!(notes(&cut, "0.1.0").unwrap(), notes(TEXT, "0.1.0").unwrap());
        let error = with_release(&cut, "0.3.0", date(2026, 3, 5)).unwrap_err().to_string();
        assert_eq!(error, "the section Unreleased of CHANGELOG.md is empty");
        let error = with_release(TEXT, "0.1.0", date(2026, 3, 5)).unwrap_err().to_string();
        assert!(error.contains("has a section 0.1.0 already"), "{error}");
    }

    #[test]
    fn the_file_we_keep_can_be_cut() {
        let text = std::fs::read_to_string(root().join(FILE)).unwrap();
        let cut = with_release(&text, "98.7.6", date(2026, 3, 4)).unwrap();
        assert_eq!(notes(&cut, "98.7.6").unwrap(), notes(&text, "Unreleased").unwrap());
    }
}
