//! Carries what a driver asks to EMQX, and the answer back.

use crate::session::Session;
use emqx_rebalance_api::{ApiVersion, Capabilities};
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{Answer, Ask};

/// Asks once and waits for the answer. Reads and stops are tried at several nodes; a start is sent
/// once; whether a node serves is asked of that node alone.
pub(crate) async fn carry(
    session: &Session,
    api: ApiVersion,
    capabilities: Capabilities,
    ask: &Ask,
) -> Result<Answer> {
    let request = api.request(ask, capabilities)?;
    let parse = |response: &_| api.answer(ask, response);
    match ask {
        Ask::Nodes | Ask::GlobalStatus | Ask::Stop { .. } | Ask::StopEvacuation { .. } => {
            session.ask(&request, parse).await
        }
        Ask::Availability { node } => session.ask_node(api, node, &request, parse).await,
        Ask::Start { .. } | Ask::StartEvacuation { .. } => {
            parse(&session.command(&request, session.timeouts.start).await?)
        }
    }
}
