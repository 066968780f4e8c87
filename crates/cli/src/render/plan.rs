//! A plan, for someone who has never heard of donors.

use super::chart::{self, Kind, Series};
use super::numbers::{change, count, counted, duration, percent};
use super::paper::Paper;
use super::table::{self, Column};
use super::{ALERT, HEAD, WARN, level};
use emqx_rebalance_core::{Decision, Finding, Forecast, NodeCurve, NodeName, Plan, Severity};

/// The whole plan.
pub(crate) fn plan(plan: &Plan, paper: Paper) -> String {
    let headline = table::wrapped(&headline(plan), paper.without(0), "");
    let mut text = format!("{HEAD}{headline}{HEAD:#}\n");
    if let Some(reason) = &plan.reason {
        text.push_str(&table::wrapped(reason, paper.without(0), ""));
        text.push('\n');
    }
    text.push('\n');
    if plan.moves.is_empty() {
        text.push_str(&nodes(plan, paper));
    } else {
        text.push_str(&level::moves(&plan.moves, paper));
    }
    text.push('\n');
    text.push_str(&facts(plan, paper));
    if plan.decision == Decision::Start {
        text.push('\n');
        text.push_str(&curves(plan, paper));
    }
    if !plan.findings.is_empty() {
        text.push('\n');
        text.extend(plan.findings.iter().map(|found| finding(found, paper)));
    }
    text
}

/// What will happen and how long it takes, in one sentence.
pub(crate) fn headline(plan: &Plan) -> String {
    let forecast = &plan.forecast;
    if plan.decision == Decision::NothingToBalance {
        return "Nothing to do: EMQX would not move any client.".to_owned();
    }
    let time = duration(forecast.duration_s);
    let known = |curve: &&NodeCurve| !plan.fingerprint.is_unknown(&curve.node);
    let known = forecast.curve.nodes.iter().filter(known);
    let total: u64 = known.map(now).fold(0, u64::saturating_add);
    let to = &counted(plan.recipients.len() as u64, "emptier node");
    if forecast.disconnects == 0 {
        let moved = format!("{:.0}", forecast.sessions_moved);
        return format!("Moves {moved} sessions of absent clients to {to} in {time}.");
    }
    let from = counted(plan.donors.len() as u64, "full node");
    format!(
        "Moves {} of {} from {from} to {to} in {time}. Each of them is disconnected once and \
         connects again.",
        count(forecast.disconnects),
        counted(total, "client"),
    )
}

/// How long it takes.
pub(crate) fn time(plan: &Plan) -> String {
    duration(plan.forecast.duration_s)
}

/// Each node now and after.
fn nodes(plan: &Plan, paper: Paper) -> String {
    let forecast = &plan.forecast;
    let moves_sessions = forecast.sessions_moved > 0.0;
    let mut columns =
        vec![Column::Number("now"), Column::Number("change"), Column::Number("after")];
    if moves_sessions {
        columns.push(Column::Number("absent now"));
        columns.push(Column::Number("after"));
    }
    columns.push(Column::Text("what it does"));
    let row = |(curve, end): (&NodeCurve, &emqx_rebalance_core::NodeEnd)| {
        let is_unknown = plan.fingerprint.is_unknown(&curve.node);
        let known = |text: String| if is_unknown { "?".to_owned() } else { text };
        let from = now(curve);
        let counts = [count(from), change(from, end.connections), count(end.connections)];
        let mut row = counts.map(known).to_vec();
        if moves_sessions {
            let first = curve.disconnected_sessions.first().copied().unwrap_or_default();
            row.extend([first, end.disconnected_sessions].map(|n| known(format!("{n:.0}"))));
        }
        row.push(role(plan, &curve.node).to_owned());
        row
    };
    let rows: Vec<_> = forecast.curve.nodes.iter().zip(&forecast.end).map(row).collect();
    table::of_nodes(forecast.curve.nodes.iter().map(|curve| &curve.node), &columns, &rows, paper)
}

/// What a node does, in plain words and in EMQX's.
fn role(plan: &Plan, node: &NodeName) -> &'static str {
    let is_start = plan.decision == Decision::Start;
    if plan.fingerprint.is_unknown(node) {
        "does not answer"
    } else if plan.donors.contains(node) && is_start {
        "gives clients (donor)"
    } else if plan.recipients.contains(node) && is_start {
        "gets clients (recipient)"
    } else if plan.donors.contains(node) || plan.recipients.contains(node) {
        "stays as it is"
    } else {
        "takes no part"
    }
}

/// Balance, cost and time.
fn facts(plan: &Plan, paper: Paper) -> String {
    let (before, after) = (plan.balance.before, plan.balance.after);
    let mut rows = vec![
        ("fullest node", format!("{} over the average now", percent(before.over))),
        ("emptiest node", format!("{} under the average now", percent(before.under))),
    ];
    if plan.decision == Decision::Start {
        let forecast = &plan.forecast;
        for (row, after) in rows.iter_mut().zip([after.over, after.under]) {
            row.1.push_str(&format!(", {} after", percent(after)));
        }
        rows.push(("disconnects", disconnects(plan)));
        rows.push((
            "time",
            format!("{} {}", duration(forecast.duration_s), phases(plan, forecast)),
        ));
        rows.extend(back(forecast).map(|text| ("clients back", text)));
        rows.extend(pilot(plan));
    }
    rows.extend(runs(plan));
    rows.extend(level::facts(plan));
    let line = |(label, text): &(&str, String)| {
        let text = table::wrapped(text, paper.without(16), "                ");
        format!(" {label:<14} {text}\n")
    };
    rows.iter().map(line).collect()
}

/// What goes first.
fn pilot(plan: &Plan) -> Option<(&'static str, String)> {
    let pilot = plan.pilot.as_ref()?;
    let text = format!(
        "{} first, to see how they come back: {} at most; the rest is planned for what they show",
        counted(pilot.clients, "client"),
        duration(pilot.most_s)
    );
    Some(("pilot", text))
}

/// Who runs it.
fn runs(plan: &Plan) -> Option<(&'static str, String)> {
    let text = match plan.runs.as_slice() {
        [] => return None,
        [run] => {
            let rate = run.strategy.conn_evict_rate;
            format!("{}, {rate} clients per second from each donor", run.coordinator)
        }
        runs => format!("{} EMQX rebalances at once, each on its donor", runs.len()),
    };
    Some(("run by", text))
}

/// When the clients are back, and how many are on their way; `None` if none is dropped, or the plan is of
/// a version that did not say it.
pub(super) fn back(forecast: &Forecast) -> Option<String> {
    if forecast.disconnects == 0 || forecast.back_s == 0 {
        return None;
    }
    let mut text = format!("99 % after {}", duration(forecast.back_s));
    // Told nothing, EMQX's one run is forecast with clients that are back at once.
    if forecast.peak.away > 0 {
        text.push_str(&format!(", up to {} on their way", count(forecast.peak.away)));
    }
    if forecast.missing > 0 {
        let never = if forecast.missing == 1 { "never comes" } else { "never come" };
        text.push_str(&format!("; {} {never}", count(forecast.missing)));
    }
    Some(text)
}

fn disconnects(plan: &Plan) -> String {
    format!(
        "{}; leveling out completely needs {} or more",
        count(plan.forecast.disconnects),
        count(plan.bounds.fewest_disconnects)
    )
}

fn phases(plan: &Plan, forecast: &Forecast) -> String {
    let [run] = plan.runs.as_slice() else { return String::new() };
    let strategy = &run.strategy;
    let mut parts = vec![
        format!("wait {}", duration(strategy.wait_health_check.into())),
        format!("move clients {}", duration(forecast.conn_evict_s)),
        format!("wait {}", duration(strategy.wait_takeover.into())),
    ];
    if forecast.sess_evict_s > 0 {
        parts.push(format!("move sessions {}", duration(forecast.sess_evict_s)));
    }
    format!("({})", parts.join(", "))
}

/// The chart of the forecast.
fn curves(plan: &Plan, paper: Paper) -> String {
    let series = forecast_series(plan);
    chart::draw("clients per node, forecast", &series, paper)
}

/// The forecast of every node that takes part, for a chart.
pub(crate) fn forecast_series(plan: &Plan) -> Vec<Series> {
    let curve = &plan.forecast.curve;
    let series = |node: &NodeCurve| {
        let kind = if plan.donors.contains(&node.node) {
            Kind::Donor
        } else if plan.recipients.contains(&node.node) {
            Kind::Recipient
        } else {
            return None;
        };
        let points = curve.times_s.iter().copied().zip(node.connections.iter().copied());
        Some(Series { node: node.node.clone(), kind, points: points.collect() })
    };
    curve.nodes.iter().filter_map(series).collect()
}

fn now(curve: &NodeCurve) -> u64 {
    curve.connections.first().copied().unwrap_or_default()
}

/// One finding.
pub(crate) fn finding(finding: &Finding, paper: Paper) -> String {
    let (style, word) = match finding.severity {
        Severity::Error => (ALERT, "error"),
        Severity::Warning => (WARN, "warning"),
        Severity::Info => (HEAD, "note"),
    };
    let indent = " ".repeat(word.len() + 2);
    let text = super::wrapped(&finding.message, &indent, paper);
    format!("{style}{word}:{style:#} {text}\n")
}
