//! Replays one scene.

use crate::compare::{self, body, shape};
use crate::scene::Scene;
use crate::{ODD, SKIPPED};
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_sim::{Answer, Simulation};
use http::Request;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What came of a scene.
pub(crate) struct Replay {
    pub(crate) compared: usize,
    pub(crate) polls: usize,
    pub(crate) skipped: Vec<String>,
    pub(crate) failures: Vec<String>,
}

/// Something that happened at a time.
enum Event {
    Asked(Value),
    Polled(Value),
    Killed(usize),
    Restarted(usize),
}

/// What all nodes showed at a time.
struct Sample {
    ms: u64,
    views: Vec<Value>,
    live: Vec<u64>,
}

struct Player<'a> {
    scene: &'a Scene,
    simulation: Simulation,
    token: String,
    key: String,
    samples: Vec<Sample>,
    replay: Replay,
}

impl Replay {
    pub(crate) fn run(scene: &Scene) -> Self {
        let replay = Self { compared: 0, polls: 0, skipped: Vec::new(), failures: Vec::new() };
        let simulation = Simulation::new(scene.config()).unwrap();
        let (token, key) = (String::new(), String::new());
        let mut player = Player { scene, simulation, token, key, samples: Vec::new(), replay };
        let events = player.events();
        assert!(!events.is_empty(), "nothing to replay in {:?}", scene.requests);
        for (ms, event) in &events {
            player.sample_until(*ms);
            match event {
                Event::Asked(row) => player.ask(row),
                Event::Polled(_) => {}
                Event::Killed(node) => player.simulation.cluster.kill(*node),
                Event::Restarted(node) => player.simulation.cluster.restart(*node),
            }
            player.sample();
        }
        let end = events.iter().map(|(ms, _)| *ms).max().unwrap_or(0);
        player.sample_until(end + TOLERANCE_MS);
        player.judge(&events);
        player.replay
    }
}

impl Player<'_> {
    fn events(&self) -> Vec<(u64, Event)> {
        let mut rows: Vec<(u64, Event)> = Vec::new();
        for row in self.scene.requests.iter().flat_map(|file| self.read(file)) {
            rows.push((millis(row["at"].as_str().unwrap()), Event::Asked(row)));
        }
        let mut last = 0;
        for row in self.scene.timeline.iter().flat_map(|file| self.read(file)) {
            let ms = row["t"].as_str().map_or(last + 10, millis);
            last = ms;
            if let Some(event) = self.event(row) {
                rows.push((ms, event));
            }
        }
        if let Some((at, node)) = self.scene.kill {
            rows.push((millis(at), Event::Killed(node)));
        }
        let (from, until) = (self.scene.from, self.scene.until);
        rows.retain(|(ms, _)| from.is_empty() || *ms >= millis(from));
        rows.retain(|(ms, _)| until.is_empty() || *ms < millis(until));
        rows.sort_by_key(|(ms, _)| *ms);
        let first = rows.first().map_or(0, |(ms, _)| *ms);
        rows.into_iter().map(|(ms, event)| (ms - first + LEAD_MS, event)).collect()
    }

    fn event(&self, row: Value) -> Option<Event> {
        let mark = row["mark"].as_str().unwrap_or_default();
        if let Some(name) = mark.strip_prefix("kill -9 ") {
            return Some(Event::Killed(self.place(name)));
        }
        if let Some(name) = mark.strip_prefix("restart ") {
            return Some(Event::Restarted(self.place(name)));
        }
        if let (Some(request), Some(answer)) = (row.get("request"), row.get("answer")) {
            return Some(Event::Asked(self.asked_in_timeline(request, answer)));
        }
        row.get("mark").is_none().then_some(Event::Polled(row))
    }

    /// A start call that is recorded among the polls.
    fn asked_in_timeline(&self, request: &Value, answer: &Value) -> Value {
        let headers = json!({ "content-type": "application/json" });
        json!({
            "via": format!("emqx{}@127.0.0.1", self.scene.first_node),
            "request": {
                "method": request["method"],
                "path": request["path"],
                "content_type": "application/json",
                "body": request["body"].to_string(),
            },
            "response": { "status": answer["status"], "headers": headers, "body": answer["body"] },
        })
    }

    fn read(&self, file: &str) -> Vec<Value> {
        let path = contract().join(self.scene.folder()).join(file);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn place(&self, name: &str) -> usize {
        let name = name.split(' ').next().unwrap();
        let full = format!("{name}@127.0.0.1");
        self.simulation.cluster.find(&full).unwrap()
    }

    fn ask(&mut self, row: &Value) {
        let path = row["request"]["path"].as_str().unwrap();
        let odd = |(release, odd, _): &(&str, &str, &str)| {
            *release == self.scene.folder() && *odd == path
        };
        let skipped = SKIPPED.iter().any(|(skipped, _)| path.starts_with(skipped))
            || path.ends_with("/metrics")
            || ODD.iter().any(odd);
        if skipped {
            self.replay.skipped.push(path.to_owned());
            return;
        }
        let via = self.simulation.cluster.find(row["via"].as_str().unwrap()).unwrap();
        let note = row["note"].as_str().unwrap_or_default();
        let Answer::Response(answer) = self.simulation.answer(via, &self.request(row, note)) else {
            self.fail(&format!("{note}: {path}: the node is down"));
            return;
        };
        self.replay.compared += 1;
        if let Some(difference) = compare::differs(&row["response"], &answer) {
            self.fail(&format!("{note}: {path} {}: {difference}", row["request"]["body"]));
        }
        self.remember(path, &answer);
    }

    /// The request as it was sent. Credentials are not recorded; the note tells which they were.
    fn request(&self, row: &Value, note: &str) -> Request<Vec<u8>> {
        let asked = &row["request"];
        let mut request = Request::builder()
            .method(asked["method"].as_str().unwrap())
            .uri(asked["path"].as_str().unwrap());
        if let Some(kind) = asked["content_type"].as_str() {
            request = request.header("content-type", kind);
        }
        if let Some(value) = self.authorization(note) {
            request = request.header("authorization", value);
        }
        request.body(asked["body"].as_str().unwrap_or_default().into()).unwrap()
    }

    fn authorization(&self, note: &str) -> Option<String> {
        let good = "emqx-rebalance:embedded-cluster";
        match note {
            "no auth" | "login" | "login wrong pw" | "login short-lived" => None,
            "wrong secret" => Some(basic("emqx-rebalance:wrong")),
            "unknown key" => Some(basic("unknown:wrong")),
            "malformed basic" => Some("Basic !".to_owned()),
            "bad scheme" => Some("Digest abc".to_owned()),
            "bad bearer" => Some("Bearer abc".to_owned()),
            "created api key works" | "expired api key" | "disabled api key" => {
                Some(basic(&self.key))
            }
            "good bearer"
            | "bearer on other node"
            | "create api key"
            | "create expired api key"
            | "disable key"
            | "logout"
            | "bearer after logout"
            | "fresh token"
            | "expired token"
            | "expired token again" => Some(format!("Bearer {}", self.token)),
            _ => Some(basic(good)),
        }
    }

    fn remember(&mut self, path: &str, answer: &http::Response<Vec<u8>>) {
        if path == "/api/v5/login" && answer.status() == 200 {
            body(answer)["token"].as_str().unwrap().clone_into(&mut self.token);
        }
        if path == "/api/v5/api_key" && answer.status() == 200 {
            let made = body(answer);
            let (key, secret) = (made["api_key"].as_str(), made["api_secret"].as_str());
            self.key = format!("{}:{}", key.unwrap(), secret.unwrap());
        }
    }

    /// Notes what every node shows, every 50 ms up to `ms`.
    fn sample_until(&mut self, ms: u64) {
        while self.simulation.cluster.now().as_ms() < ms {
            let now = self.simulation.cluster.now().as_ms();
            self.simulation.advance(Timestamp::from_ms((now - now % 50 + 50).min(ms)));
            self.sample();
        }
    }

    fn sample(&mut self) {
        if self.scene.timeline.is_none() {
            return;
        }
        let nodes = 0..self.scene.loads.len();
        let sample = Sample {
            ms: self.simulation.cluster.now().as_ms(),
            views: nodes.clone().map(|node| self.view(node)).collect(),
            live: nodes.map(|node| self.simulation.cluster.counts(node).connected).collect(),
        };
        self.samples.push(sample);
    }

    /// What a node shows at the three paths that were polled.
    fn view(&mut self, node: usize) -> Value {
        let mut get = |name: &str| {
            let request = Request::get(format!("/api/v5/load_rebalance/{name}"))
                .header("authorization", basic("emqx-rebalance:embedded-cluster"))
                .body(Vec::new())
                .unwrap();
            match self.simulation.answer(node, &request) {
                Answer::Unreachable => json!({ "http": null }),
                Answer::Response(answer) => {
                    json!({ "http": answer.status().as_u16(), "body": shape(&body(&answer)) })
                }
            }
        };
        json!({
            "availability_check": get("availability_check"),
            "status": get("status"),
            "global_status": get("global_status"),
        })
    }

    /// Finds every poll in what was sampled around its time.
    fn judge(&mut self, events: &[(u64, Event)]) {
        let names: Vec<String> = (0..self.scene.loads.len())
            .map(|node| format!("emqx{}@127.0.0.1", node + self.scene.first_node))
            .collect();
        for (ms, event) in events {
            let Event::Polled(row) = event else { continue };
            self.replay.polls += 1;
            for (node, name) in names.iter().enumerate() {
                for path in ["availability_check", "status", "global_status"] {
                    self.judge_view(*ms, node, path, &row[name][path]);
                }
                if self.scene.exact {
                    self.judge_live(*ms, node, name, row);
                }
            }
        }
    }

    fn judge_view(&mut self, ms: u64, node: usize, path: &str, recorded: &Value) {
        let http = recorded.get("http").cloned().unwrap_or(Value::Null);
        let mut theirs = json!({ "http": http });
        if !http.is_null() {
            theirs["body"] = shape(&recorded["body"]);
        }
        // The poll that hits the very moment of a crash is told of it; see emqx.md, section 6.
        let crashing =
            recorded["body"]["message"].as_str().is_some_and(|m| m.contains("bad_nodes"));
        let near: Vec<&Value> = self.near(ms).map(|sample| &sample.views[node][path]).collect();
        if !crashing && !near.contains(&&theirs) {
            let ours = near[near.len() / 2].clone();
            self.fail(&format!("{ms} ms, node {node}, {path}:\n  {theirs}, ours\n  {ours}"));
        }
    }

    /// How many clients a donor holds is the same in any cluster; where they come back is not.
    fn judge_live(&mut self, ms: u64, node: usize, name: &str, row: &Value) {
        let donor = row[name]["status"]["body"]["process"] == "rebalance";
        let shown = row["nodes"].as_array().unwrap().iter().find(|shown| shown["node"] == *name);
        let Some(theirs) = shown.and_then(|shown| shown["live_connections"].as_u64()) else {
            return;
        };
        if donor && !self.near(ms).any(|sample| sample.live[node] == theirs) {
            let ours: Vec<u64> = self.near(ms).map(|sample| sample.live[node]).collect();
            self.fail(&format!("{ms} ms, {name}: {theirs} clients, ours {ours:?}"));
        }
    }

    fn near(&self, ms: u64) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.ms.abs_diff(ms) <= TOLERANCE_MS)
    }

    fn fail(&mut self, what: &str) {
        let file = self.scene.requests.or(self.scene.timeline).unwrap();
        self.replay.failures.push(format!("{}/{file}: {what}", self.scene.folder()));
    }
}

/// The folder of the recordings.
pub(crate) fn contract() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/contract")
}

fn basic(pair: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// Milliseconds of "2026-11-22T07:41:12.524Z" within its day.
fn millis(at: &str) -> u64 {
    let time = at.split_once('T').unwrap().1.trim_end_matches('Z');
    let (time, fraction) = time.split_once('.').unwrap();
    let parts: Vec<u64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    (parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1000 + fraction.parse::<u64>().unwrap()
}

/// Time before the first event.
const LEAD_MS: u64 = 1000;
/// A poll took up to half a second to go round the nodes, and EMQX's ticks drift by what its calls
/// take.
const TOLERANCE_MS: u64 = 600;
