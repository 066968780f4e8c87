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
pub(crate) enum Event {
    Asked(Value),
    Polled(Value),
    Killed(usize),
    Restarted(usize),
    Hung(usize),
    Resumed(usize),
}

/// What all nodes showed at a time.
pub(crate) struct Sample {
    pub(crate) ms: u64,
    pub(crate) views: Vec<Value>,
    pub(crate) live: Vec<u64>,
}

pub(crate) struct Player<'a> {
    pub(crate) scene: &'a Scene,
    simulation: Simulation,
    token: String,
    key: String,
    pub(crate) samples: Vec<Sample>,
    pub(crate) replay: Replay,
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
                Event::Hung(node) => player.simulation.cluster.hang(*node),
                Event::Resumed(node) => player.simulation.cluster.resume(*node),
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
            let at = row["at"].as_str().or_else(|| row["t"].as_str()).unwrap();
            // What was not answered is written down when the caller gave up.
            let waited = row["response"].get("error").map_or(0, |_| whole_ms(&row["ms"]));
            rows.push((millis(at) - waited, Event::Asked(row)));
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
        if let Some(name) = mark.strip_prefix("SIGSTOP ") {
            return Some(Event::Hung(self.place(name)));
        }
        if let Some(name) = mark.strip_prefix("SIGCONT ") {
            return Some(Event::Resumed(self.place(name)));
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
        let request = self.request(row, note);
        let answer = self.simulation.answer(via, &request);
        if let (Answer::Waiting(ticket), Some(_)) = (&answer, row["response"].get("error")) {
            self.simulation.give_up(*ticket);
            self.replay.compared += 1;
            return;
        }
        let Answer::Response(answer) = answer else {
            self.fail(&format!("{note}: {path}: no answer"));
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
                Answer::Response(answer) => {
                    json!({ "http": answer.status().as_u16(), "body": shape(&body(&answer)) })
                }
                Answer::Waiting(ticket) => {
                    self.simulation.give_up(ticket);
                    json!({ "http": null })
                }
                _ => json!({ "http": null }),
            }
        };
        json!({
            "availability_check": get("availability_check"),
            "status": get("status"),
            "global_status": get("global_status"),
        })
    }

    pub(crate) fn fail(&mut self, what: &str) {
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

/// Whole milliseconds; 0 if there are none.
pub(crate) fn whole_ms(value: &Value) -> u64 {
    value.as_f64().map_or(0, |ms| format!("{ms:.0}").parse().unwrap())
}

/// Time before the first event.
const LEAD_MS: u64 = 1000;
/// A poll took up to half a second to go round the nodes, and EMQX's ticks drift by what its calls
/// take.
pub(crate) const TOLERANCE_MS: u64 = 600;
