//! Reads a profile in the forms that people write it in.

use super::{LONGEST_S, NamedProfile, Point, ReconnectProfile, problems};
use crate::duration;
use crate::input::{Fields, FromFields, Kind, Loose, Shape, Spec};
use crate::snapshot::VERSION;
use serde::de::{Deserialize, Deserializer, Error as _};

/// A profile, a name of one, or an average delay.
#[derive(Clone, Copy)]
pub(crate) struct Profile;

/// A profile, a name of one, or an average delay.
pub(crate) const fn profile() -> Spec<Profile> {
    Spec::new(Profile)
}

impl Kind for Profile {
    type Value = ReconnectProfile;

    fn take(&self, fields: &mut Fields, name: &str) -> Option<ReconnectProfile> {
        match fields.take(name)? {
            Loose::Object(members) => read(members.into(), fields, name),
            value => {
                let profile = short(&value);
                if profile.is_none() {
                    fields.problem(name, value, bound());
                }
                profile
            }
        }
    }

    fn shape(&self) -> Shape {
        Shape::Profile
    }
}

/// A name, or an average delay.
fn short(value: &Loose) -> Option<ReconnectProfile> {
    let named = |text: &String| {
        NamedProfile::ALL
            .into_iter()
            .find(|named| named.as_str() == text)
            .map(NamedProfile::profile)
    };
    let of_delay = |delay_s: f64| {
        (0.0..=LONGEST_S / 1.5).contains(&delay_s).then(|| ReconnectProfile::of_delay(delay_s))
    };
    match value {
        Loose::Text(text) => named(text).or_else(|| of_delay(duration::parse_ms(text)? / 1000.0)),
        value => of_delay(value.number()?),
    }
}

fn bound() -> String {
    let names = NamedProfile::ALL.map(NamedProfile::as_str).join(", ");
    format!(
        "a profile such as {{\"points\": [[0.5, 0], [1.5, 1]]}}, one of {names}, or an average delay from \
         0 to {:.0} s such as 1.5 or `1m30s`",
        LONGEST_S / 1.5
    )
}

/// The profile of an object's members.
fn read(mut members: Fields, outer: &mut Fields, place: &str) -> Option<ReconnectProfile> {
    let profile = of_members(&mut members);
    outer.merge_at(place, members, ReconnectProfile::OPTIONS);
    profile
}

/// The profile that `members` are of, which keep the problems.
fn of_members(members: &mut Fields) -> Option<ReconnectProfile> {
    let version = members
        .number("version", "1", |version| (version - f64::from(VERSION)).abs() < f64::EPSILON);
    let words = NamedProfile::ALL.map(|named| (named.as_str(), named));
    let name = members.word("name", &words);
    let points = points(members);
    let is_good = points.is_some() && (version.is_some() || !members.is_wrong("version"));
    points.filter(|_| is_good).map(|points| ReconnectProfile { name, points })
}

/// A profile in full, and nothing else.
impl FromFields for ReconnectProfile {
    const WHAT: &'static str = "reconnect profile";
    const OPTIONS: &'static [&'static str] = &["version", "name", "points"];

    fn take(fields: &mut Fields) -> Self {
        of_members(fields).unwrap_or_else(|| Self::of_delay(0.0))
    }
}

fn points(members: &mut Fields) -> Option<Vec<Point>> {
    let value = members.take("points").unwrap_or(Loose::Null);
    let point = |value: &Loose| match value {
        Loose::List(pair) => match pair.as_slice() {
            [at_s, share] => Some(Point { at_s: at_s.number()?, share: share.number()? }),
            _ => None,
        },
        _ => None,
    };
    let Loose::List(list) = &value else {
        members.problem(
            "points",
            value,
            "a list of points: seconds, and the share that is back by then",
        );
        return None;
    };
    let mut points = Vec::new();
    for (i, value) in list.iter().take(ReconnectProfile::MOST_POINTS + 1).enumerate() {
        match point(value) {
            Some(point) => points.push(point),
            None => {
                let bound = "two numbers: seconds, and the share that is back by then";
                members.problem(&format!("points[{i}]"), value, bound);
                return None;
            }
        }
    }
    let found = problems(&points);
    members.add_problems(&found);
    found.is_empty().then_some(points)
}

impl<'de> Deserialize<'de> for ReconnectProfile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Fields::default();
        fields
            .insert(WHAT.to_owned(), Loose::deserialize(deserializer)?)
            .map_err(D::Error::custom)?;
        let read = Profile.take(&mut fields, WHAT);
        fields.finish(WHAT, &[WHAT]).map_err(D::Error::custom)?;
        read.ok_or_else(|| D::Error::custom("a reconnect profile is needed"))
    }
}

const WHAT: &str = "reconnect";
