//! `/api/v4`: EMQX Enterprise 4.4.12 to 4.4.x.
//!
//! Read from EMQX's documentation of release 4.4 (`advanced/rebalancing.md`,
//! `advanced/http-api.md`) and its API's source before it moved away
//! (`apps/emqx_node_rebalance/src/emqx_node_rebalance_api.erl`, August 2022); no recordings. Refusals come with HTTP 200. `v5` has
//! the same files and functions: compare the two folders to see what differs.

pub(crate) mod error;
pub(crate) mod nodes;
pub(crate) mod status;
