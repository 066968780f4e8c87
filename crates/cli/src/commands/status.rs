//! `status`: what runs, and how the clients are spread.

use super::connect;
use super::interrupt::Interrupt;
use crate::args::{ConnectionArgs, StatusArgs};
use crate::exit::Exit;
use crate::output::{Output, Screen};
use crate::render;
use emqx_rebalance_client::Cluster;
use emqx_rebalance_core::Result;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Shows the status once, or every second.
///
/// # Errors
/// As the cluster says.
pub(crate) async fn run(
    args: &StatusArgs,
    connection: &ConnectionArgs,
    output: Output,
) -> Result<Exit> {
    let cluster = connect::connect(connection).await?;
    if args.watch {
        return watch(&cluster, output).await;
    }
    let status = cluster.status().await?;
    output.result(&status, |paper| render::status::status(&status, paper))?;
    Ok(Exit::Done)
}

/// Shows the status every second. An answer that is lost is said and asked for again.
async fn watch(cluster: &Cluster, output: Output) -> Result<Exit> {
    let mut interrupt = Interrupt::new()?;
    let screen = Screen::new(output);
    let shown = tokio::select! {
        () = interrupt.wait() => Ok(()),
        shown = show(cluster, &screen, output) => shown,
    };
    screen.close();
    shown.map(|()| Exit::Done)
}

/// Shows the status until nobody reads it any more.
async fn show(cluster: &Cluster, screen: &Screen, output: Output) -> Result<()> {
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match cluster.status().await {
            Ok(status) => {
                if !screen.show(&status, |paper| render::status::status(&status, paper))? {
                    return Ok(());
                }
            }
            Err(error) if error.is_retryable() => output.error(&error, Some("asking again")),
            Err(error) => return Err(error),
        }
    }
}
