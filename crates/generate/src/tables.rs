//! The core's tables of options, as the languages group them.

use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{
    Described, Evacuation, EvacuationPlanOptions, OptionInfo, PlanOptions, Strategy,
};

/// What EMQX's own options of a rebalance are.
pub(crate) fn strategy() -> Vec<OptionInfo> {
    Strategy::describe()
}

/// What may be asked of a plan beside the strategy.
pub(crate) fn plan() -> Vec<OptionInfo> {
    PlanOptions::describe()
}

/// What may be asked of a plan, the mode apart: in most places it stands by itself.
pub(crate) fn planning() -> Vec<OptionInfo> {
    let all = strategy().into_iter().chain(plan());
    all.filter(|option| option.name != "mode").collect()
}

/// EMQX's own options of an evacuation.
pub(crate) fn evacuation() -> Vec<OptionInfo> {
    Evacuation::describe()
}

/// What surrounds the cluster of an evacuation.
pub(crate) fn surroundings() -> Vec<OptionInfo> {
    EvacuationPlanOptions::describe()
}

/// What may be asked of the plan of an evacuation.
pub(crate) fn evacuating() -> Vec<OptionInfo> {
    evacuation().into_iter().chain(surroundings()).collect()
}

/// How patiently a plan is driven.
pub(crate) fn driving() -> Vec<OptionInfo> {
    DriverOptions::describe()
}

/// The parts of a name, each with a capital: the type of the words of an option.
pub(crate) fn pascal(name: &str) -> String {
    name.split('_').map(capital).collect()
}

/// A name as JavaScript writes it.
pub(crate) fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    parts.next().into_iter().map(str::to_owned).chain(parts.map(capital)).collect()
}

fn capital(part: &str) -> String {
    let mut chars = part.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What is generated, without the marks of code: for places that show plain text.
pub(crate) fn plain(text: &str) -> String {
    text.replace(['`', '*'], "")
}
