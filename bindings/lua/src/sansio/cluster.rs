//! A cluster that is asked through its host.

use super::course::Course;
use super::talk::Talk;
use crate::config;
use crate::door::{Door, add_methods, unread};
use crate::reply::{detached, error_table, given, late};
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_exchange::sansio::Cluster as Conversations;
use emqx_rebalance_exchange::{Access, Question, Tls};
use mlua::prelude::*;
use std::path::PathBuf;

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
    let cluster = |lua: &Lua, given_config: LuaValue| {
        given(lua, config::access(lua, &given_config).and_then(Cluster::new))
    };
    native.set("sansio", lua.create_function(cluster)?)
}

impl Cluster {
    fn new(access: Access) -> Result<Self> {
        let Tls { ca_cert, client_cert, client_key } = &access.tls;
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

impl Door for Cluster {
    type Asked = Talk;
    type Driven = Course;

    fn ask(&self, question: Question) -> Result<Talk> {
        Ok(Talk(self.0.ask(question)))
    }

    fn drive(&self, driver: Driver, is_resumed: bool, _: Option<PathBuf>) -> Result<Course> {
        Ok(Course::new(self.0.clone(), driver, is_resumed))
    }
}

impl LuaUserData for Cluster {
    fn add_methods<M: LuaUserDataMethods<Self>>(methods: &mut M) {
        add_methods(methods);
    }
}
