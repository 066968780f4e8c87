//! The browser page: the form of options.

use crate::tables::{plain, planning};
use crate::{MARK, words};
use anyhow::{Context, Result};
use emqx_rebalance_core::{NamedProfile, OptionInfo, Shape};

/// A title, and which options stand under it.
type Group = (&'static str, fn(&OptionInfo) -> bool);

/// The groups of the form: an option stands in the first that it fits.
const GROUPS: [Group; 6] = [
    ("EMQX 5.9 and later", |option| option.since.is_some()),
    ("level: goal and limits", |option| option.is_level),
    ("Sessions of clients that are away", |option| option.name.contains("sess_")),
    ("When EMQX stops: connections", |option| option.name.ends_with("_threshold")),
    ("How clients come back", |option| option.name.starts_with("reconnect")),
    ("", |_| true),
];

/// The data of the form.
///
/// # Errors
/// If a preset has no documentation.
pub(crate) fn options() -> Result<String> {
    let options: Vec<(usize, String)> = planning().iter().filter_map(entry).collect();
    let groups = GROUPS.iter().enumerate().rev().map(|(group, (title, _))| {
        let lines = options.iter().filter(|(own, _)| *own == group).map(|(_, line)| line.as_str());
        format!(
            "  {{\n    title: \"{title}\",\n    options: [\n{}    ],\n  }},\n",
            lines.collect::<String>()
        )
    });
    let groups: String = groups.collect();
    Ok(format!(
        "// {MARK}\n\n\
         /**\n * One option, as the form shows it. What it may be, and its default, the planner itself says.\n *\n \
         * @typedef {{object}} Option\n * @property {{string}} name EMQX's name, or the plan's.\n \
         * @property {{string}} unit\n * @property {{string}} help\n \
         * @property {{string[]}} [words] What to choose from.\n \
         * @property {{boolean}} [profile] Whether it is a reconnect profile.\n */\n\n\
         /** All options, in groups. The first group is always open. @type {{{{ title: string, options: Option[] }}[]}} */\n\
         export const GROUPS = [\n{groups}];\n\n\
         export const OPTIONS = GROUPS.flatMap(({{ options }}) => options);\n\n\
         /** Reconnect profiles with a name: points are seconds, and the share that is back by then. \
         @type {{{{ name: string, help: string, points: [number, number][] }}[]}} */\n\
         export const PRESETS = [\n{}];\n",
        presets()?
    ))
}

/// The presets of reconnect profiles, a line each.
fn presets() -> Result<String> {
    let preset = |(word, meaning): (String, String)| {
        let named = NamedProfile::ALL.into_iter().find(|named| named.as_str() == word);
        let profile = named.with_context(|| word.clone())?.profile();
        let points: Vec<String> =
            profile.points().map(|(at_s, share)| format!("[{at_s}, {share}]")).collect();
        let (help, points) = (plain(&meaning), points.join(", "));
        Ok(format!("  {{ name: {word:?}, help: {help:?}, points: [{points}] }},\n"))
    };
    words::of::<NamedProfile>()?.words.into_iter().map(preset).collect()
}

/// The group and the line of an option, if people can type it into a field.
fn entry(option: &OptionInfo) -> Option<(usize, String)> {
    let words = match &option.shape {
        Shape::Whole { .. } | Shape::Seconds { .. } | Shape::Number(_) => String::new(),
        Shape::Word(words) => format!(", words: {words:?}"),
        Shape::Profile => ", profile: true".to_owned(),
        _ => return None,
    };
    let group = GROUPS.iter().position(|(_, holds)| holds(option))?;
    let OptionInfo { name, unit, .. } = option;
    let help = plain(option.brief()) + ".";
    let line = format!("      {{ name: {name:?}, unit: {unit:?}, help: {help:?}{words} }},\n");
    Some((group, line))
}
