//! The engine as the object keeps it.

use crate::failure::Failure;
use crate::own::PolicyStatus;
use crate::packed::{pack, unpack};
use emqx_rebalance_core::policy::Engine;
use tracing::warn;

/// The engine that `status` keeps. One that cannot be read is begun anew: it waits for its times again, and what was
/// started is seen in EMQX.
pub(super) fn engine(status: &PolicyStatus) -> Engine {
    let Some(text) = &status.state else { return Engine::default() };
    let read = unpack(text).and_then(|json| Ok(serde_json::from_slice(&json)?));
    read.unwrap_or_else(|error| {
        warn!(%error, "the state of a policy cannot be read, and is begun anew");
        Engine::default()
    })
}

/// `engine` as text.
pub(super) fn text(engine: &Engine) -> Result<String, Failure> {
    Ok(pack(engine)?)
}
