//! What is known of an option, for whoever describes it.

use crate::error::Problem;
use crate::version::EmqxVersion;

/// What is known of an option: all that its users are told, in whichever language.
#[derive(Clone, Debug)]
pub struct OptionInfo {
    /// Its name in the JSON.
    pub name: &'static str,
    /// What it means, as Rust's documentation says it: sentences with `code`.
    pub meaning: String,
    /// What it may hold.
    pub shape: Shape,
    /// What it is where it is left out, as its reader takes it.
    pub default: Option<&'static str>,
    /// What happens where it is left out and has no such default, in words; may be empty.
    pub otherwise: &'static str,
    /// Its unit; may be empty.
    pub unit: &'static str,
    /// The first EMQX that takes it.
    pub since: Option<EmqxVersion>,
    /// Whether it is for `level` plans alone.
    pub is_level: bool,
    /// How Rust's documentation says how it is read, which other languages put in words.
    pub code: &'static str,
}

/// What an option may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A whole number.
    Whole {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// Whole seconds, or text such as `1m30s`.
    Seconds {
        /// The most.
        max: u32,
    },
    /// A number.
    Number(&'static NumberRange),
    /// One of these words.
    Word(Vec<&'static str>),
    /// A text.
    Text {
        /// The most bytes.
        max: usize,
    },
    /// The name of a node.
    Node,
    /// Names of at least one node.
    Nodes,
    /// Names of nodes, of none as well.
    AnyNodes,
    /// Numbers more than 0, by the name of a node.
    Shares,
    /// One of these words, or a whole number.
    WordOrWhole {
        /// The words.
        words: Vec<&'static str>,
        /// The least number.
        min: u32,
    },
    /// A ratio to the fewest, or a number of clients: a [`crate::driver::Budget`].
    Budget,
    /// Windows of time: objects of `cron` and `duration_s`.
    Windows,
    /// A [`crate::ReconnectProfile`], a name of one, or an average delay.
    Profile,
}

/// Which numbers are good.
#[derive(Debug, PartialEq)]
pub struct NumberRange {
    /// The least, or what it must be more than.
    pub min: f64,
    /// The most. Infinite: there is none.
    pub max: f64,
    /// Whether `min` itself is too little.
    pub is_over_min: bool,
    /// What is needed, in words.
    pub words: &'static str,
}

impl NumberRange {
    /// Whether `number` is good.
    pub fn holds(&self, number: f64) -> bool {
        let is_enough = if self.is_over_min { number > self.min } else { number >= self.min };
        number.is_finite() && is_enough && number <= self.max
    }

    /// What is wrong with the `value` of `field`, if there is one and it is not good.
    pub(crate) fn problem(&self, field: &str, value: Option<f64>) -> Option<Problem> {
        let bad = value.filter(|value| !self.holds(*value))?;
        Some(Problem::new(field, bad, self.words))
    }
}

impl OptionInfo {
    /// Its name without its unit, as flags have it.
    pub fn stem(&self) -> &'static str {
        let units = ["_ms", "_s", "_percent"];
        units.iter().find_map(|unit| self.name.strip_suffix(unit)).unwrap_or(self.name)
    }

    /// What it must be, in a few words: `1 to 100`, `at least 1`; empty if there is nothing to say.
    pub fn bound(&self) -> String {
        match &self.shape {
            Shape::Whole { min, max: u32::MAX } => format!("at least {min}"),
            Shape::Whole { min, max } => format!("{min} to {max}"),
            Shape::Seconds { max: u32::MAX } => String::new(),
            Shape::Seconds { max } => format!("0 to {max}"),
            Shape::Number(NumberRange { min, is_over_min: true, .. }) => format!("more than {min}"),
            Shape::Number(NumberRange { min, max, .. }) if max.is_finite() => {
                format!("{min} to {max}")
            }
            Shape::Number(NumberRange { min, .. }) => format!("at least {min}"),
            Shape::Word(words) => one_of(words),
            Shape::WordOrWhole { words, min } => {
                format!("{}, or a number from {min}", listed(words))
            }
            Shape::Budget => "a ratio from 1x, or a number from 1".to_owned(),
            Shape::Text { max } => format!("1 to {max} bytes"),
            Shape::Shares => "more than 0".to_owned(),
            Shape::Node | Shape::Nodes | Shape::AnyNodes | Shape::Profile | Shape::Windows => {
                String::new()
            }
        }
    }

    /// What holds where it is left out, in words; empty if it is as if there were no such option.
    pub fn without(&self) -> &'static str {
        self.default.unwrap_or(self.otherwise)
    }

    /// Bound, default and version as sentences, to stand after the meaning; may be empty.
    pub fn terms(&self) -> String {
        let default = Some(self.without()).filter(|words| !words.is_empty());
        let default = default.map(|words| format!("default: {words}"));
        let bound = Some(self.bound()).filter(|bound| !bound.is_empty());
        let terms = bound.into_iter().chain(default).collect::<Vec<_>>().join("; ");
        let terms = Some(with_first(&terms, |first| first.to_uppercase()))
            .filter(|terms| !terms.is_empty());
        let since = self.since.map(|version| format!("EMQX {version} and later"));
        let sentences = terms.into_iter().chain(since).map(|sentence| sentence + ".");
        sentences.collect::<Vec<_>>().join(" ")
    }

    /// Its meaning, with the plans that it is for if it is not for all.
    pub fn said(&self) -> String {
        if self.is_level {
            format!("`level`: {}", with_first(&self.meaning, |first| first.to_lowercase()))
        } else {
            self.meaning.clone()
        }
    }

    /// The first sentence of its meaning, without the full stop.
    pub fn brief(&self) -> &str {
        self.meaning.split(". ").next().unwrap_or_default().trim_end_matches('.')
    }

    /// Meaning and terms.
    pub fn sentences(&self) -> String {
        format!("{} {}", self.said(), self.terms()).trim_end().to_owned()
    }
}

/// "`a`, `b`".
fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// "`a`, `b` or `c`".
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.split_last().map_or_else(String::new, |(last, others)| match others {
        [] => last.clone(),
        _ => format!("{} or {last}", others.join(", ")),
    })
}

/// `text` with its first letter made another.
fn with_first<I: Iterator<Item = char>>(text: &str, made: impl Fn(char) -> I) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| made(first).chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::DriverOptions;
    use crate::{Described, Evacuation, EvacuationPlanOptions, Fields, PlanOptions, Strategy};

    #[test]
    fn every_table_s_defaults_are_what_its_readers_take() {
        fn check<T: Described>() {
            assert!(T::from_fields(Fields::default()).is_ok(), "{}", T::WHAT);
            for option in T::describe() {
                assert!(option.meaning.ends_with('.'), "{option:?}");
                assert!(option.default.is_none() || option.otherwise.is_empty(), "{option:?}");
            }
        }
        check::<Strategy>();
        check::<PlanOptions>();
        check::<DriverOptions>();
        check::<Evacuation>();
        check::<EvacuationPlanOptions>();
    }

    #[test]
    fn what_is_said_of_an_option_is_what_its_reader_holds_to() {
        let said = |options: Vec<OptionInfo>| {
            options.into_iter().map(|option| (option.name, option.terms())).collect::<Vec<_>>()
        };
        let plan = said(PlanOptions::describe());
        for (name, terms) in [
            ("mode", "`single` or `level`; default: single."),
            ("target_over", "0 to 1; default: 0.002."),
            ("max_reconnect_rate", "At least 1; default: no limit."),
            ("exclude", ""),
        ] {
            assert!(plan.contains(&(name, terms.to_owned())), "{plan:?}");
        }
        let strategy = said(Strategy::describe());
        for (name, terms) in [
            ("rel_conn_threshold", "More than 1; default: 1.1."),
            (
                "sess_evict_rpc_timeout",
                "0 to 4294967; default: EMQX's own, 15. EMQX 5.9.0 and later.",
            ),
        ] {
            assert!(strategy.contains(&(name, terms.to_owned())), "{strategy:?}");
        }
    }

    #[test]
    fn defaults_that_the_planner_fills_in_are_told_as_it_does() {
        let (plan, options) = (PlanOptions::describe(), PlanOptions::default());
        let told = |name| plan.iter().find(|option| option.name == name).unwrap().otherwise;
        assert_eq!(told("reconnect_delay_s"), options.profile().mean_s().to_string());
        assert_eq!(told("target_over"), options.goal().to_string());
    }
}
