//! The courses of all nodes as a picture.

use crate::bands;
use crate::legend;
use crate::markup::{script_json, text};
use crate::numbers::{count, float, time};
use crate::paint::Palette;
use crate::scale::Scale;
use crate::series::{self, Count, NodeCourse, Points};
use crate::{MeasuredPhase, ReportInput};
use emqx_rebalance_core::Plan;
use serde_json::json;
use std::fmt::Write;

/// The pictures: clients, and sessions without a client if there are any.
pub(crate) fn section(input: &ReportInput<'_>, palette: &Palette) -> String {
    let clients = Picture {
        count: Count::Connections,
        id: "clients",
        heading: "Clients on every node",
        height: 320.0,
    };
    let sessions = Picture {
        count: Count::DisconnectedSessions,
        id: "sessions",
        heading: "Disconnected sessions on every node",
        height: 180.0,
    };
    let mut html = clients.draw(input, palette);
    if series::max(&sessions.count.courses(input)) > 0.0 {
        html.push_str(&sessions.draw(input, palette));
    }
    html
}

struct Picture {
    count: Count,
    id: &'static str,
    heading: &'static str,
    height: f64,
}

impl Picture {
    fn draw(&self, input: &ReportInput<'_>, palette: &Palette) -> String {
        let courses = self.count.courses(input);
        let x = Scale::of_time(series::end_s(input), WIDTH);
        let y = Scale::of_counts(series::max(&courses), self.height);
        let phases = bands::phases(input);
        let (strips, strips_height) = bands::strips(&phases, &x, self.height + 34.0);
        let full_height = self.height + 34.0 + strips_height + TOP;
        let full_width = LEFT + WIDTH + RIGHT;
        let id = self.id;
        format!(
            "<section class=\"chart\"><h2>{heading}</h2>{key}\
             <figure><svg class=\"{many}\" viewBox=\"0 0 {full_width} {full_height}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-desc\"><title id=\"{id}-title\">{heading} over time\
             </title><desc id=\"{id}-desc\">{desc}</desc>\
             <g transform=\"translate({LEFT} {TOP})\">{bands}{axes}{lines}{labels}{strips}\
             <line class=\"cursor\" y1=\"0\" y2=\"{height}\" x1=\"0\" x2=\"0\" hidden=\"\"/></g></svg>\
             <div class=\"tip\" hidden></div></figure>{data}</section>",
            heading = self.heading,
            key = legend::key(&courses, palette, &phases),
            many = if courses.len() > legend::MAX_LABELS { "many" } else { "few" },
            desc = describe(&courses, palette),
            bands = bands::behind(&phases, &x, self.height),
            axes = axes(&x, &y, self.height),
            lines = lines(&courses, palette, &x, &y, self.height),
            labels = legend::labels(&courses, palette, |value| self.height - y.at(value)),
            height = self.height,
            data = self.data(&courses, palette, &x),
        )
    }

    /// What the script shows under the pointer.
    fn data(&self, courses: &[NodeCourse<'_>], palette: &Palette, x: &Scale) -> String {
        let line = |course: &NodeCourse<'_>| {
            let points =
                if course.measured.is_empty() { &course.forecast } else { &course.measured };
            let points: Vec<(f64, f64)> = points.iter().map(|(t, v)| (*t, v.round())).collect();
            json!({"node": palette.name(course.node), "class": palette.class(course.node), "points": points})
        };
        let lines: Vec<serde_json::Value> = courses.iter().map(line).collect();
        let data = json!({
            "left": LEFT, "width": WIDTH, "full": LEFT + WIDTH + RIGHT, "end_s": x.end,
            "lines": lines,
        });
        format!("<script type=\"application/json\" class=\"data\">{}</script>", script_json(&data))
    }
}

fn axes(x: &Scale, y: &Scale, height: f64) -> String {
    let mut svg = String::new();
    for tick in y.ticks() {
        let at = height - y.at(tick);
        _ = write!(
            svg,
            "<line class=\"grid\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text class=\"tick\" x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            at + 4.0,
            crate::numbers::rounded(tick)
        );
    }
    for tick in x.ticks() {
        let at = x.at(tick);
        _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{height}\" y2=\"{}\"/>\
             <text class=\"tick\" x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            height + 5.0,
            height + 19.0,
            time(tick)
        );
    }
    svg
}

fn lines(
    courses: &[NodeCourse<'_>],
    palette: &Palette,
    x: &Scale,
    y: &Scale,
    height: f64,
) -> String {
    let mut svg = String::new();
    let path = |points: &Points| {
        let places =
            points.iter().map(|(t, v)| format!("{:.1},{:.1}", x.at(*t), height - y.at(*v)));
        places.collect::<Vec<_>>().join(" ")
    };
    for course in courses {
        let (class, node) = (palette.class(course.node), text(course.node));
        for (kind, points) in [("forecast", &course.forecast), ("measured", &course.measured)] {
            if !points.is_empty() {
                _ = write!(
                    svg,
                    "<polyline class=\"line {kind} {class}\" points=\"{}\"><title>{node}, {kind}\
                     </title></polyline>",
                    path(points)
                );
            }
        }
    }
    svg
}

/// The picture in words.
fn describe(courses: &[NodeCourse<'_>], palette: &Palette) -> String {
    let mut words = String::new();
    for course in courses.iter().take(MAX_DESCRIBED) {
        let begin = course.forecast.first().map_or(0.0, |(_, value)| *value);
        _ = write!(
            words,
            "{} ({}): {} at the start, {} at the end. ",
            text(course.node),
            palette.part(course.node).word(),
            crate::numbers::rounded(begin),
            crate::numbers::rounded(course.end().unwrap_or(begin))
        );
    }
    words.push_str("The tables below hold all numbers.");
    words
}

/// The seconds that a plan takes, for texts beside the picture.
pub(crate) fn forecast_time(plan: &Plan) -> String {
    time(float(plan.forecast.duration_s))
}

/// How long it took, if it was measured.
pub(crate) fn measured_time(input: &ReportInput<'_>) -> Option<String> {
    let of_phases = |phases: &[MeasuredPhase]| phases.iter().map(|p| p.to_s).reduce(f64::max);
    of_phases(input.phases).or_else(|| input.samples.last().map(|s| s.t_s)).map(time)
}

/// Clients that the plan drops, for texts beside the picture.
pub(crate) fn disconnects(plan: &Plan) -> String {
    count(plan.forecast.disconnects)
}

const LEFT: f64 = 62.0;
const WIDTH: f64 = 760.0;
const RIGHT: f64 = 178.0;
const TOP: f64 = 8.0;
const MAX_DESCRIBED: usize = 20;
