//! `/load_rebalance/…`.

use super::answer::{self, Reply};
use super::options::{EVACUATION, Options, REBALANCE, REBALANCE_WITH_RPC_TIMEOUTS, Schema};
use super::{Simulation, erlang};
use crate::cluster::{LocalStatus, Refusal, StartOptions};
use crate::coordinator::Rebalance;
use crate::evacuation::{Evacuation, EvacuationOptions};
use crate::population::Counts;
use emqx_rebalance_core::Strategy;
use http::StatusCode;
use serde_json::{Value, json};

impl Simulation {
    pub(super) fn availability_check(&self, via: usize) -> Reply {
        // Since it became public it asks the eviction agent, which a broken rebalance
        // application leaves alone.
        if self.cluster.is_half_up(via) && !self.cluster.rules().availability_is_public {
            return answer::internal(self.cluster.rules().not_running);
        }
        if self.cluster.says_available(via) {
            return answer::ok(&json!({}));
        }
        answer::error(StatusCode::SERVICE_UNAVAILABLE, "NODE_EVACUATING", "Node Evacuating")
    }

    pub(super) fn local_status(&self, via: usize) -> Reply {
        match self.cluster.local_status(via) {
            None => answer::internal(self.cluster.rules().not_running),
            Some(LocalStatus::Disabled) => answer::ok(&json!({ "status": "disabled" })),
            Some(LocalStatus::Rebalance { run, initial }) => {
                answer::ok(&self.show_donor(via, run, initial))
            }
            Some(LocalStatus::Evacuation(evacuation)) => {
                let mut shown = self.show_evacuation(via, evacuation);
                put(&mut shown, "process", "evacuation");
                put(&mut shown, "status", "enabled");
                answer::ok(&shown)
            }
        }
    }

    pub(super) fn global_status(&self, via: usize) -> Reply {
        let rebalances = self.shown_runs(via);
        let evacuations = self.cluster.evacuations(via).into_iter().map(|(node, evacuation)| {
            let mut shown = self.show_evacuation(node, evacuation);
            put(&mut shown, "node", self.cluster.name_of(node));
            shown
        });
        answer::ok(&json!({
            "evacuations": evacuations.collect::<Vec<_>>(),
            "purges": [],
            "rebalances": rebalances,
        }))
    }

    /// The runs that `via` learns of.
    pub(super) fn shown_runs(&self, via: usize) -> Vec<Value> {
        self.cluster.rebalances(via).into_iter().map(|run| self.show_run(run)).collect()
    }

    pub(super) fn start(&mut self, via: usize, name: &str, body: &Value) -> Reply {
        let with_timeouts = self.cluster.rules().rpc_timeouts;
        let schema = if with_timeouts { &REBALANCE_WITH_RPC_TIMEOUTS } else { &REBALANCE };
        self.prepare(via, name, body, schema)
            .and_then(|(node, options)| {
                let nodes = self.nodes_named(via, options.names("nodes"))?;
                let (strategy, rpc_timeouts) = (options.strategy(), options.rpc_timeouts());
                let start = StartOptions { strategy, rpc_timeouts, nodes };
                self.done(node, |cluster| cluster.start(node, start))
            })
            .unwrap_or_else(|reply| reply)
    }

    pub(super) fn start_evacuation(&mut self, via: usize, name: &str, body: &Value) -> Reply {
        self.prepare(via, name, body, &EVACUATION)
            .and_then(|(node, options)| {
                let migrate_to = self.nodes_named(via, options.names("migrate_to"))?;
                let options = evacuation_options(&options, migrate_to);
                self.done(node, |cluster| cluster.start_evacuation(node, options))
            })
            .unwrap_or_else(|reply| reply)
    }

    pub(super) fn stop(&mut self, via: usize, name: &str) -> Reply {
        self.find_seen(via, name)
            .ok_or_else(|| answer::node_not_found(name))
            .and_then(|node| self.done(node, |cluster| cluster.stop(node)))
            .unwrap_or_else(|reply| reply)
    }

    pub(super) fn stop_evacuation(&mut self, via: usize, name: &str) -> Reply {
        self.find_seen(via, name)
            .ok_or_else(|| answer::node_not_found(name))
            .and_then(|node| self.done(node, |cluster| cluster.stop_evacuation(node)))
            .unwrap_or_else(|reply| reply)
    }

    /// In EMQX's order: the body first, then the node, then a body of null.
    fn prepare(
        &self,
        via: usize,
        name: &str,
        body: &Value,
        schema: &Schema,
    ) -> Result<(usize, Options), Reply> {
        let rules = self.cluster.rules();
        let given = if body.is_null() { &json!({}) } else { body };
        let options = schema.read(given, rules).map_err(|message| answer::bad_request(&message))?;
        let node = self.find_seen(via, name).ok_or_else(|| answer::node_not_found(name))?;
        if body.is_null() {
            return Err(answer::internal(&rules.null_body.replace("{schema}", schema.name)));
        }
        Ok((node, options))
    }

    /// The nodes that `names` mean, in EMQX's order: reversed.
    fn nodes_named(
        &self,
        via: usize,
        names: Option<&[String]>,
    ) -> Result<Option<Vec<usize>>, Reply> {
        let Some(names) = names else { return Ok(None) };
        let names: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        let is_node =
            |name: &str| self.cluster.find(name).is_some_and(|n| self.cluster.knows(via, n));
        let known = |name: &&str| is_node(name) || erlang::is_known_atom(name);
        let unknown: Vec<String> =
            names.iter().filter(|name| !known(name)).map(|name| erlang::binary(name)).collect();
        if !unknown.is_empty() {
            let message = format!("Invalid nodes: [{}]", unknown.join(","));
            return Err(answer::bad_request(&message));
        }
        let place =
            |name: &str| self.cluster.find(name).filter(|n| self.cluster.can_take_part(via, *n));
        let missing: Vec<String> =
            names.iter().filter(|n| place(n).is_none()).map(|name| erlang::atom(name)).collect();
        if !missing.is_empty() {
            let message = format!("Nodes unavailable: [{}]", missing.join(","));
            return Err(answer::error(StatusCode::BAD_REQUEST, "NOT_FOUND", &message));
        }
        Ok(Some(names.into_iter().filter_map(place).collect()))
    }

    fn done(
        &mut self,
        node: usize,
        command: impl FnOnce(&mut crate::cluster::Cluster) -> Result<(), Refusal>,
    ) -> Result<Reply, Reply> {
        let rules = self.cluster.rules();
        let result = command(&mut self.cluster);
        let name = self.cluster.name_of(node);
        match result {
            Ok(()) => Ok(answer::ok(&json!({}))),
            Err(Refusal::Error(word)) => {
                let message = format!("error on node {}: {word}", erlang::quoted(name));
                Err(answer::bad_request(&message))
            }
            Err(Refusal::BadNodes(nodes)) => {
                let message = erlang::bad_nodes(name, rules.bad_results, &nodes);
                Err(answer::undeclared(rules.undeclared_code, "RPC_ERROR", &message))
            }
            Err(Refusal::NoProcess) => {
                let message = erlang::no_process(name);
                Err(answer::undeclared(rules.undeclared_code, "RPC_ERROR", &message))
            }
        }
    }

    /// A run as its coordinator shows it in `global_status`.
    pub(super) fn show_run(&self, run: &Rebalance) -> Value {
        let mut shown = self.show_progress(run);
        put(&mut shown, "coordinator_node", self.cluster.name_of(run.coordinator));
        put(&mut shown, "node", self.cluster.name_of(run.coordinator));
        put(&mut shown, "donors", json!(self.cluster.names(&run.donors)));
        put(&mut shown, "recipients", json!(self.cluster.names(&run.recipients)));
        if let Some(averages) = run.conns {
            put(&mut shown, "donor_conn_avg", averages.donors);
        }
        if let Some(averages) = run.sessions {
            put(&mut shown, "donor_sess_avg", averages.donors);
        }
        shown
    }

    /// A run as one of its donors shows it in `status`.
    pub(super) fn show_donor(&self, node: usize, run: &Rebalance, initial: Counts) -> Value {
        let (counts, away) = (self.cluster.counts(node), self.cluster.config().durable_sessions);
        let mut shown = self.show_progress(run);
        put(&mut shown, "status", "enabled");
        put(&mut shown, "process", "rebalance");
        put(&mut shown, "coordinator_node", self.cluster.name_of(run.coordinator));
        put(&mut shown, "recipients", json!(self.cluster.names(&run.recipients)));
        let stats = json!({
            "initial_connected": initial.connected,
            "initial_sessions": initial.sessions() + away,
            "current_connected": counts.connected,
            "current_sessions": counts.sessions() + away,
            "current_disconnected_sessions": counts.disconnected_sessions,
        });
        put(&mut shown, "stats", stats);
        shown
    }

    pub(super) fn show_evacuation(&self, node: usize, evacuation: &Evacuation) -> Value {
        let recipients = self.cluster.session_recipients(node);
        json!({
            "state": evacuation.state.as_str(),
            "connection_eviction_rate": evacuation.options.conn_evict_rate,
            "session_eviction_rate": evacuation.options.sess_evict_rate,
            "connection_goal": 0,
            "session_goal": 0,
            "session_recipients": self.cluster.names(&recipients),
            "stats": {
                "initial_connected": evacuation.initial.0,
                "initial_sessions": evacuation.initial.1,
                "current_connected": evacuation.current.0,
                "current_sessions": evacuation.current.1,
            },
        })
    }

    /// What donors and coordinator show alike. Goals are the averages of the last round that did
    /// something, so they trail the truth by one round; they are always written with a fraction.
    fn show_progress(&self, run: &Rebalance) -> Value {
        let mut shown = json!({
            "state": run.phase,
            "connection_eviction_rate": run.strategy.conn_evict_rate,
            "session_eviction_rate": run.strategy.sess_evict_rate,
        });
        if self.cluster.rules().rpc_timeouts {
            put(&mut shown, "connection_eviction_rpc_timeout", run.rpc_timeouts.conns_ms);
            put(&mut shown, "session_eviction_rpc_timeout", run.rpc_timeouts.sessions_ms);
        }
        if let Some(averages) = run.conns {
            put(&mut shown, "connection_goal", averages.recipients);
        }
        if let Some(averages) = run.sessions {
            put(&mut shown, "disconnected_session_goal", averages.recipients);
        }
        shown
    }
}

pub(super) fn evacuation_options(
    options: &Options,
    migrate_to: Option<Vec<usize>>,
) -> EvacuationOptions {
    let base = Strategy::default();
    EvacuationOptions {
        conn_evict_rate: options.rate("conn_evict_rate").unwrap_or(base.conn_evict_rate),
        sess_evict_rate: options.rate("sess_evict_rate").unwrap_or(base.sess_evict_rate),
        wait_health_check: options.seconds("wait_health_check").unwrap_or(base.wait_health_check),
        wait_takeover: options.seconds("wait_takeover").unwrap_or(base.wait_takeover),
        migrate_to,
    }
}

pub(super) fn put(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value.into());
    }
}
