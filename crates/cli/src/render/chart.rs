//! Curves of clients over time, drawn with characters.

use super::numbers::{count, duration, float};
use super::paper::{Names, Paper};
use emqx_rebalance_core::NodeName;
use ratatui_core::buffer::{Buffer, Cell};
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Style};
use ratatui_core::symbols::Marker;
use ratatui_core::widgets::Widget;
use ratatui_widgets::chart::{Axis, Chart, Dataset, GraphType};
use std::collections::BTreeMap;

/// What a curve shows. Each kind has a mark of its own, so that no meaning is in colour alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A node that loses clients: a fine line.
    Donor,
    /// A node that gains clients: a line of dots.
    Recipient,
    /// Counts that were measured: circles.
    Measured,
}

/// One curve.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// The node.
    pub(crate) node: NodeName,
    /// What it shows.
    pub(crate) kind: Kind,
    /// Seconds and clients.
    pub(crate) points: Vec<(u64, u64)>,
}

impl Kind {
    fn marker(self) -> Marker {
        match self {
            Self::Donor => Marker::Braille,
            Self::Recipient => Marker::Dot,
            Self::Measured => Marker::Custom('o'),
        }
    }

    fn colour(self) -> Color {
        match self {
            Self::Donor => Color::Magenta,
            Self::Recipient => Color::Cyan,
            Self::Measured => Color::Reset,
        }
    }

    fn legend(self) -> &'static str {
        match self {
            Self::Donor => "⠒⠒ gives clients",
            Self::Recipient => "•• gets clients",
            Self::Measured => "oo measured",
        }
    }

    fn graph(self) -> GraphType {
        if self == Self::Measured { GraphType::Scatter } else { GraphType::Line }
    }
}

/// Draws the curves under `title` and a legend.
pub(crate) fn draw(title: &str, series: &[Series], paper: Paper) -> String {
    let shown = most_telling(series);
    let data: Vec<Vec<(f64, f64)>> = shown.iter().map(|series| as_floats(series)).collect();
    let (end, top) = bounds(&shown);
    let area = Rect::new(0, 0, paper.columns().saturating_sub(LABELS), HEIGHT);
    let mut buffer = Buffer::empty(area);
    chart(&shown, &data, end, top).render(area, &mut buffer);
    let labels = labels(&shown, top);
    let mut text = format!(" {title}     {}\n", legend(&shown));
    for y in 0..HEIGHT {
        let label = labels.get(&y).map(|label| format!(" {label}")).unwrap_or_default();
        let line = format!("{}{label}", row(&buffer, y));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let left_out = series.len() - shown.len();
    if left_out > 0 {
        text.push_str(&format!(" {left_out} more curves lie between these.\n"));
    }
    text
}

fn chart<'a>(shown: &[&Series], data: &'a [Vec<(f64, f64)>], end: u64, top: u64) -> Chart<'a> {
    let datasets = shown.iter().zip(data).map(|(series, points)| {
        Dataset::default()
            .marker(series.kind.marker())
            .graph_type(series.kind.graph())
            .style(Style::new().fg(series.kind.colour()))
            .data(points)
    });
    let x_labels = ["0 s".to_owned(), duration(end / 2), duration(end)];
    let y_labels = ["0".to_owned(), count(top / 2), count(top)];
    Chart::new(datasets.collect())
        .legend_position(None)
        .x_axis(Axis::default().bounds([0.0, float(end)]).labels(x_labels))
        .y_axis(Axis::default().bounds([0.0, float(top)]).labels(y_labels))
}

/// A few curves of many: those that end highest and lowest of each kind.
fn most_telling(series: &[Series]) -> Vec<&Series> {
    if series.len() <= MAX_CURVES {
        return series.iter().collect();
    }
    let mut shown = Vec::new();
    for kind in [Kind::Donor, Kind::Recipient, Kind::Measured] {
        let of_kind: Vec<_> = series.iter().filter(|series| series.kind == kind).collect();
        let first = |series: &&&Series| series.points.first().map_or(0, |point| point.1);
        shown.extend(of_kind.iter().max_by_key(first).copied());
        shown.extend(of_kind.iter().min_by_key(first).copied().filter(|_| of_kind.len() > 1));
    }
    shown
}

fn as_floats(series: &Series) -> Vec<(f64, f64)> {
    series.points.iter().map(|(time, clients)| (float(*time), float(*clients))).collect()
}

/// The last second, made even so that its half is a label, and the highest count, rounded up to
/// two digits.
fn bounds(shown: &[&Series]) -> (u64, u64) {
    let points = || shown.iter().flat_map(|series| &series.points);
    let end = points().map(|point| point.0).max().unwrap_or(0).max(1).saturating_add(1) & !1;
    let top = points().map(|point| point.1).max().unwrap_or(0).max(2);
    let step = 10_u64.pow(top.ilog10().saturating_sub(1));
    (end, top.div_ceil(step).saturating_mul(step))
}

/// The names of the nodes beside the ends of their curves, by row.
fn labels(shown: &[&Series], top: u64) -> BTreeMap<u16, String> {
    let mut ends: BTreeMap<u16, Vec<&NodeName>> = BTreeMap::new();
    for series in shown.iter().filter(|series| series.kind != Kind::Measured) {
        let Some((_, clients)) = series.points.last() else { continue };
        let rows = float(u64::from(GRAPH_HEIGHT - 1));
        let from_top = (1.0 - float(*clients) / float(top)) * rows;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a row of the chart: 0 to its height"
        )]
        ends.entry(from_top.round() as u16).or_default().push(&series.node);
    }
    let names = Names::within(shown.iter().map(|series| &series.node), LABEL_WIDTH);
    ends.into_iter().map(|(row, nodes)| (row, label(&nodes, &names))).collect()
}

/// The first of the nodes whose curves end in one row, and how many more there are.
fn label(nodes: &[&NodeName], names: &Names) -> String {
    let Some((first, others)) = nodes.split_first() else { return String::new() };
    let more = if others.is_empty() { String::new() } else { format!(" +{}", others.len()) };
    format!("{}{more}", names.of(first))
}

fn legend(shown: &[&Series]) -> String {
    let kinds = [Kind::Donor, Kind::Recipient, Kind::Measured];
    let used = kinds.into_iter().filter(|kind| shown.iter().any(|series| series.kind == *kind));
    used.map(Kind::legend).collect::<Vec<_>>().join("   ")
}

/// One line of the chart with its colours.
fn row(buffer: &Buffer, y: u16) -> String {
    let mut line = String::new();
    for x in 0..buffer.area.width {
        let Some(cell) = buffer.cell((x, y)) else { continue };
        let style = style(cell);
        line.push_str(&format!("{style}{}{style:#}", cell.symbol()));
    }
    line
}

fn style(cell: &Cell) -> anstyle::Style {
    let colour = match cell.fg {
        Color::Magenta => Some(anstyle::AnsiColor::Magenta),
        Color::Cyan => Some(anstyle::AnsiColor::Cyan),
        _ => None,
    };
    anstyle::Style::new().fg_color(colour.map(anstyle::Color::Ansi))
}

const HEIGHT: u16 = 14;
/// Without the axis and its labels.
const GRAPH_HEIGHT: u16 = HEIGHT - 2;
/// Columns for the names of the nodes.
const LABELS: u16 = 16;
/// What a name has of that: the rest is for a space and a number.
const LABEL_WIDTH: usize = 11;
const MAX_CURVES: usize = 16;
