//! `evacuate start --wait`: kept in a file, resumed, limited.

use crate::command::{Embedded, binary, finish, run};
use crate::journey::cluster;
use crate::resume::{Home, killed_at};

const NODE: &str = "emqx1@127.0.0.1";
/// 150 clients in three seconds.
const QUICK: [&str; 6] =
    ["--conn-evict-rate", "50", "--wait-health-check", "1s", "--wait-takeover", "1s"];

#[test]
fn a_killed_evacuation_is_resumed_to_the_verdict() {
    let (cluster, home) = (cluster(), Home::new());
    let args = ["evacuate", "start", "--yes", "--wait", NODE, "--reason", "kernel of node 1"];
    let args = [&args[..], &QUICK[..], &["--poll-interval", "500ms", "--state"]].concat();
    killed_at(&mut home.command(&cluster, &args), "moving clients");

    let again = finish(&mut home.command(&cluster, &args), "");
    assert_eq!(again.code, Some(1), "{}", again.err);
    assert!(again.err.contains("not ended"), "{}", again.err);

    let said = finish(&mut home.command(&cluster, &["resume"]), "");
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let words = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in ["the evacuation of emqx1@127.0.0.1", "kernel of node 1", "EMQX empties it now"] {
        assert!(words.contains(text), "{text} not in {}", said.err);
    }
    assert!(said.out.contains("empty, safe to stop"), "{}", said.out);
    assert!(said.err.contains("emqx-rebalance evacuate stop"), "{}", said.err);

    let said = finish(&mut home.command(&cluster, &["resume", "--output", "json"]), "");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(said.json()["outcome"]["result"], "completed");
}

#[test]
fn an_evacuation_that_takes_too_long_is_stopped() {
    let cluster = cluster();
    let args = ["evacuate", "start", "--yes", "--wait", "--time-limit", "2s"];
    let slow = ["--wait-health-check", "10m", "--output", "json", NODE];
    let said = cluster.run(&[&args[..], &slow[..]].concat());
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert_eq!(said.json()["outcome"]["result"], "timed_out");
    let left = cluster.run(&["evacuate", "status", "--output", "json"]).json();
    assert_eq!(left, serde_json::json!([]));
    let said = cluster.run(&[&args[..], &["--wait-health-check", "10m", NODE]].concat());
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("stopping the evacuation of emqx1@127.0.0.1"), "{}", said.err);
}

#[test]
fn a_state_of_another_cluster_is_refused() {
    let (cluster, home) = (cluster(), Home::new());
    let args = ["evacuate", "start", "--yes", "--wait", NODE, "--wait-health-check", "10m"];
    let args = [&args[..], &["--state"]].concat();
    killed_at(&mut home.command(&cluster, &args), "waiting for load balancers");
    let text = std::fs::read_to_string(home.path("state")).unwrap();
    std::fs::write(home.path("state"), text.replace("@127.0.0.1", "@10.0.0.1")).unwrap();
    let said = finish(&mut home.command(&cluster, &["resume"]), "");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("another cluster"), "{}", said.err);
}

#[test]
fn options_of_driving_are_checked_and_need_somebody_who_drives() {
    let url = ["--yes", "--url", "http://127.0.0.1:1"];
    for (args, text) in [
        (&["--time-limit", "2s"][..], "need --wait"),
        (&["--state", "/tmp/x"], "--wait"),
        (&["--reason", "x"], "--wait"),
        (&["--wait", "--poll-interval", "1ms"], "`poll_interval_ms` is `1`"),
        (&["--wait", "--stall-after", "soon"], "`stall_after` is `soon`"),
        (&["--wait", "--max-waves", "2"], "--max-waves"),
        (&["--wait", "--state", "/nowhere/state"], "`state` is `/nowhere/state`"),
    ] {
        let said = run(&[&["evacuate", "start", NODE], &url[..], args].concat(), "");
        assert_eq!(said.code, Some(2), "{args:?}: {}", said.err);
        assert!(said.err.contains(text), "{text} not in {}", said.err);
    }
}

#[test]
fn a_start_whose_answer_is_lost_is_asked_about_though_nobody_waits() {
    let lost =
        r#"0s={"type":"http","fault":{"failure":"reset","path":"/evacuation/start","times":1}}"#;
    let cluster = Embedded::start(&["--clients", "300,300,0", "--fault", lost]);
    let said = cluster.run(&["evacuate", "start", "--yes", "--output", "json", NODE]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let expected = serde_json::json!({
        "version": 1, "node": NODE, "evacuating": true, "changed": true,
    });
    assert_eq!(said.json(), expected);
    let left = cluster.run(&["evacuate", "status", "--output", "json"]).json();
    assert_eq!(left[0]["node"], NODE);
}

#[test]
fn an_evacuation_that_ends_is_remembered() {
    let (cluster, home) = (cluster(), Home::new());
    let args = ["evacuate", "start", "--yes", "--wait", NODE, "--reason", "kernel"];
    let args = [&args[..], &QUICK, &["--state"]].concat();
    let said = finish(&mut home.command(&cluster, &args), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let history = |more: &[&str]| {
        let file = home.path("history");
        finish(binary(&["history", "--history"]).arg(file).args(more), "")
    };
    let listed = history(&[]);
    assert!(listed.out.contains("completed"), "{}", listed.out);
    assert!(listed.out.contains(&format!("evacuation of {NODE}")), "{}", listed.out);
    assert!(listed.out.contains(": kernel"), "{}", listed.out);
    let json = history(&["--output", "json"]).json();
    let record = &json["records"][0];
    assert_eq!(record["kind"], "evacuation");
    assert_eq!(record["plan"]["asked"]["node"], NODE);
    assert_eq!(record["outcome"]["result"], "completed");
}
