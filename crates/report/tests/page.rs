//! The page: complete, self-contained, and deaf to hostile names.

#![cfg(test)]

use emqx_rebalance_core::driver::{Outcome, OutcomeKind};
use emqx_rebalance_core::{
    Finding, FindingCode, NodeLoad, NodeName, Plan, PlanOptions, Severity, Snapshot, Strategy, plan,
};
use emqx_rebalance_report::{Fact, MeasuredPhase, NodeSample, ReportInput, Sample, render};

fn planned(names: &[&str], counts: &[u64]) -> Plan {
    let nodes = names.iter().zip(counts);
    let load = |(name, count): (&&str, &u64)| NodeLoad::new(NodeName::new(*name).unwrap(), *count);
    let strategy: Strategy = serde_json::from_str(
        r#"{"conn_evict_rate":30,"abs_conn_threshold":20,"wait_health_check":10,
            "wait_takeover":15}"#,
    )
    .unwrap();
    let snapshot = Snapshot::new(nodes.map(load).collect()).unwrap();
    plan(&snapshot, &strategy, &PlanOptions::default()).unwrap()
}

/// What was measured: the forecast, a little late and a little off.
fn measured(plan: &Plan) -> Vec<Sample> {
    let curve = &plan.forecast.curve;
    let sample = |(i, time): (usize, &u64)| Sample {
        t_s: f64::from(u32::try_from(*time).unwrap()) + 0.4,
        nodes: curve
            .nodes
            .iter()
            .enumerate()
            .map(|(n, node)| NodeSample {
                node: node.node.clone(),
                connections: node.connections[i.saturating_sub(1)] + (i as u64 * 7 + n as u64) % 9,
                disconnected_sessions: (i as u64 * 3) % 20,
            })
            .collect(),
    };
    curve.times_s.iter().enumerate().map(sample).collect()
}

fn phases(plan: &Plan) -> Vec<MeasuredPhase> {
    let measured = plan.forecast.phases.iter().map(|span| MeasuredPhase {
        run: span.run,
        phase: span.phase,
        from_s: f64::from(u32::try_from(span.from_s).unwrap()),
        to_s: f64::from(u32::try_from(span.to_s).unwrap()) + 0.5,
    });
    measured.collect()
}

fn outcome(detail: &str) -> Outcome {
    serde_json::from_value(serde_json::json!({
        "result": OutcomeKind::Completed, "detail": detail,
        "balance": {"over": 0.021, "under": 0.064, "cv": 0.03},
    }))
    .unwrap()
}

fn page(title: &str, plan: &Plan, outcome: &Outcome, facts: &[Fact]) -> String {
    let (samples, phases) = (measured(plan), phases(plan));
    let input = ReportInput {
        title,
        made_at: "2026-11-22 19:40 UTC",
        plan,
        samples: &samples,
        phases: &phases,
        outcome: Some(outcome),
        facts,
    };
    let html = render(&input);
    // For looking at the page in a browser.
    if let Ok(folder) = std::env::var("REPORT_FOLDER") {
        let name = format!("{}-{}.html", plan.forecast.curve.nodes.len(), title.len());
        std::fs::write(std::path::Path::new(&folder).join(name), &html).unwrap();
    }
    html
}

const NAMES: [&str; 4] = ["emqx1@10.0.0.1", "emqx2@10.0.0.2", "emqx3@10.0.0.3", "emqx4@10.0.0.4"];

#[test]
fn a_page_says_what_happened_and_holds_everything_it_needs() {
    let plan = planned(&NAMES, &[3333, 3334, 3333, 0]);
    let facts = [
        Fact { label: "sessions kept".to_owned(), value: "10,000 of 10,000".to_owned() },
        Fact { label: "messages lost".to_owned(), value: "0".to_owned() },
    ];
    let html = page("Embedded cluster", &plan, &outcome("every run ended; donors serve"), &facts);
    for expected in [
        "<h1>Embedded cluster</h1>",
        "✓ completed",
        "every run ended; donors serve",
        "before 33.4\u{a0}%",
        "10,000 of 10,000",
        "3 donors",
        "1 recipient<",
        "evicting connections",
        "Disconnected sessions on every node",
        "<desc id=\"clients-desc\">emqx1@10.0.0.1 (donor): 3,333 at the start",
        "prefers-color-scheme: dark",
        "@media print",
    ] {
        assert!(html.contains(expected), "{expected}");
    }
    assert_eq!(html.matches("class=\"line measured").count(), 8);
    assert_eq!(html.matches("class=\"line forecast").count(), 8);
    for loading in ["http://", "https://", "src=", "@import", "url(", "<link", "<img"] {
        assert!(!html.contains(loading), "{loading}");
    }
}

#[test]
fn hostile_names_and_messages_stay_text() {
    let names = ["<script>alert(1)<", "x'onload='y@b", "</title><svg>&amp;", "</script><b>"];
    let plain: Vec<String> = names.iter().map(|name| name.replace('/', "")).collect();
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    let mut plan = planned(&plain, &[333, 334, 333, 0]);
    let evil = "</script><img onerror=alert(1)>\"'";
    plan.findings.push(
        Finding::new(Severity::Warning, FindingCode::OneRecipient, evil)
            .about(&NodeName::new(plain[0]).unwrap()),
    );
    plan.reason = Some(evil.to_owned());
    let facts = [Fact { label: evil.to_owned(), value: evil.to_owned() }];
    let html = page(evil, &plan, &outcome(evil), &facts);
    for markup in ["<img", "<script>alert", "<b>\"", "<svg>", "'onload='", "</title><svg"] {
        assert!(!html.contains(markup), "{markup}");
    }
    // One script that runs and one of data for each picture, and no other end of a script.
    assert_eq!(html.matches("</script>").count(), html.matches("<script").count());
    assert_eq!(html.matches("<script").count(), 3);
    let data = html.split("class=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["lines"][0]["node"], plain[0]);
}

#[test]
fn a_large_cluster_labels_only_its_extremes() {
    let names: Vec<String> = (1..=40)
        .map(|n| format!("emqx-core-{n}.emqx-headless.messaging.svc.cluster.local@{n}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let counts: Vec<u64> = (0..40).map(|n| if n % 4 == 3 { n } else { 900 + n * 9 }).collect();
    let plan = planned(&names, &counts);
    let html = page("Production, Frankfurt", &plan, &outcome("done"), &[]);
    assert_eq!(html.matches("<text class=\"label\"").count(), 8, "two charts, two parts, two ends");
    assert!(html.len() < 600_000, "{}", html.len());
}

#[test]
fn a_page_says_when_the_clients_are_back() {
    let alone = |plan: &Plan| {
        let (title, made_at) = ("a plan", "");
        let (samples, phases, facts) = (&[], &[], &[]);
        render(&ReportInput { title, made_at, plan, samples, phases, outcome: None, facts })
    };
    let mut plan = planned(&["emqx@a", "emqx@b"], &[900, 0]);
    let prompt = alone(&plan);
    assert!(prompt.contains("99 % of them are back") && !prompt.contains("never come"));
    plan.forecast.missing = 12;
    plan.forecast.peak.away = 1234;
    plan.forecast.back_s = 90;
    let page = alone(&plan);
    for text in ["up to 1,234 on their way, 12 never come", "predicted</dt><dd>90 s<"] {
        assert!(page.contains(text), "{text}");
    }
    plan.forecast.disconnects = 0;
    assert!(!alone(&plan).contains("are back"));
}

#[test]
fn a_plan_alone_and_one_with_nothing_to_do_have_pages_too() {
    let started = planned(&NAMES, &[3333, 3334, 3333, 0]);
    let level = planned(&NAMES, &[5, 5, 5, 5]);
    for (plan, word) in [(&started, "clients in "), (&level, "✓ nothing to balance")] {
        let input = ReportInput {
            title: "plan",
            made_at: "",
            plan,
            samples: &[],
            phases: &[],
            outcome: None,
            facts: &[],
        };
        let html = render(&input);
        assert!(html.contains(word), "{word}");
        assert!(!html.contains("line measured"));
        assert!(!html.contains("NaN") && !html.contains("inf"), "{word}");
    }
}
