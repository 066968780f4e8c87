//! Debian's `mosquitto_pub` and `mosquitto_sub`, as they are.

#![cfg(test)]

use emqx_rebalance_sim::ClusterConfig;
use emqx_rebalance_sim::server::{Embedded, MqttOptions, ServerOptions};
use std::process::Stdio;
use tokio::process::{Child, Command};

async fn cluster() -> Embedded {
    let options = ServerOptions { mqtt: Some(MqttOptions::default()), ..Default::default() };
    Embedded::start_on(ClusterConfig::with_clients(&[0, 0]).unwrap(), options).await.unwrap()
}

fn mosquitto(program: &str, cluster: &Embedded, node: usize, arguments: &[&str]) -> Child {
    let port = cluster.mqtt_addresses()[node].port().to_string();
    Command::new(program)
        .args(["-h", "127.0.0.1", "-p", &port])
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{program}: {error}; get it with `apt-get install mosquitto-clients`")
        })
}

#[tokio::test]
async fn mosquitto_publishes_and_subscribes_in_every_version() {
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        let cluster = cluster().await;
        let arguments = ["-V", version, "-q", "1", "-t", "a/#", "-C", "1", "-W", "20"];
        let subscriber = mosquitto("mosquitto_sub", &cluster, 0, &arguments);
        // Retained, so that it does not matter which of the two is first.
        let arguments = ["-V", version, "-q", "2", "-r", "-t", "a/b", "-m", "hello"];
        let mut publisher = mosquitto("mosquitto_pub", &cluster, 1, &arguments);
        assert!(publisher.wait().await.unwrap().success(), "{version}");
        let output = subscriber.wait_with_output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n", "{version}");
    }
}

#[tokio::test]
async fn mosquitto_keeps_a_session_for_its_next_visit() {
    let cluster = cluster().await;
    let session = ["-i", "keeper", "-c", "-q", "1", "-t", "a"];
    let mut visit = mosquitto("mosquitto_sub", &cluster, 0, &[&session[..], &["-E"]].concat());
    assert!(visit.wait().await.unwrap().success());
    let mut publisher =
        mosquitto("mosquitto_pub", &cluster, 1, &["-q", "1", "-t", "a", "-m", "kept"]);
    assert!(publisher.wait().await.unwrap().success());
    let arguments = [&session[..], &["-C", "1", "-W", "20"]].concat();
    let output =
        mosquitto("mosquitto_sub", &cluster, 1, &arguments).wait_with_output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "kept\n");
}
