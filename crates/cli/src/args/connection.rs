//! How to reach the cluster, and as whom.

use clap::Args;
use std::path::PathBuf;

/// How to reach the cluster, and as whom.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Base URL of EMQX's HTTP API, such as http://10.0.0.1:18083. Repeat it, or separate URLs by
    /// commas: any node answers for all, and the next one is asked when one does not answer
    #[arg(
        long = "url",
        value_name = "URL",
        env = "EMQX_URL",
        hide_env_values = true,
        value_delimiter = ',',
        global = true
    )]
    pub(crate) urls: Vec<String>,
    /// Base URL of one node's own API, where it is not the node's host on the port of --url. Repeat
    #[arg(long = "node-url", value_name = "NODE=URL", global = true)]
    pub(crate) node_urls: Vec<String>,
    /// API key. Its secret comes from --api-secret-file or the variable EMQX_API_SECRET
    #[arg(long, value_name = "KEY", env = "EMQX_API_KEY", hide_env_values = true, global = true)]
    pub(crate) api_key: Option<String>,
    /// File that holds the secret of the API key
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) api_secret_file: Option<PathBuf>,
    /// Dashboard user, instead of an API key. The password comes from --password-file or the
    /// variable EMQX_PASSWORD
    #[arg(long, value_name = "NAME", env = "EMQX_USERNAME", hide_env_values = true, global = true)]
    pub(crate) username: Option<String>,
    /// File that holds the password of the dashboard user
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// How long to wait for an answer, in seconds: while a node hangs EMQX takes 45 to say what runs.
    /// Other nodes are asked after 3. A start may take a minute, or as long as this
    #[arg(long, value_name = "SECONDS", default_value_t = 50, global = true)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(crate) timeout: u16,
    /// PEM file of the certificate authority that signed EMQX's certificate
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ca_cert: Option<PathBuf>,
    /// PEM file of the client certificate
    #[arg(long, value_name = "FILE", requires = "client_key", global = true)]
    pub(crate) client_cert: Option<PathBuf>,
    /// PEM file of the client certificate's key
    #[arg(long, value_name = "FILE", requires = "client_cert", global = true)]
    pub(crate) client_key: Option<PathBuf>,
}
