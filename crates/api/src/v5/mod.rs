//! `/api/v5`: EMQX 5.1 to 6.x.
//!
//! Read from EMQX 5.3.2, 5.8.8 and 6.0.3 as recorded in `tests/contract`, and from EMQX's source
//! `apps/emqx_node_rebalance/src/emqx_node_rebalance_api.erl` at 5.10.2. `v4` has the same files
//! and functions: compare the two folders to see what differs.

pub(crate) mod error;
pub(crate) mod nodes;
pub(crate) mod status;
