//! Options as tables: each stands once, with what reads it and what people are told of it.

use super::fields::Fields;
use super::info::{OptionInfo, Shape};
use crate::node::NodeName;
use crate::version::EmqxVersion;
use std::collections::BTreeMap;

/// What an option may hold: how it is read, and what is said of it.
pub(crate) trait Kind {
    /// What is read.
    type Value;

    /// Takes it; without it, or with a problem, there is none.
    fn take(&self, fields: &mut Fields, name: &str) -> Option<Self::Value>;

    /// What is said of it.
    fn shape(&self) -> Shape;
}

/// Makes a struct of options of a table: its fields, the reader, the defaults, and
/// `describe()`, of which the documentation and types of every language are made.
///
/// A row is a documented field, `=`, and how it is read, such as `whole(1, 100).or("3").of("nodes")`:
/// see [`Spec`]. Bound and default stand nowhere else. `#[ts(…)]` is for TypeScript alone.
macro_rules! options {
    (
        $(#[$about:meta])*
        pub struct $Options:ident($what:literal) {
            $(
                $(#[doc = $meaning:literal])+
                $(#[ts($($typescript:tt)+)])?
                pub $name:ident: $type:ty = $spec:expr,
            )+
        }
    ) => {
        $(#[$about])*
        pub struct $Options {
            $(
                $(#[doc = $meaning])+
                #[doc = ""]
                #[doc = concat!(" `", stringify!($spec), "`")]
                $(#[cfg_attr(feature = "typescript", ts($($typescript)+))])?
                #[serde(skip_serializing_if = "crate::input::Field::is_left_out")]
                pub $name: $type,
            )+
        }

        impl $crate::Described for $Options {
            fn describe() -> Vec<$crate::OptionInfo> {
                vec![$($spec.info(
                    stringify!($name),
                    concat!($($meaning, "\n"),+),
                    concat!("`", stringify!($spec), "`"),
                )),+]
            }
        }

        impl $crate::FromFields for $Options {
            const WHAT: &'static str = $what;
            const OPTIONS: &'static [&'static str] = &[$(stringify!($name)),+];

            fn take(fields: &mut $crate::Fields) -> Self {
                use $crate::input::Field;
                // What only people are told never reaches the program.
                Self { $($name: Field::of(const { $spec.reader }.take(fields, stringify!($name)))),+ }
            }
        }

        impl Default for $Options {
            fn default() -> Self {
                $crate::FromFields::take(&mut $crate::Fields::default())
            }
        }

        impl<'de> serde::Deserialize<'de> for $Options {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::Options::read(deserializer).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use options;

/// How an option is read, and what people are told of it beside its meaning.
pub(crate) struct Spec<K> {
    pub(crate) reader: Reader<K>,
    unit: &'static str,
    otherwise: &'static str,
    since: Option<EmqxVersion>,
    is_level: bool,
}

/// What reads an option.
#[derive(Clone, Copy)]
pub(crate) struct Reader<K> {
    kind: K,
    default: Option<&'static str>,
}

impl<K: Kind> Reader<K> {
    /// Takes the option `name`, or its default.
    pub(crate) fn take(&self, fields: &mut Fields, name: &str) -> Option<K::Value> {
        if let Some(default) = self.default {
            fields.fill(name, default);
        }
        self.kind.take(fields, name)
    }
}

impl<K: Kind + Copy> Spec<K> {
    /// What `kind` reads.
    pub(crate) const fn new(kind: K) -> Self {
        let reader = Reader { kind, default: None };
        Self { reader, unit: "", otherwise: "", since: None, is_level: false }
    }

    /// What it is where it is left out, as people write it.
    pub(crate) const fn or(mut self, default: &'static str) -> Self {
        self.reader.default = Some(default);
        self
    }

    /// What happens where it is left out, in words: the field then says that it was.
    pub(crate) const fn otherwise(mut self, words: &'static str) -> Self {
        self.otherwise = words;
        self
    }

    /// Its unit.
    pub(crate) const fn of(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// The first EMQX that takes it.
    pub(crate) const fn since(mut self, version: EmqxVersion) -> Self {
        self.since = Some(version);
        self
    }

    /// It is for `level` plans alone.
    pub(crate) const fn level(mut self) -> Self {
        self.is_level = true;
        self
    }

    /// All that is known of the option `name`; `meaning` is its documentation, `code` this table's row.
    pub(crate) fn info(
        &self,
        name: &'static str,
        meaning: &'static str,
        code: &'static str,
    ) -> OptionInfo {
        OptionInfo {
            name,
            meaning: one_line(meaning),
            shape: self.reader.kind.shape(),
            default: self.reader.default,
            otherwise: self.otherwise,
            unit: self.unit,
            since: self.since,
            is_level: self.is_level,
            code,
        }
    }
}

/// Documentation as one line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// What a field of options can be.
pub(crate) trait Field: Sized {
    /// What is read for it.
    type Read;

    /// The field, of what was read. Without it the reading has failed and the field does not matter.
    fn of(read: Option<Self::Read>) -> Self;

    /// Whether it is nothing, which is not written.
    fn is_left_out(&self) -> bool {
        false
    }
}

impl<T> Field for Option<T> {
    type Read = T;

    fn of(read: Self) -> Self {
        read
    }

    fn is_left_out(&self) -> bool {
        self.is_none()
    }
}

impl Field for u32 {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }
}

impl Field for Vec<NodeName> {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }

    fn is_left_out(&self) -> bool {
        self.is_empty()
    }
}

impl Field for BTreeMap<NodeName, f64> {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }

    fn is_left_out(&self) -> bool {
        self.is_empty()
    }
}
