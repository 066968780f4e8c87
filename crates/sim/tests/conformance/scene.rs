//! Which recording is replayed on which cluster.

use emqx_rebalance_core::Role;
use emqx_rebalance_sim::{Boot, ClusterConfig, LoadBalancer, Reconnect, Release};

/// One recording, and the cluster as it was when it began.
pub(crate) struct Scene {
    pub(crate) release: Release,
    /// File of requests, under the release's folder.
    pub(crate) requests: Option<&'static str>,
    /// File of polls.
    pub(crate) timeline: Option<&'static str>,
    /// File that is one list of nodes.
    pub(crate) nodes: Option<&'static str>,
    /// How many nodes at the end are replicants.
    pub(crate) replicants: usize,
    /// Starts that were not recorded and are known by what came of them: when, which, and with what
    /// body.
    pub(crate) starts: &'static [(&'static str, &'static str, &'static str)],
    /// Milliseconds from the mark of a signal to the signal.
    pub(crate) late_ms: u64,
    /// Nodes whose rebalance application had crashed before, and how often.
    pub(crate) worn: &'static [(usize, usize)],
    /// Milliseconds that the calls of one round of eviction took on the recorded machine.
    pub(crate) round_ms: u64,
    /// Durable sessions of the cluster whose client is away.
    pub(crate) durable_sessions: u64,
    /// Clients and disconnected sessions of each node.
    pub(crate) loads: &'static [(u64, u64)],
    /// Replays only what was recorded from here on, if not empty.
    pub(crate) from: &'static str,
    /// Replays only what was recorded before this, if not empty.
    pub(crate) until: &'static str,
    /// Node killed at a time, where no mark in the timeline says so.
    pub(crate) kill: Option<(&'static str, usize)>,
    /// Milliseconds until clients come back, from and to.
    pub(crate) delay_ms: (u64, u64),
    /// Milliseconds between two health checks of the load balancer; 0 knows everything at once.
    pub(crate) check_ms: u64,
    /// Milliseconds from a restart to the HTTP API, and to the rebalance application: as long as
    /// the recorded machine took.
    pub(crate) boot_ms: (u64, u64),
    /// Seconds that a login lasts.
    pub(crate) token_ttl_s: u32,
    /// Number of the first node.
    pub(crate) first_node: usize,
    /// Whether the polls' `live_connections` of donors must be equal too.
    pub(crate) exact: bool,
}

const BASE: Scene = Scene {
    release: Release::V5_3,
    requests: None,
    timeline: None,
    nodes: None,
    replicants: 0,
    starts: &[],
    late_ms: 0,
    worn: &[],
    round_ms: 0,
    durable_sessions: 0,
    loads: &[(0, 0); 4],
    from: "",
    until: "",
    kill: None,
    delay_ms: (100, 900),
    check_ms: 0,
    boot_ms: (3000, 5000),
    token_ttl_s: 3600,
    first_node: 1,
    exact: false,
};

const HOUR_MS: u64 = 3_600_000;

const LEVEL: &[(u64, u64)] = &[(200, 0), (200, 0), (200, 0), (0, 0)];

/// Every recording that the simulator claims to cover.
pub(crate) const SCENES: &[Scene] = &[
    Scene { requests: Some("01_02_version_and_idle.json"), ..BASE },
    Scene {
        requests: Some("03_requests.json"),
        timeline: Some("03_timeline_success.json"),
        loads: &[(300, 60), (300, 60), (300, 60), (0, 0)],
        exact: true,
        ..BASE
    },
    Scene { requests: Some("04_errors.json"), ..BASE },
    Scene {
        requests: Some("04b_errors_with_load.json"),
        loads: &[(200, 40), (0, 105), (0, 111), (0, 84)],
        ..BASE
    },
    Scene {
        requests: Some("05_evacuation_requests.json"),
        timeline: Some("05_timeline_evacuation.json"),
        loads: &[(200, 63), (0, 105), (0, 111), (0, 84)],
        ..BASE
    },
    Scene {
        requests: Some("06_evacuation_survives_restart_requests.json"),
        timeline: Some("06_evacuation_survives_restart_timeline.json"),
        boot_ms: (3300, 5300),
        loads: &[(0, 16), (100, 29), (0, 0), (0, 0)],
        ..BASE
    },
    Scene {
        requests: Some("06_hang_coordinator_requests.json"),
        timeline: Some("06_hang_coordinator_timeline.json"),
        loads: LEVEL,
        ..BASE
    },
    Scene {
        requests: Some("06_hang_recipient_default_tick_requests.json"),
        timeline: Some("06_hang_recipient_default_tick_timeline.json"),
        loads: LEVEL,
        ..BASE
    },
    Scene {
        requests: Some("06_kill_coordinator_donor_requests.json"),
        timeline: Some("06_kill_coordinator_donor_timeline.json"),
        boot_ms: (2700, 4650),
        loads: LEVEL,
        ..BASE
    },
    Scene {
        requests: Some("06_kill_donor_requests.json"),
        timeline: Some("06_kill_donor_timeline.json"),
        boot_ms: (5600, 7600),
        loads: LEVEL,
        ..BASE
    },
    Scene {
        requests: Some("06_kill_recipient_requests.json"),
        timeline: Some("06_kill_recipient_timeline.json"),
        boot_ms: (4650, 6650),
        loads: LEVEL,
        ..BASE
    },
    Scene {
        requests: Some("06_kill_recipient_wait_health_requests.json"),
        timeline: Some("06_kill_recipient_wait_health_timeline.json"),
        loads: LEVEL,
        ..BASE
    },
    Scene {
        requests: Some("06_kill_recipient_wait_takeover_requests.json"),
        timeline: Some("06_kill_recipient_wait_takeover_timeline.json"),
        loads: LEVEL,
        ..BASE
    },
    Scene {
        requests: Some("06_stop_midway_requests.json"),
        timeline: Some("06_stop_midway_timeline.json"),
        loads: LEVEL,
        ..BASE
    },
    Scene {
        requests: Some("08_extra_requests.json"),
        loads: &[(150, 100), (0, 0), (0, 0), (0, 0)],
        // Nobody came back while this was recorded.
        delay_ms: (HOUR_MS, HOUR_MS),
        token_ttl_s: 3,
        ..BASE
    },
    Scene {
        requests: Some("10_capacity_requests.json"),
        loads: &[(2000, 0), (2000, 0), (2000, 0), (0, 0)],
        ..BASE
    },
    Scene {
        requests: Some("12_node_down_views.json"),
        loads: &[(0, 30), (0, 0), (0, 0)],
        kill: Some(("2026-11-22T08:34:24.000Z", 2)),
        ..BASE
    },
    Scene {
        timeline: Some("12_timeline_sessions_only.json"),
        loads: &[(0, 30), (0, 0), (0, 0)],
        exact: true,
        ..BASE
    },
    Scene {
        timeline: Some("20_level_timeline_1000_600_0_0_0.json"),
        loads: &[(1000, 964), (600, 800), (0, 1183), (0, 1225), (0, 1118)],
        first_node: 11,
        delay_ms: (20, 60),
        check_ms: 200,
        exact: true,
        ..BASE
    },
    Scene {
        timeline: Some("20_level_timeline_500_400_300_200_100.json"),
        loads: &[(500, 0), (400, 0), (300, 0), (200, 0), (100, 0)],
        first_node: 11,
        delay_ms: (20, 60),
        check_ms: 200,
        exact: true,
        ..BASE
    },
    Scene { release: Release::V5_8, requests: Some("01_02_version_and_idle.json"), ..BASE },
    Scene {
        release: Release::V5_8,
        requests: Some("03_requests.json"),
        timeline: Some("03_timeline_success.json"),
        loads: &[(16, 4), (0, 0), (0, 0), (0, 0)],
        until: "2026-11-22T08:24:37.000Z",
        exact: true,
        ..BASE
    },
    // All clients had come back to emqx2 by then, which no fair load balancer does.
    Scene {
        release: Release::V5_8,
        requests: Some("03_requests.json"),
        timeline: Some("03_timeline_success.json"),
        loads: &[(5, 1), (11, 2), (0, 1), (0, 0)],
        from: "2026-11-22T08:24:37.000Z",
        ..BASE
    },
    Scene { release: Release::V5_8, requests: Some("04_errors.json"), ..BASE },
    Scene {
        release: Release::V5_8,
        requests: Some("06_stop_midway_requests.json"),
        timeline: Some("06_stop_midway_timeline.json"),
        loads: &[(9, 0), (9, 0), (0, 0), (0, 0)],
        ..BASE
    },
    Scene { requests: Some("01_02_version_and_idle.json"), ..SIX },
    Scene {
        requests: Some("03_requests.json"),
        timeline: Some("03_timeline_success.json"),
        loads: &[(40, 20), (20, 0), (0, 0), (0, 0), (0, 0)],
        // They came back late: a third of them within half a second.
        delay_ms: (200, 1800),
        exact: true,
        ..SIX
    },
    Scene { requests: Some("04_errors.json"), ..SIX },
    Scene { requests: Some("04b_errors_rpc_timeouts.json"), ..SIX },
    Scene {
        requests: Some("05_evacuation_requests.json"),
        timeline: Some("05_timeline_evacuation.json"),
        loads: UNEVEN,
        ..SIX
    },
    Scene { requests: Some("05_scopes_and_roles.json"), ..SIX },
    Scene {
        requests: Some("06_hang_recipient_requests.json"),
        timeline: Some("06_hang_recipient_timeline.json"),
        loads: &[(120, 0), (80, 0), (0, 0), (0, 0), (0, 0)],
        late_ms: 1980,
        // emqx1 had been the donor of ten runs that crashed, and went down with this one.
        worn: &[(0, 10)],
        ..SIX
    },
    Scene {
        requests: Some("06_kill_coordinator_requests.json"),
        timeline: Some("06_kill_coordinator_timeline.json"),
        loads: UNEVEN,
        late_ms: 1500,
        ..SIX
    },
    Scene {
        requests: Some("06_kill_donor_requests.json"),
        timeline: Some("06_kill_donor_timeline.json"),
        loads: UNEVEN,
        late_ms: 1000,
        ..SIX
    },
    Scene {
        requests: Some("06_stop_midway_requests.json"),
        timeline: Some("06_stop_midway_timeline.json"),
        loads: UNEVEN,
        ..SIX
    },
    Scene {
        timeline: Some("14_durable_sessions_timeline.json"),
        loads: &[(120, 0), (60, 0), (0, 0), (0, 0), (0, 0)],
        replicants: 2,
        durable_sessions: 30,
        starts: &[
            (
                "2026-11-30T02:45:43.630Z",
                "emqx3@127.0.0.1/start",
                r#"{"nodes":["emqx1@127.0.0.1","emqx2@127.0.0.1","emqx3@127.0.0.1"],
                    "conn_evict_rate":10,"sess_evict_rate":10,"wait_health_check":2,
                    "wait_takeover":0,"abs_conn_threshold":15,"rel_conn_threshold":1.0001}"#,
            ),
            (
                "2026-11-30T02:45:52.750Z",
                "emqx1@127.0.0.1/evacuation/start",
                r#"{"conn_evict_rate":20,"sess_evict_rate":10,"wait_health_check":2,
                    "wait_takeover":2}"#,
            ),
        ],
        ..SIX
    },
    Scene {
        timeline: Some("20_level_timeline_1000_600_0_0_0.json"),
        loads: &[(1000, 0), (600, 0), (0, 0), (0, 0), (0, 0)],
        delay_ms: (20, 60),
        check_ms: 200,
        exact: true,
        round_ms: 12,
        starts: &[
            (
                "2026-11-30T02:09:20.100Z",
                "emqx1@127.0.0.1/start",
                r#"{"nodes":["emqx1@127.0.0.1","emqx5@127.0.0.1","emqx4@127.0.0.1","emqx3@127.0.0.1"],
                    "conn_evict_rate":22,"sess_evict_rate":30,"wait_health_check":5,
                    "wait_takeover":5,"abs_conn_threshold":1,"rel_conn_threshold":1.0001}"#,
            ),
            (
                "2026-11-30T02:09:20.110Z",
                "emqx2@127.0.0.1/start",
                r#"{"nodes":["emqx2@127.0.0.1","emqx5@127.0.0.1","emqx4@127.0.0.1","emqx3@127.0.0.1"],
                    "conn_evict_rate":10,"sess_evict_rate":30,"wait_health_check":5,
                    "wait_takeover":8,"abs_conn_threshold":25,"rel_conn_threshold":1.0001}"#,
            ),
        ],
        ..SIX
    },
    Scene {
        timeline: Some("20_level_timeline_2500_1500_900_100_0.json"),
        loads: &[(2500, 0), (1500, 0), (900, 0), (100, 0), (0, 0)],
        delay_ms: (20, 60),
        check_ms: 200,
        starts: LEVEL_OF_6,
        round_ms: 64,
        until: "2026-11-30T02:13:14.000Z",
        ..SIX
    },
    // Clients came back elsewhere than in the replay, so its second and third wave begin anew.
    Scene {
        timeline: Some("20_level_timeline_2500_1500_900_100_0.json"),
        loads: &[(1000, 0), (990, 0), (1032, 0), (995, 0), (983, 0)],
        delay_ms: (20, 60),
        check_ms: 200,
        starts: LEVEL_OF_6,
        from: "2026-11-30T02:13:14.000Z",
        until: "2026-11-30T02:13:33.000Z",
        ..SIX
    },
    Scene {
        timeline: Some("20_level_timeline_2500_1500_900_100_0.json"),
        loads: &[(1003, 0), (999, 0), (1000, 0), (1005, 0), (993, 0)],
        delay_ms: (20, 60),
        check_ms: 200,
        starts: LEVEL_OF_6,
        from: "2026-11-30T02:13:33.000Z",
        ..SIX
    },
    Scene {
        nodes: Some("nodes_core_replicant.json"),
        loads: &[(133, 0), (83, 0), (33, 0), (70, 0), (71, 0)],
        replicants: 2,
        ..SIX
    },
];

const SIX: Scene = Scene { release: Release::V6, loads: &[(0, 0); 5], ..BASE };

const UNEVEN: &[(u64, u64)] = &[(40, 0), (20, 0), (0, 0), (0, 0), (0, 0)];

const LEVEL_OF_6: &[(&str, &str, &str)] = &[
    (
        "2026-11-30T02:12:04.100Z",
        "emqx1@127.0.0.1/start",
        r#"{"nodes":["emqx1@127.0.0.1","emqx5@127.0.0.1","emqx4@127.0.0.1"],
            "conn_evict_rate":30,"sess_evict_rate":30,"wait_health_check":5,
            "wait_takeover":5,"abs_conn_threshold":40,"rel_conn_threshold":1.0001}"#,
    ),
    (
        "2026-11-30T02:12:04.110Z",
        "emqx2@127.0.0.1/start",
        r#"{"nodes":["emqx2@127.0.0.1","emqx5@127.0.0.1","emqx4@127.0.0.1"],
            "conn_evict_rate":10,"sess_evict_rate":30,"wait_health_check":5,
            "wait_takeover":5,"abs_conn_threshold":47,"rel_conn_threshold":1.0001}"#,
    ),
    (
        "2026-11-30T02:12:04.120Z",
        "emqx3@127.0.0.1/start",
        r#"{"nodes":["emqx3@127.0.0.1","emqx5@127.0.0.1"],
            "conn_evict_rate":1,"sess_evict_rate":30,"wait_health_check":5,
            "wait_takeover":41,"abs_conn_threshold":890,"rel_conn_threshold":1.0001}"#,
    ),
    (
        "2026-11-30T02:12:04.130Z",
        "emqx4@127.0.0.1/start",
        r#"{"nodes":["emqx4@127.0.0.1","emqx5@127.0.0.1"],
            "conn_evict_rate":1,"sess_evict_rate":30,"wait_health_check":5,
            "wait_takeover":1,"abs_conn_threshold":90,"rel_conn_threshold":1.0001}"#,
    ),
    (
        "2026-11-30T02:13:14.800Z",
        "emqx1@127.0.0.1/start",
        r#"{"nodes":["emqx1@127.0.0.1","emqx5@127.0.0.1","emqx2@127.0.0.1"],
            "conn_evict_rate":1,"sess_evict_rate":30,"wait_health_check":5,
            "wait_takeover":0,"abs_conn_threshold":10,"rel_conn_threshold":1.0001}"#,
    ),
    (
        "2026-11-30T02:13:14.810Z",
        "emqx3@127.0.0.1/start",
        r#"{"nodes":["emqx3@127.0.0.1","emqx5@127.0.0.1","emqx2@127.0.0.1","emqx4@127.0.0.1"],
            "conn_evict_rate":16,"sess_evict_rate":30,"wait_health_check":5,
            "wait_takeover":5,"abs_conn_threshold":5,"rel_conn_threshold":1.0001}"#,
    ),
    (
        "2026-11-30T02:13:34.000Z",
        "emqx4@127.0.0.1/start",
        r#"{"nodes":["emqx4@127.0.0.1","emqx5@127.0.0.1"],
            "conn_evict_rate":5,"sess_evict_rate":30,"wait_health_check":5,
            "wait_takeover":5,"abs_conn_threshold":6,"rel_conn_threshold":1.0001}"#,
    ),
    (
        "2026-11-30T02:13:34.300Z",
        "emqx1@127.0.0.1/start",
        r#"{"nodes":["emqx1@127.0.0.1","emqx5@127.0.0.1"],
            "conn_evict_rate":3,"sess_evict_rate":30,"wait_health_check":5,
            "wait_takeover":5,"abs_conn_threshold":6,"rel_conn_threshold":1.0001}"#,
    ),
];

impl Scene {
    pub(crate) fn folder(&self) -> &'static str {
        match self.release {
            Release::V5_3 => "5.3.2",
            Release::V6 => "6.0.3",
            _ => "5.8.8",
        }
    }

    pub(crate) fn config(&self) -> ClusterConfig {
        let clients: Vec<u64> = self.loads.iter().map(|(clients, _)| *clients).collect();
        let mut config = ClusterConfig::with_clients(&clients).unwrap();
        for (i, (node, (_, sessions))) in config.nodes.iter_mut().zip(self.loads).enumerate() {
            node.disconnected_sessions = *sessions;
            let name = format!("emqx{}@127.0.0.1", i + self.first_node);
            node.name = name.try_into().unwrap();
        }
        let cores = self.loads.len() - self.replicants;
        for node in config.nodes.iter_mut().skip(cores) {
            node.role = Role::Replicant;
        }
        if self.release == Release::V6 {
            "Public12345".clone_into(&mut config.credentials.password);
        }
        config.round_ms = self.round_ms;
        config.durable_sessions = self.durable_sessions;
        config.personality = self.release;
        config.token_ttl_s = self.token_ttl_s;
        config.load_balancer =
            LoadBalancer { check_interval_ms: self.check_ms, ..LoadBalancer::default() };
        let (min_ms, max_ms) = self.delay_ms;
        config.reconnect = Reconnect { min_ms, max_ms, ..Reconnect::default() };
        let (listens_after_ms, serves_after_ms) = self.boot_ms;
        config.boot = Boot { listens_after_ms, serves_after_ms };
        config
    }
}
