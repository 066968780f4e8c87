//! What whoever follows the watch is told.

use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::policy::Decision;
use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;

/// What whoever follows the watch is told.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum News {
    /// Something else was decided than before.
    Decided {
        /// About which cluster.
        cluster: String,
        /// What, and why.
        decision: Box<Decision>,
    },
    /// A run has its verdict.
    Ended {
        /// Of which cluster.
        cluster: String,
        /// What is kept of it.
        record: Box<Record>,
    },
    /// Something went wrong here, which is tried again.
    Trouble {
        /// With which cluster; with none of them in particular if absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        cluster: Option<String>,
        /// What.
        message: String,
    },
}

/// Tells the news, if anybody listens.
#[derive(Clone, Debug)]
pub(crate) struct Teller(pub(crate) UnboundedSender<News>);

impl Teller {
    pub(crate) fn tell(&self, news: News) {
        // Nobody has to listen.
        let _ = self.0.send(news);
    }
}
