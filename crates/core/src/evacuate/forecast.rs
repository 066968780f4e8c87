//! Where the clients and sessions of an evacuated node go, and when.
//!
//! One node loses `conn_evict_rate` clients a second down to 0, whatever the others do, so every
//! count at any time follows from the clients that are back by then: no tick depends on another.

use super::emptying::Emptying;
use crate::balancer::LoadBalancer;
use crate::forecast::{Curve, Forecast, NodeEnd, Peak, PhaseSpan, RunPhase, Spread, whole_counts};
use crate::number::float;
use crate::number::whole;
use crate::reconnect::ReconnectProfile;
use crate::snapshot::NodeLoad;

/// What the evacuation will do to `nodes`, up to the empty node.
pub(super) fn forecast(nodes: &[NodeLoad], emptying: &Emptying<'_>) -> Forecast {
    let times = Times::of(emptying);
    let mut curve = Curve::new(nodes.iter().map(|load| load.node.clone()));
    for time_s in times.points() {
        let Moment { counts, away } = moment(nodes, emptying, &times, time_s);
        curve.push(time_s, counts, away);
    }
    let end = nodes.iter().zip(moment(nodes, emptying, &times, times.last_s()).counts);
    let clients = emptying.load.connections;
    let rate = f64::from(emptying.evacuation.conn_evict_rate.get()).min(float(clients));
    let end = end.map(|(load, (connections, disconnected_sessions))| NodeEnd {
        node: load.node.clone(),
        connections,
        disconnected_sessions,
    });
    Forecast {
        duration_s: times.end_s,
        conn_evict_s: times.dropped_s - times.evict_s,
        sess_evict_s: times.end_s - times.move_s,
        disconnects: clients,
        back_s: times.back_s(NEARLY_ALL),
        missing: whole((float(clients) * (1.0 - times.profile.comes())).round()),
        peak: Peak {
            node_reconnects: rate / float(emptying.clients_to.len().max(1) as u64),
            reconnects: rate,
            away: curve.away.iter().copied().max().unwrap_or(0),
        },
        sessions_moved: sessions_moved(emptying, &times, times.end_s),
        end: end.collect(),
        phases: times.phases(),
        curve,
    }
}

/// When each phase begins, in seconds from the start.
struct Times {
    evict_s: u64,
    dropped_s: u64,
    move_s: u64,
    end_s: u64,
    profile: ReconnectProfile,
}

impl Times {
    fn of(emptying: &Emptying<'_>) -> Self {
        let rate = u64::from(emptying.evacuation.conn_evict_rate.get());
        let sessions = u64::from(emptying.evacuation.sess_evict_rate.get());
        let evict_s = emptying.wait_health_check_s();
        let dropped_s = evict_s + emptying.load.connections.div_ceil(rate);
        let move_s = dropped_s + u64::from(emptying.evacuation.wait_takeover);
        let end_s = move_s + emptying.load.disconnected_sessions.div_ceil(sessions);
        let profile = emptying.options.profile();
        Self { evict_s, dropped_s, move_s, end_s, profile }
    }

    /// When `part` of those are back who come, as if all had been dropped at once.
    fn back_s(&self, part: f64) -> u64 {
        self.dropped_s + whole(self.profile.time_of(part).ceil())
    }

    /// When everyone is back, or the node is empty, if that is later.
    fn last_s(&self) -> u64 {
        self.end_s.max(self.back_s(1.0))
    }

    /// The ends of the straight parts of the curve, and points between.
    fn points(&self) -> Vec<u64> {
        let back_s = self.back_s(1.0);
        let step = ((back_s - self.evict_s) / POINTS).max(1);
        let steps = usize::try_from(step).unwrap_or(usize::MAX);
        let mut points = vec![0, self.dropped_s, back_s, self.move_s, self.end_s, self.last_s()];
        points.extend((self.evict_s..back_s).step_by(steps));
        points.sort_unstable();
        points.dedup();
        points
    }

    fn phases(&self) -> Vec<PhaseSpan> {
        let span = |phase, from_s, to_s| PhaseSpan { run: 0, phase, from_s, to_s };
        vec![
            span(RunPhase::WaitHealthCheck, 0, self.evict_s),
            span(RunPhase::EvictingConns, self.evict_s, self.dropped_s),
            span(RunPhase::WaitTakeover, self.dropped_s, self.move_s),
            span(RunPhase::EvictingSessions, self.move_s, self.end_s),
        ]
    }
}

/// The cluster at a time.
struct Moment {
    /// Every node's connections and disconnected sessions.
    counts: Vec<(u64, f64)>,
    /// Clients on their way.
    away: u64,
}

fn moment(nodes: &[NodeLoad], emptying: &Emptying<'_>, times: &Times, time_s: u64) -> Moment {
    let all = float(emptying.load.connections);
    let rate = f64::from(emptying.evacuation.conn_evict_rate.get());
    let after = float(time_s) - float(times.evict_s);
    let dropped = (after * rate).clamp(0.0, all);
    let open = open(nodes, emptying);
    let someone_is_open = open.iter().any(|open| *open);
    let back = (times.profile.back_of_stream(all / rate, after) * rate).clamp(0.0, all);
    let back = if someone_is_open { back } else { 0.0 };
    let is_leaving = |load: &NodeLoad| load.node == emptying.load.node;
    let left = |load: &NodeLoad| if is_leaving(load) { dropped } else { 0.0 };
    let mut clients: Vec<f64> =
        nodes.iter().map(|load| float(load.connections) - left(load)).collect();
    if someone_is_open {
        spread(emptying).send(back, &mut clients, &open);
    }
    let clients = whole_counts(&clients, nodes, dropped - back);
    let moved = sessions_moved(emptying, times, time_s);
    let share = moved / float(emptying.sessions_to.len() as u64).max(1.0);
    let sessions = nodes.iter().map(|load| {
        let gets = emptying.sessions_to.iter().any(|to| to.node == load.node);
        let change = match (is_leaving(load), gets) {
            (true, _) => -moved,
            (false, true) => share,
            (false, false) => 0.0,
        };
        float(load.disconnected_sessions) + change
    });
    Moment {
        counts: clients.into_iter().zip(sessions).collect(),
        away: whole((dropped - back).round()),
    }
}

fn open(nodes: &[NodeLoad], emptying: &Emptying<'_>) -> Vec<bool> {
    nodes.iter().map(|load| emptying.clients_to.iter().any(|to| to.node == load.node)).collect()
}

fn spread(emptying: &Emptying<'_>) -> Spread {
    emptying.options.load_balancer.unwrap_or(LoadBalancer::RoundRobin).spread()
}

fn sessions_moved(emptying: &Emptying<'_>, times: &Times, time_s: u64) -> f64 {
    if emptying.sessions_to.is_empty() {
        return 0.0;
    }
    let rate = f64::from(emptying.evacuation.sess_evict_rate.get());
    let after = float(time_s.saturating_sub(times.move_s));
    (after * rate).min(float(emptying.load.disconnected_sessions))
}

/// The share of those that come which counts as all.
const NEARLY_ALL: f64 = 0.99;
/// Points of the curve while clients move, about.
const POINTS: u64 = 240;

#[cfg(test)]
mod tests {
    use crate::balancer::LoadBalancer;
    use crate::emqx::Evacuation;
    use crate::evacuate::{EvacuationPlan, EvacuationPlanOptions, plan_evacuation};
    use crate::node::NodeName;
    use crate::snapshot::{NodeLoad, Snapshot};

    fn plan(counts: &[u64], balancer: LoadBalancer, evacuation: &str) -> EvacuationPlan {
        let name = |i: usize| NodeName::new(format!("n{i}@h")).unwrap();
        let mut nodes: Vec<NodeLoad> =
            counts.iter().enumerate().map(|(i, n)| NodeLoad::new(name(i), *n)).collect();
        nodes[0].disconnected_sessions = 45;
        let options = EvacuationPlanOptions {
            load_balancer: Some(balancer),
            ..EvacuationPlanOptions::default()
        };
        let evacuation: Evacuation = serde_json::from_str(evacuation).unwrap();
        plan_evacuation(&Snapshot::new(nodes).unwrap(), &name(0), &evacuation, &options).unwrap()
    }

    const OPTIONS: &str = r#"{"conn_evict_rate":10,"sess_evict_rate":20,"wait_health_check":5,
        "wait_takeover":7}"#;

    #[test]
    fn every_phase_takes_as_long_as_the_counts_need() {
        let plan = plan(&[101, 40, 60], LoadBalancer::RoundRobin, OPTIONS);
        let forecast = &plan.forecast;
        // 5 s wait, 11 ticks of 10, 7 s wait, 3 ticks of 20.
        assert_eq!(
            (forecast.duration_s, forecast.conn_evict_s, forecast.sess_evict_s),
            (26, 11, 3)
        );
        assert_eq!(forecast.disconnects, 101);
        let ends: Vec<u64> = forecast.end.iter().map(|end| end.connections).collect();
        assert_eq!((ends[0], ends.iter().sum::<u64>()), (0, 201));
        assert!(ends[1].abs_diff(90) <= 1 && ends[2].abs_diff(110) <= 1, "{ends:?}");
        let sessions: Vec<f64> = forecast.end.iter().map(|end| end.disconnected_sessions).collect();
        assert_eq!(sessions, [0.0, 22.5, 22.5]);
    }

    #[test]
    fn the_curve_loses_as_many_clients_as_are_on_their_way() {
        let plan = plan(&[100, 0], LoadBalancer::Random, OPTIONS);
        let curve = &plan.forecast.curve;
        let at = |node: usize, time| curve.connections_at(&curve.nodes[node], time).unwrap();
        assert_eq!((at(0, 5), at(1, 5)), (100, 0));
        assert_eq!((at(0, 10), at(1, 10)), (50, 40));
        assert_eq!((at(0, 15), at(1, 17)), (0, 100));
    }

    #[test]
    fn least_connections_fills_the_emptiest_first() {
        let plan = plan(&[100, 0, 60], LoadBalancer::LeastConnections, OPTIONS);
        let ends: Vec<u64> = plan.forecast.end.iter().map(|end| end.connections).collect();
        assert_eq!(ends, [0, 80, 80]);
        assert!(plan.balance.after.over < 1e-9 && plan.balance.before.over > 0.9);
    }

    #[test]
    fn a_slow_evacuation_of_a_huge_node_is_forecast_at_once() {
        let plan = plan(&[1 << 52, 0], LoadBalancer::RoundRobin, r#"{"conn_evict_rate":1}"#);
        assert!(plan.forecast.curve.times_s.len() < 300);
    }
}
