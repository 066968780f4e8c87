//! Many objects at once.

use crate::controller::Controller;
use crate::emqx::Emqx;
use crate::place::Place;
use crate::samples::{V2BETA1, hastened};
use std::time::Instant;

const OBJECTS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_plans_are_made() {
    let place = Place::new("many").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    let controller = Controller::start(&place, &emqx.network.proxy, false).await;
    let before = controller.memory_kib();
    let began = Instant::now();
    let dry = "metadata:\n  annotations: {rebalance.emqx.io/dry-run: \"true\"}\n";
    let object = |i: usize| {
        let sample = hastened(V2BETA1).replace("metadata:\n", dry);
        sample.replace("rebalance-sample", &format!("rebalance-{i}"))
    };
    let objects: Vec<_> = (0..OBJECTS).map(object).collect();
    place.kubectl.apply(&objects.join("---\n")).await;
    println!("{OBJECTS} objects are created after {:.1} s", began.elapsed().as_secs_f64());
    for i in 0..OBJECTS {
        let name = format!("rebalance-{i}");
        let status = place.until(&name, |status| status["plan"].is_object()).await;
        assert_eq!(status["plan"]["runs"], 1, "{status:#}");
    }
    println!("and planned after {:.1} s", began.elapsed().as_secs_f64());
    println!("memory: {before} KiB before, {} KiB after", controller.memory_kib());
    for (name, value) in controller.metrics().await {
        println!("{name} {value}");
    }
    assert_eq!(emqx.network.starts(), 0, "plans only");
}
