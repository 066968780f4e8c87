//! What to start, as one object.

use crate::driver::{Driver, DriverOptions, Purpose};
use crate::error::{Error, Problem, Result};
use crate::evacuate::EvacuationPlan;
use crate::input::{Fields, FromFields};
use crate::job::Job;
use crate::plan::Plan;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use std::fmt;
use std::ops::RangeInclusive;

/// What to start: `plan`, a [`Plan`] or an [`EvacuationPlan`]; `force`, `who` and `reason`; and every
/// option of [`DriverOptions`] by its name.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StartRequest<P> {
    /// What to do.
    pub plan: P,
    /// Whether to start in spite of findings of severity `error`. Default false.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>", optional))]
    pub force: bool,
    /// Who starts it, and why.
    #[cfg_attr(feature = "typescript", ts(flatten))]
    pub purpose: Purpose,
    /// How patiently.
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub options: DriverOptions,
}

/// What can be started.
pub trait Startable: DeserializeOwned {
    /// What it is, for somebody who gave something else.
    const WHAT: &'static str;
}

impl Startable for Plan {
    const WHAT: &'static str = "the plan of a rebalance: an evacuation's is started as such";
}

impl Startable for EvacuationPlan {
    const WHAT: &'static str = "the plan of an evacuation: a rebalance's is started as such";
}

impl<P: Startable> StartRequest<P> {
    /// Reads a request.
    ///
    /// # Errors
    /// `config_invalid` with the problem of the plan, or every problem of the options at once.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self> {
        let (plan, mut fields) = parts(deserializer)?;
        let force = fields.flag("force").unwrap_or_default();
        let purpose =
            Purpose { who: fields.text("who", TEXT), reason: fields.text("reason", TEXT) };
        let options = DriverOptions::take(&mut fields);
        let own: &[&str] = &["force", "who", "reason"];
        fields.finish(WHAT, &[own, DriverOptions::OPTIONS].concat())?;
        let plan = plan.ok_or_else(|| super::missing(WHAT, "plan", P::WHAT))?;
        Ok(Self { plan, force, purpose, options })
    }
}

impl<P: Into<Job>> StartRequest<P> {
    /// A driver for it.
    ///
    /// ```
    /// use emqx_rebalance_core::{Plan, PlanRequest, StartRequest};
    ///
    /// let json = r#"{"snapshot": {"nodes": [{"node": "a@h", "connections": 9000}, {"node": "b@h"}]}}"#;
    /// let plan = serde_json::to_value(serde_json::from_str::<PlanRequest>(json)?.plan()?)?;
    /// let start = serde_json::json!({"plan": plan, "reason": "ticket 8", "max_waves": 1});
    /// let driver = serde_json::from_value::<StartRequest<Plan>>(start)?.driver()?;
    /// assert_eq!(driver.state().purpose.reason.as_deref(), Some("ticket 8"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Driver::new`].
    pub fn driver(self) -> Result<Driver> {
        Ok(Driver::new(self.plan, self.options, self.force)?.with_purpose(self.purpose))
    }
}

impl<'de, P: Startable> Deserialize<'de> for StartRequest<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

/// Reads a request's plan, and everything else in it.
fn parts<'de, P: Startable, D: Deserializer<'de>>(deserializer: D) -> Result<(Option<P>, Fields)> {
    let (mut plan, mut why) = (None, None);
    let read = deserializer.deserialize_map(PartsVisitor { plan: &mut plan, why: &mut why });
    match (read, why) {
        (Ok(fields), _) => Ok((plan, fields)),
        (Err(_), Some(why)) => Err(invalid(Problem::new("plan", why, P::WHAT))),
        (Err(error), None) => {
            Err(invalid(Problem::new(WHAT, error, "an object, each option once")))
        }
    }
}

fn invalid(problem: Problem) -> Error {
    Error::invalid(WHAT, vec![problem])
}

/// Gives everything but the plan.
struct PartsVisitor<'a, P> {
    plan: &'a mut Option<P>,
    /// Why the plan is none: a format's error can only say it in words.
    why: &'a mut Option<String>,
}

impl<'de, P: Startable> Visitor<'de> for PartsVisitor<'_, P> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            if name != "plan" {
                fields.insert(name, map.next_value()?).map_err(A::Error::custom)?;
            } else if self.plan.is_some() {
                return Err(A::Error::custom("`plan` is given twice"));
            } else {
                *self.plan =
                    map.next_value().inspect_err(|error| *self.why = Some(error.to_string()))?;
            }
        }
        Ok(fields)
    }
}

const WHAT: &str = "start request";
/// Bytes of a name or a reason: they go into state files and records.
const TEXT: RangeInclusive<usize> = 1..=1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::PlanRequest;

    fn plan() -> String {
        let json = r#"{"snapshot":{"nodes":[{"node":"a@h","connections":9000},{"node":"b@h"}]}}"#;
        let request: PlanRequest = serde_json::from_str(json).unwrap();
        serde_json::to_string(&request.plan().unwrap()).unwrap()
    }

    fn read(json: &str) -> Result<StartRequest<Plan>> {
        StartRequest::read(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn a_plan_is_started_with_a_purpose_and_patience() {
        let json = format!(r#"{{"plan":{},"reason":"scale-out","stall_after_s":9}}"#, plan());
        let request = read(&json).unwrap();
        assert_eq!(request.options.stall_after_s, 9);
        assert!(!request.force);
        let driver = request.driver().unwrap();
        assert_eq!(driver.state().purpose.reason.as_deref(), Some("scale-out"));
    }

    #[test]
    fn bad_starts_name_the_field() {
        for (rest, field) in [
            (r#","force":"yes""#, "force"),
            (r#","who":7"#, "who"),
            (r#","settle_s":0"#, "settle_s"),
            (r#","foo":0"#, "foo"),
        ] {
            let error = read(&format!(r#"{{"plan":{}{rest}}}"#, plan())).unwrap_err();
            assert_eq!(error.context()["field"], field);
        }
        for json in ["{}", r#"{"plan":null}"#, r#"{"plan":7}"#, r#"{"plan":{"version":1}}"#] {
            assert_eq!(read(json).unwrap_err().context()["field"], "plan", "{json}");
        }
        assert!(read("[]").is_err());
    }

    #[test]
    fn the_plan_of_the_other_kind_is_refused_as_such() {
        let json = format!(r#"{{"plan":{}}}"#, plan());
        let read = &mut serde_json::Deserializer::from_str(&json);
        let error = StartRequest::<EvacuationPlan>::read(read).unwrap_err();
        assert_eq!(error.context()["bound"], EvacuationPlan::WHAT);
    }
}
