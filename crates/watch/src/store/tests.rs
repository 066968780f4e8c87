//! What is kept is there afterwards, for one process at a time.

use super::*;
use crate::config::Retention;
use emqx_rebalance_core::ErrorKind;
use emqx_rebalance_core::driver::{DriverOptions, observe};
use emqx_rebalance_core::policy::{Input, Observation, Policy, Reason, Step};
use emqx_rebalance_core::{
    GlobalStatus, NodeLoad, NodeName, PlanOptions, Snapshot, Strategy, Timestamp, plan,
};

const NOW_MS: u64 = 1_767_571_200_000;

/// A policy that looked at an uneven cluster, for the time of so many minutes.
fn looked(engine: &mut Engine, minute: u64) -> Step {
    let node = |name: &str, clients| NodeLoad::new(NodeName::new(name).unwrap(), clients);
    let nodes = vec![node("a@h", 9000), node("b@h", 0)];
    let status = observe(nodes, &GlobalStatus::default(), &[]);
    let now = Timestamp::from_ms(NOW_MS + minute * 60_000);
    engine.step(&Policy::default(), now, Input::Seen(Box::new(Observation::new(&status))))
}

fn look<'a>(engine: &'a Engine, step: &'a Step) -> Look<'a> {
    let decision = (&step.decision, step.is_new);
    let sample = Sample { at_ms: step.decision.until.as_ms(), over: 1.0, clients: 9000 };
    Look { cluster: "eu", engine, decision, sample: Some(sample), start: None }
}

fn driver() -> Driver {
    let node = |name: &str, clients| NodeLoad::new(NodeName::new(name).unwrap(), clients);
    let snapshot = Snapshot::new(vec![node("a@h", 9000), node("b@h", 0)]).unwrap();
    let plan = plan(&snapshot, &Strategy::default(), &PlanOptions::default()).unwrap();
    Driver::new(plan, DriverOptions::default(), false).unwrap()
}

#[tokio::test]
async fn what_is_kept_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let mut engine = Engine::default();
    let store = Store::open(&path).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "it is nobody else's to read");
    }
    for minute in 0..=12 {
        let step = looked(&mut engine, minute);
        store.keep(look(&engine, &step)).await.unwrap();
    }
    drop(store);
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.engine("eu").await.unwrap(), engine);
    assert_eq!(store.engine("us").await.unwrap(), Engine::default());
    let decisions = store.decisions(Some("eu"), 10).await.unwrap();
    let reasons: Vec<Reason> = decisions.iter().map(|(_, decision)| decision.reason).collect();
    assert_eq!(reasons, [Reason::Waiting, Reason::WouldStart, Reason::Waiting]);
    assert_eq!(decisions[2].1.times, 10, "what is decided again is one decision");
    assert!(store.decisions(Some("us"), 10).await.unwrap().is_empty());
    let sums = store.samples().await.unwrap();
    assert_eq!(sums, [13, 13, 1]);
}

#[tokio::test]
async fn a_run_is_there_until_it_has_ended_and_a_cluster_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("fleet.db")).await.unwrap();
    let (mut engine, driver) = (Engine::default(), driver());
    let step = looked(&mut engine, 0);
    let start = |engine| Look { start: Some(&driver), ..look(engine, &step) };
    let id = store.keep(start(&engine)).await.unwrap().unwrap();
    let stored = store.run_on("eu").await.unwrap().unwrap();
    assert_eq!((stored.id, stored.driver.status()), (id, driver.status()));
    let refused = store.keep(start(&engine)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConfigInvalid);
    assert!(store.run_on("us").await.unwrap().is_none());
    assert!(store.history(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_processes_do_not_use_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let store = Store::open(&path).await.unwrap();
    let refused = Store::open(&path).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(refused.context()["process"], std::process::id().to_string());
    assert!(Store::look_into(&path).await.is_ok(), "to look is no use");
    drop(store);
    assert!(Store::open(&path).await.is_ok());
}

#[tokio::test]
async fn what_is_old_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("fleet.db")).await.unwrap();
    let mut engine = Engine::default();
    for minute in 0..5 {
        let step = looked(&mut engine, minute);
        store.keep(look(&engine, &step)).await.unwrap();
    }
    let days = |days: u64| NOW_MS + days * 86_400_000;
    for (day, left) in [(1, [5, 5, 1]), (3, [0, 5, 1]), (15, [0, 0, 1]), (402, [0, 0, 0])] {
        store.prune(days(day), Retention::default()).await.unwrap();
        assert_eq!(store.samples().await.unwrap(), left, "day {day}");
    }
    assert!(store.decisions(None, 10).await.unwrap().is_empty());
    assert_eq!(store.engine("eu").await.unwrap(), engine);
}

#[tokio::test]
async fn what_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    std::fs::write(&path, "no database, but a text of more than a hundred bytes, since SQLite looks at its header first.......").unwrap();
    let error = Store::open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{error}");
    assert!(Store::look_into(&folder.path().join("none.db")).await.is_err());
}
