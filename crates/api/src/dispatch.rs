//! Every question and its answer, for the version of the API that was found. Commands are in
//! [`commands`](crate::commands), the login in [`login`](crate::login).

use crate::health::NodeHealth;
use crate::release::Release;
use crate::version::ApiVersion;
use crate::{v4, v5};
use emqx_rebalance_core::{
    Availability, GlobalStatus, LocalStatus, NodeList, NodeLoad, NodeName, Result,
};
use http::{Request, Response};

/// Makes one method for each line, which calls the function of that name in `v4` or in `v5`.
macro_rules! dispatch {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty = $file:ident::$function:ident;
    )*) => {
        impl ApiVersion {$(
            $(#[$doc])*
            pub fn $name(self, $($arg: $ty),*) -> $out {
                match self {
                    Self::V4 => v4::$file::$function($($arg),*),
                    Self::V5 => v5::$file::$function($($arg),*),
                }
            }
        )*}
    };
}

dispatch! {
    /// Asks for every node and its load. Any node answers for all, but only after 30 s while one of
    /// them hangs, and then leaves that one out (contract/6.0.3, 06).
    fn nodes() -> Request<Vec<u8>> = nodes::nodes;

    /// Reads the answer to [`Self::nodes`]. One element that cannot be read leaves the others; a
    /// node without counts is of status `unknown`, never one with 0 clients.
    ///
    /// # Errors
    /// `unauthorized`, `forbidden`, `unsupported` or `protocol`; see the crate's page.
    fn parse_nodes(response: &Response<Vec<u8>>) -> Result<NodeList> = nodes::parse_nodes;

    /// Reads from the answer to [`Self::nodes`] which EMQX it is.
    ///
    /// # Errors
    /// As [`Self::parse_nodes`].
    fn parse_release(response: &Response<Vec<u8>>) -> Result<Release> = nodes::parse_release;

    /// Asks for one node and its load. Answered at once unless that node hangs.
    ///
    /// # Errors
    /// `config_invalid` if the name makes no URL.
    fn node(node: &NodeName) -> Result<Request<Vec<u8>>> = nodes::node;

    /// Reads the answer to [`Self::node`].
    ///
    /// # Errors
    /// `unknown_node` if EMQX does not know the node, or it is down; else as the crate's page says.
    fn parse_node(response: &Response<Vec<u8>>) -> Result<NodeLoad> = nodes::parse_node;

    /// Asks which nodes belong to the cluster and are not known to be down. EMQX 5 answers at once
    /// even while one of them hangs.
    fn cluster() -> Request<Vec<u8>> = nodes::cluster;

    /// Reads the answer to [`Self::cluster`]: the names, never none.
    ///
    /// # Errors
    /// `unauthorized`, `forbidden`, `unsupported` or `protocol`; see the crate's page.
    fn parse_cluster(response: &Response<Vec<u8>>) -> Result<Vec<NodeName>> = nodes::parse_cluster;

    /// Asks whether the node that answers is up. Needs no key.
    fn node_status() -> Request<Vec<u8>> = nodes::node_status;

    /// Reads the answer to [`Self::node_status`].
    ///
    /// # Errors
    /// `protocol` if it is not EMQX's.
    fn parse_node_status(response: &Response<Vec<u8>>) -> Result<NodeHealth>
        = nodes::parse_node_status;

    /// Asks what the node that answers does itself. There is no such question about another node.
    fn status() -> Request<Vec<u8>> = status::status;

    /// Reads the answer to [`Self::status`].
    ///
    /// # Errors
    /// `protocol` also while the node boots; else as the crate's page says.
    fn parse_status(response: &Response<Vec<u8>>) -> Result<LocalStatus> = status::parse_status;

    /// Asks what runs in the cluster. Any node answers for all, but only after 45 s while one of them
    /// hangs; before 5.1.1 ask a core.
    fn global_status() -> Request<Vec<u8>> = status::global_status;

    /// Reads the answer to [`Self::global_status`]. Empty once is no proof that nothing runs.
    ///
    /// # Errors
    /// `unauthorized`, `forbidden`, `unsupported` or `protocol`; see the crate's page.
    fn parse_global_status(response: &Response<Vec<u8>>) -> Result<GlobalStatus>
        = status::parse_global_status;

    /// Asks whether the node that answers takes clients. Send credentials: EMQX before 5.4 and
    /// 4.4.24 wants them, later ones do not mind.
    fn availability_check() -> Request<Vec<u8>> = status::availability_check;

    /// Reads the answer to [`Self::availability_check`].
    ///
    /// # Errors
    /// As the crate's page says. A 503 that is not EMQX's own word for a closed node is an error.
    fn parse_availability_check(response: &Response<Vec<u8>>) -> Result<Availability>
        = status::parse_availability_check;
}
