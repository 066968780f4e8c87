//! The documentation: tables of all options.

use crate::MARK;
use crate::tables::{driving, evacuating, plan, strategy};
use emqx_rebalance_core::{OptionInfo, Shape};

/// A page of all options.
pub(crate) fn options() -> String {
    let tables = [
        (
            "EMQX's options of a rebalance",
            "Read by `plan` and `start`, in files of `--strategy`, and in an object `strategy` of requests. \
             EMQX's names, bounds and defaults.",
            strategy(),
        ),
        ("Options of a plan", "Read by `plan` and `start`.", plan()),
        ("Options of an evacuation", "Read by `evacuate plan` and `evacuate start`.", evacuating()),
        (
            "How patiently a plan is driven, and what stops it",
            "Read by `start`; by `evacuate start` all but those for `level` plans.",
            driving(),
        ),
    ];
    let tables = tables.map(|(title, about, options)| {
        let rows: String = options.iter().map(row).collect();
        format!(
            "\n## {title}\n\n{about}\n\n\
             | option | flag | what | bound | default | meaning |\n|---|---|---|---|---|---|\n{rows}"
        )
    });
    format!(
        "<!-- {MARK} -->\n\n# Options\n\n\
         Every language and every file has the names of the first column; the command has flags. Any option \
         may be left out. Where seconds are whole, text such as `1m30s` is read too; flags take `500ms`, `10s`, \
         `5m`, `1h`. What is wrong is named all at once, with field, value and bound.\n{}",
        tables.concat()
    )
}

fn row(option: &OptionInfo) -> String {
    let since =
        option.since.map(|version| format!(" EMQX {version} and later.")).unwrap_or_default();
    let flag = option.stem().replace('_', "-");
    let (bound, default) = (option.bound(), option.without());
    format!(
        "| `{}` | `--{flag}` | {} | {bound} | {default} | {}{since} |\n",
        option.name,
        what(option),
        option.said()
    )
}

/// What it is, and in which unit.
fn what(option: &OptionInfo) -> String {
    let what = match option.shape {
        Shape::Whole { .. } => "whole number",
        Shape::Seconds { .. } => "whole seconds",
        Shape::Number(_) => "number",
        Shape::Word(_) => "word",
        Shape::Text { .. } => "text",
        Shape::Node => "node",
        Shape::Nodes | Shape::AnyNodes => "nodes",
        Shape::Shares => "number by node",
        Shape::WordOrWhole { .. } => "word or number",
        Shape::Budget => "ratio or number",
        Shape::Windows => "windows",
        Shape::Profile => "[profile](reconnects.md), name or time",
    };
    match (&option.shape, option.unit) {
        (Shape::Seconds { .. }, _) | (_, "") => what.to_owned(),
        (_, unit) => format!("{what}, {unit}"),
    }
}
