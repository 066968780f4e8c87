//! Turns the core's values into text for people: 80 columns, and no meaning in colour alone.

pub(crate) mod chart;
pub(crate) mod evacuations;
pub(crate) mod found;
pub(crate) mod history;
pub(crate) mod level;
pub(crate) mod live;
mod numbers;
pub(crate) mod plan;
pub(crate) mod status;
mod table;
pub(crate) mod verdict;

use anstyle::{AnsiColor, Color, Style};

/// For errors and failures.
pub(crate) const ALERT: Style = colour(AnsiColor::Red).bold();
/// For what went well.
pub(crate) const GOOD: Style = colour(AnsiColor::Green).bold();
/// For what one reads first.
pub(crate) const HEAD: Style = Style::new().bold();
/// For warnings. Yellow cannot be read on white.
pub(crate) const WARN: Style = colour(AnsiColor::Magenta).bold();
/// Columns that every text keeps to.
pub(crate) const WIDTH: u16 = 80;

/// A number of clients.
pub(crate) fn clients(number: u64) -> String {
    numbers::count(number)
}

/// A message broken into lines of a terminal, following ones as far in as `indent`.
pub(crate) fn wrapped(message: &str, indent: &str) -> String {
    table::wrapped(message, usize::from(WIDTH).saturating_sub(indent.len()), indent)
}

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}
