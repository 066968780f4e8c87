//! Carries what a driver asks to EMQX, and the answer back.

use crate::session::Session;
use emqx_rebalance_api::{ApiVersion, Capabilities};
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{Answer, Ask};

/// Asks once and waits for the answer. Reads are tried at several nodes; a start is sent once.
pub(crate) async fn carry(
    session: &Session,
    api: ApiVersion,
    capabilities: Capabilities,
    ask: &Ask,
) -> Result<Answer> {
    match ask {
        Ask::Nodes => session.ask(&api.nodes(), |r| api.parse_nodes(r)).await.map(Answer::Nodes),
        Ask::GlobalStatus => {
            let status = session.ask(&api.global_status(), |r| api.parse_global_status(r)).await;
            status.map(Answer::GlobalStatus)
        }
        Ask::Availability { node } => {
            let request = api.availability_check();
            let parse = |r: &_| api.parse_availability_check(r);
            session.ask_node(api, node, &request, parse).await.map(Answer::Availability)
        }
        Ask::Start { run } => {
            let request = api.start(&run.coordinator, &run.nodes, &run.strategy, capabilities)?;
            let response = session.command(&request, session.timeouts.start).await?;
            api.parse_start(&response).map(Answer::Start)
        }
        Ask::Stop { coordinator } => {
            let request = api.stop(coordinator)?;
            session.ask(&request, |r| api.parse_stop(r)).await.map(Answer::Stop)
        }
    }
}
