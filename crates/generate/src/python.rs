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
    let given = given_words();
    let mut names: Vec<String> = types.iter().map(|words| words.name.to_string()).collect();
    names.extend(given.iter().map(|(name, _)| format!("{name}Word")));
    names.sort_unstable();
    let names: Vec<String> = names.iter().map(|name| format!("    \"{name}\",\n")).collect();
    let mut text = format!(
        "\"\"\"The words of the JSON contract, as enumerations whose members are also text.\"\"\"\n\n\
         # {MARK}\n\nfrom __future__ import annotations\n\n\
         from typing import Literal, TypeAlias\n\nfrom ._value import Word\n\n\
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
    text.push('\n');
    for (name, words) in given {
        let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        let literal = format!("Literal[{}]", words.join(", "));
        let mut line = format!("{name}Word: TypeAlias = {name} | {literal}");
        if line.len() > 100 {
            line = format!("{name}Word: TypeAlias = (\n    {name}\n    | {literal}\n)");
        }
        let meaning = format!("What callers may give as a :class:`{name}`.");
        text += &format!("\n{line}\n\"\"\"{meaning}\"\"\"\n");
    }
    Ok(text)
}

/// The words that callers may give for an option, by the type of the option.
fn given_words() -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for option in plan().into_iter().chain(planning()).chain(evacuating()).chain(driving()) {
        let words = match &option.shape {
            Shape::Word(words) => words.iter().map(|word| (*word).to_owned()).collect(),
            _ => continue,
        };
        let name = pascal(option.name);
        if all.iter().all(|(known, _)| *known != name) {
            all.push((name, words));
        }
    }
    all.sort();
    all
}

/// What callers may give by name.
pub(crate) fn wishes() -> String {
    let classes = [
        (
            "PlanOptions",
            "Options of a plan. Those of EMQX come first, see :class:`Strategy`; durations may be text.",
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
         from collections.abc import Mapping, Sequence\nfrom datetime import timedelta\n\
         from typing import Literal, TypedDict\n\n\
         from ._reconnect import ReconnectProfile\nfrom ._words import LoadBalancerWord, NamedProfile\n\n\
         __all__ = [\"DriverOptions\", \"EvacuationOptions\", \"PlanOptions\"]\n"
    );
    for (name, meaning, options) in classes {
        // `help()` shows what stands in the class alone.
        let listed = options.iter().map(|option| {
            wrapped(&format!("{}: {}", option.name, restructured(&option.sentences())), 8, 12)
        });
        let listed: String = listed.collect();
        let head = format!(
            "class {name}(TypedDict, total=False):\n    \"\"\"{meaning}\n\n    Fields:\n{listed}    \"\"\"\n\n"
        );
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
    let is_time = matches!(option.unit, "s" | "ms") || option.shape == Shape::Profile;
    let given = match &option.shape {
        Shape::Seconds { .. } => "int | str".to_owned(),
        Shape::Word(_) => format!("{}Word", pascal(option.name)),
        Shape::WordOrWhole { words, .. } => {
            let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            format!("int | Literal[{}]", words.join(", "))
        }
        Shape::Profile => {
            "ReconnectProfile | Mapping[str, object] | NamedProfile | str | float".to_owned()
        }
        _ => plain(option),
    };
    if is_time { given + " | timedelta" } else { given }
}

/// The type of what is the same as an argument and as a resolved option.
fn plain(option: &OptionInfo) -> String {
    let plain = match &option.shape {
        Shape::Whole { .. } | Shape::Seconds { .. } => "int",
        Shape::Number(_) => "float",
        Shape::Nodes | Shape::AnyNodes => "Sequence[str]",
        Shape::Shares => "Mapping[str, float]",
        Shape::WordOrWhole { .. } => "int | str",
        Shape::Budget => "float | str",
        Shape::Windows => "Sequence[Mapping[str, object]]",
        Shape::Text { .. } | Shape::Node | Shape::Word(_) | Shape::Profile => "str",
    };
    plain.to_owned()
}

/// The type and default of a resolved option.
fn held(option: &OptionInfo) -> String {
    let held = match &option.shape {
        Shape::Seconds { .. } => "int".to_owned(),
        Shape::Word(_) => pascal(option.name),
        Shape::AnyNodes => return "tuple[str, ...] = ()".to_owned(),
        Shape::Nodes => "tuple[str, ...]".to_owned(),
        Shape::Profile => "ReconnectProfile".to_owned(),
        _ => plain(option),
    };
    match (option.default, &option.shape) {
        (None, _) => format!("{held} | None = None"),
        (Some(word), Shape::Word(_)) => format!("{held} = {held}.{}", word.to_uppercase()),
        (Some(word), Shape::WordOrWhole { .. } | Shape::Budget) => format!("{held} = {word:?}"),
        (Some(number), _) => format!("{held} = {number}"),
    }
}

/// A docstring within a class.
fn docstring(text: &str) -> String {
    wrapped(&format!("\"\"\"{}\"\"\"", restructured(text)), 4, 4)
}

/// A text in lines of at most 100 characters, the first and the others behind so many spaces.
fn wrapped(text: &str, first: usize, others: usize) -> String {
    let mut lines = vec![" ".repeat(first - 1)];
    for word in text.split(' ') {
        let line = lines.pop().unwrap_or_default();
        if line.chars().count() + 1 + word.chars().count() <= 100 {
            lines.push(format!("{line} {word}"));
        } else {
            lines.extend([line, format!("{}{word}", " ".repeat(others))]);
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
