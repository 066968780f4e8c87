//! What the lines of a picture are called.

use crate::MeasuredPhase;
use crate::bands;
use crate::markup::text;
use crate::paint::{Palette, Part};
use crate::series::NodeCourse;
use emqx_rebalance_core::NodeName;
use std::fmt::Write;

/// The key above a picture.
pub(crate) fn key(
    courses: &[NodeCourse<'_>],
    palette: &Palette,
    phases: &[MeasuredPhase],
) -> String {
    let mut html = String::from("<ul class=\"key\">");
    for (part, class) in [(Part::Donor, "d0"), (Part::Recipient, "r0"), (Part::Bystander, "b0")] {
        let count = courses.iter().filter(|course| palette.part(course.node) == part).count();
        let plural = if part == Part::Bystander || count == 1 { "" } else { "s" };
        if count > 0 {
            let word = part.word();
            _ = write!(html, "<li><i class=\"box {class}\"></i>{count} {word}{plural}</li>");
        }
    }
    if courses.iter().any(|course| !course.measured.is_empty()) {
        html.push_str("<li><i class=\"stroke\"></i>measured</li>");
    }
    html.push_str("<li><i class=\"stroke dashed\"></i>predicted</li>");
    html.push_str(&bands::key(phases));
    html.push_str("</ul>");
    html
}

/// A label at the end of each line, moved apart where lines end together. In a large cluster only
/// the fullest and the emptiest of the donors and of the recipients have one.
pub(crate) fn labels(
    courses: &[NodeCourse<'_>],
    palette: &Palette,
    at: impl Fn(f64) -> f64,
) -> String {
    let mut ends: Vec<(f64, &NodeName)> = Vec::new();
    for course in named(courses, palette) {
        ends.extend(course.end().map(|end| (at(end), course.node)));
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut svg = String::new();
    for (y, node) in apart(ends) {
        let class = palette.class(node);
        _ = write!(
            svg,
            "<rect class=\"mark {class}\" x=\"{MARK_X}\" y=\"{:.1}\" width=\"9\" height=\"9\" rx=\"2\"/>\
             <text class=\"label\" x=\"{LABEL_X}\" y=\"{:.1}\">{}<title>{} ({})</title>\
             </text>",
            y - 4.5,
            y + 4.0,
            text(palette.name(node)),
            text(node),
            palette.part(node).word()
        );
    }
    svg
}

fn named<'a, 'b>(courses: &'a [NodeCourse<'b>], palette: &Palette) -> Vec<&'a NodeCourse<'b>> {
    if courses.len() <= MAX_LABELS {
        return courses.iter().collect();
    }
    let mut named = Vec::new();
    for part in [Part::Donor, Part::Recipient] {
        let of_part = || courses.iter().filter(|course| palette.part(course.node) == part);
        let key = |a: &&NodeCourse<'b>, b: &&NodeCourse<'b>| {
            a.end().unwrap_or(0.0).total_cmp(&b.end().unwrap_or(0.0))
        };
        let (most, least) = (of_part().max_by(key), of_part().min_by(key));
        named.extend(most);
        named.extend(least.filter(|least| most.is_none_or(|most| most.node != least.node)));
    }
    named
}

/// Moves labels down until none covers the one above, then up again if they left the picture.
fn apart(mut ends: Vec<(f64, &NodeName)>) -> Vec<(f64, &NodeName)> {
    let bottom = ends.last().map_or(0.0, |(y, _)| *y);
    let mut above = f64::MIN;
    for (y, _) in &mut ends {
        *y = y.max(above + LINE);
        above = *y;
    }
    let middle = (ends.last().map_or(0.0, |(y, _)| *y) - bottom) / 2.0;
    let top = ends.first().map_or(0.0, |(y, _)| *y);
    let shift = middle.min(top).max(0.0);
    for (y, _) in &mut ends {
        *y -= shift;
    }
    ends
}

const MARK_X: f64 = 768.0;
const LABEL_X: f64 = 782.0;
const LINE: f64 = 15.0;
/// Nodes that can all be named.
pub(crate) const MAX_LABELS: usize = 12;
