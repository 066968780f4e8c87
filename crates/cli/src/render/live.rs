//! A rebalance as it goes: bars on a terminal, plain lines elsewhere.

use super::numbers::{count, duration, percent};
use super::paper::{Names, Paper};
use super::status::{phase_words, progress};
use super::table;
use crate::output::Output;
use emqx_rebalance_core::driver::{Event, Status};
use emqx_rebalance_core::{Forecast, NodeCurve, NodeLoad, NodeName};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Shows a rebalance as it goes, on standard error.
pub(crate) struct Live {
    output: Output,
    /// What goes on: a rebalance or an evacuation.
    what: &'static str,
    bars: Option<Bars>,
    /// When a plain line was last written.
    said_at: Instant,
    /// What was said last: runs that go on together say the same.
    said: String,
}

/// The bars of a terminal.
struct Bars {
    all: MultiProgress,
    nodes: Vec<(NodeName, ProgressBar)>,
    total: ProgressBar,
}

impl Live {
    /// A view of `what`, which is to go as `forecast`: bars if `output` can redraw them.
    pub(crate) fn new(output: Output, what: &'static str, forecast: &Forecast) -> Self {
        let bars = output.is_live().then(|| Bars::new(forecast, output.messages()));
        Self { output, what, bars, said_at: Instant::now(), said: String::new() }
    }

    /// Shows where the plan stands.
    pub(crate) fn show(&mut self, status: &Status) {
        match &self.bars {
            Some(bars) => bars.show(status),
            None if self.said_at.elapsed() >= PLAIN_INTERVAL => {
                self.said_at = Instant::now();
                self.line(&progress(status));
            }
            None => {}
        }
    }

    /// Says what happened.
    pub(crate) fn tell(&mut self, event: &Event) {
        if let Some(text) = words(event, self.what).filter(|text| *text != self.said) {
            self.line(&table::wrapped(&text, self.output.messages().without(0), "  "));
            self.said = text;
        }
    }

    /// Takes the bars away.
    pub(crate) fn close(self) {
        if let Some(bars) = self.bars {
            // A terminal that cannot be written to any more needs no cleaning.
            let _ = bars.all.clear();
        }
    }

    fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.total.println(text),
            None => self.output.tell(&format!("{text}\n")),
        }
    }
}

impl Bars {
    fn new(forecast: &Forecast, paper: Paper) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let curves = &forecast.curve.nodes;
        let names = Names::new(curves.iter().map(|curve| &curve.node), paper);
        let most = curves.iter().flat_map(|curve| &curve.connections).max().copied().unwrap_or(1);
        let template = format!(
            " {{prefix:<{0}}} {{human_pos:>10}} {{bar:{1}}}",
            names.width(),
            paper.without(16).saturating_sub(names.width()),
        );
        let bar = |curve: &NodeCurve| {
            let bar = ProgressBar::new(most.max(1)).with_style(style(&template));
            let bar = all.add(bar.with_prefix(names.of(&curve.node)));
            bar.set_position(curve.connections.first().copied().unwrap_or_default());
            (curve.node.clone(), bar)
        };
        let nodes = curves.iter().take(MAX_BARS).map(bar).collect();
        let total = ProgressBar::new(forecast.disconnects.max(1));
        let total = all.add(total.with_style(style(" {bar:30} {percent:>3} %  {wide_msg}")));
        Self { all, nodes, total }
    }

    fn show(&self, status: &Status) {
        for (node, bar) in &self.nodes {
            let load = status.nodes.iter().find(|load| load.node == *node);
            if let Some(connections) = load.and_then(NodeLoad::known_connections) {
                bar.set_position(connections);
            }
        }
        let phase = status.runs.iter().find_map(|run| run.state.phase()).map(phase_words);
        let eta = status.progress.eta_s.map(|eta| format!("{} to go: ", duration(eta)));
        self.total.set_position(status.progress.moved);
        self.total.set_message(format!("{}{}", eta.unwrap_or_default(), phase.unwrap_or("")));
    }
}

/// A bar in blocks and light dots, which stand out on dark and light alike.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▉▊▋▌▍▎▏·")
}

/// What happened, if people want to know.
fn words(event: &Event, what: &str) -> Option<String> {
    Some(match event {
        Event::Starting { .. } | Event::Ended { .. } | Event::Gone { .. } => return None,
        Event::Started { coordinator } => format!("{coordinator} has begun"),
        Event::StartDoubtful { coordinator, cause } => {
            format!("{coordinator} may have begun ({}): asking whether it did", cause.message)
        }
        Event::Phase { phase, .. } => phase_words(*phase).to_owned(),
        Event::AnswerLost { cause } => format!("not read ({}): asking again", cause.message),
        Event::ForeignRun { coordinator } => {
            format!("{coordinator} runs a rebalance that is not part of this plan")
        }
        Event::Drifted { moved, expected } => format!(
            "{} clients have moved where {} were expected by now",
            count(*moved),
            count(*expected)
        ),
        Event::NextWave { over, expected, reconnects } => {
            let seen = reconnects.as_ref().map(|seen| format!("; of the clients {}", seen.told()));
            format!(
                "the fullest node is {} over the average: another round, to reach {}{}",
                percent(*over),
                percent(*expected),
                seen.unwrap_or_default()
            )
        }
        Event::Opening { node } => format!("{node} takes clients again: others have caught up"),
        Event::Stopping { coordinator } => format!("stopping the {what} of {coordinator}"),
        _ => return None,
    })
}

/// More nodes than fit a terminal are left to the table at the end.
const MAX_BARS: usize = 16;
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);
