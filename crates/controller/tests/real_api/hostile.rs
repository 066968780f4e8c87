//! What whoever may create objects may put into them: nobody else has to suffer for it.

use crate::controller::Controller;
use crate::emqx::Emqx;
use crate::place::Place;
use crate::samples::{V2BETA1, hastened};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// What the chart's limit leaves beside what the program takes anyway.
const MEMORY_KIB: u64 = 128 << 10;

/// A state of 78 kB that unpacks to 64 MB.
fn bomb() -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(br#"{"writer":"a","sequence":1,"gated":[""#).unwrap();
    for _ in 0..1 << 10 {
        gzip.write_all(&br#"","#.repeat(21_000)).unwrap();
    }
    STANDARD.encode(gzip.finish().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_somebody_else_stop_nobody() {
    let place = Place::new("hostile").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    let named = |name: &str| V2BETA1.replace("rebalance-sample", name);
    let state = |name: &str, state: &str| {
        let annotations =
            format!("metadata:\n  annotations: {{rebalance.emqx.io/state: {state:?}}}\n");
        named(name).replace("metadata:\n", &annotations)
    };
    let objects = [
        // EMQX's definition does not ask for a spec, and neither does ours.
        "apiVersion: apps.emqx.io/v2beta1\nkind: Rebalance\nmetadata: {name: bare}\n".to_owned(),
        state("bomb", &bomb()),
        state("forged", "H4sIAAAA"),
        named("path").replace("instanceName: emqx-ee", "instanceName: ../../secrets/x"),
        named("blank").replace("instanceName: emqx-ee", "instanceName: a b"),
        named("nowhere").replace("instanceName: emqx-ee", "instanceName: nowhere"),
    ];
    for object in &objects {
        // Not `apply`, whose own annotation would make the object too large.
        place.kubectl.with_input(&["create", "--filename=-"], object).await;
    }
    let controller = Controller::start(&place, &emqx.network.proxy, true).await;
    place.kubectl.apply(&hastened(V2BETA1)).await;
    place.until_phase("rebalance-sample", "Completed").await;
    for name in ["bomb", "forged", "path", "blank"] {
        place.until_phase(name, "Failed").await;
    }
    let waits = |status: &serde_json::Value| {
        status["conditions"].as_array().into_iter().flatten().any(|c| c["reason"] == "Unreadable")
    };
    place.until("bare", waits).await;
    let memory = controller.memory_kib();
    println!("memory with hostile objects: {memory} KiB");
    assert!(memory < MEMORY_KIB, "{memory} KiB");
    for probe in ["/healthz", "/readyz"] {
        assert!(controller.ask(probe).await.starts_with("HTTP/1.1 200"), "{probe}");
    }
}
