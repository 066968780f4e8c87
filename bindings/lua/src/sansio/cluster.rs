//! A cluster that is asked through its host.

use super::course::Course;
use super::talk::Talk;
use crate::config::{Config, ConfigInput};
use crate::offline::read;
use crate::reply::{detached, error_table, given, late};
use crate::stored::{named, restored, unread};
use crate::tree::Tree;
use emqx_rebalance_core::{
    EvacuationPlan, EvacuationRequest, Plan, PlanRequest, Result, StartRequest,
};
use emqx_rebalance_exchange::sansio::Cluster as Conversations;
use mlua::prelude::*;

/// A cluster that is asked through its host.
#[derive(Debug)]
pub(crate) struct Cluster(Conversations);

/// Adds `native.sansio`, and the errors that those make who carry requests.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    native.set("late", lua.create_function(|lua, what: String| error_table(lua, &late(&what)))?)?;
    native.set("detached", lua.create_function(|lua, ()| error_table(lua, &detached()))?)?;
    let broken = |lua: &Lua, why: String| {
        error_table(lua, &unread("save", why, "functions that raise no error"))
    };
    native.set("broken", lua.create_function(broken)?)?;
    let cluster = |lua: &Lua, config: LuaValue| {
        given(lua, read::<ConfigInput>(lua, &config, "cluster").and_then(Cluster::new))
    };
    native.set("sansio", lua.create_function(cluster)?)
}

impl Cluster {
    fn new(input: ConfigInput) -> Result<Self> {
        let Config { access, ca_cert, client_cert, client_key } = Config::try_from(input)?;
        let files =
            [("ca_cert", ca_cert), ("client_cert", client_cert), ("client_key", client_key)];
        for (field, file) in files {
            if let Some(file) = file {
                let bound = "left out: whoever carries the requests verifies `https`";
                return Err(unread(field, file.display(), bound));
            }
        }
        Conversations::new(access).map(Self)
    }
}

impl LuaUserData for Cluster {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        add_questions(methods);
        add_courses(methods);
    }
}

/// Methods that give a [`Talk`].
fn add_questions<M: LuaUserDataMethods<Cluster>>(methods: &mut M) {
    methods
        .add_method("connect", |lua, cluster, ()| given(lua, Ok(Talk::new(cluster.0.connect()))));
    methods.add_method("evacuations", |lua, cluster, ()| {
        given(lua, Ok(Talk::new(cluster.0.evacuations())))
    });
    methods
        .add_method("snapshot", |lua, cluster, ()| given(lua, Ok(Talk::new(cluster.0.snapshot()))));
    methods.add_method("status", |lua, cluster, ()| given(lua, Ok(Talk::new(cluster.0.status()))));
    methods.add_method("plan", |lua, cluster, request: LuaValue| {
        let request = Tree::read(lua, &request, "plan request").and_then(PlanRequest::read);
        given(lua, request.map(|request| Talk::new(cluster.0.plan(request))))
    });
    methods.add_method("plan_evacuation", |lua, cluster, request: LuaValue| {
        let request = Tree::read(lua, &request, "evacuation request");
        let request = request.and_then(EvacuationRequest::read);
        given(lua, request.map(|request| Talk::new(cluster.0.plan_evacuation(request))))
    });
    methods.add_method("stop", |lua, cluster, coordinator: Option<String>| {
        let coordinator = coordinator.as_deref().map(named).transpose();
        given(lua, coordinator.map(|coordinator| Talk::new(cluster.0.stop(coordinator))))
    });
    methods.add_method("stop_evacuation", |lua, cluster, node: String| {
        given(lua, named(&node).map(|node| Talk::new(cluster.0.stop_evacuation(node))))
    });
}

/// Methods that give a [`Course`].
fn add_courses<M: LuaUserDataMethods<Cluster>>(methods: &mut M) {
    methods.add_method("start", |lua, cluster, request: LuaValue| {
        let request =
            Tree::read(lua, &request, "start request").and_then(StartRequest::<Plan>::read);
        let driver = request.and_then(StartRequest::driver);
        given(lua, driver.map(|driver| Course::new(cluster.0.clone(), driver, false)))
    });
    methods.add_method("evacuate", |lua, cluster, request: LuaValue| {
        let request = Tree::read(lua, &request, "start request");
        let request = request.and_then(StartRequest::<EvacuationPlan>::read);
        let driver = request.and_then(StartRequest::driver);
        given(lua, driver.map(|driver| Course::new(cluster.0.clone(), driver, false)))
    });
    methods.add_method("resume", |lua, cluster, state: LuaString| {
        let course = restored(&state).map(|job| Course::new(cluster.0.clone(), job, true));
        given(lua, course)
    });
}
