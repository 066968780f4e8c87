//! Every release, asked through the client side of EMQX's API.

#![cfg(test)]

use emqx_rebalance_api::{ApiVersion, Capabilities, Gate};
use emqx_rebalance_core::driver::{Driver, DriverOptions, OutcomeKind};
use emqx_rebalance_core::{
    Availability, ErrorKind, Evacuation, NodeName, PlanOptions, RefusalReason, StartAnswer,
    StopAnswer, Strategy, plan,
};
use emqx_rebalance_sim::{ClusterConfig, Release, VirtualCluster};
use http::Response;
use serde_json::{Value, json};

const STRATEGY: &str = r#"{"conn_evict_rate":20,"wait_health_check":2,"wait_takeover":2,
    "abs_conn_threshold":5,"rel_conn_threshold":1.01}"#;

fn cluster(release: Release, clients: &[u64]) -> VirtualCluster {
    let mut config = ClusterConfig::with_clients(clients).unwrap();
    config.personality = release;
    VirtualCluster::new(config).unwrap()
}

fn api(release: Release) -> ApiVersion {
    if release.version().starts_with('4') { ApiVersion::V4 } else { ApiVersion::V5 }
}

fn nodes(cluster: &mut VirtualCluster) -> Vec<NodeName> {
    let config = cluster.simulation().cluster.config();
    config.nodes.iter().map(|node| node.name.clone()).collect()
}

fn capabilities(cluster: &mut VirtualCluster) -> Capabilities {
    let api = api(cluster.simulation().cluster.config().personality);
    let answer = cluster.send(0, api.nodes()).unwrap();
    Capabilities::of_nodes(api, &api.parse_nodes(&answer).unwrap().nodes)
}

fn strategy() -> Strategy {
    serde_json::from_str(STRATEGY).unwrap()
}

fn body(answer: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

/// The cluster in the middle of a rebalance by its last node.
fn rebalancing(release: Release) -> VirtualCluster {
    let mut cluster = cluster(release, &[300, 300, 0]);
    let names = nodes(&mut cluster);
    let can = capabilities(&mut cluster);
    let start = api(release).start(&names[2], &names, &strategy(), can).unwrap();
    let answer = cluster.send(0, start).unwrap();
    assert_eq!(api(release).parse_start(&answer).unwrap(), StartAnswer::Started, "{release:?}");
    cluster.advance_ms(3500);
    cluster
}

#[test]
fn the_version_is_found_by_asking() {
    for release in Release::ALL {
        let mut cluster = cluster(release, &[1, 1]);
        let asked = emqx_rebalance_exchange::sansio::Cluster::new(cluster.access()).unwrap();
        assert_eq!(cluster.ask(asked.connect()).unwrap(), api(release), "{release:?}");
        assert_eq!(capabilities(&mut cluster).version().to_string(), release.version());
        assert_eq!(serde_json::to_value(release).unwrap(), release.as_str());
    }
}

#[test]
fn a_driver_levels_a_cluster_of_every_release() {
    for release in Release::ALL {
        let mut cluster = cluster(release, &[300, 300, 300, 0]);
        let snapshot = cluster.simulation().cluster.snapshot().unwrap();
        let plan = plan(&snapshot, &strategy(), &PlanOptions::default()).unwrap();
        let expected_s = plan.forecast.duration_s;
        let driver = Driver::new(plan, DriverOptions::default(), false).unwrap();
        let drive = cluster.drive(driver).unwrap();
        assert_eq!(drive.outcome.result, OutcomeKind::Completed, "{release:?}: {drive:?}");
        assert_eq!(drive.outcome.unchecked, [], "{release:?}");
        let took_s = drive.ended_at.ms_since(drive.began_at) / 1000;
        assert!(took_s.abs_diff(expected_s) <= 8, "{release:?}: {took_s} s, not {expected_s}");
    }
}

#[test]
fn what_runs_is_read_alike_from_every_release() {
    for release in Release::ALL {
        let mut cluster = rebalancing(release);
        let (api, names) = (api(release), nodes(&mut cluster));
        let answer = cluster.send(1, api.global_status()).unwrap();
        let status = api.parse_global_status(&answer).unwrap();
        assert_eq!(status.unreadable, [], "{release:?}");
        let [run] = status.rebalances.as_slice() else { panic!("{release:?}: {status:?}") };
        assert_eq!(run.coordinator, names[2]);
        assert_eq!((run.donors.len(), run.recipients.len()), (2, 1));
        assert_eq!(run.conn_evict_rate, Some(20));
        let answer = cluster.send(0, api.status()).unwrap();
        assert!(format!("{:?}", api.parse_status(&answer).unwrap()).contains("Rebalance"));
        for (node, open) in [(0, Availability::Closed), (2, Availability::Serving)] {
            let answer = cluster.send(node, api.availability_check()).unwrap();
            assert_eq!(api.parse_availability_check(&answer).unwrap(), open, "{release:?}");
        }
        let stop = api.stop(&names[2]).unwrap();
        let stopped = api.parse_stop(&cluster.send(0, stop.clone()).unwrap()).unwrap();
        assert_eq!(stopped, StopAnswer::Stopped, "{release:?}");
        let again = api.parse_stop(&cluster.send(0, stop).unwrap()).unwrap();
        assert_eq!(again, StopAnswer::NotStarted, "{release:?}");
    }
}

#[test]
fn every_release_says_no_in_a_way_that_is_understood() {
    for release in Release::ALL {
        let mut cluster = rebalancing(release);
        let (api, names) = (api(release), nodes(&mut cluster));
        let can = capabilities(&mut cluster);
        let mut refusal = |coordinator: &NodeName, nodes: &[NodeName]| {
            let start = api.start(coordinator, nodes, &strategy(), can).unwrap();
            match api.parse_start(&cluster.send(0, start).unwrap()).unwrap() {
                StartAnswer::Refused(refusal) => refusal.reason,
                StartAnswer::Started => panic!("{release:?}"),
            }
        };
        let busy = refusal(&names[2], &names);
        assert!(matches!(busy, RefusalReason::NodesUnavailable { .. }), "{release:?}: {busy:?}");
        let already = refusal(&names[2], &names[2..]);
        assert_eq!(already, RefusalReason::AlreadyStarted, "{release:?}");
        let needless = refusal(&names[0], &names[2..]);
        assert_eq!(needless, RefusalReason::NothingToBalance, "{release:?}");
        let nobody = NodeName::new("nosuch@127.0.0.1").unwrap();
        let unknown = refusal(&names[2], &[names[2].clone(), nobody]);
        assert!(matches!(unknown, RefusalReason::InvalidNodes { .. }), "{release:?}: {unknown:?}");
    }
}

#[test]
fn every_release_evacuates() {
    for release in Release::ALL {
        let mut cluster = cluster(release, &[100, 0]);
        let (api, names) = (api(release), nodes(&mut cluster));
        let can = capabilities(&mut cluster);
        let wait = can.has(Gate::EvacuationWaitHealthCheck).then_some(1);
        let evacuation =
            Evacuation { wait_health_check: wait, wait_takeover: 1, ..Evacuation::default() };
        let start = api.start_evacuation(&names[0], &evacuation, can).unwrap();
        let answer = api.parse_start_evacuation(&cluster.send(1, start).unwrap()).unwrap();
        assert_eq!(answer, StartAnswer::Started, "{release:?}");
        cluster.advance_ms(30_000);
        assert_eq!(cluster.simulation().cluster.counts(0).connected, 0, "{release:?}");
        let status = api.parse_global_status(&cluster.send(1, api.global_status()).unwrap());
        let evacuations = status.unwrap().evacuations;
        assert_eq!(evacuations[0].node.as_ref(), Some(&names[0]), "{release:?}");
        assert_eq!(evacuations[0].state.as_str(), "prohibiting", "{release:?}");
        let stop = api.stop_evacuation(&names[0]).unwrap();
        let stopped = api.parse_stop_evacuation(&cluster.send(1, stop).unwrap()).unwrap();
        assert_eq!(stopped, StopAnswer::Stopped, "{release:?}");
    }
}

#[test]
fn rpc_timeouts_are_taken_and_shown_since_5_9() {
    for (release, expected) in [(Release::V5_8, None), (Release::V5_10, Some(20_000))] {
        let mut cluster = cluster(release, &[300, 0]);
        let names = nodes(&mut cluster);
        let mut asked = strategy();
        asked.conn_evict_rpc_timeout = Some(20);
        let can = Capabilities::of(emqx_rebalance_core::EmqxVersion::parse("5.10.2").unwrap());
        let start = ApiVersion::V5.start(&names[1], &names, &asked, can).unwrap();
        let answer = ApiVersion::V5.parse_start(&cluster.send(0, start).unwrap()).unwrap();
        assert_eq!(answer == StartAnswer::Started, expected.is_some(), "{release:?}: {answer:?}");
        let status = body(&cluster.send(0, ApiVersion::V5.status()).unwrap());
        let shown = status["connection_eviction_rpc_timeout"].as_u64();
        assert_eq!(shown, expected, "{status}");
        if expected.is_some() {
            assert_eq!(status["session_eviction_rpc_timeout"], 15_000);
        }
    }
}

#[test]
fn a_key_without_the_scope_is_forbidden_in_6() {
    let scopes = |scopes: Option<Vec<String>>, release| {
        let mut config = ClusterConfig::with_clients(&[10, 0]).unwrap();
        config.personality = release;
        config.credentials.scopes = scopes;
        VirtualCluster::new(config).unwrap()
    };
    let monitoring = || Some(vec!["monitoring".to_owned()]);
    let mut limited = scopes(monitoring(), Release::V6);
    let names = nodes(&mut limited);
    let api = ApiVersion::V5;
    for request in [api.nodes(), api.global_status(), api.status(), api.stop(&names[0]).unwrap()] {
        let answer = limited.send(0, request).unwrap();
        assert_eq!(answer.status(), 403);
        assert_eq!(body(&answer)["code"], "UNAUTHORIZED_ROLE");
        assert_eq!(api.parse_nodes(&answer).unwrap_err().kind(), ErrorKind::Forbidden);
    }
    assert_eq!(limited.send(0, api.availability_check()).unwrap().status(), 200);
    for (given, release) in [
        (None, Release::V6),
        (Some(vec!["cluster_operations".to_owned()]), Release::V6),
        (monitoring(), Release::V5_8),
    ] {
        let mut cluster = scopes(given, release);
        assert_eq!(cluster.send(0, api.nodes()).unwrap().status(), 200, "{release:?}");
    }
}

#[test]
fn the_oldest_4_4_writes_maps_and_lists() {
    for (release, map) in [(Release::V4_4_12, true), (Release::V4_4_17, false)] {
        let mut cluster = rebalancing(release);
        let status = body(&cluster.send(0, ApiVersion::V4.global_status()).unwrap());
        assert_eq!(status["rebalances"].is_object(), map, "{status}");
        assert_eq!(status.get("purges"), None);
        let start = ApiVersion::V4.stop(&nodes(&mut cluster)[0]).unwrap();
        let refused = body(&cluster.send(0, start).unwrap());
        let message = if map { json!(["not_started"]) } else { json!("not_started") };
        assert_eq!(refused, json!({ "code": 400, "message": message }));
    }
    let mut request = ApiVersion::V4.availability_check();
    request.headers_mut().insert("authorization", "Basic eDp5".parse().unwrap());
    for (release, status) in [(Release::V4_4_17, 401), (Release::V4_4, 200)] {
        let answer = cluster(release, &[1]).send(0, request.clone()).unwrap();
        assert_eq!(answer.status(), status, "{release:?}");
    }
}
