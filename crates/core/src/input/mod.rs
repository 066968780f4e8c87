//! Reads options that people typed: any type in, every problem out.
//!
//! Derived deserialisers stop at the first problem and name none of the bounds, so options are
//! read into [`Fields`] first and then taken out one by one.

mod fields;
mod given;
mod info;
mod kinds;
mod loose;
mod spec;
mod take;
mod typed;

pub use fields::Fields;
pub use info::{NumberRange, OptionInfo, Shape};
pub(crate) use kinds::{
    any_nodes, node, nodes, number, seconds, shares, text, unchecked, whole, word,
};
pub use loose::Loose;
pub(crate) use spec::{Field, Kind, Spec, options};
pub(crate) use take::ABSENT;
pub use typed::typed;

use crate::error::Result;
use serde::de::Deserializer;

/// Options that people write: an object in which any may be left out or `null`.
///
/// Reads from every format that serde knows. Deserialising reports the same problems, but as the
/// text of the format's own error; this keeps them apart.
pub trait Options: FromFields {
    /// Reads the options.
    ///
    /// # Errors
    /// `config_invalid` with every problem at once: field, value and bound.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self> {
        Self::from_fields(Fields::read(deserializer, Self::WHAT)?)
    }
}

impl<T: FromFields> Options for T {}

/// Options that can be described.
///
/// ```
/// use emqx_rebalance_core::{Described, Strategy};
///
/// let rate = &Strategy::describe()[0];
/// assert_eq!((rate.name, rate.default, rate.unit), ("conn_evict_rate", Some("500"), "clients/s"));
/// assert_eq!(rate.terms(), "At least 1; default: 500.");
/// ```
pub trait Described: Options {
    /// What is known of each option.
    fn describe() -> Vec<OptionInfo>;
}

/// What can be taken out of [`Fields`].
pub trait FromFields: Sized {
    /// What the options are of, in a word.
    const WHAT: &'static str;
    /// The names of all options.
    const OPTIONS: &'static [&'static str];

    /// Takes every option, or its default, out of `fields`, which keep the problems.
    fn take(fields: &mut Fields) -> Self;

    /// Takes every option, and nothing may be left.
    ///
    /// # Errors
    /// `config_invalid` with every problem at once.
    fn from_fields(mut fields: Fields) -> Result<Self> {
        let options = Self::take(&mut fields);
        fields.finish(Self::WHAT, Self::OPTIONS).map(|()| options)
    }
}
