//! EMQX's options as flags and as a file.

use crate::input;
use clap::Args;
use emqx_rebalance_core::{Result, Strategy};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// EMQX's rebalance options. Values stay text here: the core checks them, all at once.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Strategy (EMQX's options)")]
pub(crate) struct StrategyArgs {
    /// File of options, JSON or YAML; `-` reads standard input. Flags override it
    #[arg(long, value_name = "FILE")]
    strategy: Option<PathBuf>,
    /// Clients that each donor drops per second [default: 500]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    conn_evict_rate: Option<String>,
    /// Sessions without a client that each donor moves per second [default: 500]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    sess_evict_rate: Option<String>,
    /// Wait before the first eviction, for load balancers to notice: 10s, 1m30s [default: 60s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    wait_health_check: Option<String>,
    /// Wait after the last eviction, for clients to come back: 10s, 1m30s [default: 60s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    wait_takeover: Option<String>,
    /// Connections: stop when donors average at most this many more than recipients
    /// [default: 1000]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    abs_conn_threshold: Option<String>,
    /// Connections: stop when donors average at most this many times recipients [default: 1.1]
    #[arg(long, value_name = "RATIO", allow_hyphen_values = true)]
    rel_conn_threshold: Option<String>,
    /// The same for sessions [default: 1000]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    abs_sess_threshold: Option<String>,
    /// The same for sessions [default: 1.1]
    #[arg(long, value_name = "RATIO", allow_hyphen_values = true)]
    rel_sess_threshold: Option<String>,
    /// Time for one round of evicting clients, EMQX 5.9 and later [default: EMQX's own]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    conn_evict_rpc_timeout: Option<String>,
    /// Time for one round of moving sessions, EMQX 5.9 and later [default: EMQX's own]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    sess_evict_rpc_timeout: Option<String>,
}

impl StrategyArgs {
    /// The strategy of the file, overridden by the flags.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn resolve(&self) -> Result<Strategy> {
        let mut options = match &self.strategy {
            Some(path) => input::options(path, "strategy")?,
            None => Map::new(),
        };
        for (name, value) in self.flags() {
            if let Some(value) = value {
                options.insert(name.to_owned(), Value::String(value.clone()));
            }
        }
        input::checked(options)
    }

    /// Whether the strategy is read from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.strategy.as_deref().is_some_and(input::is_stdin)
    }

    fn flags(&self) -> [(&'static str, &Option<String>); 10] {
        [
            ("conn_evict_rate", &self.conn_evict_rate),
            ("sess_evict_rate", &self.sess_evict_rate),
            ("wait_health_check", &self.wait_health_check),
            ("wait_takeover", &self.wait_takeover),
            ("abs_conn_threshold", &self.abs_conn_threshold),
            ("rel_conn_threshold", &self.rel_conn_threshold),
            ("abs_sess_threshold", &self.abs_sess_threshold),
            ("rel_sess_threshold", &self.rel_sess_threshold),
            ("conn_evict_rpc_timeout", &self.conn_evict_rpc_timeout),
            ("sess_evict_rpc_timeout", &self.sess_evict_rpc_timeout),
        ]
    }
}
