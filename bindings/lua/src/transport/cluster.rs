//! A cluster behind its URLs.

use super::link::Link;
use super::process::Process;
use super::question::Question;
use super::run::Run;
use crate::config::{Config, ConfigInput};
use crate::offline::read;
use crate::reply::given;
use crate::stored::{named, restored, unread};
use crate::tree::Tree;
use emqx_rebalance_client::{Cluster as Client, ClusterConfig, Tls};
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_core::{
    EvacuationPlan, EvacuationRequest, Plan, PlanRequest, Result, Snapshot, StartRequest,
};
use mlua::prelude::*;
use serde::Serialize;
use std::cell::RefCell;
use std::mem::{forget, replace};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A cluster behind its URLs, connected to when first asked, and again after a fork.
#[derive(Debug)]
pub(crate) struct Cluster {
    config: ClusterConfig,
    link: RefCell<(u32, Arc<Link>)>,
}

/// Adds `native.cluster`.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    let cluster = |lua: &Lua, config: LuaValue| {
        let config = read::<ConfigInput>(lua, &config, "cluster").and_then(Config::try_from);
        given(lua, config.and_then(Cluster::new))
    };
    native.set("cluster", lua.create_function(cluster)?)
}

impl Cluster {
    fn new(config: Config) -> Result<Self> {
        let Config { access, ca_cert, client_cert, client_key } = config;
        if !access.find_nodes {
            let bound = "left out: this transport can reach the nodes that it finds";
            return Err(unread("find_nodes", "false", bound));
        }
        let config = ClusterConfig {
            urls: access.urls,
            node_urls: access.node_urls,
            auth: access.auth,
            tls: Tls { ca_cert, client_cert, client_key },
            timeouts: access.timeouts,
        };
        Ok(Self { config, link: RefCell::new((std::process::id(), Arc::default())) })
    }

    /// Begins `work` on the connected cluster.
    fn ask<T: Serialize, F: Future<Output = Result<T>> + Send>(
        &self,
        work: impl FnOnce(Client) -> F + Send + 'static,
    ) -> Result<Question> {
        let (process, call) = (Process::current()?, self.link().begin_call()?);
        let connect = self.connect();
        Ok(Question::spawn(process, call, LIMIT, async move { work(connect.await?).await }))
    }

    /// Finds the cluster, or remembers where it was.
    fn connect(&self) -> impl Future<Output = Result<Client>> + Send + 'static {
        let (config, link) = (self.config.clone(), self.link());
        async move { link.connect(&config).await }
    }

    /// That of this process.
    fn link(&self) -> Arc<Link> {
        let mut link = self.link.borrow_mut();
        let here = std::process::id();
        if link.0 != here {
            // Its sockets are the parent's, and its locks may be held for ever.
            forget(replace(&mut *link, (here, Arc::default())));
        }
        Arc::clone(&link.1)
    }

    fn drive(&self, driver: Result<Driver>, file: Option<PathBuf>) -> Result<Run> {
        Ok(Run::spawn(Process::current()?, self.connect(), driver?, file))
    }

    /// Goes on with what another process began, which EMQX does too: until the cluster is found.
    fn resume(&self, driver: Driver, file: Option<PathBuf>) -> Result<Run> {
        let (config, link) = (self.config.clone(), self.link());
        let connect = async move {
            loop {
                match link.connect(&config).await {
                    Err(error) if error.is_retryable() => tokio::time::sleep(PATIENCE).await,
                    found => return found,
                }
            }
        };
        Ok(Run::spawn(Process::current()?, connect, driver, file))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let link = self.link.take();
        if link.0 != std::process::id() {
            forget(link);
        }
    }
}

impl LuaUserData for Cluster {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        add_questions(methods);
        add_commands(methods);
        add_runs(methods);
    }
}

/// Methods that give a [`Question`] and change nothing.
fn add_questions<M: LuaUserDataMethods<Cluster>>(methods: &mut M) {
    methods.add_method("snapshot", |lua, cluster, ()| {
        given(lua, cluster.ask(async |client| client.snapshot().await))
    });
    methods.add_method("evacuations", |lua, cluster, ()| {
        given(lua, cluster.ask(async |client| client.evacuations().await))
    });
    methods.add_method("status", |lua, cluster, ()| {
        given(lua, cluster.ask(async |client| client.status().await))
    });
    methods.add_method("plan", |lua, cluster, request: LuaValue| {
        let request = Tree::read(lua, &request, "plan request").and_then(PlanRequest::read);
        let question = request.and_then(|PlanRequest { snapshot, strategy, options }| {
            none_brought(snapshot.as_ref())?;
            cluster.ask(async move |client| client.plan(&strategy, &options).await)
        });
        given(lua, question)
    });
    methods.add_method("plan_evacuation", |lua, cluster, request: LuaValue| {
        let request = Tree::read(lua, &request, "evacuation request");
        let question = request.and_then(EvacuationRequest::read).and_then(|request| {
            let EvacuationRequest { snapshot, node, evacuation, options } = request;
            none_brought(snapshot.as_ref())?;
            cluster
                .ask(async move |client| client.plan_evacuation(&node, &evacuation, &options).await)
        });
        given(lua, question)
    });
}

/// As conversations do: a snapshot that is not looked at would be a wrong plan.
fn none_brought(snapshot: Option<&Snapshot>) -> Result<()> {
    let bound = "left out: the cluster is asked for it";
    snapshot.map_or(Ok(()), |_| Err(unread("snapshot", "an object", bound)))
}

/// Methods that give a [`Question`] and change the cluster.
fn add_commands<M: LuaUserDataMethods<Cluster>>(methods: &mut M) {
    methods.add_method("stop", |lua, cluster, coordinator: Option<String>| {
        let question = coordinator.as_deref().map(named).transpose().and_then(|coordinator| {
            cluster.ask(async move |client| client.stop(coordinator.as_ref()).await)
        });
        given(lua, question)
    });
    methods.add_method("stop_evacuation", |lua, cluster, node: String| {
        let question = named(&node)
            .and_then(|node| cluster.ask(async move |client| client.stop_evacuation(&node).await));
        given(lua, question)
    });
}

/// Methods that give a [`Run`].
fn add_runs<M: LuaUserDataMethods<Cluster>>(methods: &mut M) {
    methods.add_method("start", |lua, cluster, (request, file): (LuaValue, Option<PathBuf>)| {
        let request =
            Tree::read(lua, &request, "start request").and_then(StartRequest::<Plan>::read);
        given(lua, request.and_then(|request| cluster.drive(request.driver(), file)))
    });
    methods.add_method("evacuate", |lua, cluster, (request, file): (LuaValue, Option<PathBuf>)| {
        let request = Tree::read(lua, &request, "start request");
        let request = request.and_then(StartRequest::<EvacuationPlan>::read);
        given(lua, request.and_then(|request| cluster.drive(request.driver(), file)))
    });
    methods.add_method("resume", |lua, cluster, (state, file): (LuaString, Option<PathBuf>)| {
        given(lua, restored(&state).and_then(|job| cluster.resume(job, file)))
    });
}

/// Every URL, three times, each as long as it takes by default. Whatever is on its way after that is
/// given up.
const LIMIT: Duration = Duration::from_secs(180);
/// Between two attempts to find a cluster whose plan is to be resumed.
const PATIENCE: Duration = Duration::from_secs(5);
