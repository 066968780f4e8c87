//! What surrounds the cluster that a node of is emptied.

use crate::balancer::LoadBalancer;
use crate::input::{options, unchecked, word};
use crate::reconnect::{self, RECONNECT_DELAY, ReconnectProfile, profile};
use serde::Serialize;

options! {
    /// What surrounds the cluster, for the forecast of an evacuation.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
    pub struct EvacuationPlanOptions("evacuation options") {
        /// How the load balancer picks nodes. One that is not known is taken to spread evenly.
        pub load_balancer: Option<LoadBalancer> =
            word(&LoadBalancer::WORDS).otherwise("not known"),
        /// Seconds that a dropped client takes to come back, on average.
        pub reconnect_delay_s: Option<f64> = unchecked(&RECONNECT_DELAY).of("s").otherwise("1"),
        /// How dropped clients come back: a reconnect profile, a name of one, or an average delay.
        #[ts(type = "ReconnectProfile | NamedProfile | number | string", optional)]
        pub reconnect: Option<ReconnectProfile> =
            profile().otherwise("as `reconnect_delay_s` says"),
    }
}

impl EvacuationPlanOptions {
    /// How dropped clients come back, if it was said.
    pub(crate) fn told_profile(&self) -> Option<ReconnectProfile> {
        reconnect::told(self.reconnect.as_ref(), self.reconnect_delay_s)
    }

    /// How dropped clients are taken to come back: within a second or so, where nothing was said.
    pub(crate) fn profile(&self) -> ReconnectProfile {
        self.told_profile().unwrap_or_else(|| ReconnectProfile::of_delay(1.0))
    }
}
