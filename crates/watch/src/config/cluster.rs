//! One cluster of the fleet.

use emqx_rebalance_client::{ClusterConfig, Secret};
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::policy::{AdmissionRules, Mode, Policy};
use emqx_rebalance_core::{Asked, Fields, FromFields, Loose, PlanRequest, Problem};
use emqx_rebalance_exchange::{Dialect, Outside};
use std::collections::BTreeMap;
use std::time::Duration;

/// One cluster of the fleet.
#[derive(Clone, Debug)]
pub struct ClusterEntry {
    /// What it is called here: in commands, metrics and messages.
    pub name: String,
    /// Its place in the file.
    pub(crate) place: usize,
    /// Where it is, and who asks.
    pub access: ClusterConfig,
    /// Whether it is another cluster than one whose nodes have the same names. Default false.
    pub distinct: bool,
    /// How long after one poll the next one is. Default 5 s.
    pub poll: Duration,
    /// When it is rebalanced.
    pub policy: Policy,
    /// When a node is closed to new clients, by the health check that this process answers for it.
    pub health: AdmissionRules,
    /// How it is rebalanced: `level`, if nothing else is said.
    pub asked: Asked,
    /// How its runs are driven.
    pub driver: DriverOptions,
}

/// Reads clusters, and notes what is wrong.
pub(super) struct Reader<'a> {
    pub(super) outside: &'a dyn Outside,
    /// Whether anybody may approve a proposal.
    pub(super) can_approve: bool,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn cluster(&mut self, i: usize, value: Loose) -> Option<ClusterEntry> {
        let place = format!("clusters[{i}]");
        let Loose::Object(mut members) = value else {
            self.problems.push(Problem::new(place, "a value", "an object with `name` and `url`"));
            return None;
        };
        let before = self.problems.len();
        let [policy, plan, driver, health] =
            ["policy", "plan", "driver", "health"].map(|name| members.remove(name));
        let mut own = BTreeMap::new();
        own.extend(
            ["name", "poll_interval_s", "distinct"]
                .into_iter()
                .filter_map(|name| members.remove_entry(name)),
        );
        let (name, poll, distinct) = self.own(&place, own.into());
        let policy: Option<Policy> = self.options(&format!("{place}.policy"), policy);
        let crossed = policy.as_ref().map(Policy::problems).unwrap_or_default();
        self.add(&format!("{place}.policy"), &crossed);
        self.able(&format!("{place}.policy"), policy.as_ref());
        let health: Option<AdmissionRules> = self.options(&format!("{place}.health"), health);
        let crossed = health.as_ref().map(AdmissionRules::problems).unwrap_or_default();
        self.add(&format!("{place}.health"), &crossed);
        let driver: Option<DriverOptions> = self.options(&format!("{place}.driver"), driver);
        let asked = self.asked(&format!("{place}.plan"), plan);
        let access = self.access(&place, members);
        if self.problems.len() > before {
            return None;
        }
        let (name, poll) = (name?, Duration::from_secs(poll.into()));
        Some(ClusterEntry {
            name,
            place: i,
            access: access?,
            distinct,
            poll,
            policy: policy?,
            health: health?,
            asked: asked?,
            driver: driver?,
        })
    }

    /// Notes what a policy may say elsewhere, and this process cannot do.
    fn able(&mut self, place: &str, policy: Option<&Policy>) {
        let Some(policy) = policy else { return };
        if policy.mode == Mode::Propose && !self.can_approve {
            let bound = "observe or auto, or there are `listen` and a token whose role is approver";
            self.problems.push(Problem::new(format!("{place}.mode"), "propose", bound));
        }
        if policy.unless_query.is_some() {
            let bound = "left out: this process asks no Prometheus";
            self.problems.push(Problem::new(format!("{place}.unless_query"), "a query", bound));
        }
    }

    /// What this file alone says of a cluster.
    fn own(&mut self, place: &str, mut fields: Fields) -> (Option<String>, u32, bool) {
        fields.need("name");
        let name = fields.text("name", 1..=MAX_NAME);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if let Some(bad) = name.as_ref().filter(|name| !name.chars().all(is_plain)) {
            fields.problem("name", bad, "letters, digits, `-`, `_` and `.`");
        }
        let poll_s = fields.whole("poll_interval_s", 1, MAX_POLL_S).unwrap_or(POLL_S);
        let distinct = fields.flag("distinct").unwrap_or_default();
        if let Err(error) = fields.finish("cluster", &[]) {
            self.add(place, error.problems());
        }
        (name, poll_s, distinct)
    }

    fn options<T: FromFields>(&mut self, place: &str, value: Option<Loose>) -> Option<T> {
        let members = match value {
            None | Some(Loose::Null) => BTreeMap::new(),
            Some(Loose::Object(members)) => members,
            Some(value) => {
                self.problems.push(Problem::new(place, value, "an object of options"));
                return None;
            }
        };
        T::from_fields(members.into()).map_err(|error| self.add(place, error.problems())).ok()
    }

    fn asked(&mut self, place: &str, value: Option<Loose>) -> Option<Asked> {
        let mut members = match value {
            None | Some(Loose::Null) => BTreeMap::new(),
            Some(Loose::Object(members)) => members,
            Some(value) => {
                self.problems.push(Problem::new(place, value, "an object of options"));
                return None;
            }
        };
        if members.remove("snapshot").is_some() {
            let bound = "left out: the cluster is asked for it";
            self.problems.push(Problem::new(format!("{place}.snapshot"), "an object", bound));
        }
        members.entry("mode".to_owned()).or_insert_with(|| Loose::Text("level".to_owned()));
        let request = PlanRequest::read(Loose::Object(members));
        let request = request.map_err(|error| self.add(place, error.problems())).ok()?;
        Some(Asked { strategy: request.strategy, options: request.options })
    }

    fn access(
        &mut self,
        place: &str,
        mut members: BTreeMap<String, Loose>,
    ) -> Option<ClusterConfig> {
        for name in SECRETS {
            if let Some(secret) =
                of_variable(place, name, &mut members, self.outside, self.problems)
            {
                members.insert(name.to_owned(), Loose::Text(secret));
            }
        }
        // Who asks is of this file alone: one variable cannot be of every cluster.
        let files = Files(self.outside);
        let access = ClusterConfig::read(Loose::Object(members), Dialect::LUA, &files);
        access.map_err(|error| self.add(place, error.problems())).ok()
    }

    fn add(&mut self, place: &str, problems: &[Problem]) {
        let placed = problems.iter().map(|problem| Problem {
            field: format!("{place}.{}", problem.field),
            ..problem.clone()
        });
        self.problems.extend(placed);
    }
}

/// Takes the secret that is referred to as `name`, by a variable or a file; notes what is wrong.
pub(super) fn referred(
    place: &str,
    name: &str,
    members: &mut BTreeMap<String, Loose>,
    outside: &dyn Outside,
    problems: &mut Vec<Problem>,
) -> Option<Secret> {
    let before = problems.len();
    let of_variable = of_variable(place, name, members, outside, problems);
    let field = format!("{name}_file");
    let of_file = match members.remove(&field) {
        None | Some(Loose::Null) => None,
        Some(Loose::Text(file)) => match outside.secret(&file) {
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(why) => {
                let bound = format!("a file that can be read: {why}");
                problems.push(Problem::new(format!("{place}.{field}"), file, bound));
                None
            }
        },
        Some(value) => {
            problems.push(Problem::new(format!("{place}.{field}"), value, "the path of a file"));
            None
        }
    };
    if of_variable.is_none() && of_file.is_none() && problems.len() == before {
        let bound = format!("there, or `{name}_env` is");
        problems.push(Problem::new(format!("{place}.{field}"), "absent", bound));
    }
    of_variable.or(of_file).map(Secret::new)
}

/// Takes the secret of the variable that `name_env` names; refuses one that stands there itself.
fn of_variable(
    place: &str,
    name: &str,
    members: &mut BTreeMap<String, Loose>,
    outside: &dyn Outside,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    if members.remove(name).is_some() {
        let bound = format!("left out: a secret is referred to, by `{name}_env` or `{name}_file`");
        problems.push(Problem::new(format!("{place}.{name}"), "…", bound));
    }
    let field = format!("{name}_env");
    let value = members.remove(&field)?;
    let found = match &value {
        Loose::Text(variable) => outside.variable(variable),
        _ => None,
    };
    if found.is_none() {
        let bound = "the name of a variable of the environment that is not empty";
        problems.push(Problem::new(format!("{place}.{field}"), value, bound));
    }
    found
}

/// Secrets of files, and no variables.
struct Files<'a>(&'a dyn Outside);

impl Outside for Files<'_> {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn secret(&self, file: &str) -> Result<String, String> {
        self.0.secret(file)
    }
}

const SECRETS: [&str; 2] = ["api_secret", "password"];
const MAX_NAME: usize = 100;
const POLL_S: u32 = 5;
const MAX_POLL_S: u32 = 3600;
