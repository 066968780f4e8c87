//! Reads what a diagnosis is made of, by questions that change nothing.
//!
//! What cannot be read is kept as the reason why, and the rest is read all the same: whoever asks
//! for a diagnosis has a cluster that does not answer as it should.

use crate::access::{Access, Auth};
use crate::base::BaseUrl;
use crate::cluster::{Cluster, all_named, marked};
use crate::session::Session;
use crate::together::together;
use crate::transport::Transport;
use emqx_rebalance_api::{ApiVersion, NodeHealth};
use emqx_rebalance_core::doctor::{Asker, Door, Examined, Greeting, Readings, Visit};
use emqx_rebalance_core::driver::{Answer, Ask, observe};
use emqx_rebalance_core::{
    Availability, Error, ErrorKind, GlobalStatus, NodeList, NodeLoad, NodeName, NodeStatus, Result,
    Snapshot,
};
use futures_util::future::join;
use http::Response;
use http::header::DATE;
use std::time::UNIX_EPOCH;

impl<T: Transport> Cluster<T> {
    /// Reads what a diagnosis is made of. Nothing but GET is sent, and a login if that is who asks.
    ///
    /// # Errors
    /// `config_invalid` if the configuration is. Whatever else is in the way is in what was read.
    pub async fn examine(transport: T, access: Access) -> Result<Examined> {
        let auth = access.auth.clone();
        let session = Session::new(transport, access)?;
        let urls = session.urls();
        let urls = together(urls.iter().map(|url| visit(&session, url))).await;
        let cluster = match Self::over(session.clone()).await {
            Ok(cluster) => cluster.readings().await,
            Err(error) => Err(error),
        };
        Ok(Examined { urls, asker: asker(&auth, &session), cluster })
    }

    async fn readings(&self) -> Result<Readings> {
        let (list, status) = match self.read().await {
            Ok((list, status)) => (list, Ok(status)),
            Err(error) => (self.nodes().await?, Err(error)),
        };
        let snapshot = status.as_ref().map_err(Clone::clone);
        let snapshot = snapshot.and_then(|status| snapshot_of(list.clone(), status));
        let nodes = match &status {
            Ok(status) => marked_all(&list, status),
            Err(_) => list.nodes,
        };
        let status = status.map(|status| observe(nodes.clone(), &status, &[]));
        let up = nodes.iter().filter(|load| is_up(load));
        let doors = together(up.map(|load| self.door(&load.node))).await;
        Ok(Readings { edition: self.edition().await, nodes, status, snapshot, doors })
    }

    /// EMQX's word for its edition. While a node hangs it is not worth the wait.
    async fn edition(&self) -> Option<String> {
        if self.session.roll().is_slow() {
            return None;
        }
        let parse = |answer: &_| self.api.parse_release(answer);
        self.session.ask_once(&self.api.nodes(), parse).await.ok()?.0.edition
    }

    async fn door(&self, node: &NodeName) -> Door {
        let (greeting, availability) = join(self.greeting(node), self.availability(node)).await;
        Door { node: node.clone(), greeting, availability }
    }

    async fn greeting(&self, node: &NodeName) -> Result<Greeting> {
        let (session, api) = (&self.session, self.api);
        let greet = Greet::now(session, api);
        let parse = |answer: &_| greet.read(answer);
        Ok(session.ask_node(api, node, &api.node_status(), parse).await?.0)
    }

    async fn availability(&self, node: &NodeName) -> Result<Availability> {
        match self.carry(&Ask::Availability { node: node.clone() }).await? {
            Answer::Availability(availability) => Ok(availability),
            _ => Err(Error::new(ErrorKind::Protocol, "this is no answer to a health check")),
        }
    }
}

/// Whether a node can be asked by itself.
fn is_up(load: &NodeLoad) -> bool {
    !matches!(load.status, NodeStatus::Stopped | NodeStatus::Unknown)
}

fn marked_all(list: &NodeList, status: &GlobalStatus) -> Vec<NodeLoad> {
    list.nodes.iter().map(|load| marked(load.clone(), status)).collect()
}

fn snapshot_of(list: NodeList, status: &GlobalStatus) -> Result<Snapshot> {
    all_named(&list)?;
    Snapshot::new(marked_all(&list, status))
}

fn asker<T: Transport>(auth: &Auth, session: &Session<T>) -> Asker {
    match auth {
        Auth::Anonymous => Asker::Anonymous,
        Auth::ApiKey { .. } => Asker::ApiKey,
        Auth::Token(_) => Asker::Token,
        Auth::Login { .. } => Asker::Login { role: session.role() },
    }
}

/// Who answers at `url`, in either API.
async fn visit<T: Transport>(session: &Session<T>, url: &BaseUrl) -> Visit {
    let mut answer = greeted(session, url, ApiVersion::V5).await;
    if answer.as_ref().is_err_and(|error| !error.is_retryable()) {
        let older = greeted(session, url, ApiVersion::V4).await;
        answer = older.or(answer);
    }
    Visit { url: url.to_string(), answer }
}

async fn greeted<T: Transport>(
    session: &Session<T>,
    url: &BaseUrl,
    api: ApiVersion,
) -> Result<Greeting> {
    let greet = Greet::now(session, api);
    session.ask_anybody(url, &api.node_status(), |answer| greet.read(answer)).await
}

/// Reads what a node says of itself, and its time against ours.
struct Greet<'a, T> {
    session: &'a Session<T>,
    api: ApiVersion,
    /// When it was asked, in milliseconds since 1970.
    asked_ms: u64,
}

impl<'a, T: Transport> Greet<'a, T> {
    fn now(session: &'a Session<T>, api: ApiVersion) -> Self {
        Self { session, api, asked_ms: session.transport.unix_ms() }
    }

    fn read(&self, answer: &Response<Vec<u8>>) -> Result<Greeting> {
        let NodeHealth { node, running } = self.api.parse_node_status(answer)?;
        let told = date_ms(answer);
        let heard_ms = self.session.transport.unix_ms();
        let clock_ahead_s = told.map(|told| ahead_s(told, self.asked_ms, heard_ms));
        Ok(Greeting { node, running, clock_ahead_s })
    }
}

/// The time that an answer shows, if it shows one.
fn date_ms(answer: &Response<Vec<u8>>) -> Option<u64> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    let date = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(date.as_millis()).ok()
}

/// The seconds by which the clock that showed `told_ms`, cut to the second, is ahead at least of the
/// one by which it was asked and heard.
fn ahead_s(told_ms: u64, asked_ms: u64, heard_ms: u64) -> i64 {
    let difference = |one: u64, other: u64| i64::try_from(one.saturating_sub(other) / 1000);
    let ahead = difference(told_ms, heard_ms).unwrap_or(i64::MAX);
    let behind = difference(asked_ms, told_ms.saturating_add(1000)).unwrap_or(i64::MAX);
    ahead - behind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_only_by_what_neither_the_way_nor_the_second_explains() {
        for (told_ms, ahead) in
            [(10_000, 0), (9_000, 0), (12_000, 0), (22_900, 10), (2_000, -6), (0, -8)]
        {
            assert_eq!(ahead_s(told_ms, 9_500, 12_500), ahead, "{told_ms}");
        }
    }

    #[test]
    fn what_is_no_date_is_no_clock() {
        let dated = |date: &str| Response::builder().header(DATE, date).body(Vec::new()).unwrap();
        assert_eq!(date_ms(&dated("Thu, 01 Jan 1970 00:00:07 GMT")), Some(7_000));
        assert_eq!(date_ms(&dated("yesterday")), None);
        assert_eq!(date_ms(&Response::new(Vec::new())), None);
    }
}
