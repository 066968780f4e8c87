//! Stops of runs and of evacuations, which any node passes on to the one that it is about.

use crate::cluster::Cluster;
use crate::nodes::is_refusal;
use crate::transport::Transport;
use emqx_rebalance_core::{ErrorKind, NodeName, Result, StopAnswer};
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

    /// Asks any node, and `node` itself if that one does not get through to it; then any with all the
    /// time there is, if one was silent. To be asked twice does no harm.
    async fn have_stopped(
        &self,
        node: &NodeName,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<StopAnswer> + Send + Sync,
    ) -> Result<StopAnswer> {
        let answer = self.session.ask_quickly(request, &parse).await.map(|(answer, _)| answer);
        let is_heard = match &answer {
            Ok(StopAnswer::Stopped | StopAnswer::NotStarted) => true,
            Ok(StopAnswer::Refused(_)) => false,
            Err(error) => is_refusal(error),
        };
        if is_heard {
            return answer;
        }
        if let Ok((own, _)) = self.session.ask_node(self.api, node, request, &parse).await {
            return Ok(own);
        }
        match answer {
            Err(error) if error.kind() == ErrorKind::Timeout => {
                Ok(self.session.ask_patiently(request, parse).await?.0)
            }
            answer => answer,
        }
    }
}
