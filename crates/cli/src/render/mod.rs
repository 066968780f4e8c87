//! Turns the core's values into text for people: on paper of some width, no meaning in colour alone.

pub(crate) mod chart;
pub(crate) mod doctor;
pub(crate) mod evacuations;
pub(crate) mod found;
pub(crate) mod history;
pub(crate) mod level;
pub(crate) mod live;
pub(crate) mod numbers;
pub(crate) mod paper;
pub(crate) mod plan;
pub(crate) mod status;
mod table;
pub(crate) mod verdict;

use anstyle::{AnsiColor, Color, Style};
use paper::Paper;

/// For errors and failures.
pub(crate) const ALERT: Style = colour(AnsiColor::Red).bold();
/// For what went well.
pub(crate) const GOOD: Style = colour(AnsiColor::Green).bold();
/// For what one reads first.
pub(crate) const HEAD: Style = Style::new().bold();
/// For warnings. Yellow cannot be read on white.
pub(crate) const WARN: Style = colour(AnsiColor::Magenta).bold();

/// A number of clients.
pub(crate) fn clients(number: u64) -> String {
    numbers::count(number)
}

/// A message broken into lines, following ones as far in as `indent`.
pub(crate) fn wrapped(message: &str, indent: &str, paper: Paper) -> String {
    table::wrapped(message, paper.without(0).saturating_sub(indent.len()), indent)
}

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}
