//! What to start, as one object.

use super::Beside;
use crate::driver::{Driver, DriverOptions, Purpose};
use crate::error::Result;
use crate::evacuate::{EvacuationPlan, Evacuator};
use crate::input::FromFields;
use crate::plan::Plan;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess};
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

impl<P: DeserializeOwned> StartRequest<P> {
    /// Reads a request.
    ///
    /// # Errors
    /// `config_invalid` with every problem of the options at once.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self> {
        let (beside, mut fields): (BesideStart<P>, _) = super::read(deserializer, WHAT)?;
        let force = fields.flag("force").unwrap_or_default();
        let purpose =
            Purpose { who: fields.text("who", TEXT), reason: fields.text("reason", TEXT) };
        let options = DriverOptions::take(&mut fields);
        let own: &[&str] = &["force", "who", "reason"];
        fields.finish(WHAT, &[own, DriverOptions::OPTIONS].concat())?;
        let missing = || super::missing(WHAT, "plan", "the plan to start");
        Ok(Self { plan: beside.plan.ok_or_else(missing)?, force, purpose, options })
    }
}

impl StartRequest<Plan> {
    /// A driver for it.
    ///
    /// # Errors
    /// As [`Driver::new`].
    pub fn driver(self) -> Result<Driver> {
        Ok(Driver::new(self.plan, self.options, self.force)?.with_purpose(self.purpose))
    }
}

impl StartRequest<EvacuationPlan> {
    /// A driver for it.
    ///
    /// # Errors
    /// As [`Evacuator::new`].
    pub fn evacuator(self) -> Result<Evacuator> {
        Ok(Evacuator::new(self.plan, self.options, self.force)?.with_purpose(self.purpose))
    }
}

impl<'de, P: DeserializeOwned> Deserialize<'de> for StartRequest<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}

struct BesideStart<P> {
    plan: Option<P>,
}

impl<P> Default for BesideStart<P> {
    fn default() -> Self {
        Self { plan: None }
    }
}

impl<'de, P: DeserializeOwned> Beside<'de> for BesideStart<P> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        if name == "plan" { super::fill(&mut self.plan, name, map) } else { Ok(false) }
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
        assert_eq!(read("{}").unwrap_err().context()["field"], "plan");
    }
}
