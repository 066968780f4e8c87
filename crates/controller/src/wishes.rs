//! What the annotations of a `Rebalance` ask for beyond its schema.

use crate::resource::Rebalance;
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{
    Error, EvacuationPlanOptions, Mode, Options, PlanOptions, Problem, ReconnectProfile, Result,
};
use serde_json::{Value, json};
use std::time::Duration;

/// What the annotations ask for. All begin with `rebalance.emqx.io/`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wishes {
    /// `mode`; `plan-options`: a JSON object of the planner's options; `reconnect`: how clients come back,
    /// as JSON, a name or a time.
    pub(crate) plan: PlanOptions,
    /// `driver-options`: a JSON object of the driver's options.
    pub(crate) driver: DriverOptions,
    /// `dry-run: "true"`: plan and forecast, start nothing.
    pub(crate) is_dry_run: bool,
    /// `approve`: whether somebody must agree to the plan, and has.
    pub(crate) approval: Approval,
    /// `force: "true"`: start in spite of findings of severity `error`.
    pub(crate) is_forced: bool,
    /// `reason`: for the record.
    pub(crate) reason: Option<String>,
    /// `service`: the Service that clients connect to.
    pub(crate) service: Option<String>,
    /// `secret`: who asks a cluster that no operator manages.
    pub(crate) secret: Option<String>,
    /// `ca-secret`: whom to trust.
    pub(crate) ca_secret: Option<String>,
    /// `adopt: "true"`: to be done though it is older than the controller's installation.
    pub(crate) is_adopted: bool,
    /// How long after its end the object is deleted; `None` keeps it, as every `Rebalance` of EMQX is.
    pub(crate) ttl: Option<Duration>,
}

/// Whether somebody must agree to the plan before it starts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Approval {
    /// Nobody.
    #[default]
    NotNeeded,
    /// Somebody, who has not yet.
    Awaited,
    /// Somebody, who has.
    Given,
}

impl Wishes {
    /// Reads the annotations of `object`.
    ///
    /// # Errors
    /// `config_invalid` with every problem at once.
    pub(crate) fn of(object: &Rebalance) -> Result<Self> {
        let mut reader = Reader { object, problems: Vec::new() };
        let mut plan: PlanOptions = reader.options("plan-options");
        if let Some(mode) = reader.word("mode", &[("single", Mode::Single), ("level", Mode::Level)])
        {
            plan.mode = mode;
        }
        if let Some(profile) = reader.profile("reconnect") {
            plan.reconnect = Some(profile);
        }
        let approvals = [("required", Approval::Awaited), ("yes", Approval::Given)];
        let wishes = Self {
            plan,
            driver: reader.options("driver-options"),
            is_dry_run: reader.flag("dry-run"),
            approval: reader.word("approve", &approvals).unwrap_or_default(),
            is_forced: reader.flag("force"),
            reason: reader.text("reason"),
            service: reader.name("service"),
            secret: reader.name("secret"),
            ca_secret: reader.name("ca-secret"),
            is_adopted: reader.flag("adopt"),
            ttl: None,
        };
        reader.flag("stop");
        if reader.problems.is_empty() {
            Ok(wishes)
        } else {
            Err(Error::invalid("annotations", reader.problems))
        }
    }
}

/// Whether `object` asks for its runs to be stopped. Read apart from the other wishes, since a run
/// must be stoppable whatever else the annotations say.
pub(crate) fn asks_to_stop(object: &Rebalance) -> bool {
    object.annotation(&annotation("stop")) == Some("true")
}

/// Where `object` says that its cluster is, if it does.
pub(crate) fn urls(object: &Rebalance) -> Option<String> {
    object.annotation(&annotation("url")).map(str::to_owned)
}

/// The full name of one of our annotations.
pub(crate) fn annotation(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// Whether `text` is what Kubernetes takes for a name, and so may become part of an API path or of a
/// selector.
pub(crate) fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let ends = [label.bytes().next(), label.bytes().next_back()];
        ends.iter().all(|end| end.is_some_and(|byte| byte != b'-'))
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// The problem with the name in `field`, if it is none.
pub(crate) fn not_a_name(field: &str, name: &str) -> Option<Problem> {
    (!is_name(name)).then(|| Problem::new(field, name, NAME_BOUND))
}

struct Reader<'a> {
    object: &'a Rebalance,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let text = self.object.annotation(&annotation(name))?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn name(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        self.problems.extend(not_a_name(&annotation(name), &text));
        Some(text)
    }

    fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let allowed: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let bound = format!("one of {}", allowed.join(", "));
            self.problems.push(Problem::new(annotation(name), text, bound));
        }
        found
    }

    fn flag(&mut self, name: &str) -> bool {
        self.word(name, &[("true", true), ("false", false)]).unwrap_or_default()
    }

    fn options<T: Options + Default>(&mut self, name: &str) -> T {
        let Some(text) = self.text(name) else { return T::default() };
        let read = match serde_json::from_str::<Value>(&text) {
            Ok(value) => T::read(value).map_err(|error| error.problems().to_vec()),
            Err(_) => Err(vec![Problem::new("", text, "a JSON object")]),
        };
        read.unwrap_or_else(|problems| {
            let full = |field: &str| {
                let dot = if field.is_empty() { "" } else { "." };
                format!("{name}{dot}{field}")
            };
            self.complain(&problems, full);
            T::default()
        })
    }

    /// A reconnect profile. What is no JSON is a name or a time, or the core says what it may be.
    fn profile(&mut self, name: &str) -> Option<ReconnectProfile> {
        let text = self.text(name)?;
        let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        match EvacuationPlanOptions::read(json!({ "reconnect": value })) {
            Ok(options) => options.reconnect,
            Err(error) => {
                self.complain(error.problems(), |field| field.replacen("reconnect", name, 1));
                None
            }
        }
    }

    /// Keeps `problems`, under the annotations that `full` makes of their fields.
    fn complain(&mut self, problems: &[Problem], full: impl Fn(&str) -> String) {
        self.problems.extend(problems.iter().map(|problem| {
            let field = annotation(&full(&problem.field));
            Problem::new(field, &problem.value, problem.bound.clone())
        }));
    }
}

/// What a name must be.
pub(crate) const NAME_BOUND: &str =
    "a name: at most 253 of a-z, 0-9, - and ., with a letter or a digit at both ends";
const PREFIX: &str = "rebalance.emqx.io/";

#[cfg(test)]
mod tests {
    use super::*;

    fn with(annotations: &[(&str, &str)]) -> Rebalance {
        let mut object = Rebalance::default();
        let pairs = annotations.iter().map(|(name, text)| (annotation(name), (*text).to_owned()));
        object.metadata.annotations = Some(pairs.collect());
        object
    }

    #[test]
    fn nothing_is_asked_for_by_default() {
        assert_eq!(Wishes::of(&Rebalance::default()).unwrap(), Wishes::default());
    }

    #[test]
    fn every_wish_is_read() {
        let object = with(&[
            ("mode", "level"),
            ("plan-options", r#"{"load_balancer":"round_robin"}"#),
            ("driver-options", r#"{"max_missing_percent":20}"#),
            ("dry-run", "true"),
            ("approve", "required"),
            ("reason", "JIRA-7"),
        ]);
        let wishes = Wishes::of(&object).unwrap();
        assert_eq!(wishes.plan.mode, Mode::Level);
        assert!(wishes.plan.load_balancer.is_some());
        assert_eq!(wishes.driver.max_missing_percent, 20);
        assert!(wishes.is_dry_run);
        assert_eq!(wishes.approval, Approval::Awaited);
        assert_eq!(wishes.reason.as_deref(), Some("JIRA-7"));
    }

    #[test]
    fn how_clients_come_back_is_json_a_name_or_a_time() {
        let points = |text: &str| {
            let wishes = Wishes::of(&with(&[("mode", "level"), ("reconnect", text)])).unwrap();
            assert_eq!(wishes.plan.mode, Mode::Level);
            wishes.plan.reconnect.map(|profile| profile.points().collect::<Vec<_>>())
        };
        let half = r#"{"points": [[1, 0], [2, 0.5]]}"#;
        assert_eq!(points(half), Some(vec![(1.0, 0.0), (2.0, 0.5)]));
        assert_eq!(points(" mqtt_js "), Some(vec![(1.0, 0.0), (1.5, 1.0)]));
        for delay in ["90", "1m30s"] {
            assert_eq!(points(delay), Some(vec![(45.0, 0.0), (135.0, 1.0)]), "{delay}");
        }
        assert_eq!(points(""), None);
    }

    #[test]
    fn names_are_those_of_kubernetes() {
        for good in ["emqx", "emqx-0.emqx", "0"] {
            assert!(is_name(good), "{good}");
        }
        let long = "a".repeat(254);
        for bad in [
            "",
            "a b",
            "../secrets",
            "a/b",
            "a,b=c",
            "A",
            "-a",
            "a-",
            "a..b",
            "a?b",
            "\u{e9}",
            &long,
        ] {
            assert!(!is_name(bad), "{bad}");
        }
        for name in ["secret", "ca-secret", "service"] {
            let text = Wishes::of(&with(&[(name, "../configmaps/x")])).unwrap_err().to_string();
            assert!(text.contains(&format!("`rebalance.emqx.io/{name}` is")), "{text}");
        }
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let object = with(&[
            ("mode", "sideways"),
            ("stop", "maybe"),
            ("driver-options", r#"{"settle_s":0}"#),
            ("plan-options", "{"),
            ("reconnect", r#"{"points": [[1, 0], [0.5, 2]]}"#),
        ]);
        let text = Wishes::of(&object).unwrap_err().to_string();
        for field in [
            "mode",
            "stop",
            "driver-options.settle_s",
            "plan-options",
            "reconnect.points[1][0]",
            "reconnect.points[1][1]",
        ] {
            assert!(text.contains(&format!("`rebalance.emqx.io/{field}`")), "{field} in {text}");
        }
        let text = Wishes::of(&with(&[("reconnect", "soon")])).unwrap_err().to_string();
        assert!(text.contains("`rebalance.emqx.io/reconnect` is `soon`"), "{text}");
    }
}
