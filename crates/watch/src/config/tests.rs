//! What is wrong with a configuration is told at once, each with its line.

use super::*;
use emqx_rebalance_core::policy::Mode;

/// An environment and a disk.
struct Host;

impl Outside for Host {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "EU_SECRET" | "EMQX_API_SECRET" => Some("s3cret".to_owned()),
            "LONG" => Some("sixteen-characters".to_owned()),
            _ => None,
        }
    }

    fn secret(&self, file: &str) -> Result<String, String> {
        match file {
            "good" => Ok("s3cret".to_owned()),
            "good16" => Ok("sixteen-characters-too\n".to_owned()),
            _ => Err("no such file".to_owned()),
        }
    }
}

pub(super) fn read(text: &str) -> Result<Fleet> {
    Fleet::read(text, &Host)
}

pub(super) const GOOD: &str = r#"
store: /tmp/fleet.db
keep_polls_d: 1
clusters:
  - name: eu
    url: http://eu:18083
    api_key: k
    api_secret_env: EU_SECRET
    poll_interval_s: 10
    policy:
      mode: auto
      windows: [{cron: "0 2 * * *", duration_s: 2h}]
      time_zone: Europe/Berlin
    plan: {conn_evict_rate: 50, load_balancer: least_connections}
    driver: {max_waves: 2}
  - name: us
    urls: [http://us1:18083, http://us2:18083]
    username: u
    password_file: good
"#;

#[test]
fn a_fleet_is_read() {
    let fleet = read(GOOD).unwrap();
    assert_eq!(fleet.store.to_str(), Some("/tmp/fleet.db"));
    assert_eq!(fleet.retention, Retention { polls_d: 1, ..Retention::default() });
    let [eu, us] = fleet.clusters.as_slice() else { panic!("{fleet:?}") };
    assert_eq!((eu.name.as_str(), eu.poll.as_secs(), eu.policy.mode), ("eu", 10, Mode::Auto));
    assert_eq!((eu.asked.options.mode, eu.driver.max_waves), (emqx_rebalance_core::Mode::Level, 2));
    assert_eq!((us.policy.mode, us.access.urls.len()), (Mode::Observe, 2));
    assert!(!format!("{fleet:?}").contains("s3cret"));
}

#[test]
fn all_that_is_wrong_is_told_with_its_line() {
    let text = r#"
clusters:
  - name: eu
    url: http://eu:18083
    api_key: k
    api_secret: planted
    poll_interval_s: 0
    policy:
      mode: car
      windows:
        - {cron: "0 2 * * *", duration_s: 2h}
        - {cron: nightly, duration_s: 2h}
  - name: EU west
    url: ftp://eu
    password_env: NOT_THERE
    plan: {conn_evict_rate: 0}
  - 7
  - url: http://ap
    driver: {max_waves: 9}
    policy: {mode: propose, unless_query: up}
stroe: a.db
"#;
    let error = read(text).unwrap_err();
    let found: Vec<(&str, &str)> = error
        .problems()
        .iter()
        .map(|problem| (problem.field.as_str(), problem.bound.rsplit_once('(').unwrap().1))
        .collect();
    for expected in [
        ("clusters[0].poll_interval_s", "line 7)"),
        ("clusters[0].policy.mode", "line 9)"),
        ("clusters[0].policy.windows[1].cron", "line 12)"),
        ("clusters[0].api_secret", "line 6)"),
        ("clusters[1].name", "line 13)"),
        ("clusters[1].plan.conn_evict_rate", "line 16)"),
        ("clusters[1].password_env", "line 15)"),
        ("clusters[2]", "line 17)"),
        ("clusters[3].name", "line 18)"),
        ("clusters[3].driver.max_waves", "line 19)"),
        ("clusters[3].policy.mode", "line 20)"),
        ("clusters[3].policy.unless_query", "line 20)"),
        ("stroe", "line 21)"),
    ] {
        assert!(found.contains(&expected), "{expected:?} not in {found:#?}");
    }
    assert!(!error.to_string().contains("planted"));
}

#[test]
fn one_cluster_is_looked_after_once() {
    let text = "clusters:\n  - {name: a, url: 'http://H:1/'}\n  - {name: b, url: 'http://h:1'}\n  - {name: a, url: 'http://i'}\n";
    let error = read(text).unwrap_err();
    let fields: Vec<&str> = error.problems().iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["clusters[1].url", "clusters[2].name"]);
    assert!(error.to_string().contains("another than that of `a`"), "{error}");
}

#[test]
fn what_is_no_fleet_is_said() {
    for (text, expected) in [
        ("", "an object with `clusters`"),
        ("clusters: []", "a list of at least one cluster"),
        ("clusters: [", "no YAML"),
        ("a: 1\na: 2", "no YAML"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn who_may_ask_is_read_and_what_nobody_should_do_is_refused() {
    let with =
        |head: &str| read(&format!("{head}\n{}", GOOD.replace("mode: auto", "mode: propose")));
    let tokens =
        "tokens: [{name: vera, token_file: good16}, {name: ann, role: approver, token_env: LONG}]";
    let fleet = with(&format!("listen: 0.0.0.0:8090\n{tokens}")).unwrap();
    let listen = fleet.listen.unwrap();
    let roles: Vec<Role> = listen.tokens.iter().map(|token| token.role).collect();
    assert_eq!(roles, [Role::Viewer, Role::Approver]);
    assert!(!format!("{listen:?}").contains("sixteen"), "{listen:?}");
    for (head, field, bound) in [
        ("", "clusters[0].policy.mode", "a token whose role is approver"),
        ("listen: 127.0.0.1:0", "clusters[0].policy.mode", "a token whose role is approver"),
        ("listen: 0.0.0.0:8090", "listen", "anybody could look otherwise"),
        ("listen: here", "listen", "an address and a port"),
        (tokens, "listen", "as there are `tokens`"),
        (
            "listen: '[::1]:1'\ntokens: [{name: a, token_env: EU_SECRET}]",
            "tokens[0].token",
            "16 characters",
        ),
        (
            "listen: '[::1]:1'\ntokens: [{name: a, token: sixteen-characters}]",
            "tokens[0].token",
            "left out",
        ),
        ("listen: '[::1]:1'\ntokens: [{name: a}]", "tokens[0].token_file", "or `token_env` is"),
        (
            "listen: '[::1]:1'\ntokens: [{name: a, token_file: bad}]",
            "tokens[0].token_file",
            "can be read",
        ),
        (
            "listen: '[::1]:1'\ntokens: [{name: a, role: king, token_env: LONG}]",
            "tokens[0].role",
            "viewer or approver",
        ),
        (
            "listen: '[::1]:1'\ntokens: [{name: a, token_env: LONG}, {name: b, token_env: LONG}]",
            "tokens[1].token",
            "another than that of a",
        ),
        (
            "listen: '[::1]:1'\ntokens: [{name: a, token_env: LONG}, {name: a, token_env: LONG}]",
            "tokens[1].name",
            "of its own",
        ),
    ] {
        let error = with(head).unwrap_err();
        let is_it = |problem: &Problem| problem.field == field && problem.bound.contains(bound);
        assert!(error.problems().iter().any(is_it), "{head}: {error}");
        assert!(!error.to_string().contains("sixteen"), "{error}");
    }
}

#[test]
fn the_schema_has_every_option_that_is_read() {
    let schema = schema();
    let cluster = &schema["properties"]["clusters"]["items"]["properties"];
    for name in ["name", "url", "api_secret_env", "policy", "plan", "driver", "poll_interval_s"] {
        assert!(cluster[name].is_object(), "{name}");
    }
    let mode = &cluster["policy"]["properties"]["mode"];
    assert_eq!(mode["enum"], serde_json::json!(["observe", "propose", "auto"]));
    assert!(mode["description"].as_str().unwrap().contains("observe"));
    for name in OPTIONS {
        assert!(schema["properties"][name].is_object(), "{name}");
    }
}
