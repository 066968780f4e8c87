//! What was known before the start.

use crate::markup::text;
use emqx_rebalance_core::{Plan, Severity};
use std::fmt::Write;

/// The findings, the gravest first; nothing if there are none.
pub(crate) fn section(plan: &Plan) -> String {
    if plan.findings.is_empty() {
        return String::new();
    }
    let mut findings: Vec<_> = plan.findings.iter().collect();
    findings.sort_by_key(|finding| finding.severity);
    let mut html = String::from("<section><h2>Findings</h2><ul class=\"findings\">");
    for finding in findings {
        let word = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let node = finding.node.as_ref().map(|node| format!(" <code>{}</code>", text(node)));
        _ = write!(
            html,
            "<li class=\"{word}\"><b>{word}</b>{} {}</li>",
            node.unwrap_or_default(),
            text(&finding.message)
        );
    }
    html.push_str("</ul></section>");
    html
}
