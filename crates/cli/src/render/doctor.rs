//! A diagnosis: a line for each check, and below it what to do.

use super::numbers::counted;
use super::paper::Paper;
use super::{ALERT, GOOD, WARN, table};
use anstyle::Style;
use emqx_rebalance_core::doctor::{Check, CheckState, Diagnosis};
use emqx_rebalance_core::plain;

/// The whole diagnosis, what is in the way last, where one looks first.
pub(crate) fn diagnosis(diagnosis: &Diagnosis, paper: Paper) -> String {
    let mut text = String::new();
    for alike in diagnosis.checks.chunk_by(is_alike) {
        text.push_str(&lines(alike, paper));
    }
    text.push_str(&format!("\n{}\n", table::wrapped(&summary(diagnosis), paper.without(0), "")));
    text
}

/// Whether two nodes have the same said of them.
fn is_alike(one: &Check, other: &Check) -> bool {
    let of = |check: &Check| (check.check, check.state, check.node.is_some());
    of(one) == of(other) && one.detail == other.detail && one.hint == other.hint
}

fn lines(alike: &[Check], paper: Paper) -> String {
    let Some(check) = alike.first() else { return String::new() };
    let (style, word) = (style(check.state), check.state.as_str());
    let subject = match (&check.node, alike.len()) {
        (None, _) => String::new(),
        // Findings name their nodes themselves.
        (Some(node), 1) if check.detail.contains(node.as_str()) => String::new(),
        (Some(node), 1) => format!("{node}: "),
        (Some(_), nodes) => format!("{}: ", counted(nodes as u64, "node")),
    };
    let room = paper.without(0).saturating_sub(INDENT.len());
    let detail = plain(&check.detail);
    let detail = indented(&format!("{subject}{detail}"), room, "");
    let name = check.check.as_str();
    let mut text = format!("{style}{word:<8}{style:#} {name:<13} {detail}\n");
    if let Some(hint) = &check.hint {
        let hint = indented(&format!("→ {}", plain(hint)), room, "  ");
        text.push_str(&format!("{INDENT}{hint}\n"));
    }
    text
}

/// `text` in so many columns, its following lines below the first and `further` in.
fn indented(text: &str, room: usize, further: &str) -> String {
    table::wrapped(text, room, further).replace('\n', &format!("\n{INDENT}"))
}

fn style(state: CheckState) -> Style {
    match state {
        CheckState::Ok => GOOD,
        CheckState::Unknown => Style::new(),
        CheckState::Warning => WARN,
        CheckState::Problem => ALERT,
    }
}

fn summary(diagnosis: &Diagnosis) -> String {
    let [problems, warnings, unknown] =
        [CheckState::Problem, CheckState::Warning, CheckState::Unknown]
            .map(|state| diagnosis.count(state) as u64);
    let beside = format!("{}, {unknown} not known", counted(warnings, "warning"));
    match problems {
        0 => format!("Nothing seen is in the way of a start: no problem, {beside}."),
        _ => format!("{}, {beside}: mend the problems first.", counted(problems, "problem")),
    }
}

/// Where details begin: below each other.
const INDENT: &str = "                       ";

#[cfg(test)]
mod tests {
    use super::*;
    use emqx_rebalance_core::NodeName;
    use emqx_rebalance_core::doctor::CheckName;

    fn check(node: Option<&str>, detail: &str) -> Check {
        Check {
            check: CheckName::Node,
            state: CheckState::Ok,
            node: node.map(|name| NodeName::new(name).unwrap()),
            detail: detail.to_owned(),
            hint: None,
            cause: None,
        }
    }

    #[test]
    fn nodes_of_which_the_same_is_said_share_a_line() {
        let mut down = check(Some("c@h"), "is down\u{1b}[2J");
        (down.state, down.hint) = (CheckState::Warning, Some("start it".to_owned()));
        let checks = vec![check(Some("a@h"), "runs"), check(Some("b@h"), "runs"), down];
        let text = diagnosis(&Diagnosis { checks }, Paper::default());
        let text = anstream::adapter::strip_str(&text).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ok       node          2 nodes: runs");
        assert_eq!(lines[1], r"warning  node          c@h: is down\u{1b}[2J");
        assert_eq!(lines[2], "                       → start it");
        assert!(lines[4].contains("no problem, 1 warning, 0 not known"), "{text}");
    }
}
