//! The types of the JSON, as TypeScript, with their documentation.

use crate::options::AccessOptions;
use emqx_rebalance_core::driver::{
    DriverOptions, Event, Record, Status, StoredEvacuation, StoredRebalance,
};
use emqx_rebalance_core::{
    Described, ErrorInfo, Evacuation, EvacuationPlan, EvacuationPlanOptions, EvacuationRequest,
    GlobalStatus, LocalStatus, NamedProfile, NodeList, OptionInfo, Plan, PlanOptions, PlanRequest,
    ReconnectProfile, Snapshot, StartRequest, StopAnswer, Strategy,
};
use emqx_rebalance_exchange::sansio::{HttpAnswer, HttpRequest, RunInput, RunStep, TalkStep};
use emqx_rebalance_sim::{ClusterConfig, Fault, Totals};
use emqx_rebalance_simulation_wasm::http::{PageAnswer, PageRequest};
use emqx_rebalance_simulation_wasm::simulation::NodeCounts;
use std::collections::{BTreeMap, BTreeSet};
use ts_rs::{Config, TS, TypeVisitor};

/// Every type that a caller of the planner or a cluster meets.
pub(crate) fn contract() -> String {
    let tables = [
        Strategy::describe(),
        PlanOptions::describe(),
        Evacuation::describe(),
        EvacuationPlanOptions::describe(),
        DriverOptions::describe(),
    ];
    // How an option is read is said in Rust's words.
    let in_words = |text: String, option: OptionInfo| {
        let level = if option.is_level { "For `level` plans alone. " } else { "" };
        text.replace(option.code, &format!("{level}{}", option.terms()))
    };
    tables.into_iter().flatten().fold(contract_types().text(), in_words)
}

fn contract_types() -> Types {
    let mut types = Types::new();
    types.add::<PlanRequest>();
    types.add::<EvacuationRequest>();
    types.add::<StartRequest<Plan>>();
    types.add::<EvacuationPlan>();
    types.add::<Snapshot>();
    types.add::<ReconnectProfile>();
    types.add::<NamedProfile>();
    types.add::<StoredRebalance>();
    types.add::<StoredEvacuation>();
    types.add::<Status>();
    types.add::<Event>();
    types.add::<Record>();
    types.add::<GlobalStatus>();
    types.add::<LocalStatus>();
    types.add::<NodeList>();
    types.add::<StopAnswer>();
    types.add::<ErrorInfo<'static>>();
    types.add::<AccessOptions>();
    types
}

/// What JavaScript and WebAssembly tell each other while a cluster is asked.
pub(crate) fn messages() -> String {
    let mut types = Types::new();
    types.add::<HttpRequest>();
    types.add::<HttpAnswer>();
    types.add::<RunInput>();
    types.add::<RunStep>();
    types.add::<TalkStep<()>>();
    types.without(&contract_types()).text()
}

/// Every type of the embedded cluster that the contract does not have.
pub(crate) fn simulation() -> String {
    let mut types = Types::new();
    types.add::<ClusterConfig>();
    types.add::<Fault>();
    types.add::<Totals>();
    types.add::<NodeCounts<'static>>();
    types.add::<PageRequest>();
    types.add::<PageAnswer>();
    types.without(&contract_types()).text()
}

/// Declarations by name, so that each stands once and their order never changes.
struct Types {
    config: Config,
    declarations: BTreeMap<String, String>,
    imports: String,
}

impl Types {
    fn new() -> Self {
        // Counts are at most 2^53 - 1.
        Self {
            config: Config::new().with_large_int("number"),
            declarations: BTreeMap::new(),
            imports: String::new(),
        }
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

    /// Those that `other` does not have; what they use of it is imported.
    fn without(mut self, other: &Self) -> Self {
        let shared = |name: &str| other.declarations.contains_key(name);
        self.declarations.retain(|name, _| !shared(name));
        let lines = self.declarations.values().flat_map(|text| text.lines());
        let code = lines.filter(|line| !line.trim_start().starts_with(['/', '*']));
        let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric()));
        let imported: BTreeSet<&str> = words.filter(|word| shared(word)).collect();
        let names: Vec<&str> = imported.into_iter().collect();
        self.imports = format!("import type {{ {} }} from \"./contract.js\";\n", names.join(", "));
        self
    }

    fn text(self) -> String {
        let Self { declarations, imports, .. } = self;
        let declarations: Vec<String> = declarations.into_values().collect();
        format!(
            "// Written by `cargo xtask wasm` from the Rust types.\n{imports}\n{}",
            declarations.join("\n")
        )
    }
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
        // The types of `Vec<T>` and the like.
        T::visit_generics(self);
    }
}
