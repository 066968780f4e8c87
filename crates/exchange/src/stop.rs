//! Stops of runs and of evacuations, which any node passes on to the one that it is about.

use crate::cluster::Cluster;
use crate::nodes::is_refusal;
use crate::transport::Transport;
use emqx_rebalance_core::{NodeName, Result, StopAnswer};
use http::{Request, Response};

impl<T: Transport> Cluster<T> {
    /// Has the rebalance stop that `coordinator` runs.
    pub(crate) async fn stop_run(&self, coordinator: &NodeName) -> Result<StopAnswer> {
        let request = self.api.stop(coordinator)?;
        self.have_stopped(coordinator, &request, |answer| self.api.parse_stop(answer)).await
    }

    /// Has `node` stop emptying itself.
    pub(crate) async fn stop_emptying(&self, node: &NodeName) -> Result<StopAnswer> {
        let request = self.api.stop_evacuation(node)?;
        self.have_stopped(node, &request, |answer| self.api.parse_stop_evacuation(answer)).await
    }

    /// Asks any node, and `node` itself if that one does not get through to it. To be asked twice
    /// does no harm.
    async fn have_stopped(
        &self,
        node: &NodeName,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<StopAnswer>,
    ) -> Result<StopAnswer> {
        let answer = self.session.ask(request, &parse).await;
        let is_heard = match &answer {
            Ok(StopAnswer::Stopped | StopAnswer::NotStarted) => true,
            Ok(StopAnswer::Refused(_)) => false,
            Err(error) => is_refusal(error),
        };
        if is_heard {
            return answer;
        }
        match self.session.ask_node(self.api, node, request, parse).await {
            Ok((own, _)) => Ok(own),
            Err(_) => answer,
        }
    }
}
