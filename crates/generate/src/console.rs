//! The browser page: the form of options.

use crate::MARK;
use crate::tables::{plain, planning};
use emqx_rebalance_core::{OptionInfo, Shape};

/// A title, and which options stand under it.
type Group = (&'static str, fn(&OptionInfo) -> bool);

/// The groups of the form: an option stands in the first that it fits.
const GROUPS: [Group; 5] = [
    ("EMQX 5.9 and later", |option| option.since.is_some()),
    ("level: goal and limits", |option| option.is_level || option.name == "reconnect_delay_s"),
    ("Sessions of clients that are away", |option| option.name.contains("sess_")),
    ("When EMQX stops: connections", |option| option.name.ends_with("_threshold")),
    ("", |_| true),
];

/// The data of the form.
pub(crate) fn options() -> String {
    let options: Vec<(usize, String)> = planning().iter().filter_map(entry).collect();
    let groups = GROUPS.iter().enumerate().rev().map(|(group, (title, _))| {
        let lines = options.iter().filter(|(own, _)| *own == group).map(|(_, line)| line.as_str());
        format!(
            "  {{\n    title: \"{title}\",\n    options: [\n{}    ],\n  }},\n",
            lines.collect::<String>()
        )
    });
    let groups: String = groups.collect();
    format!(
        "// {MARK}\n\n\
         /**\n * One option, as the form shows it. What it may be, and its default, the planner itself says.\n *\n \
         * @typedef {{object}} Option\n * @property {{string}} name EMQX's name, or the plan's.\n \
         * @property {{string}} unit\n * @property {{string}} help\n \
         * @property {{string[]}} [words] What to choose from.\n */\n\n\
         /** All options, in groups. The first group is always open. @type {{{{ title: string, options: Option[] }}[]}} */\n\
         export const GROUPS = [\n{groups}];\n\n\
         export const OPTIONS = GROUPS.flatMap(({{ options }}) => options);\n"
    )
}

/// The group and the line of an option, if people can type it into a field.
fn entry(option: &OptionInfo) -> Option<(usize, String)> {
    let words = match &option.shape {
        Shape::Whole { .. } | Shape::Seconds { .. } | Shape::Number(_) => String::new(),
        Shape::Word(words) => format!(", words: {words:?}"),
        _ => return None,
    };
    let group = GROUPS.iter().position(|(_, holds)| holds(option))?;
    let OptionInfo { name, unit, .. } = option;
    let help = plain(option.brief()) + ".";
    let line = format!("      {{ name: {name:?}, unit: {unit:?}, help: {help:?}{words} }},\n");
    Some((group, line))
}
