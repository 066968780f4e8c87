//! Carries a driver's questions: one request for each, one answer from each.

use crate::version::{ApiVersion, Capabilities};
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{Answer, Ask};
use http::{Request, Response};

impl ApiVersion {
    /// The request for `ask`.
    ///
    /// [`Ask::Availability`] is to be sent to the node it names, anything else to any node.
    ///
    /// # Errors
    /// `unsupported` if `capabilities` lack something that a start needs; `config_invalid` if a
    /// node's name makes no URL.
    pub fn request(self, ask: &Ask, capabilities: Capabilities) -> Result<Request<Vec<u8>>> {
        match ask {
            Ask::Nodes => Ok(self.nodes()),
            Ask::GlobalStatus => Ok(self.global_status()),
            Ask::Availability { .. } => Ok(self.availability_check()),
            Ask::Start { run } => {
                self.start(&run.coordinator, &run.nodes, &run.strategy, capabilities)
            }
            Ask::Stop { coordinator } => self.stop(coordinator),
            Ask::StartEvacuation { node, evacuation } => {
                self.start_evacuation(node, evacuation, capabilities)
            }
            Ask::StopEvacuation { node } => self.stop_evacuation(node),
        }
    }

    /// Reads the answer to [`Self::request`] for the same `ask`.
    ///
    /// # Errors
    /// As the crate's page says. To be handed to the driver as they are.
    pub fn answer(self, ask: &Ask, response: &Response<Vec<u8>>) -> Result<Answer> {
        match ask {
            Ask::Nodes => self.parse_nodes(response).map(Answer::Nodes),
            Ask::GlobalStatus => self.parse_global_status(response).map(Answer::GlobalStatus),
            Ask::Availability { .. } => {
                self.parse_availability_check(response).map(Answer::Availability)
            }
            Ask::Start { .. } => self.parse_start(response).map(Answer::Start),
            Ask::Stop { .. } => self.parse_stop(response).map(Answer::Stop),
            Ask::StartEvacuation { .. } => self.parse_start_evacuation(response).map(Answer::Start),
            Ask::StopEvacuation { .. } => self.parse_stop_evacuation(response).map(Answer::Stop),
        }
    }
}
