//! The types of the JSON, as TypeScript, with their documentation.

use emqx_rebalance_core::driver::{Event, Record, Status};
use emqx_rebalance_core::{
    ErrorKind, EvacuationRequest, EvacuationStartRequest, EvacuatorState, GlobalStatus, LocalStatus,
    NodeList, PlanRequest, Problem, Snapshot, StartRequest, StopAnswer,
};
use emqx_rebalance_core::driver::DriverState;
use std::collections::BTreeMap;
use ts_rs::{Config, TS, TypeVisitor};

/// Every type that a caller of the planner or a cluster meets.
pub(crate) fn contract() -> String {
    let mut types = Types::new();
    types.add::<PlanRequest>();
    types.add::<EvacuationRequest>();
    types.add::<StartRequest>();
    types.add::<EvacuationStartRequest>();
    types.add::<Snapshot>();
    types.add::<DriverState>();
    types.add::<EvacuatorState>();
    types.add::<Status>();
    types.add::<Event>();
    types.add::<Record>();
    types.add::<GlobalStatus>();
    types.add::<LocalStatus>();
    types.add::<NodeList>();
    types.add::<StopAnswer>();
    types.add::<ErrorKind>();
    types.add::<Problem>();
    types.text()
}

/// Declarations by name, so that each stands once and their order never changes.
struct Types {
    config: Config,
    declarations: BTreeMap<String, String>,
}

impl Types {
    fn new() -> Self {
        // Counts are at most 2^53 - 1.
        Self { config: Config::new().with_large_int("number"), declarations: BTreeMap::new() }
    }

    /// Adds `T` and every type that it is made of.
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_some() && !self.declarations.contains_key(&T::ident(&self.config)) {
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}\n", T::decl(&self.config));
            self.declarations.insert(T::ident(&self.config), declaration);
            T::visit_dependencies(self);
        }
    }

    fn text(self) -> String {
        let declarations: Vec<String> = self.declarations.into_values().collect();
        format!("// Written by `cargo xtask wasm` from the Rust types.\n\n{}", declarations.join("\n"))
    }
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
        // The types of `Vec<T>` and the like.
        T::visit_generics(self);
    }
}
