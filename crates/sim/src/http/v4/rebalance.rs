//! `/load_rebalance/…`.

use super::{Simulation, data, options, refused};
use crate::cluster::{Cluster, LocalStatus, Refusal, StartOptions};
use crate::http::answer::{self, Reply};
use crate::http::erlang;
use crate::http::rebalance::put;
use http::StatusCode;
use serde_json::{Map, Value, json};

impl Simulation {
    /// The body is empty either way.
    pub(super) fn availability_check_v4(&self, via: usize) -> Reply {
        let open = self.cluster.says_available(via);
        let status = if open { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let mut reply = answer::ok(&json!({}));
        *reply.status_mut() = status;
        reply
    }

    pub(super) fn local_status_v4(&self, via: usize) -> Reply {
        match self.cluster.local_status(via) {
            None => answer::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Error"),
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

    pub(super) fn global_status_v4(&self, via: usize) -> Reply {
        let runs = self.cluster.rebalances(via);
        let runs = runs.iter().map(|run| (run.coordinator, self.show_run(run)));
        let evacuations = self.cluster.evacuations(via);
        let evacuations =
            evacuations.iter().map(|(node, shown)| (*node, self.show_evacuation(*node, shown)));
        answer::ok(&json!({
            "evacuations": self.by_node(evacuations.collect()),
            "rebalances": self.by_node(runs.collect()),
        }))
    }

    /// A list whose elements name their node, or, in the oldest releases, a map.
    fn by_node(&self, entries: Vec<(usize, Value)>) -> Value {
        let named = entries.into_iter().map(|(node, shown)| (self.cluster.name_of(node), shown));
        if !self.cluster.rules().statuses_by_node {
            let named = named.map(|(name, mut shown)| {
                put(&mut shown, "node", name);
                shown
            });
            return named.collect();
        }
        let named = named.map(|(name, mut shown)| {
            if let Some(fields) = shown.as_object_mut() {
                fields.remove("node");
            }
            (name.to_owned(), shown)
        });
        Value::Object(named.collect::<Map<_, _>>())
    }

    pub(super) fn start_v4(&mut self, via: usize, name: &str, body: &Value) -> Reply {
        let read = self.node_named(name).and_then(|node| {
            let start = options::rebalance(body)?;
            let nodes = self.nodes_named_v4(via, "nodes", start.nodes.as_ref())?;
            let options::Start { strategy, rpc_timeouts, .. } = start;
            Ok((node, StartOptions { strategy, rpc_timeouts, nodes }))
        });
        match read {
            Err(message) => refused(&message),
            Ok((node, start)) => self.done_v4(node, |cluster| cluster.start(node, start)),
        }
    }

    pub(super) fn start_evacuation_v4(&mut self, via: usize, name: &str, body: &Value) -> Reply {
        let read = self.node_named(name).and_then(|node| {
            let (mut options, migrate_to) = options::evacuation(body)?;
            options.migrate_to = self.nodes_named_v4(via, "migrate_to", migrate_to.as_ref())?;
            Ok((node, options))
        });
        match read {
            Err(message) => refused(&message),
            Ok((node, options)) => {
                self.done_v4(node, |cluster| cluster.start_evacuation(node, options))
            }
        }
    }

    pub(super) fn stop_v4(&mut self, name: &str) -> Reply {
        match self.node_named(name) {
            Err(message) => refused(&message),
            Ok(node) => self.done_v4(node, |cluster| cluster.stop(node)),
        }
    }

    pub(super) fn stop_evacuation_v4(&mut self, name: &str) -> Reply {
        match self.node_named(name) {
            Err(message) => refused(&message),
            Ok(node) => self.done_v4(node, |cluster| cluster.stop_evacuation(node)),
        }
    }

    /// The place of a node, up or not.
    fn node_named(&self, name: &str) -> Result<usize, String> {
        self.cluster.find(name).ok_or_else(|| format!("invalid node: {name}"))
    }

    /// The nodes that `names` mean, in their order.
    fn nodes_named_v4(
        &self,
        via: usize,
        field: &str,
        names: Option<&Value>,
    ) -> Result<Option<Vec<usize>>, String> {
        let Some(names) = names else { return Ok(None) };
        let Some(names) = names.as_array() else {
            return Err(format!("invalid node list in {field}: {names}"));
        };
        let places = names.iter().map(|name| self.node_named(name.as_str().unwrap_or_default()));
        let places: Vec<usize> = places.collect::<Result<_, _>>()?;
        let (free, busy): (Vec<usize>, Vec<usize>) =
            places.iter().partition(|node| self.cluster.can_take_part(via, **node));
        let shown = |nodes: &[usize]| {
            let atoms = nodes.iter().map(|node| erlang::atom(self.cluster.name_of(*node)));
            format!("[{}]", atoms.collect::<Vec<_>>().join(","))
        };
        match (free.is_empty(), busy.is_empty()) {
            (true, _) => Err(format!("no available nodes list in {field}: {}", shown(&places))),
            (_, false) => Err(format!("unavailable nodes in {field}: {}", shown(&busy))),
            _ => Ok(Some(free)),
        }
    }

    fn done_v4(
        &mut self,
        node: usize,
        command: impl FnOnce(&mut Cluster) -> Result<(), Refusal>,
    ) -> Reply {
        match command(&mut self.cluster) {
            Ok(()) => data(&json!([])),
            Err(Refusal::Error(word)) => self.refused_by_node(word),
            Err(Refusal::BadNodes(_) | Refusal::NoProcess) => {
                let name = erlang::atom(self.cluster.name_of(node));
                self.refused_by_node(&format!("Error communicating with node {name}"))
            }
        }
    }

    /// What the node itself answers is written as a list by the oldest releases.
    fn refused_by_node(&self, message: &str) -> Reply {
        if self.cluster.rules().messages_are_lists {
            return answer::ok(&json!({ "code": 400, "message": [message] }));
        }
        refused(message)
    }
}
