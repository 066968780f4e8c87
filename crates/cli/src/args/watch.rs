//! Arguments of `watch`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `watch`.
#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    /// The fleet: a YAML file of clusters and their policies
    #[arg(long, value_name = "FILE", required_unless_present_any = ["schema", "openapi"])]
    pub(crate) config: Option<PathBuf>,
    /// Say what is wrong with the file, and do nothing
    #[arg(long, conflicts_with = "schema")]
    pub(crate) check: bool,
    /// Write the file's JSON schema, for editors
    #[arg(long)]
    pub(crate) schema: bool,

    /// Write the description of the HTTP API, as OpenAPI
    #[arg(long, conflicts_with_all = ["schema", "check"])]
    pub(crate) openapi: bool,
}

/// Arguments of `fleet-demo`.
#[derive(Args, Debug)]
pub(crate) struct FleetDemoArgs {
    /// End by itself after so many seconds [default: at Ctrl-C]
    #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) for_s: Option<u64>,
}

/// What follows the help of `watch`.
pub(crate) const EXAMPLE: &str = "\
Nothing is started until a policy says `mode: auto`. A file to begin with:

  clusters:
    - name: eu
      url: http://10.0.0.1:18083
      api_key: 0f5f7c1a
      api_secret_env: EU_SECRET
      policy:
        mode: observe
        windows: [{cron: \"0 2 * * *\", duration_s: 3h}]
        time_zone: Europe/Berlin

It runs until Ctrl-C. Whoever runs it again goes on with what it had started.";
