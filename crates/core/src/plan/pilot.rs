//! Whether a small part of a plan goes first, to see how clients come back.

use crate::input::{Field, Fields, Kind, Loose, Shape, Spec};
use serde::{Serialize, Serializer};

/// Whether a small part of a `level` plan goes first, whose clients show how they come back.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Pilot {
    /// None, whether or not it is known how clients come back.
    Off,
    /// One where that is not known, of 2 % of the clients to drop, at least 200; none for plans that drop
    /// fewer than three times as many.
    #[default]
    Auto,
    /// One of so many clients.
    Clients(u32),
}

impl Serialize for Pilot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_str(OFF),
            Self::Auto => serializer.serialize_str(AUTO),
            Self::Clients(clients) => serializer.serialize_u32(*clients),
        }
    }
}

impl Field for Pilot {
    type Read = Self;

    fn of(read: Option<Self>) -> Self {
        read.unwrap_or_default()
    }
}

/// Reads it.
#[derive(Clone, Copy)]
pub(super) struct ReadPilot;

/// `off`, `auto`, or so many clients.
pub(super) const fn pilot() -> Spec<ReadPilot> {
    Spec::new(ReadPilot)
}

impl Kind for ReadPilot {
    type Value = Pilot;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<Pilot> {
        let value = fields.take(name)?;
        let clients = |number: u32| (number > 0).then_some(Pilot::Clients(number));
        let pilot = match &value {
            Loose::Text(text) if text == OFF => Some(Pilot::Off),
            Loose::Text(text) if text == AUTO => Some(Pilot::Auto),
            Loose::Text(text) => text.parse().ok().and_then(clients),
            value => value.integer().and_then(|n| u32::try_from(n).ok()).and_then(clients),
        };
        if pilot.is_none() {
            fields.problem(
                name,
                value,
                format!("{OFF}, {AUTO}, or a whole number from 1 to {}", u32::MAX),
            );
        }
        pilot
    }

    fn shape(&self) -> Shape {
        Shape::WordOrWhole { words: vec![OFF, AUTO], min: 1 }
    }
}

const OFF: &str = "off";
const AUTO: &str = "auto";
