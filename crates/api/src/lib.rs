//! The HTTP API of EMQX as values: requests to send, answers parsed.
//!
//! Does no IO, so that any host can carry the requests: reqwest, a browser's `fetch`, Grafana's
//! data source proxy, nginx. A request's URI is path and query alone; the transport puts its base
//! URL before it and [`Credentials`] into it.
//!
//! ```
//! use emqx_rebalance_api::{ApiVersion, Capabilities, Credentials, Secret};
//! use emqx_rebalance_core::{EmqxVersion, NodeName, StartAnswer, Strategy};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let api = ApiVersion::V5;
//! let nodes = ["emqx@10.0.0.1", "emqx@10.0.0.2"].map(|name| NodeName::new(name).unwrap());
//! let can = Capabilities::of(EmqxVersion::new(5, 8, 8));
//! let mut request = api.start(&nodes[1], &nodes, &Strategy::default(), can)?;
//! let key = Credentials::ApiKey { key: "key".into(), secret: Secret::new("secret") };
//! key.apply(&mut request)?;
//! assert_eq!(request.uri().path(), "/api/v5/load_rebalance/emqx@10.0.0.2/start");
//!
//! let response = http::Response::new(b"{}".to_vec());
//! assert_eq!(api.parse_start(&response)?, StartAnswer::Started);
//! # Ok(())
//! # }
//! ```
//!
//! # Which version
//! [`probe`] asks, [`parse_probe`] reads the answer, and [`ApiVersion`] has every request and every
//! answer as a method; [`ApiVersion::request`] and [`ApiVersion::answer`] carry what a driver asks.
//! What only some versions can do stands in [`Gate`]; a request never holds a
//! field that the version refuses.
//!
//! # Errors of answers
//! | kind | when |
//! |---|---|
//! | `unauthorized` | 401, or 400 without a body: key, token or password |
//! | `forbidden` | 403: the role or scopes of whoever asks |
//! | `unsupported` | 404 about the path, 405: no such endpoint in this version or edition |
//! | `unknown_node` | EMQX does not know a node that was named |
//! | `config_invalid` | EMQX does not take an option |
//! | `refused` | EMQX says no for another reason |
//! | `timeout`, `unreachable` | a proxy says that EMQX did not answer it |
//! | `protocol` | anything else: HTML, too many bytes, not the JSON that was asked for, 5xx |
//!
//! [`Sent::explain`] puts the first two in words that fit what was sent. EMQX's own text is in the
//! context, cut to 500 characters. Answers to commands give what EMQX understood and refused as a
//! value, [`emqx_rebalance_core::Refusal`]; an error then means that it is not known what EMQX did.

mod ask;
mod auth;
mod blame;
mod commands;
mod dispatch;
mod health;
mod login;
mod probe;
mod read;
mod release;
mod request;
mod v4;
mod v5;
mod version;

pub use auth::{Credentials, Secret};
pub use blame::Sent;
pub use health::NodeHealth;
pub use login::Login;
pub use probe::{parse_probe, probe};
pub use read::MAX_BODY;
pub use release::Release;
pub use version::{ApiVersion, Capabilities, Gate};
