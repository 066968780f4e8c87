//! An argument that is one of a few words, as far as help and shells know.

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::Error as ClapError;
use clap::{Arg, Command};
use std::ffi::OsStr;

/// Words that the help lists and shells complete. Others pass: the core names them with all else that
/// is wrong.
#[derive(Clone)]
pub(crate) struct Words(pub(crate) Vec<&'static str>);

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, ClapError> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}
