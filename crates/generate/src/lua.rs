//! Lua: types of options for editors that know LuaCATS.

use crate::MARK;
use crate::tables::{driving, evacuating, plain, plan, strategy};
use emqx_rebalance_core::{NamedProfile, OptionInfo, Shape};

/// The types of options.
pub(crate) fn options() -> String {
    let classes = [
        (
            "EMQX's options under EMQX's names. Waits are seconds, or text such as \"1m30s\".",
            "Strategy",
            "",
            strategy(),
        ),
        (
            "What to plan: EMQX's options and the plan's own.",
            "PlanOptions: emqx_rebalance.Strategy",
            "---@field strategy? emqx_rebalance.Strategy the same options, apart from the others\n",
            plan(),
        ),
        (
            "Which node to empty, and how.",
            "EvacuationOptions",
            "---@field node string the node to empty\n",
            evacuating(),
        ),
        ("How patiently a plan is driven, and what stops it.", "DriverOptions", "", driving()),
    ];
    let classes = classes.map(|(about, name, own, options)| {
        let fields: String = options.iter().map(field).collect();
        format!("\n---{about}\n---@class emqx_rebalance.{name}\n{own}{fields}")
    });
    format!("---@meta emqx_rebalance.options\n-- {MARK}\n{}{}", profiles(), classes.concat())
}

/// How clients come back, in full and by name.
fn profiles() -> String {
    let names = NamedProfile::ALL.map(|named| format!("\"{}\"", named.as_str()));
    format!(
        "\n---A reconnect profile with a name: docs/reconnects.md says whose it is.\n\
         ---@alias emqx_rebalance.NamedProfile {}\n\n\
         ---Which share of the clients that were dropped is back after which time.\n\
         ---@class emqx_rebalance.ReconnectProfile\n\
         ---@field points number[][] pairs: seconds, and the share that is back by then; 1 to 64\n\
         ---@field name? emqx_rebalance.NamedProfile which preset it is\n\
         ---@field version? integer 1\n",
        names.join("|")
    )
}

fn field(option: &OptionInfo) -> String {
    let kind = match &option.shape {
        Shape::Whole { .. } => "integer".to_owned(),
        Shape::Seconds { .. } => "integer|string".to_owned(),
        Shape::Number(_) => "number".to_owned(),
        Shape::Word(words) => format!("\"{}\"", words.join("\"|\"")),
        Shape::Text { .. } | Shape::Node => "string".to_owned(),
        Shape::Nodes | Shape::AnyNodes => "string[]".to_owned(),
        Shape::Shares => "table<string, number>".to_owned(),
        Shape::WordOrWhole { .. } | Shape::Budget => "integer|string".to_owned(),
        Shape::Windows => "table[]".to_owned(),
        Shape::Profile => {
            "emqx_rebalance.ReconnectProfile|emqx_rebalance.NamedProfile|string|number".to_owned()
        }
    };
    format!("---@field {}? {kind} {}\n", option.name, plain(&option.sentences()))
}
