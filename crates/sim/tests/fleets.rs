//! Counted clients come back as their profile says, and come and go as the drift says.
//!
//! Bounds are those that one run in a thousand million breaks: the Dvoretzky-Kiefer-Wolfowitz
//! inequality for a whole curve, six standard deviations for a count.

#![cfg(test)]

use emqx_rebalance_core::ReconnectProfile;
use emqx_rebalance_sim::{
    ClusterConfig, Drift, LoadBalancer, Policy, Reconnect, Totals, VirtualCluster,
};
use http::Request;

/// Fleets that plans are made for.
const FLEETS: [&[(f64, f64)]; 5] = [
    &[(0.5, 0.0), (1.5, 1.0)],
    &[(2.0, 0.0), (5.0, 1.0)],
    &[(0.5, 0.0), (1.5, 0.8), (5.0, 0.8), (30.0, 1.0)],
    &[(0.5, 0.0), (1.5, 0.5), (10.0, 0.5), (60.0, 1.0)],
    FIVE_PERCENT_NEVER,
];
const FIVE_PERCENT_NEVER: &[(f64, f64)] = &[(0.5, 0.0), (1.5, 0.95)];
const CLIENTS: u64 = 100_000;

/// A node with all the clients and two empty ones, before a load balancer that knows everything.
fn cluster(reconnect: Reconnect) -> VirtualCluster {
    let mut config = ClusterConfig::with_clients(&[CLIENTS, 0, 0]).unwrap();
    config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
    config.reconnect = reconnect;
    VirtualCluster::new(config).unwrap()
}

fn fleet(points: &[(f64, f64)]) -> ReconnectProfile {
    ReconnectProfile::new(points).unwrap()
}

fn totals(cluster: &mut VirtualCluster) -> Totals {
    cluster.simulation().cluster.totals()
}

fn connections(cluster: &mut VirtualCluster) -> u64 {
    cluster.simulation().cluster.snapshot().unwrap().connections()
}

/// Sessions whose client is away.
fn waiting(cluster: &mut VirtualCluster) -> u64 {
    let snapshot = cluster.simulation().cluster.snapshot().unwrap();
    snapshot.nodes().iter().map(|load| load.disconnected_sessions).sum()
}

/// The share that is back after each tenth of a second since all were dropped at once.
fn curve(reconnect: Reconnect) -> Vec<(f64, f64)> {
    let mut cluster = cluster(reconnect);
    cluster.simulation().cluster.kill(0);
    let mut curve = Vec::new();
    for tenth in 0..700 {
        let back = number(connections(&mut cluster)) / number(CLIENTS);
        curve.push((f64::from(tenth) / 10.0, back));
        cluster.advance_ms(100);
    }
    curve
}

/// Kolmogorov's distance.
fn distance(curve: &[(f64, f64)], profile: &ReconnectProfile) -> f64 {
    curve.iter().map(|(at_s, back)| (back - profile.back_by(*at_s)).abs()).fold(0.0, f64::max)
}

/// How far a sample of so many lies from its own distribution at most, and a millisecond, to which
/// times are rounded, on the steepest profile.
fn bound() -> f64 {
    (2e9_f64.ln() / (2.0 * number(CLIENTS))).sqrt() + 0.001
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

#[test]
fn clients_come_back_as_their_profile_says() {
    for points in FLEETS {
        let profile = fleet(points);
        let curve = curve(Reconnect::by(profile.clone()));
        let (found, bound) = (distance(&curve, &profile), bound());
        assert!(found <= bound, "{points:?}: {found} off, at most {bound}");
        let others = FLEETS.iter().filter(|other| **other != points);
        for other in others {
            let other = distance(&curve, &fleet(other));
            assert!(other > 3.0 * bound, "{points:?}: {other} off another fleet");
        }
    }
}

#[test]
fn an_average_delay_and_two_times_are_one_fleet() {
    let named: Reconnect = serde_json::from_str(r#"{"profile": "1s"}"#).unwrap();
    let (by_profile, by_times) =
        (curve(named), curve(Reconnect { min_ms: 500, max_ms: 1500, ..Reconnect::default() }));
    for ((at_s, one), (_, other)) in by_profile.iter().zip(&by_times) {
        // Clients between two times are spread in 16 groups.
        assert!((one - other).abs() <= bound() + 1.0 / 16.0, "{one} and {other} at {at_s} s");
    }
}

#[test]
fn who_never_comes_never_comes() {
    let mut cluster = cluster(Reconnect::by(fleet(FIVE_PERCENT_NEVER)));
    cluster.simulation().cluster.kill(0);
    cluster.advance_ms(1_501);
    for _ in 0..3 {
        let Totals { travelling, stayed_away, .. } = totals(&mut cluster);
        assert_eq!(travelling, 0);
        assert_eq!(connections(&mut cluster) + stayed_away, CLIENTS);
        let deviation = (number(CLIENTS) * 0.05 * 0.95).sqrt();
        let missed = number(stayed_away) - 0.05 * number(CLIENTS);
        assert!(missed.abs() <= 6.0 * deviation, "{stayed_away} of {CLIENTS}");
        cluster.advance_ms(86_400_000);
    }
}

#[test]
fn a_kept_session_outlives_its_client_for_two_hours() {
    let mut cluster = cluster(Reconnect::by(fleet(FIVE_PERCENT_NEVER)));
    let path = "/api/v5/load_rebalance/emqx1@127.0.0.1/evacuation/start";
    let body = format!(
        r#"{{"wait_health_check":0,"wait_takeover":10,"conn_evict_rate":{CLIENTS},"sess_evict_rate":1000}}"#
    );
    let start = Request::post(path).header("content-type", "application/json");
    let answer = cluster.send(0, start.body(body.into_bytes()).unwrap()).unwrap();
    assert_eq!(answer.status(), 200);
    cluster.advance_ms(0);
    let dropped = cluster.now();
    assert_eq!((waiting(&mut cluster), totals(&mut cluster).evicted), (CLIENTS, CLIENTS));
    cluster.advance_to(dropped.plus_ms(7_199_999));
    let Totals { stayed_away, sessions_moved, sessions_expired, .. } = totals(&mut cluster);
    assert!(stayed_away > 0);
    // Those whose clients are back are not moved; the others went where the evacuation put them.
    assert_eq!((waiting(&mut cluster), sessions_moved), (stayed_away, stayed_away));
    assert_eq!(cluster.simulation().cluster.counts(0).sessions(), 0);
    assert_eq!(sessions_expired, 0);
    cluster.advance_ms(1);
    assert_eq!((waiting(&mut cluster), totals(&mut cluster).sessions_expired), (0, stayed_away));
}

#[test]
fn a_session_does_not_wait_longer_than_two_hours_for_who_comes_later() {
    let after_three_hours = fleet(&[(10_800.0, 0.0), (10_800.0, 1.0)]);
    let mut config = ClusterConfig::with_clients(&[1000, 0]).unwrap();
    config.load_balancer = LoadBalancer::ideal(Policy::RoundRobin);
    config.reconnect = Reconnect::by(after_three_hours);
    let mut cluster = VirtualCluster::new(config).unwrap();
    let start = Request::post("/api/v5/load_rebalance/emqx2@127.0.0.1/start")
        .header("content-type", "application/json")
        .body(br#"{"wait_health_check":0,"conn_evict_rate":1000,"abs_conn_threshold":1}"#.to_vec());
    assert_eq!(cluster.send(0, start.unwrap()).unwrap().status(), 200);
    cluster.advance_ms(7_000_000);
    let evicted = totals(&mut cluster).evicted;
    assert!(evicted > 0);
    assert_eq!(waiting(&mut cluster), evicted);
    cluster.advance_ms(3_000_000);
    assert_eq!((waiting(&mut cluster), totals(&mut cluster).sessions_expired), (0, evicted));
    assert_eq!(totals(&mut cluster).travelling, evicted);
    cluster.advance_ms(1_000_000);
    assert_eq!((connections(&mut cluster), totals(&mut cluster).travelling), (1000, 0));
}

#[test]
fn a_drift_holds_its_rates_and_balances_its_books() {
    let mut config = ClusterConfig::with_clients(&[30_000, 10_000, 0]).unwrap();
    config.drift = Drift { arrivals_per_s: 40.0, departures_per_s: 2.5 };
    config.reconnect.persistent_percent = 60;
    let mut cluster = VirtualCluster::new(config).unwrap();
    let seconds = 1000.0;
    cluster.advance_ms(1_000_000);
    let found = totals(&mut cluster);
    for (count, per_s) in [(found.arrived, 40.0), (found.departed, 2.5)] {
        let expected: f64 = per_s * seconds;
        let missed = (number(count) - expected).abs();
        assert!(missed <= 6.0 * expected.sqrt(), "{count} at {per_s} a second");
    }
    let here = connections(&mut cluster) + found.travelling;
    assert_eq!(here, 40_000 + found.arrived - found.departed);
    let kept = number(waiting(&mut cluster)) - 0.6 * number(found.departed);
    assert!(kept.abs() <= 6.0 * (number(found.departed) * 0.24).sqrt(), "{kept} too many");
}

#[test]
fn who_leaves_an_empty_cluster_was_never_there() {
    let mut config = ClusterConfig::with_clients(&[20, 0]).unwrap();
    config.drift = Drift { departures_per_s: 10.0, ..Drift::default() };
    let mut cluster = VirtualCluster::new(config).unwrap();
    cluster.advance_ms(600_000);
    assert_eq!((connections(&mut cluster), totals(&mut cluster).departed), (0, 20));
}
