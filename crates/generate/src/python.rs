//! Python: keyword arguments, resolved options and words, with their docstrings.

use crate::tables::{
    driving, evacuating, evacuation, pascal, plan, planning, strategy, surroundings,
};
use crate::{MARK, words};
use anyhow::Result;
use emqx_rebalance_core::{OptionInfo, Shape};

/// The words of the JSON, as enumerations.
pub(crate) fn words() -> Result<String> {
    let types = words::all()?;
    let names: Vec<String> =
        types.iter().map(|words| format!("    \"{}\",\n", words.name)).collect();
    let mut text = format!(
        "\"\"\"The words of the JSON contract, as enumerations whose members are also text.\"\"\"\n\n\
         # {MARK}\n\nfrom __future__ import annotations\n\nfrom ._value import Word\n\n\
         __all__ = [\n{}]\n",
        names.concat()
    );
    for words in types {
        let class = format!("class {}(Word):\n{}\n", words.name, docstring(&words.meaning));
        let members = words.words.iter().map(|(word, meaning)| {
            format!("    {} = \"{word}\"\n{}", word.to_uppercase(), docstring(meaning))
        });
        text += &format!("\n\n{class}{}", members.collect::<String>());
    }
    Ok(text)
}

/// What callers may give by name.
pub(crate) fn wishes() -> String {
    let classes = [
        (
            "PlanOptions",
            "Options of a plan. Those of EMQX come first, see :class:`Strategy`; waits may be text.",
            planning(),
        ),
        (
            "EvacuationOptions",
            "Options of an evacuation. Those of EMQX come first, see :class:`Evacuation`.",
            evacuating(),
        ),
        ("DriverOptions", "How patiently a plan is driven, and what stops it.", driving()),
    ];
    let mut text = format!(
        "\"\"\"Options by name: what callers may give, and what each means.\"\"\"\n\n# {MARK}\n\n\
         from __future__ import annotations\n\n\
         from collections.abc import Mapping, Sequence\nfrom typing import TYPE_CHECKING, TypedDict\n\n\
         if TYPE_CHECKING:\n    from ._reconnect import ReconnectProfile\n    \
         from ._words import LoadBalancer, NamedProfile\n\n\
         __all__ = [\"DriverOptions\", \"EvacuationOptions\", \"PlanOptions\"]\n"
    );
    for (name, meaning, options) in classes {
        let head = format!("class {name}(TypedDict, total=False):\n{}\n", docstring(meaning));
        let fields = options.iter().map(|option| {
            format!("    {}: {}\n{}", option.name, given(option), docstring(&option.sentences()))
        });
        text += &format!("\n\n{head}{}", fields.collect::<String>());
    }
    text
}

/// What the core makes of it.
pub(crate) fn resolved() -> String {
    let strategy = Class {
        name: "Strategy",
        meaning: "EMQX's rebalance options under EMQX's names, every one resolved.\n\n    \
                  Checked by the core, all problems at once. For example::\n\n        \
                  Strategy(conn_evict_rate=100, wait_takeover=30)\n    ",
        begin: "    _what = \"strategy\"\n\n",
        options: strategy(),
        end: "\n    def __post_init__(self) -> None:\n        checked(self)\n",
    };
    let class = |name, meaning, options| Class { name, meaning, begin: "", options, end: "" };
    let classes = [
        strategy,
        class(
            "Evacuation",
            "EMQX's options for emptying a node, under EMQX's names.",
            evacuation(),
        ),
        class(
            "AskedOptions",
            "What a plan was asked to do, beside the strategy; see the options of :func:`plan`.",
            // The plan's fingerprint has the weights.
            plan().into_iter().filter(|option| option.shape != Shape::Shares).collect(),
        ),
        class(
            "EvacuationSurroundings",
            "What surrounds the cluster, for the forecast of an evacuation.",
            surroundings(),
        ),
    ];
    let head = format!(
        "\"\"\"Options as the core has resolved them.\"\"\"\n\n# {MARK}\n\n\
         from __future__ import annotations\n\nfrom dataclasses import dataclass\n\n\
         from ._reconnect import ReconnectProfile\nfrom ._value import Value, checked\n\
         from ._words import LoadBalancer, Mode\n\n\
         __all__ = [\"AskedOptions\", \"Evacuation\", \"EvacuationSurroundings\", \"Strategy\"]\n"
    );
    head + &classes.iter().map(Class::text).collect::<String>()
}

/// A class of resolved options.
struct Class {
    name: &'static str,
    meaning: &'static str,
    begin: &'static str,
    options: Vec<OptionInfo>,
    end: &'static str,
}

impl Class {
    fn text(&self) -> String {
        let Self { name, meaning, begin, end, .. } = self;
        let fields = self.options.iter().map(|option| {
            let sentences = docstring(&option.sentences());
            format!("    {}: {}\n{sentences}", option.name, held(option))
        });
        format!(
            "\n\n@dataclass(frozen=True, kw_only=True, eq=False, repr=False)\nclass {name}(Value):\n    \
             \"\"\"{meaning}\"\"\"\n\n{begin}{}{end}",
            fields.collect::<String>()
        )
    }
}

/// The type of an argument.
fn given(option: &OptionInfo) -> String {
    match &option.shape {
        Shape::Whole { .. } => "int".to_owned(),
        Shape::Seconds { .. } => "int | str".to_owned(),
        Shape::Number(_) => "float".to_owned(),
        Shape::Word(_) => format!("{} | str", pascal(option.name)),
        Shape::Text { .. } | Shape::Node => "str".to_owned(),
        Shape::Nodes | Shape::AnyNodes => "Sequence[str]".to_owned(),
        Shape::Shares => "Mapping[str, float]".to_owned(),
        Shape::WordOrWhole { .. } => "int | str".to_owned(),
        Shape::Budget => "float | str".to_owned(),
        Shape::Profile => {
            "ReconnectProfile | Mapping[str, object] | NamedProfile | str | float".to_owned()
        }
    }
}

/// The type and default of a resolved option.
fn held(option: &OptionInfo) -> String {
    let held = match &option.shape {
        Shape::Seconds { .. } => "int".to_owned(),
        Shape::Word(_) => pascal(option.name),
        Shape::AnyNodes => return "tuple[str, ...] = ()".to_owned(),
        Shape::Nodes => "tuple[str, ...]".to_owned(),
        Shape::Profile => "ReconnectProfile".to_owned(),
        _ => given(option),
    };
    match (option.default, &option.shape) {
        (None, _) => format!("{held} | None = None"),
        (Some(word), Shape::Word(_)) => format!("{held} = {held}.{}", word.to_uppercase()),
        (Some(word), Shape::WordOrWhole { .. } | Shape::Budget) => format!("{held} = {word:?}"),
        (Some(number), _) => format!("{held} = {number}"),
    }
}

/// A docstring in lines of at most 100 characters, within a class.
fn docstring(text: &str) -> String {
    let text = format!("\"\"\"{}\"\"\"", restructured(text));
    let mut lines = vec![String::from("   ")];
    for word in text.split(' ') {
        let line = lines.pop().unwrap_or_default();
        if line.chars().count() + 1 + word.chars().count() <= 100 {
            lines.push(format!("{line} {word}"));
        } else {
            lines.extend([line, format!("    {word}")]);
        }
    }
    lines.join("\n") + "\n"
}

/// Rust's documentation as Python's: code between two marks, and links as code.
fn restructured(text: &str) -> String {
    if text.contains(":class:") || text.contains(":func:") {
        return text.to_owned();
    }
    text.replace("[`", "`").replace("`]", "`").replace('`', "``").replace("::", ".")
}
