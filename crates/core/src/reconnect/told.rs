//! How clients come back, as options tell it.

use super::ReconnectProfile;
use crate::error::Problem;
use crate::input::NumberRange;

/// How clients come back that are told of by a profile or by their average delay.
pub(crate) fn told(
    profile: Option<&ReconnectProfile>,
    delay_s: Option<f64>,
) -> Option<ReconnectProfile> {
    profile.cloned().or_else(|| delay_s.map(ReconnectProfile::of_delay))
}

/// What is wrong with what is told.
pub(crate) fn problem(profile: Option<&ReconnectProfile>, delay_s: Option<f64>) -> Option<Problem> {
    let bad = RECONNECT_DELAY.problem("reconnect_delay_s", delay_s);
    let twice = delay_s.filter(|_| profile.is_some()).map(|delay_s| {
        Problem::new("reconnect_delay_s", delay_s, "left out where `reconnect` says it all")
    });
    bad.or(twice)
}

/// Seconds that clients may take to come back: up to a day.
pub(crate) const RECONNECT_DELAY: NumberRange = NumberRange {
    min: 0.0,
    max: 86_400.0,
    is_over_min: false,
    words: "a number of seconds from 0 to 86400",
};
