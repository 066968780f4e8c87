//! A cluster behind its URLs.

use super::link::Link;
use super::process::Process;
use super::question::Asked;
use super::run::Run;
use crate::config;
use crate::door::{Door, add_methods, unread};
use crate::reply::given;
use emqx_rebalance_client::Cluster as Client;
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::Driver;
use emqx_rebalance_exchange::{Access, Question};
use mlua::prelude::*;
use std::cell::RefCell;
use std::mem::{forget, replace};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A cluster behind its URLs, connected to when first asked, and again after a fork.
#[derive(Debug)]
pub(crate) struct Cluster {
    access: Access,
    link: RefCell<(u32, Arc<Link>)>,
}

/// Adds `native.cluster`.
pub(crate) fn register(lua: &Lua, native: &LuaTable) -> LuaResult<()> {
    let cluster = |lua: &Lua, given_config: LuaValue| {
        given(lua, config::access(lua, &given_config).and_then(Cluster::new))
    };
    native.set("cluster", lua.create_function(cluster)?)
}

impl Cluster {
    fn new(access: Access) -> Result<Self> {
        if !access.find_nodes {
            let bound = "left out: this transport can reach the nodes that it finds";
            return Err(unread("find_nodes", "false", bound));
        }
        Ok(Self { access, link: RefCell::new((std::process::id(), Arc::default())) })
    }

    /// Finds the cluster, or remembers where it was. If EMQX `goes_on` meanwhile, for as long as it
    /// takes.
    fn connect(&self, goes_on: bool) -> impl Future<Output = Result<Client>> + Send + 'static {
        let (access, link) = (self.access.clone(), self.link());
        async move {
            loop {
                match link.connect(&access).await {
                    Err(error) if goes_on && error.is_retryable() => {
                        tokio::time::sleep(PATIENCE).await;
                    }
                    found => return found,
                }
            }
        }
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
}

impl Door for Cluster {
    type Asked = Asked;
    type Driven = Run;

    fn ask(&self, question: Question) -> Result<Asked> {
        let (process, call) = (Process::current()?, self.link().begin_call()?);
        let connect = self.connect(false);
        Ok(Asked::spawn(process, call, async move { connect.await?.ask(question).await }))
    }

    fn drive(&self, driver: Driver, is_resumed: bool, file: Option<PathBuf>) -> Result<Run> {
        Ok(Run::spawn(Process::current()?, self.connect(is_resumed), driver, file))
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
        add_methods(methods);
    }
}

/// Between two attempts to find a cluster whose plan is to be resumed.
const PATIENCE: Duration = Duration::from_secs(5);
