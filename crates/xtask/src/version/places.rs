//! Where the version stands.

/// A kind of line that holds the version.
#[derive(Debug)]
pub(super) enum Place {
    /// It begins so, and the version comes after the first of this text in it.
    Line(&'static str, &'static str),
    /// It is the one below a line that begins so, as in lock files: this text, then the version.
    Below(&'static str, &'static str),
}

const PACKAGE: Place = Place::Line("version = ", "\"");
const SISTERS: Place = Place::Line("emqx-rebalance", "version = \"");
const LOCKED: Place = Place::Below("name = \"emqx-rebalance", "version = \"");
const NPM: Place = Place::Line("\"version\": ", "\"version\": \"");
const IMAGE: Place = Place::Line("", "emqx-rebalance-controller:");
const LABEL: Place = Place::Line("app.kubernetes.io/version: ", "\"");

/// Every file that holds the version, and where in it.
pub(super) const PLACES: &[(&str, &[Place])] = &[
    ("Cargo.toml", &[PACKAGE, SISTERS]),
    ("Cargo.lock", &[LOCKED, Place::Below("name = \"xtask\"", "version = \"")]),
    ("bindings/lua/Cargo.toml", &[PACKAGE]),
    ("bindings/lua/Cargo.lock", &[LOCKED]),
    ("bindings/python/Cargo.toml", &[PACKAGE, SISTERS]),
    ("bindings/python/Cargo.lock", &[LOCKED]),
    ("bindings/wasm/Cargo.toml", &[PACKAGE]),
    (
        "bindings/wasm/Cargo.lock",
        &[
            LOCKED,
            Place::Below("name = \"native\"", "version = \""),
            Place::Below("name = \"package\"", "version = \""),
        ],
    ),
    ("bindings/wasm/js/npm/package.json", &[NPM]),
    ("bindings/grafana/package.json", &[NPM]),
    (
        "bindings/grafana/package-lock.json",
        &[
            Place::Below("\"name\": \"emqxrebalance-app\"", "\"version\": \""),
            Place::Below("\"name\": \"emqx-rebalance\"", "\"version\": \""),
        ],
    ),
    (
        "deploy/helm/emqx-rebalance-controller/Chart.yaml",
        &[Place::Line("version: ", "version: "), Place::Line("appVersion: ", "appVersion: ")],
    ),
    ("deploy/manifests/all-namespaces.yaml", &[IMAGE, LABEL]),
    ("deploy/manifests/one-namespace.yaml", &[IMAGE, LABEL]),
    ("deploy/Dockerfile", &[IMAGE]),
    ("docs/kubernetes-install.md", &[IMAGE, Place::Line("newTag: ", "newTag: ")]),
    ("examples/plugin/kong/plugins/emqx-rebalance/handler.lua", &[Place::Line("VERSION = ", "\"")]),
];

impl Place {
    /// `text` with `version` in every such line, and how many there are.
    pub(super) fn write(&self, text: &str, version: &str) -> (String, usize) {
        let (mut above, mut found) = ("", 0);
        let mut lines = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            match self.before(above, line).and_then(|before| with(line, before, version)) {
                Some(written) => {
                    found += 1;
                    lines.push_str(&written);
                }
                None => lines.push_str(line),
            }
            above = line;
        }
        (lines, found)
    }

    /// What stands before the version in `line`, if it is such a line.
    fn before(&self, above: &str, line: &str) -> Option<&'static str> {
        let (begins, with, before) = match self {
            Self::Line(with, before) => (line, with, before),
            Self::Below(with, before) => (above, with, before),
        };
        begins.trim_start().starts_with(with).then_some(before)
    }
}

/// `line` with `version` after `before` in place of the one that is there.
fn with(line: &str, before: &str, version: &str) -> Option<String> {
    let (head, tail) = line.split_once(before)?;
    let belongs = |byte: char| byte.is_ascii_alphanumeric() || matches!(byte, '.' | '-' | '+');
    let end = tail.find(|byte| !belongs(byte)).unwrap_or(tail.len());
    let (old, rest) = tail.split_at(end);
    old.starts_with(|first: char| first.is_ascii_digit())
        .then(|| format!("{head}{before}{version}{rest}"))
}
