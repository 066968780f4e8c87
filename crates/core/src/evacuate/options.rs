//! What surrounds the cluster that a node of is emptied.

use crate::error::Result;
use crate::input::{Fields, FromFields, Options};
use crate::level::LoadBalancer;
use serde::{Deserialize, Deserializer, Serialize};

/// What surrounds the cluster, for the forecast of an evacuation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EvacuationPlanOptions {
    /// How the load balancer picks nodes. Default: not known; taken to spread evenly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<LoadBalancer>,
    /// Seconds that a dropped client takes to come back, on average. 0 to 86400, default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_delay_s: Option<f64>,
}

impl FromFields for EvacuationPlanOptions {
    const WHAT: &'static str = "evacuation options";
    const OPTIONS: &'static [&'static str] = &["load_balancer", "reconnect_delay_s"];

    fn take(fields: &mut Fields) -> Self {
        Self {
            load_balancer: fields.word("load_balancer", &LoadBalancer::WORDS),
            reconnect_delay_s: fields.number("reconnect_delay_s", "a number of seconds", |_| true),
        }
    }
}

impl<'de> Deserialize<'de> for EvacuationPlanOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map_err(serde::de::Error::custom)
    }
}
