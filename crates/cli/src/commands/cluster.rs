//! `cluster`: runs an embedded cluster in the foreground.

use super::crowd::{self, Crowd};
use super::interrupt::Interrupt;
use crate::args::ClusterArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::program::Program;
use emqx_rebalance_core::{Error, NodeName, Problem, Result};
use emqx_rebalance_sim::{ClusterConfig, Fault, Reconnect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The JSON of `cluster`.
#[derive(Serialize)]
struct Access {
    version: u32,
    urls: Vec<String>,
    api_key: String,
    api_secret: String,
    /// Where faults are asked for, with the same key.
    faults: String,
    /// `host:port` of every node for MQTT.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mqtt: Vec<String>,
    /// `host:port` of the load balancer for MQTT.
    #[serde(skip_serializing_if = "Option::is_none")]
    load_balancer: Option<String>,
}

/// Runs an embedded cluster until it is interrupted.
///
/// # Errors
/// Bad input, or no free port.
pub(crate) async fn run(args: &ClusterArgs, program: &Program, output: Output) -> Result<Exit> {
    let config = config(args)?;
    let example = example(&config);
    let names: Vec<NodeName> = config.nodes.iter().map(|node| node.name.clone()).collect();
    let crowd = if args.mqtt {
        real(config, program, output).await?
    } else {
        Crowd::counted(config).await?
    };
    let cluster = &crowd.cluster;
    let access = Access {
        version: 1,
        faults: format!("{}/sim/faults", cluster.urls().first().map_or("", String::as_str)),
        urls: cluster.urls(),
        api_key: cluster.api_key(),
        api_secret: cluster.api_secret(),
        mqtt: cluster.mqtt_addresses().iter().map(ToString::to_string).collect(),
        load_balancer: crowd.load_balancer().map(|address| address.to_string()),
    };
    output.result(&access, |_| exports(&access, &names, &example))?;
    output.tell(
        "The cluster runs until Ctrl-C. Paste the lines above into another shell, then:\n  \
         emqx-rebalance status\n",
    );
    Interrupt::new()?.wait().await;
    crowd.end().await?;
    Ok(Exit::Done)
}

/// The cluster with real clients, if so many files can be open.
async fn real(config: ClusterConfig, program: &Program, output: Output) -> Result<Crowd> {
    let clients = config.nodes.iter().map(|node| node.clients).sum();
    let (need, have) = (crowd::files_for(clients), crowd::files());
    if need > have {
        let bound = format!("fewer: they need {need} file descriptors of {have} (`ulimit -n`)");
        return Err(Error::invalid("options", vec![Problem::new("clients", clients, bound)]));
    }
    Crowd::real(config, program, output).await
}

fn config(args: &ClusterArgs) -> Result<ClusterConfig> {
    let mut config = ClusterConfig::with_clients(&clients(args)?)?;
    config.personality = word("personality", &args.personality)?;
    config.load_balancer.policy = word("load_balancer", &args.load_balancer)?;
    config.reconnect = args.fleet.resolve()?.map_or_else(Reconnect::default, Reconnect::by);
    config.cors = args.cors;
    config.faults = args.faults.resolve(args.mqtt)?;
    config.validate().map(|()| config)
}

/// One of the simulation's words.
fn word<T: DeserializeOwned>(field: &str, text: &str) -> Result<T> {
    serde_json::from_value(Value::from(text)).map_err(|error| {
        let error = error.to_string();
        let bound = error.split_once("expected ").map_or(error.as_str(), |(_, words)| words);
        Error::invalid("options", vec![Problem::new(field, text, bound)])
    })
}

/// Clients of every node: none that are counted, if there are to be real ones.
fn clients(args: &ClusterArgs) -> Result<Vec<u64>> {
    let counts = ClusterConfig::counts(args.nodes.map(usize::from), args.clients.clone());
    let counts = counts.map_err(|problem| Error::invalid("options", vec![problem]))?;
    let is_empty = args.mqtt && args.clients.is_none();
    Ok(if is_empty { vec![0; counts.len()] } else { counts })
}

/// A fault of this cluster as JSON.
fn example(config: &ClusterConfig) -> String {
    let node = config.nodes.get(1).or_else(|| config.nodes.first());
    let fault = node.map(|node| Fault::NodeKilled { node: node.name.clone() });
    serde_json::to_string(&fault).unwrap_or_default()
}

/// Lines to paste into a shell.
fn exports(access: &Access, names: &[NodeName], example: &str) -> String {
    let mut text = format!(
        "export EMQX_URL={}\nexport EMQX_API_KEY={}\nexport EMQX_API_SECRET={}\n",
        access.urls.join(","),
        access.api_key,
        access.api_secret
    );
    if !access.mqtt.is_empty() {
        let places = names.iter().zip(&access.mqtt);
        let places: Vec<String> = places.map(|(name, mqtt)| format!("{name}={mqtt}")).collect();
        text.push_str(&format!("export MQTT_NODES={}\n", places.join(",")));
    }
    if let Some(address) = &access.load_balancer {
        text.push_str(&format!("# MQTT through the load balancer: {address}\n"));
    }
    let curl = "curl -u $EMQX_API_KEY:$EMQX_API_SECRET";
    text.push_str(&format!("# Break it: {curl} {} -d '{example}'\n", access.faults));
    text
}
