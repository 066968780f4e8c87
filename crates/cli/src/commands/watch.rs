//! `watch`: looks after a fleet until it is interrupted; SIGHUP has it read its file again.

use super::interrupt::{Hangup, Interrupt};
use crate::args::WatchArgs;
use crate::clock::local;
use crate::exit::Exit;
use crate::input;
use crate::output::Output;
use crate::render;
use emqx_rebalance_client::{MAX_FILE, MAX_SECRET, Source, read_bounded};
use emqx_rebalance_core::policy::Decision;
use emqx_rebalance_core::{Error, ErrorKind, Problem, Result, plain};
use emqx_rebalance_exchange::Outside;
use emqx_rebalance_watch::{Fleet, News, Watch, openapi, schema};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The JSON of `watch --check`.
#[derive(Serialize)]
struct Checked {
    version: u32,
    clusters: Vec<String>,
}

/// Looks after the fleet of a file until it is interrupted; or checks the file, or says how one is written.
///
/// # Errors
/// `config_invalid` with every problem of the file; `conflict` if another process uses its store.
pub(crate) async fn run(args: &WatchArgs, output: Output) -> Result<Exit> {
    let Some(path) = args.config.as_deref().filter(|_| !args.schema && !args.openapi) else {
        let described = if args.openapi { openapi() } else { schema() };
        let text = serde_json::to_string_pretty(&described).unwrap_or_default();
        output.text(&format!("{text}\n"))?;
        return Ok(Exit::Done);
    };
    let text = input::text(path, MAX_FILE)?;
    let fleet = read(path, &text)?;
    if args.check {
        let names = fleet.clusters.into_iter().map(|cluster| cluster.name);
        let checked = Checked { version: 1, clusters: names.collect() };
        output.result(&checked, |_| {
            format!("{} is good: {}\n", path.display(), checked.clusters.join(", "))
        })?;
        return Ok(Exit::Done);
    }
    let (mut interrupt, mut hangup) = (Interrupt::new()?, Hangup::new()?);
    let mut duty = Duty::begin(text, fleet, output).await?;
    loop {
        let signal = async {
            tokio::select! {
                () = interrupt.wait() => Signal::End,
                () = hangup.wait() => Signal::ReadAgain,
            }
        };
        match follow(&mut duty.watch, signal, output).await? {
            Some(Signal::ReadAgain) => duty = duty.again(path, output).await?,
            Some(Signal::End) | None => break,
        }
    }
    duty.watch.end().await;
    Ok(Exit::Done)
}

enum Signal {
    End,
    ReadAgain,
}

/// Tells the news until `end`, and gives what that came to; `None` if there is no more to tell.
///
/// # Errors
/// If the news cannot be written.
pub(super) async fn follow<T>(
    watch: &mut Watch,
    end: impl Future<Output = T>,
    output: Output,
) -> Result<Option<T>> {
    tokio::pin!(end);
    loop {
        tokio::select! {
            end = &mut end => return Ok(Some(end)),
            news = watch.next() => match news {
                Some(news) => tell(&news, output)?,
                None => return Ok(None),
            },
        }
    }
}

fn read(path: &Path, text: &str) -> Result<Fleet> {
    Fleet::read(text, &Host).map_err(|error| error.with("file", path.display()))
}

/// A fleet that is looked after, and the file as it was read.
struct Duty {
    text: String,
    store: PathBuf,
    watch: Watch,
}

impl Duty {
    async fn begin(text: String, fleet: Fleet, output: Output) -> Result<Self> {
        let (store, clusters) = (fleet.store.clone(), fleet.clusters.len() as u64);
        let watch = Watch::begin(fleet).await?;
        let clusters = render::numbers::counted(clusters, "cluster");
        let at =
            watch.address().map(|address| format!(", at http://{address}")).unwrap_or_default();
        output.tell(&format!("Looking after {clusters}{at}, until Ctrl-C.\n"));
        Ok(Self { text, store, watch })
    }

    /// Reads the file again and looks after what it says now; a file that is not good changes nothing.
    ///
    /// All is ended and begun anew as one process follows another: what runs goes on inside EMQX meanwhile, and is
    /// taken up again from the store.
    ///
    /// # Errors
    /// If neither the new fleet nor the one before can be begun.
    async fn again(self, path: &Path, output: Output) -> Result<Self> {
        let fleet = input::text(path, MAX_FILE).and_then(|text| {
            let fleet = read(path, &text)?;
            same_store(&self.store, &fleet)?;
            Ok((text, fleet))
        });
        let (text, fleet) = match fleet {
            Ok(found) => found,
            Err(error) => {
                output.error(&error, Some("nothing has changed: what was read before goes on"));
                return Ok(self);
            }
        };
        let before = self.text;
        self.watch.end().await;
        match Self::begin(text, fleet, output).await {
            Ok(duty) => Ok(duty),
            Err(error) => {
                output.error(&error, Some("what was read before goes on"));
                let fleet = read(path, &before)?;
                Self::begin(before, fleet, output).await
            }
        }
    }
}

/// What is remembered is not moved while somebody looks after it.
fn same_store(store: &Path, fleet: &Fleet) -> Result<()> {
    if fleet.store == store {
        return Ok(());
    }
    let bound = format!("{}, or this process is ended and started again", store.display());
    Err(Error::invalid("fleet", vec![Problem::new("store", fleet.store.display(), bound)]))
}

/// A line for each piece of news: of words, or of JSON.
fn tell(news: &News, output: Output) -> Result<()> {
    if output.is_json() {
        let line = serde_json::to_string(news).map_err(|error| {
            Error::new(ErrorKind::Protocol, "cannot write the news").with("why", error)
        })?;
        return output.text(&format!("{line}\n"));
    }
    match news {
        News::Decided { cluster, decision } => output.text(&decided(cluster, decision)),
        News::Ended { cluster, record } => {
            output.text(&line(record.ended_at.as_ms(), cluster, "verdict", &record.outcome.detail))
        }
        News::Trouble { cluster, message } => {
            let whose = cluster.as_ref().map(|cluster| format!("{cluster}: ")).unwrap_or_default();
            output.warn(&format!("{whose}{}", plain(message)));
            Ok(())
        }
    }
}

fn decided(cluster: &str, decision: &Decision) -> String {
    line(decision.at.as_ms(), cluster, decision.reason.as_str(), &decision.detail)
}

fn line(at_ms: u64, cluster: &str, word: &str, detail: &str) -> String {
    // A reason that somebody gave, or what a server said, steers no terminal and begins no line.
    format!("{} {cluster} {word}: {}\n", local(at_ms), plain(detail))
}

/// The environment and the files of this machine.
struct Host;

impl Outside for Host {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn secret(&self, file: &str) -> Result<String, String> {
        let bytes = read_bounded(Path::new(file), Source::FileOrPipe, MAX_SECRET);
        let text = bytes.map_err(|error| error.to_string())?;
        String::from_utf8(text).map_err(|_| "it is no text".to_owned())
    }
}
