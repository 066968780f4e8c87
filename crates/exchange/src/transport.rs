//! Whoever carries requests.

use crate::base::BaseUrl;
use emqx_rebalance_core::Result;
use http::{Request, Response};
use std::time::Duration;

/// Carries one request to one address, and knows the time.
pub trait Transport: Clone + Send + Sync + 'static {
    /// Whether a base URL may be a path alone, as in a page that was loaded from the same server.
    const TAKES_PATHS: bool;

    /// Sends `request`, whose URI is path and query, to `base`, and reads at most
    /// [`emqx_rebalance_api::MAX_BODY`] of the answer. Follows no redirects.
    ///
    /// # Errors
    /// `timeout` if there is no whole answer within `timeout`, `unreachable` if there is no
    /// connection, `protocol` if the answer breaks off or is too large.
    fn send(
        &self,
        base: &BaseUrl,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> impl Future<Output = Result<Response<Vec<u8>>>> + Send;

    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// Milliseconds since 1970.
    fn unix_ms(&self) -> u64;
}
