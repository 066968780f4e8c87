//! Grafana: the numbers that the panel's editors take, and how clients may come back.

use crate::tables::{camel, plain, planning};
use crate::{MARK, words};
use anyhow::Result;
use emqx_rebalance_core::{NamedProfile, OptionInfo, Shape};

/// The numbers that the panel can be told for its plans, in prettier's format.
pub(crate) fn numbers() -> String {
    let numbers: Vec<_> = planning().iter().filter_map(number).collect();
    let paths: String = numbers.iter().map(|(path, _)| format!("\n  | '{path}'")).collect();
    let entries: String = numbers.into_iter().map(|(_, entry)| entry).collect();
    format!(
        "// {MARK}\n\n\
         /** A number that the panel can be told for its plans. Without it, the default of EMQX or of the planner counts. */\n\
         interface NumberOption {{\n  path: NumberPath;\n  /** As EMQX or the planner calls it. */\n  name: string;\n  \
         description: string;\n  /** The default, in words. */\n  placeholder: string;\n  min: number;\n  max?: number;\n  \
         /** Of numbers that need not be whole. */\n  step?: number;\n  /** Whether it concerns level plans only. */\n  \
         level?: boolean;\n}}\n\nexport type NumberPath ={paths};\n\nexport const NUMBERS: NumberOption[] = [\n{entries}];\n"
    )
}

/// Reconnect profiles with a name, as the panel's editor offers them, in prettier's format.
///
/// # Errors
/// If a preset has no documentation.
pub(crate) fn presets() -> Result<String> {
    let named = words::of::<NamedProfile>()?.words;
    let entry = |(word, meaning): (String, String)| {
        let lines = [
            text("value", &word),
            text("label", &word),
            text("description", &plain(meaning.trim_end_matches('.'))),
        ];
        format!("  {{\n{}  }},\n", lines.concat())
    };
    let entries: String = named.into_iter().map(entry).collect();
    Ok(format!(
        "// {MARK}\n\nimport type {{ SelectableValue }} from '@grafana/data';\n\n\
         /** Reconnect profiles with a name: how clients come back by the rules of their library. */\n\
         export const PRESETS: Array<SelectableValue<string>> = [\n{entries}];\n"
    ))
}

/// The path and the entry of an option, if it is a number.
fn number(option: &OptionInfo) -> Option<(String, String)> {
    let (min, max, step) = match &option.shape {
        Shape::Whole { min, max } => (f64::from(*min), f64::from(*max), None),
        Shape::Seconds { max } => (0.0, f64::from(*max), None),
        Shape::Number(range) => (range.min, range.max, Some(step(option.unit))),
        _ => return None,
    };
    let path = camel(option.stem());
    let lines = [
        Some(text("path", &path)),
        Some(text("name", option.name)),
        Some(text("description", &plain(option.brief()))),
        Some(text("placeholder", option.without())),
        Some(format!("    min: {min},\n")),
        (max < f64::from(u32::MAX)).then(|| format!("    max: {max},\n")),
        step.map(|step| format!("    step: {step},\n")),
        option.is_level.then(|| "    level: true,\n".to_owned()),
    ];
    let lines: String = lines.into_iter().flatten().collect();
    Some((path, format!("  {{\n{lines}  }},\n")))
}

/// What an arrow of the editor adds.
fn step(unit: &str) -> f64 {
    match unit {
        "share" => 0.001,
        "times" => 0.01,
        "s" => 0.1,
        _ => 1.0,
    }
}

/// A line of text; one that is too long for prettier is two.
fn text(name: &str, text: &str) -> String {
    let quote = if text.contains('\'') { '"' } else { '\'' };
    let line = format!("    {name}: {quote}{text}{quote},");
    if line.chars().count() <= 120 {
        return line + "\n";
    }
    format!("    {name}:\n      {quote}{text}{quote},\n")
}
