//! Stops of runs and of evacuations, which any node passes on to the one that it is about.

use crate::cluster::Cluster;
use crate::nodes::is_refusal;
use crate::transport::Transport;
use emqx_rebalance_core::driver::{Answer, Ask};
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Result, StopAnswer};

impl<T: Transport> Cluster<T> {
    /// Has what `ask` stops, at `node`, be stopped: asks any node, and `node` itself if that one does
    /// not get through to it; then any with all the time there is, if one was silent. To be asked
    /// twice does no harm.
    pub(crate) async fn have_stopped(&self, node: &NodeName, ask: &Ask) -> Result<StopAnswer> {
        let request = self.api.request(ask, self.capabilities)?;
        let parse = |response: &_| match self.api.answer(ask, response)? {
            Answer::Stop(answer) => Ok(answer),
            _ => Err(Error::new(ErrorKind::Protocol, "that is no answer to a stop")),
        };
        let answer = self.session.ask_quickly(&request, parse).await.map(|(answer, _)| answer);
        let is_heard = match &answer {
            Ok(StopAnswer::Stopped | StopAnswer::NotStarted) => true,
            Ok(StopAnswer::Refused(_)) => false,
            Err(error) => is_refusal(error),
        };
        if is_heard {
            return answer;
        }
        if let Ok((own, _)) = self.session.ask_node(self.api, node, &request, parse).await {
            return Ok(own);
        }
        match answer {
            Err(error) if error.kind() == ErrorKind::Timeout => {
                Ok(self.session.ask_patiently(&request, parse).await?.0)
            }
            answer => answer,
        }
    }

    /// Whether `ask` stopped what runs at `node`.
    pub(crate) async fn is_stopped(&self, node: &NodeName, ask: &Ask) -> Result<bool> {
        match self.have_stopped(node, ask).await? {
            StopAnswer::Stopped => Ok(true),
            StopAnswer::NotStarted => Ok(false),
            StopAnswer::Refused(refusal) => Err(Error::from(refusal).with("node", node)),
        }
    }
}
