//! All clusters of the fleet, each in a task of its own.

use crate::board::Board;
use crate::claims::Claims;
use crate::clock::now_ms;
use crate::config::{Fleet, Retention};
use crate::http;
use crate::keeper::Keeper;
use crate::news::{News, Teller};
use crate::store::Store;
use emqx_rebalance_core::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The watch over a fleet, at work.
#[derive(Debug)]
pub struct Watch {
    news: UnboundedReceiver<News>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    address: Option<SocketAddr>,
}

impl Watch {
    /// Goes on with every run that another process left, and begins to look at every cluster.
    ///
    /// Must be called within tokio's runtime of several threads.
    ///
    /// # Errors
    /// As [`Store::open`], and if what is stored cannot be read; `config_invalid` if the address to listen at is
    /// taken, or not of this machine.
    pub async fn begin(fleet: Fleet) -> Result<Self> {
        let store = Store::open(&fleet.store).await?;
        let (teller, news) = unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let (claims, teller) = (Arc::new(Claims::default()), Teller(teller));
        let mut board = Board::default();
        let places: Vec<_> = fleet.clusters.iter().map(|entry| board.add(entry)).collect();
        let board = Arc::new(board);
        let mut keepers = Vec::new();
        for (entry, (place, orders)) in fleet.clusters.into_iter().zip(places) {
            let desk = (Arc::clone(&board), place, orders);
            let keeper =
                Keeper::new(entry, store.clone(), Arc::clone(&claims), teller.clone(), desk);
            keepers.push(keeper.await?);
        }
        let mut tasks = JoinSet::new();
        let mut address = None;
        if let Some(listen) = fleet.listen {
            let server = http::bind(&listen, board, store.clone()).await?;
            address = Some(server.address);
            tasks.spawn(server.serve(stopped.clone()));
        }
        for keeper in keepers {
            tasks.spawn(keeper.tend(stopped.clone()));
        }
        tasks.spawn(forget(store, fleet.retention, teller, stopped));
        Ok(Self { news, stop, tasks, address })
    }

    /// Where this process listens, if it does.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The next thing to tell; `None` once all is over.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// Ends. Runs go on inside EMQX, and whoever begins again with the same store goes on with them.
    pub async fn end(mut self) {
        // All of them listen until they have ended.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Forgets what is too old, again and again.
async fn forget(store: Store, keep: Retention, teller: Teller, mut stopped: watch::Receiver<bool>) {
    loop {
        if let Err(error) = store.prune(now_ms(), keep).await {
            teller.tell(News::Trouble { cluster: None, message: error.to_string() });
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = sleep(FORGET) => {}
        }
    }
}

const FORGET: Duration = Duration::from_secs(600);
