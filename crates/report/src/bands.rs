//! The phases behind the lines, and a strip for every run under them.

use crate::numbers::{float, time};
use crate::scale::Scale;
use crate::{MeasuredPhase, ReportInput};
use emqx_rebalance_core::RunPhase;
use std::fmt::Write;

/// The phases as measured, or as forecast if nothing was.
pub(crate) fn phases(input: &ReportInput<'_>) -> Vec<MeasuredPhase> {
    if !input.phases.is_empty() {
        return input.phases.to_vec();
    }
    let forecast = input.plan.forecast.phases.iter().map(|span| MeasuredPhase {
        run: span.run,
        phase: span.phase,
        from_s: float(span.from_s),
        to_s: float(span.to_s),
    });
    forecast.collect()
}

/// Every phase of a single run over the whole height; of several runs only the time in which any
/// evicts, since their phases overlap.
pub(crate) fn behind(phases: &[MeasuredPhase], x: &Scale, height: f64) -> String {
    let runs = phases.iter().map(|span| span.run).max().map_or(0, |last| last.saturating_add(1));
    let mut svg = String::new();
    for span in phases.iter().filter(|span| runs == 1 || span.phase == RunPhase::EvictingConns) {
        let (left, width) = place(span, x);
        let class = class(span.phase);
        _ = write!(
            svg,
            "<rect class=\"band {class}\" x=\"{left:.1}\" width=\"{width:.1}\" y=\"0\" \
             height=\"{height}\"/>"
        );
        if runs == 1 && width > LABEL_WIDTH {
            let middle = left + width / 2.0;
            let word = word(span.phase);
            _ = write!(
                svg,
                "<text class=\"phase\" x=\"{middle:.1}\" y=\"14\" text-anchor=\"middle\">{word}</text>"
            );
        }
    }
    svg
}

/// A strip for each of several runs with its phases one after the other, from `top` on, and how
/// high they are together.
pub(crate) fn strips(phases: &[MeasuredPhase], x: &Scale, top: f64) -> (String, f64) {
    let mut svg = String::new();
    let runs = phases.iter().map(|span| span.run).max().map_or(0, |last| last.saturating_add(1));
    if runs < 2 {
        return (svg, 0.0);
    }
    for span in phases.iter().filter(|span| span.run < MAX_STRIPS) {
        let (left, width) = place(span, x);
        let y = top + lane(span.run);
        _ = write!(
            svg,
            "<rect class=\"strip {}\" x=\"{left:.1}\" width=\"{width:.1}\" y=\"{y:.1}\" \
             height=\"8\"><title>run {}: {}, {} to {}</title></rect>",
            class(span.phase),
            span.run.saturating_add(1),
            word(span.phase),
            time(span.from_s),
            time(span.to_s)
        );
    }
    (svg, lane(runs.min(MAX_STRIPS)))
}

/// The key of the colours.
pub(crate) fn key(phases: &[MeasuredPhase]) -> String {
    let mut html = String::new();
    for phase in ALL.into_iter().filter(|phase| phases.iter().any(|span| span.phase == *phase)) {
        _ = write!(html, "<li><i class=\"box {}\"></i>{}</li>", class(phase), word(phase));
    }
    html
}

/// EMQX's word for a phase, with spaces.
pub(crate) fn word(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::WaitHealthCheck => "wait health check",
        RunPhase::EvictingConns => "evicting connections",
        RunPhase::WaitTakeover => "wait takeover",
        RunPhase::EvictingSessions => "evicting sessions",
    }
}

fn class(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::WaitHealthCheck => "p-health",
        RunPhase::EvictingConns => "p-conns",
        RunPhase::WaitTakeover => "p-takeover",
        RunPhase::EvictingSessions => "p-sessions",
    }
}

fn place(span: &MeasuredPhase, x: &Scale) -> (f64, f64) {
    let left = x.at(span.from_s);
    (left, (x.at(span.to_s) - left).max(0.0))
}

fn lane(run: usize) -> f64 {
    float(run as u64) * 11.0
}

const ALL: [RunPhase; 4] = [
    RunPhase::WaitHealthCheck,
    RunPhase::EvictingConns,
    RunPhase::WaitTakeover,
    RunPhase::EvictingSessions,
];
/// Runs that get a strip; a cluster has seldom more donors.
const MAX_STRIPS: usize = 12;
/// A phase narrower than this has no room for its name.
const LABEL_WIDTH: f64 = 118.0;
