//! Tables: names to the left, numbers to the right, one rule under the head.

use super::paper::{Names, Paper};
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table};
use emqx_rebalance_core::NodeName;

/// A column and how it is aligned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// Text, to the left.
    Text(&'static str),
    /// Numbers, to the right.
    Number(&'static str),
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Text(title) | Self::Number(title) => title,
        }
    }

    fn cell(self, text: &str) -> Cell {
        Cell::new(text).set_alignment(match self {
            Self::Text(_) => CellAlignment::Left,
            Self::Number(_) => CellAlignment::Right,
        })
    }
}

/// Draws a table, with a line end after each line.
pub(crate) fn draw(columns: &[Column], rows: &[Vec<String>], paper: Paper) -> String {
    lines(columns, rows, paper).map(|line| format!("{line}\n")).collect()
}

/// Draws a table of nodes, their names in the room that the other columns leave, and below it what
/// a name stands for if it is cut.
pub(crate) fn of_nodes<'a>(
    nodes: impl Iterator<Item = &'a NodeName> + Clone,
    columns: &[Column],
    rows: &[Vec<String>],
    paper: Paper,
) -> String {
    let cells = |i: usize| rows.iter().filter_map(move |row| row.get(i));
    let widest = |i: usize| cells(i).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let width = |(i, column): (usize, &Column)| PADDING + column.title().len().max(widest(i));
    let taken: usize = columns.iter().enumerate().map(width).sum();
    let room = paper.without(0).saturating_sub(taken + PADDING);
    let names = Names::within(nodes.clone(), room.max(MIN_NAME));
    let columns = [&[Column::Text("node")], columns].concat();
    let row = |(node, row): (&NodeName, &Vec<String>)| [&[names.of(node)], &row[..]].concat();
    draw(&columns, &nodes.zip(rows).map(row).collect::<Vec<_>>(), paper) + &names.note()
}

/// Draws a table with a note below each row. Its rows must fit.
pub(crate) fn annotated(
    columns: &[Column],
    rows: &[Vec<String>],
    notes: &[String],
    paper: Paper,
) -> String {
    let mut lines = lines(columns, rows, paper);
    let mut text: String =
        lines.by_ref().take(HEAD_LINES).map(|line| format!("{line}\n")).collect();
    for (row, note) in lines.zip(notes) {
        text.push_str(&format!("{row}\n   {}\n", wrapped(note, paper.without(3), "   ")));
    }
    text
}

fn lines(columns: &[Column], rows: &[Vec<String>], paper: Paper) -> impl Iterator<Item = String> {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table.load_style(NOTHING.header_separator(rule));
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(paper.columns());
    table.set_header(columns.iter().map(|column| column.cell(column.title())));
    for row in rows {
        table.add_row(columns.iter().zip(row).map(|(column, text)| column.cell(text)));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.into_iter()
}

/// Draws a bar of `width` columns, filled by `share` of 1, in eighths of a column.
pub(crate) fn bar(share: f64, width: u16) -> String {
    let filled = (share.clamp(0.0, 1.0) * f64::from(width) * 8.0).round();
    let mut left = filled;
    let mut bar = String::new();
    for _ in 0..width {
        bar.push(match left {
            x if x >= 8.0 => '█',
            x if x >= 7.0 => '▉',
            x if x >= 6.0 => '▊',
            x if x >= 5.0 => '▋',
            x if x >= 4.0 => '▌',
            x if x >= 3.0 => '▍',
            x if x >= 2.0 => '▎',
            x if x >= 1.0 => '▏',
            _ => ' ',
        });
        left -= 8.0;
    }
    bar
}

/// Breaks text at spaces so that it fits `width` columns; following lines are indented.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let used = lines.last().map_or(0, |line| line.chars().count());
        let is_first = used == 0;
        if !is_first && used + 1 + word.chars().count() > width {
            lines.push(format!("{indent}{word}"));
        } else if let Some(line) = lines.last_mut() {
            if !is_first {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// The spaces beside a cell, and the one between columns.
const PADDING: usize = 3;
/// Names that are shorter say too little.
const MIN_NAME: usize = 12;
/// The titles and the rule.
const HEAD_LINES: usize = 2;
