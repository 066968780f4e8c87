//! What a load balancer has done.

use serde::Serialize;

/// What a load balancer has done since it started.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ProxyTotals {
    /// Connections that came.
    pub accepted: u64,
    /// Connections that were closed because no node was up.
    pub unrouted: u64,
    /// Connections that were closed because of the fault of [`super::Proxy::send_nobody`].
    pub sent_nowhere: u64,
    /// Rounds of health checks.
    pub rounds: u64,
    /// Every node, in the order of the configuration.
    pub backends: Vec<BackendTotals>,
}

/// What a load balancer has done with one node.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct BackendTotals {
    /// Whether it gets new connections.
    pub is_up: bool,
    /// Connections that are open now.
    pub open: u64,
    /// Connections that it was picked for.
    pub routed: u64,
    /// Of those, the ones that could not be opened.
    pub unreachable: u64,
    /// Health checks that failed.
    pub failed_checks: u64,
}

impl ProxyTotals {
    pub(super) fn new(nodes: usize) -> Self {
        let backend = BackendTotals { is_up: true, ..BackendTotals::default() };
        Self { backends: vec![backend; nodes], ..Self::default() }
    }

    pub(super) fn at(&mut self, node: usize, change: impl FnOnce(&mut BackendTotals)) {
        if let Some(node) = self.backends.get_mut(node) {
            change(node);
        }
    }

    /// A round of checks is over.
    pub(super) fn checked(&mut self, answers: &[bool], up: &[bool]) {
        self.rounds += 1;
        for ((node, answer), is_up) in self.backends.iter_mut().zip(answers).zip(up) {
            node.failed_checks += u64::from(!answer);
            node.is_up = *is_up;
        }
    }
}
