//! The month as a page and a picture.

use crate::Outcome;
use crate::fleet::{CLIENTS, DAYS};
use crate::way::{Month, Way, float};
use jiff::Timestamp;
use plotters::prelude::{
    BLACK, ChartBuilder, Color, IntoDrawingArea, IntoFont, LineSeries, PathElement, RGBColor,
    SVGBackend, SeriesLabelPosition, WHITE,
};
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

/// A table, the picture, and what the policy decided about the first cluster.
pub(crate) fn told(outcomes: &[Outcome]) -> Result<String, Box<dyn Error>> {
    let clusters = outcomes.first().map_or(0, |outcome| outcome.months.len());
    let thousands = CLIENTS / 1000;
    let mut text = format!(
        "# A month\n\n\
         What becomes of {clusters} embedded clusters in {DAYS} days of virtual time: five nodes with {thousands},000 clients, behind a load\n\
         balancer that goes round and round. Clients stay for a week on average; those that are disconnected come back within\n\
         0.5 to 5 seconds. A sixth node joins in the second week, all nodes are restarted one after the other in the first week\n\
         and in the third, and in the last ten days a node dies three times for ten minutes. Made by\n\n\
         ```\n\
         cargo run --release -p emqx-rebalance-sim --features policy --example month -- {clusters}\n\
         ```\n\n\
         *Over* is the fullest node over the mean of those that are up, looked at each minute; *disconnects* are those made to move\n\
         clients, for each client of the cluster: what restarts and dead nodes cost is the same in every row.\n\n\
         | what is done | of the month over 10 %, % | over 20 %, % | disconnects per client | rebalances |\n\
         |---|---|---|---|---|\n"
    );
    for Outcome { way, months } in outcomes {
        let mean = |of: &dyn Fn(&Month) -> f64| {
            months.iter().map(of).sum::<f64>() / float(months.len() as u64)
        };
        writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.2} | {:.1} |",
            way.name(),
            100.0 * mean(&|month| month.share_over(0.1)),
            100.0 * mean(&|month| month.share_over(0.2)),
            mean(&Month::per_client),
            mean(&|month| float(month.starts)),
        )?;
    }
    text += "\nThe first of them:\n\n![How uneven the cluster is in the month, for each way](month.svg)\n\n\
             ## What the policy decided about it\n\n| when (UTC) | reason | |\n|---|---|---|\n";
    let policy = outcomes.iter().find(|outcome| outcome.way == Way::Policy);
    let first = policy.and_then(|policy| policy.months.first());
    for decision in first.iter().flat_map(|month| &month.decisions) {
        let at = Timestamp::from_millisecond(i64::try_from(decision.at.as_ms())?)?;
        let at = at.strftime("%d %b %H:%M");
        writeln!(text, "| {at} | `{}` | {} |", decision.reason.as_str(), decision.detail)?;
    }
    Ok(text)
}

/// How uneven the first cluster is in the month, for each way.
pub(crate) fn draw(outcomes: &[Outcome], to: &Path) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(to, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..f64::from(DAYS), 0.0..MOST_PERCENT)?;
    let font = ("sans-serif", 13).into_font();
    chart
        .configure_mesh()
        .max_light_lines(0)
        .x_label_formatter(&|day| format!("{day:.0}"))
        .y_label_formatter(&|percent| format!("{percent:.0}"))
        .label_style(font.clone())
        .x_desc("day")
        .y_desc("fullest node over the mean, %")
        .draw()?;
    for (Outcome { way, months }, color) in outcomes.iter().zip(COLORS) {
        let Some(month) = months.first() else { continue };
        let points =
            month.samples.iter().step_by(30).map(|(ms, over)| (float(*ms) / DAY_MS, 100.0 * over));
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(way.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.3))
        .label_font(font)
        .draw()?;
    Ok(area.present()?)
}

const SIZE: (u32, u32) = (960, 420);
/// With room for the legend above all lines.
const MOST_PERCENT: f64 = 130.0;
const DAY_MS: f64 = 86_400_000.0;
/// Told apart by who sees few colours, too: from light to dark.
const COLORS: [RGBColor; 4] =
    [RGBColor(190, 190, 190), RGBColor(230, 159, 0), RGBColor(86, 180, 233), RGBColor(0, 90, 60)];
