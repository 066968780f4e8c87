//! What a login gives.

use crate::auth::Secret;
use emqx_rebalance_core::EmqxVersion;

/// The answer to a login.
#[derive(Clone, Debug)]
pub struct Login {
    /// The token, for [`crate::Credentials::Token`].
    pub token: Secret,
    /// The version of the node that answered.
    pub version: Option<EmqxVersion>,
    /// EMQX's word for what the user may do, such as `administrator` or `viewer`, since 5.3.
    pub role: Option<String>,
}
