//! The HTTP API: requests in, answers out, no sockets.

mod accounts;
mod answer;
mod calendar;
mod duration;
mod erlang;
mod faulty;
mod nodes;
mod options;
mod rebalance;
mod route;
mod session;
mod v4;
mod waiting;

use crate::cluster::Cluster;
use crate::config::ClusterConfig;
use crate::faults::{HttpFailure, HttpFaults, ScheduledFault};
use crate::personality::Api;
use crate::population::Population;
use accounts::{Accounts, Caller};
use answer::Reply;
use emqx_rebalance_core::{Error, Result, Timestamp};
use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use route::Endpoint;
use serde_json::{Value, json};
pub use waiting::Ticket;
use waiting::WaitingRoom;

/// A cluster and the HTTP API of each of its nodes.
#[derive(Debug)]
pub struct Simulation {
    /// The cluster.
    pub cluster: Cluster,
    accounts: Accounts,
    pub(crate) http_faults: HttpFaults,
    /// Faults to come, the first one last.
    schedule: Vec<ScheduledFault>,
    room: WaitingRoom,
}

/// What came of a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// The node answered.
    Response(Response<Vec<u8>>),
    /// The node is down: nothing listens on its port.
    Unreachable,
    /// The connection is closed without an answer.
    Reset,
    /// The answer breaks off: its body is shorter than its `content-length`.
    Truncated(Response<Vec<u8>>),
    /// The answer has not come yet; [`Simulation::collect`] has it once it has.
    Waiting(Ticket),
}

impl Simulation {
    /// A simulation of `config`, at time zero.
    ///
    /// # Errors
    /// `config_invalid` with every problem of `config`.
    pub fn new(config: ClusterConfig) -> Result<Self> {
        let accounts = Accounts::new(&config);
        Ok(Self::of(Cluster::new(config)?, accounts))
    }

    /// A simulation of `config` with clients of the caller's own making, at time zero.
    ///
    /// # Errors
    /// `config_invalid` with every problem of `config`.
    pub fn with_population(config: ClusterConfig, population: Box<dyn Population>) -> Result<Self> {
        let accounts = Accounts::new(&config);
        Ok(Self::of(Cluster::with_population(config, population)?, accounts))
    }

    fn of(cluster: Cluster, accounts: Accounts) -> Self {
        let mut schedule = cluster.config().faults.clone();
        schedule.sort_by_key(|fault| std::cmp::Reverse(fault.at()));
        let http_faults = HttpFaults::default();
        Self { cluster, accounts, http_faults, schedule, room: WaitingRoom::default() }
    }

    /// Lets everything happen that is due up to `to`.
    pub fn advance(&mut self, to: Timestamp) {
        while self.is_disturbed() && self.next_event() <= to {
            let next = self.next_event();
            self.cluster.advance(next);
            self.break_what_is_due();
            self.serve_waiting();
        }
        self.cluster.advance(to);
    }

    /// When something happens next by itself.
    pub fn next_event(&self) -> Timestamp {
        let fault = self.schedule.last().map(ScheduledFault::at);
        let others = fault.into_iter().chain(self.next_answer());
        others.fold(self.cluster.next_event(), Timestamp::min).max(self.cluster.now())
    }

    /// Whether it takes more than the cluster alone to move on.
    fn is_disturbed(&self) -> bool {
        !self.schedule.is_empty() || self.is_anybody_waiting()
    }

    fn break_what_is_due(&mut self) {
        let now = self.cluster.now();
        while let Some(due) = self.schedule.pop_if(|fault| fault.at() <= now) {
            // One that cannot happen does not: a node may be dead already.
            let _happened: Result<()> = self.inject(&due.fault);
        }
    }

    /// Has a fault happen later.
    ///
    /// # Errors
    /// `config_invalid` if it names a node that is not there, or no time.
    pub fn schedule_fault(&mut self, fault: ScheduledFault) -> Result<()> {
        let mut problems = Vec::new();
        let config = self.cluster.config();
        fault.check(self.schedule.len(), |name| config.has_node(name), &mut problems);
        if !problems.is_empty() {
            return Err(Error::invalid("fault", problems));
        }
        self.schedule.push(fault);
        self.schedule.sort_by_key(|fault| std::cmp::Reverse(fault.at()));
        Ok(())
    }

    pub(crate) fn expire_tokens(&mut self) {
        self.accounts.expire_tokens(self.cluster.now());
    }

    pub(crate) fn skew_clock(&mut self, seconds: i64) {
        self.accounts.skew_clock(seconds);
    }

    /// What the node at place `via` answers to `request`, of which path, query, method, headers
    /// and body count.
    pub fn answer(&mut self, via: usize, request: &Request<Vec<u8>>) -> Answer {
        if !self.cluster.is_up(via) {
            return Answer::Unreachable;
        }
        let path = request.uri().path();
        if path == "/sim/faults" {
            return Answer::Response(*self.faults(request));
        }
        let failure = self.http_faults.take(self.cluster.name_of(via), path);
        match failure {
            Some(HttpFailure::Dropped) => Answer::Reset,
            Some(HttpFailure::NoAnswer) => {
                let _done = self.plain_answer(via, request);
                self.attend(via, request, failure)
            }
            _ => self.attend(via, request, failure),
        }
    }

    /// What the node answers if nothing keeps it from it.
    fn plain_answer(&mut self, via: usize, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let preflight = self.cluster.config().cors && request.method() == Method::OPTIONS;
        let mut reply = if preflight {
            answer::empty(StatusCode::OK)
        } else {
            self.reply(via, request).unwrap_or_else(|refusal| refusal)
        };
        if self.cluster.config().cors {
            answer::set(&mut reply, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        }
        if preflight {
            let methods = "GET, POST, PUT, DELETE, OPTIONS";
            answer::set(&mut reply, ACCESS_CONTROL_ALLOW_METHODS, methods);
            answer::set(&mut reply, ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type");
        }
        *reply
    }

    /// In EMQX's order: path, method, caller, body.
    fn reply(&mut self, via: usize, request: &Request<Vec<u8>>) -> Result<Reply, Reply> {
        let path = request.uri().path();
        let rules = self.cluster.rules();
        if rules.api == Api::V4 {
            return self.reply_v4(via, request);
        }
        let endpoint = Endpoint::of(path, rules)
            .ok_or_else(|| answer::no_such_path(wants_json(request.headers())))?;
        let allowed = endpoint.methods();
        if !allowed.split(", ").any(|method| method == request.method().as_str()) {
            return Err(answer::method_not_allowed(allowed));
        }
        self.authorize(&endpoint, request)?;
        let body = self.read_body(request)?;
        Ok(self.dispatch(via, &endpoint, request, &body))
    }

    fn authorize(&mut self, endpoint: &Endpoint, request: &Request<Vec<u8>>) -> Result<(), Reply> {
        let rules = self.cluster.rules();
        let open = match endpoint {
            // EMQX: `prometheus.enable_basic_auth`, off by default.
            Endpoint::Status | Endpoint::Login | Endpoint::Metrics => true,
            Endpoint::AvailabilityCheck => rules.availability_is_public,
            _ => false,
        };
        if open {
            return Ok(());
        }
        let caller = self.accounts.authenticate(self.cluster.now(), request.headers(), rules)?;
        let users_only = matches!(endpoint, Endpoint::Keys | Endpoint::Key(_));
        if users_only && caller != Caller::User {
            return Err(accounts::key_not_allowed(rules));
        }
        if rules.keys_have_roles && !caller.role_allows(request.method()) {
            return Err(accounts::role_missing());
        }
        if rules.keys_have_scopes && !caller.may(endpoint.scope()) {
            return Err(accounts::scope_missing());
        }
        Ok(())
    }

    /// The body as JSON: an empty one is an empty object, one of another type is its text.
    fn read_body(&self, request: &Request<Vec<u8>>) -> Result<Value, Reply> {
        let body = request.body();
        if body.is_empty() || request.method() == Method::GET {
            return Ok(json!({}));
        }
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json = kind.is_some_and(|kind| kind.trim_start().starts_with("application/json"));
        let read = if is_json {
            serde_json::from_slice(body)
                .map_err(|_| answer::bad_request("Invalid json message received"))?
        } else {
            Value::String(String::from_utf8_lossy(body).into_owned())
        };
        if read.is_string() && self.cluster.rules().checks_content_type {
            let message = "content-type:application/json Required";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(answer::error(status, "UNSUPPORTED_MEDIA_TYPE", message));
        }
        Ok(read)
    }

    fn dispatch(
        &mut self,
        via: usize,
        endpoint: &Endpoint,
        request: &Request<Vec<u8>>,
        body: &Value,
    ) -> Reply {
        match endpoint {
            Endpoint::Status => answer::status(self.cluster.name_of(via)),
            Endpoint::Nodes => self.nodes(via),
            Endpoint::Node(name) => self.node(via, name),
            Endpoint::NodeStats(name) => self.node_stats(via, name),
            Endpoint::Stats => self.stats(via, request.uri().query()),
            Endpoint::Metrics => self.metrics(via),
            Endpoint::MonitorCurrent => self.monitor_current(via),
            Endpoint::NodeMonitorCurrent(name) => self.node_monitor_current(via, name),
            Endpoint::Cluster => self.cluster_view(via),
            Endpoint::LocalStatus => self.local_status(via),
            Endpoint::GlobalStatus => self.global_status(via),
            Endpoint::AvailabilityCheck => self.availability_check(via),
            Endpoint::Start(name) => self.start(via, name, body),
            Endpoint::Stop(name) => self.stop(via, name),
            Endpoint::StartEvacuation(name) => self.start_evacuation(via, name, body),
            Endpoint::StopEvacuation(name) => self.stop_evacuation(via, name),
            Endpoint::Login => self.login(body),
            Endpoint::Logout => self.logout(body),
            Endpoint::Keys if request.method() == Method::GET => self.list_keys(),
            Endpoint::Keys => self.create_key(body),
            Endpoint::Key(name) => match *request.method() {
                Method::GET => self.show_key_named(name),
                Method::DELETE => self.delete_key(name),
                _ => self.update_key(name, body),
            },
        }
    }

    /// The place of a node that `via` sees running.
    fn find_seen(&self, via: usize, name: &str) -> Option<usize> {
        self.cluster.find(name).filter(|node| self.cluster.sees(via, *node))
    }
}

/// Whether a client asks for JSON, and not for whatever there is.
fn wants_json(headers: &HeaderMap) -> bool {
    let asked = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    asked.is_some_and(|accept| accept.contains("application/json"))
}
