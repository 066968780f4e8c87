//! Replays what real EMQX clusters were asked, and compares what the simulator answers.
//!
//! The recordings are in `tests/contract`. Nothing is left out but what [`SKIPPED`] names.

#![cfg(test)]

mod clock;
mod compare;
mod judge;
mod replay;
mod scene;

use replay::Replay;
use scene::SCENES;
use std::collections::BTreeMap;

/// Paths that the simulator does not claim, and why.
const SKIPPED: [(&str, &str); 6] = [
    ("/api/v5/metrics", "counters of packets, which counted clients do not send"),
    ("/metrics", "counters of packets, which counted clients do not send"),
    ("/api/v5/clients", "counted clients have no names"),
    ("/api/v5/prometheus", "a text rendering of /stats and /metrics"),
    ("/api/v5/configs", "the simulator is configured when it is made"),
    ("/api/v5/monitor?", "history for the dashboard"),
];

/// Answers of one cluster at one moment that no rule explains.
const ODD: [(&str, &str, &str); 2] = [
    ("5.8.8", "/api/v5/stats", "emqx3 had not counted cluster_sessions yet, the others had"),
    ("5.8.8", "/api/v5/stats?aggregate=false", "emqx3 had not counted cluster_sessions yet"),
];

/// Fields that a recorded cluster lacked because of how it was built.
const ABSENT: [(&str, &str, &str); 1] =
    [("6.0.3", "delayed.", "built without the application for delayed messages")];

/// Recordings that no scene replays, and why.
const NOT_REPLAYED: [(&str, &str); 4] = [
    ("5.3.2/05_mqtt_probes.json", "MQTT: not HTTP"),
    ("5.3.2/08_lag.json", "one row for several endpoints; see tests/stats.rs"),
    ("5.3.2/08_mqtt_probes_rebalance.json", "MQTT: not HTTP"),
    ("5.8.8/03_mqtt_probes.json", "MQTT: not HTTP"),
];

#[test]
fn the_simulator_answers_as_emqx_did() {
    let (mut compared, mut skipped, mut polls) = (0, 0, 0);
    let mut failures = Vec::new();
    let mut of_each: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for scene in SCENES {
        let replay = Replay::run(scene);
        let of_release = of_each.entry(scene.folder()).or_default();
        of_release.0 += replay.compared;
        of_release.1 += replay.polls;
        if !scene.starts.is_empty() {
            let file = scene.timeline.unwrap();
            println!("inferred {}: {file}: starts, which were not recorded", scene.folder());
        }
        compared += replay.compared;
        polls += replay.polls;
        skipped += replay.skipped.len();
        for path in &replay.skipped {
            println!("skipped {}: {path}", scene.folder());
        }
        failures.extend(replay.failures);
    }
    for (path, why) in SKIPPED {
        println!("not claimed: {path}: {why}");
    }
    for (release, path, why) in ODD {
        println!("not compared: {release} {path}: {why}");
    }
    for (release, field, why) in ABSENT {
        println!("not compared: {release} {field}*: {why}");
    }
    println!("not compared: 6.0.3: how long answers took, which no row says, but by their order");
    for (release, (answers, polls)) in of_each {
        println!("{release}: {answers} answers, {polls} polls");
    }
    println!("{compared} answers and {polls} polls compared, {skipped} answers skipped");
    assert!(compared > 0 && polls > 0, "no recordings found");
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_recording_is_replayed_or_has_a_reason_not_to_be() {
    let mut known: Vec<String> = NOT_REPLAYED.iter().map(|(file, _)| (*file).to_owned()).collect();
    for scene in SCENES {
        for file in scene.requests.iter().chain(&scene.timeline).chain(&scene.nodes) {
            known.push(format!("{}/{file}", scene.folder()));
        }
    }
    let mut found = Vec::new();
    for release in ["5.3.2", "5.8.8", "6.0.3"] {
        for entry in std::fs::read_dir(replay::contract().join(release)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".json") {
                found.push(format!("{release}/{name}"));
            }
        }
    }
    found.sort();
    known.sort();
    known.dedup();
    assert_eq!(found, known);
}
