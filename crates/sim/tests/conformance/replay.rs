//! Replays one scene.

use crate::clock::Clock;
use crate::compare::{self, body, shape};
use crate::scene::Scene;
use crate::{ABSENT, ODD, SKIPPED};
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_sim::{Answer, Simulation, Ticket};
use http::Request;
use serde_json::{Value, json};
use std::collections::BTreeMap;
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
    /// Keys of scopes and roles, by the notes that name them.
    keys: BTreeMap<String, String>,
    /// What waits for its answer: since when, and the row.
    waiting: Vec<(Ticket, u64, Value)>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) replay: Replay,
}

impl Replay {
    pub(crate) fn run(scene: &Scene) -> Self {
        let replay = Self { compared: 0, polls: 0, skipped: Vec::new(), failures: Vec::new() };
        let simulation = Simulation::new(scene.config()).unwrap();
        let (token, key) = (String::new(), String::new());
        let mut player = Player {
            scene,
            simulation,
            token,
            key,
            keys: BTreeMap::new(),
            waiting: Vec::new(),
            samples: Vec::new(),
            replay,
        };
        player.wear_out();
        player.make_keys();
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
        for (_, _, row) in std::mem::take(&mut player.waiting) {
            player.fail(&format!("{}: {}: no answer", row["note"], row["request"]["path"]));
        }
        player.judge(&events);
        player.replay
    }
}

impl Player<'_> {
    fn events(&self) -> Vec<(u64, Event)> {
        let mut rows: Vec<(u64, Event)> = Vec::new();
        let polls: Vec<Value> = self.scene.timeline.iter().flat_map(|f| self.read(f)).collect();
        let mut clock = Clock::new(&polls, self.scene.late_ms);
        for row in self.scene.requests.iter().flat_map(|file| self.read(file)) {
            let at = row["at"].as_str().or_else(|| row["t"].as_str()).map(millis);
            let at = at.unwrap_or_else(|| clock.time_of(row["note"].as_str().unwrap_or_default()));
            // What was not answered is written down when the caller gave up.
            let waited = row["response"].get("error").map_or(0, |_| whole_ms(&row["ms"]));
            rows.push((at - waited, Event::Asked(row)));
        }
        if let Some(file) = self.scene.nodes {
            rows.push((1, Event::Asked(nodes_asked(&self.read(file)))));
        }
        for (at, path, body) in self.scene.starts {
            rows.push((millis(at), Event::Asked(self.inferred(path, body))));
        }
        let mut last = 0;
        for row in polls {
            let ms = row["t"].as_str().map_or(last + 10, millis);
            last = ms;
            if let Some(event) = self.event(row) {
                let late_ms = match event {
                    Event::Killed(_) | Event::Hung(_) => self.scene.late_ms,
                    _ => 0,
                };
                rows.push((ms + late_ms, event));
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
        let stopped = mark.strip_prefix("SIGSTOP ").or_else(|| mark.strip_prefix("kill -STOP "));
        if let Some(name) = stopped {
            return Some(Event::Hung(self.place(name)));
        }
        let resumed = mark.strip_prefix("SIGCONT ").or_else(|| mark.strip_prefix("kill -CONT "));
        if let Some(name) = resumed {
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
        if let (Answer::Waiting(ticket), true) = (&answer, note.contains(" hangs, sent ")) {
            let now = self.simulation.cluster.now().as_ms();
            self.waiting.push((*ticket, now, row.clone()));
            return;
        }
        let Answer::Response(answer) = answer else {
            self.fail(&format!("{note}: {path}: no answer"));
            return;
        };
        self.compare(row, &answer);
        self.remember(path, &answer);
    }

    fn compare(&mut self, row: &Value, answer: &http::Response<Vec<u8>>) {
        self.replay.compared += 1;
        let folder = self.scene.folder();
        let absent: Vec<&str> = ABSENT
            .iter()
            .filter(|(release, _, _)| *release == folder)
            .map(|(_, field, _)| *field)
            .collect();
        if let Some(difference) = compare::differs(&row["response"], answer, &absent) {
            let (note, request) = (&row["note"], &row["request"]);
            self.fail(&format!("{note}: {} {}: {difference}", request["path"], request["body"]));
        }
    }

    /// Compares the answers that have come, and how long they took.
    fn collect(&mut self) {
        for (ticket, since, row) in std::mem::take(&mut self.waiting) {
            let Some(answer) = self.simulation.collect(ticket) else {
                self.waiting.push((ticket, since, row));
                continue;
            };
            let path = row["request"]["path"].as_str().unwrap();
            let Answer::Response(answer) = answer else { panic!("{path}: {answer:?}") };
            self.compare(&row, &answer);
            let took = self.simulation.cluster.now().as_ms() - since;
            let seen = TOOK.iter().find(|(of, _)| path.ends_with(of)).unwrap().1;
            // Ours are asked for every 50 ms.
            if !(seen..seen + 100).contains(&took) {
                self.fail(&format!("{path} took {took} ms, not {seen}"));
            }
        }
    }

    /// Has the rebalance applications crash that crashed before the recording began.
    fn wear_out(&mut self) {
        for (place, crashes) in self.scene.worn {
            self.simulation.cluster.wear_out(*place, *crashes);
        }
    }

    /// Makes the keys that the recording's notes name.
    fn make_keys(&mut self) {
        if self.scene.requests != Some("05_scopes_and_roles.json") {
            return;
        }
        let login = self.post("/api/v5/login", r#"{"username":"admin","password":"Public12345"}"#);
        body(&login)["token"].as_str().unwrap().clone_into(&mut self.token);
        for (i, (note, wish)) in KEYS.iter().enumerate() {
            let wish = wish.replace("{name}", &format!("key{i}"));
            let made = body(&self.post("/api/v5/api_key", &wish));
            let (key, secret) = (made["api_key"].as_str(), made["api_secret"].as_str());
            let pair = format!("{}:{}", key.unwrap(), secret.unwrap());
            self.keys.insert((*note).to_owned(), pair);
        }
    }

    fn post(&mut self, path: &str, body: &str) -> http::Response<Vec<u8>> {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.token))
            .body(body.into())
            .unwrap();
        match self.simulation.answer(0, &request) {
            Answer::Response(answer) => answer,
            other => panic!("{path}: {other:?}"),
        }
    }

    /// A start that was not recorded and is known by what came of it.
    fn inferred(&self, path: &str, body: &str) -> Value {
        let headers = json!({ "content-type": "application/json" });
        json!({
            "note": "inferred",
            "via": format!("emqx{}@127.0.0.1", self.scene.first_node),
            "request": {
                "method": "POST",
                "path": format!("/api/v5/load_rebalance/{path}"),
                "content_type": "application/json",
                "body": body,
            },
            "response": { "status": 200, "headers": headers, "body": {} },
        })
    }

    /// The request as it was sent. Credentials are not recorded; the note tells which they were.
    fn request(&self, row: &Value, note: &str) -> Request<Vec<u8>> {
        let asked = &row["request"];
        let mut request = Request::builder()
            .method(asked["method"].as_str().unwrap())
            .uri(asked["path"].as_str().unwrap());
        if let Some(kind) = asked["content_type"].as_str().or_else(|| self.unwritten(asked, note)) {
            request = request.header("content-type", kind);
        }
        let unknown = &row["response"]["body"]["code"] == "AUTHORIZATION_HEADER_ERROR";
        let known = !(note.is_empty() && unknown);
        if let Some(value) = self.authorization(note).filter(|_| known) {
            request = request.header("authorization", value);
        }
        request.body(asked["body"].as_str().unwrap_or_default().into()).unwrap()
    }

    /// The content type where none was written down: in the recordings of 6.0.3 the note tells.
    fn unwritten(&self, asked: &Value, note: &str) -> Option<&'static str> {
        if self.scene.folder() != "6.0.3" || asked["body"].is_null() {
            return None;
        }
        match note {
            "valid body, no content type" => None,
            "valid body, text/plain" => Some("text/plain"),
            "valid body, charset" => Some("application/json; charset=utf-8"),
            _ => Some("application/json"),
        }
    }

    fn authorization(&self, note: &str) -> Option<String> {
        let good = "emqx-rebalance:embedded-cluster";
        if let Some(pair) = self.keys.get(note) {
            return Some(basic(pair));
        }
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
            self.collect();
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

/// A list of nodes that was recorded on its own, as an answer.
fn nodes_asked(rows: &[Value]) -> Value {
    let headers = json!({ "content-type": "application/json" });
    json!({
        "via": "emqx1@127.0.0.1",
        "request": { "method": "GET", "path": "/api/v5/nodes" },
        "response": { "status": 200, "headers": headers, "body": rows },
    })
}

fn basic(pair: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// Milliseconds of "2026-11-22T07:41:12.524Z" within its day.
pub(crate) fn millis(at: &str) -> u64 {
    let time = at.split_once('T').unwrap().1.trim_end_matches('Z');
    let (time, fraction) = time.split_once('.').unwrap();
    let parts: Vec<u64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    (parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1000 + fraction.parse::<u64>().unwrap()
}

/// Whole milliseconds; 0 if there are none.
pub(crate) fn whole_ms(value: &Value) -> u64 {
    value.as_f64().map_or(0, |ms| format!("{ms:.0}").parse().unwrap())
}

/// The keys of 05_scopes_and_roles, and how each is made.
const KEYS: [(&str, &str); 6] = [
    ("key: administrator, no scopes", r#"{"name":"{name}"}"#),
    ("key: administrator, scopes [monitoring]", r#"{"name":"{name}","scopes":["monitoring"]}"#),
    (
        "key: administrator, scopes [cluster_operations]",
        r#"{"name":"{name}","scopes":["cluster_operations"]}"#,
    ),
    ("key: administrator, scopes []", r#"{"name":"{name}","scopes":[]}"#),
    ("key: viewer", r#"{"name":"{name}","role":"viewer"}"#),
    ("key: publisher", r#"{"name":"{name}","role":"publisher"}"#),
];
/// How many milliseconds an answer took while a node hung that had to be asked: seen, and the order
/// of the recorded rows agrees, though the times themselves are not in them.
const TOOK: [(&str, u64); 2] = [("/nodes", 30_000), ("/global_status", 45_000)];
/// Time before the first event.
const LEAD_MS: u64 = 1000;
/// A poll took up to half a second to go round the nodes, and EMQX's ticks drift by what its calls
/// take.
pub(crate) const TOLERANCE_MS: u64 = 600;
