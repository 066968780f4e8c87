//! What takes hours, and is run before a release: more drawn cases, and every pair of faults.

use crate::folders::target;
use crate::step::say;
use anyhow::{Result, ensure};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use xshell::{Cmd, Shell, cmd};

/// One of the things that are looked at.
struct Look {
    what: &'static str,
    package: &'static str,
    tests: &'static str,
    filter: &'static str,
    drawn: Drawn,
}

/// How many cases there are.
#[derive(Clone, Copy)]
enum Drawn {
    /// So many times what was asked for.
    Times(u32),
    /// One for so many that were asked for.
    Of(u32),
    /// All that there are.
    All,
}

const LOOKS: [Look; 8] = [
    Look {
        what: "two faults at any two moments of a run, a level plan and an evacuation",
        package: "emqx-rebalance-sim",
        tests: "driver",
        filter: "two_faults_at_any_two_moments",
        drawn: Drawn::All,
    },
    Look {
        what: "drivers in random trouble, four properties",
        package: "emqx-rebalance-sim",
        tests: "driver",
        filter: "chaos::",
        drawn: Drawn::Times(1),
    },
    Look {
        what: "stored states and plans that were changed, four properties",
        package: "emqx-rebalance-core",
        tests: "mutated",
        filter: "",
        drawn: Drawn::Times(10),
    },
    Look {
        what: "requests, profiles and records that were changed, four properties",
        package: "emqx-rebalance-core",
        tests: "requests_mutated",
        filter: "",
        drawn: Drawn::Times(10),
    },
    Look {
        what: "answers of EMQX, recorded and changed, or anything at all",
        package: "emqx-rebalance-api",
        tests: "api",
        filter: "",
        drawn: Drawn::Times(10),
    },
    Look {
        what: "a policy that acts for a day",
        package: "emqx-rebalance-sim",
        tests: "policy",
        filter: "",
        drawn: Drawn::Of(100),
    },
    Look {
        what: "plans and forecasts",
        package: "emqx-rebalance-core",
        tests: "single_properties",
        filter: "",
        drawn: Drawn::Times(10),
    },
    Look {
        what: "sessions and clients of the embedded cluster",
        package: "emqx-rebalance-sim",
        tests: "conservation",
        filter: "",
        drawn: Drawn::Times(1),
    },
];

/// How one ended.
struct Found {
    what: &'static str,
    cases: String,
    took: Duration,
    /// What was printed, if a case failed: the smallest that still does.
    failure: Option<String>,
}

/// Runs all of it, whatever fails, and writes what came of it.
///
/// # Errors
/// If anything failed.
pub(crate) fn run(shell: &Shell, cases: u32, to: Option<PathBuf>) -> Result<()> {
    let mut found = Vec::new();
    for look in &LOOKS {
        say(&format!("=== {}", look.what));
        let result = look.take(shell, cases)?;
        let verdict = if result.failure.is_some() { "FAILED" } else { "passed" };
        say(&format!("=== {verdict}: {} in {:.0} s", result.cases, result.took.as_secs_f64()));
        found.push(result);
    }
    let to = to.unwrap_or_else(|| target().join("soak.md"));
    shell.write_file(&to, report(&found)?)?;
    let failed = found.iter().filter(|found| found.failure.is_some()).count();
    ensure!(failed == 0, "{failed} of {} failed: {} shows how", found.len(), to.display());
    say(&format!("{} says what was tried", to.display()));
    Ok(())
}

impl Look {
    fn take(&self, shell: &Shell, asked: u32) -> Result<Found> {
        let Self { package, tests, filter, .. } = self;
        let test = cmd!(shell, "cargo test --quiet --all-features --package {package}");
        let test = test.args(["--test", tests, "--", filter]);
        let (test, cases) = match self.drawn {
            Drawn::All => (test.arg("--ignored"), "all there are".to_owned()),
            Drawn::Times(times) => drawn(test, asked.saturating_mul(times)),
            Drawn::Of(cases) => drawn(test, asked.div_ceil(cases)),
        };
        let began = Instant::now();
        let output = test.ignore_status().output()?;
        let text = || String::from_utf8_lossy(&output.stdout).into_owned();
        let failure = (!output.status.success()).then(text);
        Ok(Found { what: self.what, cases, took: began.elapsed(), failure })
    }
}

fn drawn(test: Cmd<'_>, cases: u32) -> (Cmd<'_>, String) {
    (test.env("PROPTEST_CASES", cases.to_string()), format!("{cases} each"))
}

fn report(found: &[Found]) -> Result<String> {
    let mut text = String::from("| what | cases | seconds | result |\n|---|---|---|---|\n");
    for Found { what, cases, took, failure } in found {
        let result = if failure.is_some() { "failed" } else { "passed" };
        writeln!(text, "| {what} | {cases} | {:.0} | {result} |", took.as_secs_f64())?;
    }
    for Found { what, failure, .. } in found {
        if let Some(failure) = failure {
            writeln!(text, "\n## {what}\n\n```text\n{}\n```", failure.trim())?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_in_the_report_with_the_case_that_shows_it() {
        let found = |what, failure: Option<&str>| Found {
            what,
            cases: "all there are".to_owned(),
            took: Duration::from_secs(61),
            failure: failure.map(str::to_owned),
        };
        let text = report(&[found("calm", None), found("storm", Some("minimal failing input"))]);
        let text = text.unwrap_or_default();
        assert!(text.contains("| calm | all there are | 61 | passed |"), "{text}");
        assert!(text.contains("| storm | all there are | 61 | failed |"), "{text}");
        assert!(text.ends_with("## storm\n\n```text\nminimal failing input\n```\n"), "{text}");
    }
}
