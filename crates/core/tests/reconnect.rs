//! Reconnect profiles, as people write them.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use emqx_rebalance_core::{NamedProfile, Options, PlanOptions, PlanRequest, ReconnectProfile};

fn read(reconnect: &str) -> PlanOptions {
    let json = format!(r#"{{"reconnect": {reconnect}}}"#);
    PlanOptions::read(&mut serde_json::Deserializer::from_str(&json)).unwrap()
}

#[test]
fn a_profile_is_written_in_full_by_name_or_as_a_delay() {
    let points = |text: &str| read(text).reconnect.unwrap().points().collect::<Vec<_>>();
    let fleet = [(0.5, 0.0), (1.5, 0.5), (10.0, 0.5), (60.0, 1.0)];
    let full = r#"{"version": 1, "points": [[0.5, 0], [1.5, 0.5], [10, 0.5], [60, 1.0]]}"#;
    assert_eq!(points(full), fleet);
    for delay in ["4", r#""4""#, r#""4s""#, r#""4000ms""#] {
        assert_eq!(points(delay), [(2.0, 0.0), (6.0, 1.0)], "{delay}");
    }
    for named in NamedProfile::ALL {
        let profile = read(&format!("\"{}\"", named.as_str())).reconnect.unwrap();
        assert_eq!((profile.name(), &profile), (Some(named), &named.profile()));
    }
}

#[test]
fn every_preset_is_a_profile_under_a_stable_word() {
    let words = NamedProfile::ALL.map(NamedProfile::as_str);
    assert!(words.is_sorted(), "{words:?}");
    for named in NamedProfile::ALL {
        assert_eq!(serde_json::to_value(named).unwrap(), named.as_str());
        let points: Vec<_> = named.profile().points().collect();
        let own = ReconnectProfile::new(&points).unwrap();
        assert!(own.points().eq(named.profile().points()) && own.name().is_none());
        let assumed = [NamedProfile::ExponentialBackoff, NamedProfile::MobileFleet];
        let is_linked = named.source().is_some_and(|source| source.starts_with("https://"));
        assert_eq!(is_linked, !assumed.contains(&named), "{named:?}");
    }
}

#[test]
fn backoff_is_over_when_every_wait_was_the_longest() {
    let profile = NamedProfile::ExponentialBackoff.profile();
    let late = |attempts: i32| (0..attempts).map(|i| 2_f64.powi(i) + 0.5).sum::<f64>();
    for attempts in 1..=4 {
        let back = 1.0 - 0.1_f64.powi(attempts);
        assert!((profile.back_by(late(attempts)) - back).abs() < 1e-12, "{attempts}");
    }
    assert_eq!((profile.longest_s(), profile.comes()), (late(5), 1.0));
}

#[test]
fn what_was_written_is_read_again() {
    for text in [r#"{"points": [[0, 0.25], [0, 0.5], [7.25, 0.75]]}"#, "1.5", "\"mqtt_js\""] {
        let profile = read(text).reconnect.unwrap();
        let written = serde_json::to_string(&profile).unwrap();
        assert_eq!(serde_json::from_str::<ReconnectProfile>(&written).unwrap(), profile);
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_bound() {
    for (text, fields) in [
        (r#"{"points": [[1, 0], [0.5, 0.5]]}"#, &["reconnect.points[1][0]"] as &[_]),
        (
            r#"{"points": [[1, 0.5], [2, 0.4], [-3, 2]]}"#,
            &["reconnect.points[1][1]", "reconnect.points[2][0]", "reconnect.points[2][1]"],
        ),
        (r#"{"points": [[1, 0]]}"#, &["reconnect.points[0][1]"]),
        (r#"{"points": [[1, 0, 2]]}"#, &["reconnect.points[0]"]),
        (r#"{"points": []}"#, &["reconnect.points"]),
        (r#"{"points": "all"}"#, &["reconnect.points"]),
        (
            r#"{"version": 2, "points": [[1, 1]], "size": 3}"#,
            &["reconnect.version", "reconnect.size"],
        ),
        ("{}", &["reconnect.points"]),
        ("\"soon\"", &["reconnect"]),
        ("-1", &["reconnect"]),
        ("true", &["reconnect"]),
    ] {
        let json = format!(r#"{{"reconnect": {text}}}"#);
        let error = PlanOptions::read(&mut serde_json::Deserializer::from_str(&json)).unwrap_err();
        let found: Vec<&str> = error.problems().iter().map(|p| p.field.as_str()).collect();
        assert_eq!(found, fields, "{text}: {error}");
    }
    let many = format!(r#"{{"points": [{}]}}"#, vec!["[1, 1]"; 65].join(","));
    assert!(serde_json::from_str::<ReconnectProfile>(&many).is_err());
}

#[test]
fn a_delay_beside_a_profile_is_refused() {
    for mode in ["single", "level"] {
        let json = format!(
            r#"{{"snapshot": {{"nodes": [{{"node": "a@h", "connections": 9000}}, {{"node": "b@h"}}]}},
                "mode": "{mode}", "reconnect": "mqtt_js", "reconnect_delay_s": 2}}"#
        );
        let error = serde_json::from_str::<PlanRequest>(&json).unwrap().plan().unwrap_err();
        assert_eq!(error.problems()[0].field, "reconnect_delay_s", "{mode}");
    }
}

#[test]
fn shares_and_times_are_each_other_s_inverse() {
    let profile =
        ReconnectProfile::new(&[(0.5, 0.0), (1.5, 0.5), (10.0, 0.5), (60.0, 0.8)]).unwrap();
    assert!((profile.mean_s() - (0.5 * 1.0 + 0.3 * 35.0) / 0.8).abs() < 1e-12);
    assert_eq!((profile.longest_s(), profile.time_of(0.0)), (60.0, 0.5));
    for i in 1..=100 {
        let part = f64::from(i) / 100.0;
        assert!((profile.back_by(profile.time_of(part)) - 0.8 * part).abs() < 1e-9, "{part}");
    }
}
