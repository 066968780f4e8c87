//! How patiently a plan is driven, and what stops it.

use super::quantity::{Quantities, Scale, milliseconds, percent, plain, whole_seconds};
use crate::input;
use clap::Args;
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::DriverOptions;

/// How patiently a plan is driven, and what stops it.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Driving and guards")]
pub(crate) struct DrivingArgs {
    /// What is so for every driver.
    #[command(flatten)]
    patience: PatienceArgs,
    /// level: most rounds, each planned from fresh counts, 1 to 3 [default: 3]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    max_waves: Option<String>,
}

/// How patiently plans and evacuations are driven, and what stops them. Values stay text here: the
/// core checks them, all at once.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Driving and guards")]
pub(crate) struct PatienceArgs {
    /// Time between two looks at the cluster: 500ms, 2s [default: 1s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    poll_interval: Option<String>,
    /// Stop if no count moves for this long while clients are being dropped [default: 30s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    stall_after: Option<String>,
    /// Stop after this time [default: twice the forecast and two minutes]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    time_limit: Option<String>,
    /// Stop if more than this percentage of the clients are missing; 100 never stops
    /// [default: 10]
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    max_missing: Option<String>,
    /// Time that dropped clients get to come back before they count as missing [default: 5s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    reconnect_grace: Option<String>,
    /// Stop if a node that gets clients holds this many [default: 90 % of its file descriptors]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    max_node_connections: Option<String>,
    /// Time at the end for donors to serve and clients to come back [default: 30s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    settle: Option<String>,
}

impl DrivingArgs {
    /// The driver options that the flags ask for.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn resolve(&self) -> Result<DriverOptions> {
        self.patience.read(&[("max_waves", "max_waves", &self.max_waves, plain)])
    }
}

impl PatienceArgs {
    /// The driver options that the flags ask for.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn resolve(&self) -> Result<DriverOptions> {
        self.read(&[])
    }

    fn read(&self, more: &[Flag<'_>]) -> Result<DriverOptions> {
        let mut numbers = Quantities::default();
        let flags: [Flag<'_>; 7] = [
            ("poll_interval_ms", "poll_interval", &self.poll_interval, milliseconds),
            ("stall_after_s", "stall_after", &self.stall_after, whole_seconds),
            ("time_limit_s", "time_limit", &self.time_limit, whole_seconds),
            ("max_missing_percent", "max_missing", &self.max_missing, percent),
            ("reconnect_grace_s", "reconnect_grace", &self.reconnect_grace, whole_seconds),
            ("max_node_connections", "max_node_connections", &self.max_node_connections, plain),
            ("settle_s", "settle", &self.settle, whole_seconds),
        ];
        let given = flags.iter().chain(more).filter_map(|(name, flag, text, scale)| {
            Some(((*name).to_owned(), numbers.read(flag, text.as_ref(), *scale)?))
        });
        let given = given.collect();
        numbers.finish()?;
        input::checked(given)
    }
}

/// The core's name of an option, that of its flag, the text and what to make of it.
type Flag<'a> = (&'a str, &'a str, &'a Option<String>, Scale);
