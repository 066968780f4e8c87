//! The driver's state as the object keeps it.

use crate::packed::{pack, unpack};
use emqx_rebalance_core::driver::{DriverState, StoredEvacuation, StoredRebalance};
use serde::{Deserialize, Serialize};
use std::io::Error;

/// All that another process needs to go on, kept in the status.
///
/// It is replaced only by whoever wrote what it holds: a text that is not one's own means
/// that another process drives the object now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Saved {
    /// Who wrote it: no two processes are called the same, so no two write the same text.
    pub(crate) writer: String,
    /// Counts the writes, for the same reason.
    pub(crate) sequence: u64,
    /// The driver.
    pub(crate) driver: DriverState,
}

impl Saved {
    /// `driver` as `writer` leaves it to the next process, without the forecasts' curves: most of a
    /// large state, and only good for telling what should have moved by now.
    pub(crate) fn new(writer: &str, sequence: u64, driver: &DriverState) -> Self {
        let mut driver = driver.clone();
        driver.leave_out_curves();
        Self { writer: writer.to_owned(), sequence, driver }
    }

    /// As text.
    ///
    /// # Errors
    /// Only if memory runs out.
    pub(crate) fn encode(&self) -> Result<String, Error> {
        pack(self)
    }

    /// What [`Self::encode`] made.
    ///
    /// # Errors
    /// If it is something else.
    pub(crate) fn decode(text: &str) -> Result<Self, Error> {
        Self::read(&unpack(text)?)
    }

    fn read(json: &[u8]) -> Result<Self, Error> {
        let Stored { driver: Kind { kind }, .. } = serde_json::from_slice(json)?;
        if kind.as_deref() != Some("evacuation") {
            return Ok(serde_json::from_slice::<Stored<StoredRebalance>>(json)?.into());
        }
        let stored: Stored<StoredEvacuation> = serde_json::from_slice(json)?;
        if stored.driver.is_whole() {
            Ok(stored.into())
        } else {
            Err(Error::other("it does not say what became of the start"))
        }
    }
}

/// What is kept, with a driver of one kind.
#[derive(Deserialize)]
struct Stored<T> {
    writer: String,
    sequence: u64,
    driver: T,
}

/// Of what a driver is; the first version knew rebalances alone, and did not say.
#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

impl<T: Into<DriverState>> From<Stored<T>> for Saved {
    fn from(Stored { writer, sequence, driver }: Stored<T>) -> Self {
        Self { writer, sequence, driver: driver.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::MAX_BYTES;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use emqx_rebalance_core::driver::{Driver, DriverOptions};
    use emqx_rebalance_core::{NodeName, PlanOptions, Snapshot, Strategy, plan, plan_evacuation};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    /// The state of a plan for clusters like those of operators: long names, and one empty node.
    fn saved(counts: &[u64], options: &PlanOptions) -> Saved {
        let list: Vec<_> = counts
            .iter()
            .enumerate()
            .map(|(i, connections)| {
                let node = format!("emqx@emqx-core-{i}.emqx-headless.default.svc.cluster.local");
                serde_json::json!({"node": node, "connections": connections})
            })
            .collect();
        let snapshot: Snapshot =
            serde_json::from_value(serde_json::json!({"nodes": list})).unwrap();
        let strategy: Strategy =
            serde_json::from_str(r#"{"conn_evict_rate":10,"abs_conn_threshold":1000}"#).unwrap();
        let plan = plan(&snapshot, &strategy, options).unwrap();
        let driver = Driver::new(plan, DriverOptions::default(), false).unwrap();
        Saved::new("a", 1, driver.state())
    }

    #[test]
    fn an_evacuation_comes_back_as_one() {
        let snapshot = serde_json::json!({"nodes": [
            {"node": "a@h", "connections": 9}, {"node": "b@h", "connections": 0},
        ]});
        let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
        let node = NodeName::new("a@h").unwrap();
        let plan = plan_evacuation(&snapshot, &node, &Default::default(), &Default::default());
        let driver = Driver::new(plan.unwrap(), DriverOptions::default(), true).unwrap();
        let saved = Saved::new("a", 1, driver.state());
        assert!(saved.driver.evacuation_plan().is_some());
        assert_eq!(Saved::decode(&saved.encode().unwrap()).unwrap(), saved);
    }

    #[test]
    fn a_state_comes_back_as_it_was() {
        let saved = saved(&[3333, 3333, 3333, 0], &PlanOptions::default());
        assert_eq!(Saved::decode(&saved.encode().unwrap()).unwrap(), saved);
        assert!(Saved::decode("nonsense").is_err());
        assert!(Saved::decode("").is_err());
    }

    /// Well within what the schema lets the status hold.
    #[test]
    fn a_large_plan_is_kept_in_little() {
        let options = r#"{"mode":"level","load_balancer":"round_robin"}"#;
        let options: PlanOptions = serde_json::from_str(options).unwrap();
        for nodes in [100_u64, 200] {
            // Uneven, as clusters are: any two counts differ.
            let counts: Vec<u64> = (0..nodes).map(|i| i * 7919 % 50_000).collect();
            let saved = saved(&counts, &options);
            let size = saved.encode().unwrap().len();
            let unpacked = serde_json::to_vec(&saved).unwrap().len() as u64;
            println!(
                "{nodes} nodes, {} runs: {size} bytes, {unpacked} unpacked",
                saved.driver.plan().unwrap().runs.len()
            );
            assert!(size < 128 << 10, "{nodes} nodes: {size} bytes");
            assert!(unpacked < MAX_BYTES / 2, "{nodes} nodes: {unpacked} bytes");
        }
    }

    /// Whoever may create an object may write any state on it.
    #[test]
    fn a_state_that_unpacks_to_a_lot_is_not_read() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(br#"{"writer":"a","sequence":1,"gated":[""#).unwrap();
        for _ in 0..1 << 10 {
            gzip.write_all(&br#"","#.repeat(16 << 10)).unwrap();
        }
        let text = STANDARD.encode(gzip.finish().unwrap());
        assert!(text.len() < 128 << 10, "it fits into an object: {}", text.len());
        assert!(Saved::decode(&text).unwrap_err().to_string().contains("unpacks to more"));
    }
}
