//! Stops an evacuation that does harm.

use super::evacuator::Evacuator;
use crate::driver::Guard;
use crate::driver::guard::{down, full, missing_clients};
use crate::driver::poll::Poll;
use crate::emqx::GlobalStatus;

impl Evacuator {
    pub(super) fn trouble(&self, poll: &Poll) -> Option<(Guard, String)> {
        let by_status = poll.status.as_ref().and_then(|status| self.intruder(status));
        let by_nodes = || {
            let list = poll.nodes.as_ref()?;
            down(list, &self.state.plan_nodes())
                .or_else(|| missing_clients(&self.state.watch, &self.state.options))
                .or_else(|| full(&list.nodes, &self.state.plan.clients_to, &self.state.options))
        };
        by_status.or_else(by_nodes)
    }

    fn intruder(&self, status: &GlobalStatus) -> Option<(Guard, String)> {
        if let Some(run) = status.rebalances.first() {
            let text = format!("{} coordinates a rebalance", run.coordinator);
            return Some((Guard::ForeignRun, text));
        }
        let known = |node| node == self.state.node() || self.state.others.contains(node);
        let mut evacuated = status.evacuations.iter().filter_map(|entry| entry.node.as_ref());
        let node = evacuated.find(|node| !known(*node))?;
        Some((Guard::Evacuation, format!("{node} is being evacuated too")))
    }
}
