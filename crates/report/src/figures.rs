//! The key numbers.

use crate::ReportInput;
use crate::chart;
use crate::markup::text;
use crate::numbers::{count, float, percent, rounded, time};
use emqx_rebalance_core::Forecast;
use std::fmt::Write;

/// One number, what it is, and what to hold it against.
struct Figure {
    label: String,
    value: String,
    beside: String,
}

/// The key numbers as a row of cards.
pub(crate) fn section(input: &ReportInput<'_>) -> String {
    let mut html = String::from("<section class=\"figures\" aria-label=\"key numbers\"><dl>");
    let facts = input.facts.iter().map(|fact| Figure {
        label: fact.label.clone(),
        value: fact.value.clone(),
        beside: String::new(),
    });
    for figure in of_plan(input).into_iter().chain(facts) {
        _ = write!(
            html,
            "<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>",
            text(figure.label),
            text(figure.value),
            text(figure.beside)
        );
    }
    html.push_str("</dl></section>");
    html
}

fn of_plan(input: &ReportInput<'_>) -> Vec<Figure> {
    let (plan, balance) = (input.plan, input.plan.balance);
    let measured = input.outcome.and_then(|outcome| outcome.balance);
    let took = chart::measured_time(input);
    let predicted = chart::forecast_time(plan);
    let mut figures = vec![
        figure(
            "fullest node over the mean",
            percent(measured.map_or(balance.after.over, |balance| balance.over)),
            format!(
                "before {}, predicted {}",
                percent(balance.before.over),
                percent(balance.after.over)
            ),
        ),
        figure(
            "duration",
            took.clone().unwrap_or_else(|| predicted.clone()),
            match took {
                Some(_) => format!("predicted {predicted}"),
                None => format!("at least {}", time(float(plan.bounds.shortest_s))),
            },
        ),
        figure(
            "clients to move",
            chart::disconnects(plan),
            format!("to level fully at least {}", count(plan.bounds.fewest_disconnects)),
        ),
    ];
    figures.extend(back(&plan.forecast));
    if plan.forecast.sessions_moved >= 0.5 {
        let moved = rounded(plan.forecast.sessions_moved);
        figures.push(figure("sessions to hand over", moved, String::new()));
    }
    figures
}

/// When the clients are back, as forecast; nothing of a plan that drops none, or of a version that did not
/// say it.
fn back(forecast: &Forecast) -> Option<Figure> {
    let away = format!("up to {} on their way", count(forecast.peak.away));
    let never = format!("{} never come", count(forecast.missing));
    let parts = [(forecast.peak.away, away), (forecast.missing, never)];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, part)| part);
    let beside = parts.collect::<Vec<_>>().join(", ");
    (forecast.disconnects > 0 && forecast.back_s > 0)
        .then(|| figure("99 % of them are back, predicted", time(float(forecast.back_s)), beside))
}

fn figure(label: &str, value: String, beside: String) -> Figure {
    Figure { label: label.to_owned(), value, beside }
}
