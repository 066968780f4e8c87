//! The core's options as flags, made of what the core says of them.

use super::profile;
use super::quantity::{Quantities, Scale, milliseconds, percent, seconds, whole_seconds};
use super::words::Words;
use crate::input;
use clap::error::Error as ClapError;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Args, Command, FromArgMatches, Id};
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{
    Described, Error, Evacuation, EvacuationPlanOptions, NamedProfile, OptionInfo, PlanOptions,
    Result, Shape, Strategy,
};
use serde_json::{Map, Value};
use std::marker::PhantomData;

/// Options of the core that flags can give.
pub(crate) trait Flagged: Described {
    /// Above its flags in the help.
    const HEADING: &'static str;
}

impl Flagged for PlanOptions {
    const HEADING: &'static str = "Plan";
}

impl Flagged for Strategy {
    const HEADING: &'static str = "Strategy (EMQX's options)";
}

impl Flagged for DriverOptions {
    const HEADING: &'static str = "Driving and guards";
}

impl Flagged for Evacuation {
    const HEADING: &'static str = "Evacuation (EMQX's options)";
}

impl Flagged for EvacuationPlanOptions {
    const HEADING: &'static str = "Forecast";
}

/// The flags of `T`; those for `level` plans only if `LEVEL`. Values stay as they were typed: the core
/// checks them, all at once.
#[derive(Clone, Debug)]
pub(crate) struct Flags<T, const LEVEL: bool = true> {
    given: Vec<(OptionInfo, Vec<String>)>,
    of: PhantomData<T>,
}

impl<T, const LEVEL: bool> Default for Flags<T, LEVEL> {
    fn default() -> Self {
        Self { given: Vec::new(), of: PhantomData }
    }
}

impl<T: Flagged, const LEVEL: bool> Flags<T, LEVEL> {
    /// The options that the flags ask for.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn resolve(&self) -> Result<T> {
        self.resolve_over(Map::new())
    }

    /// How many of them read standard input: a file `-`.
    pub(crate) fn stdin_readers(&self) -> usize {
        let reads = |(_, texts): &&(OptionInfo, Vec<String>)| texts.iter().any(|text| text == "-");
        self.given.iter().filter(reads).count()
    }

    /// The same, where they stand before those of `options`.
    ///
    /// # Errors
    /// `config_invalid` with every problem.
    pub(crate) fn resolve_over(&self, mut options: Map<String, Value>) -> Result<T> {
        let mut numbers = Quantities::default();
        for (option, texts) in &self.given {
            let value = value(option, texts, &mut numbers)?;
            options.extend(value.map(|value| (option.name.to_owned(), value)));
        }
        let checked = input::checked(options).map_err(|error| self.with_files(&error));
        both(numbers.finish(), checked).map(|((), options)| options)
    }

    /// `error`, where each problem of a profile names its file: a name or a time that is wrong never
    /// comes this far.
    fn with_files(&self, error: &Error) -> Error {
        let problems = error.problems().iter().map(|problem| {
            let mut profiles =
                self.given.iter().filter(|(option, _)| option.shape == Shape::Profile);
            let file = profiles.find(|(option, _)| is_in(&problem.field, option.name));
            let file = file.and_then(|(_, texts)| texts.first());
            file.map_or_else(|| problem.clone(), |file| input::in_file(problem, file))
        });
        Error::invalid(T::WHAT, problems.collect())
    }

    fn options() -> impl Iterator<Item = OptionInfo> {
        T::describe().into_iter().filter(|option| LEVEL || !option.is_level)
    }
}

/// Two results, or the problems of both.
///
/// # Errors
/// `config_invalid` with every problem of either.
pub(crate) fn both<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Err(one), Err(other)) if !one.problems().is_empty() => {
            Err(Error::invalid("options", [one.problems(), other.problems()].concat()))
        }
        (one, other) => Ok((one?, other?)),
    }
}

/// Whether `field` is `option`, or lies in it.
fn is_in(field: &str, option: &str) -> bool {
    field.strip_prefix(option).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What `texts` give `option`.
///
/// # Errors
/// `config_invalid` if a file cannot be read.
fn value(option: &OptionInfo, texts: &[String], numbers: &mut Quantities) -> Result<Option<Value>> {
    Ok(match (&option.shape, scale(option), texts.first()) {
        (Shape::Shares, ..) => Some(shares(option.name, texts, numbers)),
        (Shape::Nodes | Shape::AnyNodes, ..) => Some(texts.into()),
        (Shape::Profile, _, Some(text)) => profile::value(option.name, text, numbers)?,
        (_, Some(scale), text) => numbers.read(option.stem(), text, scale),
        (.., text) => text.cloned().map(Value::from),
    })
}

/// What makes the number of what people type, with a unit or without, where the name has the unit.
fn scale(option: &OptionInfo) -> Option<Scale> {
    match (option.name.strip_prefix(option.stem())?, &option.shape) {
        ("_ms", _) => Some(milliseconds),
        ("_s", Shape::Number(_)) => Some(seconds),
        ("_s", _) => Some(whole_seconds),
        ("_percent", _) => Some(percent),
        _ => None,
    }
}

/// The flag of an option.
fn flag(option: &OptionInfo) -> Arg {
    let name = option.stem();
    let arg = Arg::new(name).long(name.replace('_', "-")).help(help(option));
    let arg = arg.action(ArgAction::Set);
    match &option.shape {
        Shape::Whole { .. } | Shape::Number(_) | Shape::Seconds { .. } => {
            // A negative number is no flag: the core says that it is too little.
            arg.value_name(if is_time(option) { "TIME" } else { "N" }).allow_hyphen_values(true)
        }
        Shape::Word(words) => {
            arg.value_name(name.to_uppercase()).value_parser(Words(words.clone()))
        }
        Shape::Text { .. } | Shape::Windows => arg.value_name("TEXT"),
        Shape::Node => arg.value_name("NODE"),
        Shape::Nodes | Shape::AnyNodes => arg.value_name("NODES").value_delimiter(','),
        Shape::Budget => arg.value_name("RATIO|N"),
        Shape::WordOrWhole { words, .. } => arg.value_name(format!("{}|N", words.join("|"))),
        Shape::Profile => {
            let names = NamedProfile::ALL.map(NamedProfile::as_str);
            // As with numbers, the core says what is wrong with a negative time.
            let arg = arg.value_name("FILE|NAME|TIME").allow_hyphen_values(true);
            arg.value_parser(Words(names.to_vec()))
        }
        Shape::Shares => arg.value_name("NODE=N").value_delimiter(',').action(ArgAction::Append),
    }
}

fn is_time(option: &OptionInfo) -> bool {
    matches!(option.unit, "s" | "ms")
}

/// What the flag's help says: the meaning, the bound and the default.
fn help(option: &OptionInfo) -> String {
    let level = if option.is_level { "level: " } else { "" };
    let bound = match &option.shape {
        _ if scale(option).is_some_and(|_| is_time(option)) => " (500ms, 10s, 5m)".to_owned(),
        Shape::Seconds { .. } => " (10s, 1m30s)".to_owned(),
        Shape::Whole { max, .. } if *max < u32::MAX => format!(" ({})", option.bound()),
        Shape::Number(_) => format!(" ({})", option.bound()),
        _ => String::new(),
    };
    let since = option.since.map(|version| format!(", EMQX {version} and later"));
    let default = match (option.without(), option.unit) {
        ("", _) => String::new(),
        (number, "s" | "ms") if number.parse::<f64>().is_ok() => {
            format!(" [default: {number}{}]", option.unit)
        }
        (words, _) => format!(" [default: {words}]"),
    };
    format!("{level}{}{bound}{}{default}", option.brief(), since.unwrap_or_default())
}

impl<T: Flagged, const LEVEL: bool> FromArgMatches for Flags<T, LEVEL> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, ClapError> {
        let texts = |option: &OptionInfo| -> Option<Vec<String>> {
            Some(matches.get_many::<String>(option.stem())?.cloned().collect())
        };
        let given =
            Self::options().filter_map(|option| texts(&option).map(|texts| (option, texts)));
        Ok(Self { given: given.collect(), of: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), ClapError> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<T: Flagged, const LEVEL: bool> Args for Flags<T, LEVEL> {
    fn augment_args(command: Command) -> Command {
        let flags: Vec<Arg> =
            Self::options().map(|option| flag(&option).help_heading(T::HEADING)).collect();
        let group = ArgGroup::new(T::HEADING).multiple(true).args(flags.iter().map(Arg::get_id));
        command.args(flags).group(group)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }

    fn group_id() -> Option<Id> {
        Some(T::HEADING.into())
    }
}

/// Numbers by the names of nodes.
fn shares(name: &str, pairs: &[String], numbers: &mut Quantities) -> Value {
    let mut shares = Map::new();
    for pair in pairs {
        let parts = pair.split_once('=').and_then(|(node, share)| {
            let share: f64 = share.parse().ok()?;
            (share.is_finite() && share > 0.0).then_some((node, share))
        });
        match parts {
            Some((node, share)) => _ = shares.insert(node.to_owned(), share.into()),
            None => numbers.problem(name, pair, A_SHARE),
        }
    }
    Value::Object(shares)
}

const A_SHARE: &str = "a node and a number more than 0, such as `emqx@10.0.0.1=2`";
