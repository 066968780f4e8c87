//! One rebalance on one page: plan, course and verdict.
//!
//! [`render`] makes a page of HTML that needs nothing else: no network, no other file. It is a
//! value in, text out; whoever calls it has measured and writes the file. Every text that comes from
//! a cluster is escaped. [`Course`] takes down what is measured, and [`report`] is the page of a driver
//! and its course, as every language gives it.

mod bands;
mod chart;
mod course;
mod figures;
mod findings;
mod legend;
mod markup;
mod numbers;
mod paint;
mod runs;
mod scale;
mod series;
mod table;
mod told;
mod verdict;

pub use course::Course;
pub use told::{Wishes, report, report_of_course, report_of_job, report_of_record, title};

use emqx_rebalance_core::driver::Outcome;
use emqx_rebalance_core::{NodeName, Plan, RunPhase};
use markup::text;
use paint::Palette;
use serde::{Deserialize, Serialize};

/// What a page shows.
#[derive(Clone, Debug)]
pub struct ReportInput<'a> {
    /// Its headline, such as the cluster's name.
    pub title: &'a str,
    /// When it was made, as text; nothing if empty.
    pub made_at: &'a str,
    /// What was to be done.
    pub plan: &'a Plan,
    /// What was measured, in order of time. Empty for a plan that was not started.
    pub samples: &'a [Sample],
    /// When which phase ran. Empty: the forecast's phases are shown.
    pub phases: &'a [MeasuredPhase],
    /// How it ended, if it did.
    pub outcome: Option<&'a Outcome>,
    /// More to show among the key numbers, such as sessions kept and messages lost.
    pub facts: &'a [Fact],
}

/// Every node at one time.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Sample {
    /// Seconds since the first start.
    pub t_s: f64,
    /// The nodes that could be asked.
    pub nodes: Vec<NodeSample>,
}

/// One node at one time.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct NodeSample {
    /// The node.
    pub node: NodeName,
    /// Connected clients.
    pub connections: u64,
    /// Sessions whose client is away.
    pub disconnected_sessions: u64,
}

/// When one phase of one run lasted.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MeasuredPhase {
    /// Index of the run in the plan.
    pub run: usize,
    /// The phase.
    pub phase: RunPhase,
    /// Its begin, in seconds since the first start.
    pub from_s: f64,
    /// Its end.
    pub to_s: f64,
}

/// A key number that the plan does not know of.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Fact {
    /// What it is, such as `sessions kept`.
    pub label: String,
    /// The number, such as `10,000 of 10,000`.
    pub value: String,
}

/// The page.
pub fn render(input: &ReportInput<'_>) -> String {
    let palette = Palette::new(input.plan);
    let title = text(input.title);
    let made_at = text(input.made_at);
    let sections = [
        verdict::section(input),
        figures::section(input),
        chart::section(input, &palette),
        table::section(input, &palette),
        findings::section(input.plan),
        runs::section(input.plan),
        table::course(input, &palette),
    ];
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header><p class=\"kind\">EMQX rebalance report</p><h1>{title}</h1>\
         <p class=\"made\">{made_at}</p></header>\n{}\n\
         <footer>Made by emqx-rebalance {}. This page holds everything it shows and loads nothing.\
         </footer>\n</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        sections.join("\n"),
        env!("CARGO_PKG_VERSION"),
    )
}

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
