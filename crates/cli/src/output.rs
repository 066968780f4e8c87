//! The one place that writes to the terminal.

use crate::render::paper::Paper;
use anstream::ColorChoice;
use clap::ValueEnum;
use console::Term;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// How to write results.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: one JSON document.
    Json,
}

/// Writes results to standard output, messages to standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    /// An output in `format`. Colours are left out where nobody sees them, or on request.
    pub(crate) fn new(format: Format, no_color: bool) -> Self {
        if no_color {
            ColorChoice::Never.write_global();
        }
        Self { format }
    }

    /// Whether results are for programs.
    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Whether messages may be redrawn in place.
    pub(crate) fn is_live(self) -> bool {
        !self.is_json() && io::stderr().is_terminal()
    }

    /// Whether somebody can be asked.
    pub(crate) fn can_ask(self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// As wide as the terminal that results go to.
    #[expect(clippy::unused_self, reason = "whoever writes must hold the output")]
    pub(crate) fn paper(self) -> Paper {
        paper(&Term::stdout())
    }

    /// As wide as the terminal that messages go to.
    #[expect(clippy::unused_self, reason = "whoever writes must hold the output")]
    pub(crate) fn messages(self) -> Paper {
        paper(&Term::stderr())
    }

    /// Writes a result: `value` for programs, `text` for people.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(crate) fn result<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(Paper) -> String,
    ) -> Result<()> {
        match self.format {
            Format::Table => self.text(&text(self.paper())),
            Format::Json => {
                let json = serde_json::to_string_pretty(value).map_err(io::Error::from);
                self.text(&format!("{}\n", json.map_err(|error| cannot_write(&error))?))
            }
        }
    }

    /// Writes text to standard output.
    ///
    /// # Errors
    /// Whatever stops it, but for a reader that has gone away: `| head` is no error.
    pub(crate) fn text(self, text: &str) -> Result<()> {
        self.is_read(text).map(|_| ())
    }

    /// Writes text to standard output, and says whether anybody reads it still.
    #[expect(clippy::unused_self, reason = "whoever writes must hold the output")]
    fn is_read(self, text: &str) -> Result<bool> {
        let mut out = anstream::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            other => other.map(|()| true).map_err(|error| cannot_write(&error)),
        }
    }

    /// Writes to standard error. What nobody can read is no reason to stop.
    #[expect(clippy::unused_self, reason = "whoever writes must hold the output")]
    fn say(self, message: &str) {
        let mut err = anstream::stderr().lock();
        let _ = err.write_all(message.as_bytes()).and_then(|()| err.flush());
    }

    /// Writes a message for people; programs have it in the result.
    pub(crate) fn tell(self, message: &str) {
        if !self.is_json() {
            self.say(message);
        }
    }

    /// Writes a warning: a line to standard error, or one JSON object.
    pub(crate) fn warn(self, message: &str) {
        if self.is_json() {
            return self.say(&format!("{}\n", serde_json::json!({ "warning": message })));
        }
        let style = crate::render::WARN;
        let text = crate::render::wrapped(message, "         ", self.messages());
        self.say(&format!("{style}warning:{style:#} {text}\n"));
    }

    /// Asks a question that is answered by y or n.
    ///
    /// # Errors
    /// If standard input cannot be read.
    pub(crate) fn ask(self, question: &str) -> Result<bool> {
        self.say(&format!("{question} [y/N] "));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map_err(|error| {
            Error::new(ErrorKind::ConfigInvalid, "cannot read the answer").with("why", error)
        })?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Writes an error to standard error: one line and a hint, or one JSON object.
    pub(crate) fn error(self, error: &Error, hint: Option<&str>) {
        if self.is_json() {
            let mut json = serde_json::to_value(error).unwrap_or_default();
            if let (Some(object), Some(hint)) = (json.as_object_mut(), hint) {
                object.insert("hint".to_owned(), hint.into());
            }
            return self.say(&format!("{}\n", serde_json::json!({ "error": json })));
        }
        let style = crate::render::ALERT;
        self.say(&format!("{style}error:{style:#} {error}\n"));
        if let Some(hint) = hint {
            self.say(&format!(" hint: {hint}\n"));
        }
    }
}

fn paper(terminal: &Term) -> Paper {
    let size = terminal.is_term().then(|| terminal.size_checked()).flatten();
    size.map_or_else(Paper::default, |(_, columns)| Paper::new(columns))
}

fn cannot_write(error: &io::Error) -> Error {
    Error::new(ErrorKind::ConfigInvalid, "cannot write the result").with("why", error)
}

/// A result that is written again and again: in place on a terminal, one after the other elsewhere.
pub(crate) struct Screen {
    output: Output,
    page: Option<ProgressBar>,
}

impl Screen {
    /// A screen on standard output.
    pub(crate) fn new(output: Output) -> Self {
        let is_page = !output.is_json() && io::stdout().is_terminal();
        let page = is_page.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            let style = ProgressStyle::with_template("{msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { output, page }
    }

    /// Leaves what was shown last on the terminal.
    pub(crate) fn close(&self) {
        if let Some(page) = &self.page {
            page.abandon();
        }
    }

    /// Shows a result in place of the last one, and says whether anybody reads it still. Programs get
    /// one line of JSON for each.
    ///
    /// # Errors
    /// As [`Output::text`].
    pub(crate) fn show<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce(Paper) -> String,
    ) -> Result<bool> {
        match &self.page {
            Some(page) => {
                page.set_message(text(self.output.paper()).trim_end().to_owned());
                page.tick();
                Ok(true)
            }
            None if self.output.is_json() => {
                let json = serde_json::to_string(value).map_err(io::Error::from);
                self.output.is_read(&format!("{}\n", json.map_err(|error| cannot_write(&error))?))
            }
            None => self.output.is_read(&format!("{}\n", text(self.output.paper()))),
        }
    }
}
