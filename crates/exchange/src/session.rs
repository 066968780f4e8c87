//! Sends requests to the right node as the right user, and asks again what can be asked again.

mod asker;
mod hiding;

use crate::access::{Access, Auth, Timeouts};
use crate::addresses::{Addresses, Place};
use crate::base::BaseUrl;
use crate::roll::Roll;
use crate::transport::Transport;
use backon::{BackoffBuilder, ExponentialBuilder};
use emqx_rebalance_api::{ApiVersion, Credentials, Login};
use emqx_rebalance_core::{Error, ErrorKind, NodeName, Result};
use futures_util::future::BoxFuture;
use hiding::Hidden;
use http::{Request, Response, StatusCode};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A way to ask a cluster: whom, as whom, and by which transport.
#[derive(Clone, Debug)]
pub(crate) struct Session<T> {
    pub(crate) transport: T,
    line: Arc<Line>,
}

/// What everybody who asks the same cluster shares.
#[derive(Debug)]
struct Line {
    addresses: Addresses,
    auth: Auth,
    /// The last login.
    login: Mutex<Option<Login>>,
    timeouts: Timeouts,
    roll: Mutex<Roll>,
}

impl<T: Transport> Session<T> {
    pub(crate) fn new(transport: T, access: Access) -> Result<Self> {
        let takes_paths = T::TAKES_PATHS;
        let parse = if takes_paths { BaseUrl::absolute_or_path } else { BaseUrl::absolute };
        let (urls, node_urls) = access.urls(parse)?;
        let line = Line {
            addresses: Addresses::new(urls, node_urls, access.find_nodes),
            auth: access.auth,
            login: Mutex::new(None),
            timeouts: access.timeouts,
            roll: Mutex::default(),
        };
        Ok(Self { transport, line: Arc::new(line) })
    }

    /// The same, by another transport.
    pub(crate) fn by<U>(&self, transport: U) -> Session<U> {
        Session { transport, line: Arc::clone(&self.line) }
    }

    /// What everybody who asks this cluster has heard of its nodes. Not to be held while waiting.
    pub(crate) fn roll(&self) -> MutexGuard<'_, Roll> {
        self.line.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks any node, each in turn: quickly at first, and if none answers in time with all the time
    /// there is. For reads only, and for commands that may be repeated.
    pub(crate) async fn ask<A: Send>(
        &self,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A> + Send,
    ) -> Result<A> {
        let mut slot = Slot::new(parse);
        let answer = self.ask_again(request, &mut slot.reader(), IfSilent::AskNext).await;
        match answer {
            Err(error) if error.kind() == ErrorKind::Timeout => {
                let timeout = self.line.timeouts.request;
                self.ask_each(request, &mut slot.reader(), timeout, IfSilent::AskNext).await?;
            }
            answer => drop(answer?),
        }
        slot.take()
    }

    /// Asks any node, each in turn, for what EMQX answers at once while no node hangs; again after a
    /// pause if none can be reached. Gives the answer and the URL it came from.
    ///
    /// # Errors
    /// `timeout` if one of them is silent and no other one answers.
    pub(crate) async fn ask_quickly<A: Send>(
        &self,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A> + Send,
    ) -> Result<(A, BaseUrl)> {
        let mut slot = Slot::new(parse);
        let url = self.ask_again(request, &mut slot.reader(), IfSilent::AskNext).await?;
        Ok((slot.take()?, url))
    }

    /// As [`Self::ask_quickly`] for what EMQX collects from all nodes: while one of them hangs, every
    /// other one is silent, so nobody else is asked after the first that is.
    pub(crate) async fn ask_of_all<A: Send>(
        &self,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A> + Send,
    ) -> Result<(A, BaseUrl)> {
        let mut slot = Slot::new(parse);
        let url = self.ask_again(request, &mut slot.reader(), IfSilent::GiveUp).await?;
        Ok((slot.take()?, url))
    }

    /// As [`Self::ask_quickly`], without a second try.
    pub(crate) async fn ask_once<A: Send>(
        &self,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A> + Send,
    ) -> Result<(A, BaseUrl)> {
        let mut slot = Slot::new(parse);
        let timeout = self.line.timeouts.quick();
        let url = self.ask_each(request, &mut slot.reader(), timeout, IfSilent::AskNext).await?;
        Ok((slot.take()?, url))
    }

    /// Asks any node, each in turn, with all the time there is.
    pub(crate) async fn ask_patiently<A: Send>(
        &self,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A> + Send,
    ) -> Result<(A, BaseUrl)> {
        let mut slot = Slot::new(parse);
        let timeout = self.line.timeouts.request;
        let url = self.ask_each(request, &mut slot.reader(), timeout, IfSilent::AskNext).await?;
        Ok((slot.take()?, url))
    }

    /// Asks any node quickly, and again after a pause if none can be reached.
    fn ask_again<'a>(
        &'a self,
        request: &'a Request<Vec<u8>>,
        read: &'a mut Reader<'_>,
        silence: IfSilent,
    ) -> BoxFuture<'a, Result<BaseUrl>> {
        Box::pin(async move {
            let mut pauses = backoff().build();
            loop {
                let timeout = self.line.timeouts.quick();
                let answer = self.ask_each(request, read, timeout, silence).await;
                let is_over = |error: &Error| !error.is_retryable() || is_silence(error);
                match (answer, pauses.next()) {
                    (Err(error), Some(pause)) if !is_over(&error) => {
                        self.transport.sleep(pause).await;
                    }
                    (answer, _) => return answer,
                }
            }
        })
    }

    /// Asks each node in turn. This and what it calls is compiled once, whatever is asked: with each
    /// question's own answer it would be most of the WebAssembly.
    fn ask_each<'a>(
        &'a self,
        request: &'a Request<Vec<u8>>,
        read: &'a mut Reader<'_>,
        timeout: Duration,
        silence: IfSilent,
    ) -> BoxFuture<'a, Result<BaseUrl>> {
        Box::pin(async move {
            let mut last = Error::new(ErrorKind::Unreachable, "there is no URL to ask");
            for (place, url) in self.line.addresses.any() {
                let answer = self.ask_at(&url, request, timeout).await;
                let answer = answer.and_then(|response| read(&response));
                match answer.map_err(|error| self.about(error, &url, request)) {
                    Ok(()) => {
                        self.line.addresses.prefer(place);
                        return Ok(url);
                    }
                    Err(error) if silence == IfSilent::GiveUp && is_silence(&error) => {
                        return Err(error);
                    }
                    // One that is silent may answer yet; what the others say does not change that.
                    Err(error) if error.is_retryable() => {
                        if last.kind() != ErrorKind::Timeout {
                            last = error;
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            Err(last)
        })
    }

    /// The URLs that answer for the cluster, the last one that did first.
    pub(crate) fn urls(&self) -> Vec<BaseUrl> {
        self.line.addresses.any().into_iter().map(|(_, url)| url).collect()
    }

    /// Has `url` be asked first.
    pub(crate) fn prefer(&self, url: &BaseUrl) {
        self.line.addresses.prefer_url(url);
    }

    /// Asks at `url` alone, quickly.
    pub(crate) async fn ask_url<A>(
        &self,
        url: &BaseUrl,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A>,
    ) -> Result<A> {
        parse(&self.ask_at(url, request, self.line.timeouts.quick()).await?)
    }

    /// Asks at `url` alone, quickly and without a key, what EMQX answers to anybody.
    pub(crate) async fn ask_anybody<A>(
        &self,
        url: &BaseUrl,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A>,
    ) -> Result<A> {
        let timeout = self.line.timeouts.quick();
        parse(&self.send_as(url, request, timeout, Credentials::Anonymous).await?)
    }

    /// Sends a command once, to one node: whether it arrived is not known if no answer comes.
    pub(crate) async fn command<A>(
        &self,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A>,
    ) -> Result<A> {
        let any = self.line.addresses.any();
        let (_, url) = any
            .first()
            .ok_or_else(|| Error::new(ErrorKind::Unreachable, "there is no URL to ask"))?;
        let answer = self.ask_at(url, request, self.line.timeouts.start).await;
        answer
            .and_then(|response| parse(&response))
            .map_err(|error| self.about(error, url, request))
    }

    /// Asks `node` itself for what it answers at once if it answers at all. Gives the answer and the
    /// URL it came from.
    pub(crate) async fn ask_node<A>(
        &self,
        api: ApiVersion,
        node: &NodeName,
        request: &Request<Vec<u8>>,
        parse: impl Fn(&Response<Vec<u8>>) -> Result<A>,
    ) -> Result<(A, BaseUrl)> {
        let (response, url) = self.response_of(api, node, request).await?;
        let about = |error| self.about(error, &url, request).with("node", node);
        Ok((parse(&response).map_err(about)?, url))
    }

    fn response_of<'a>(
        &'a self,
        api: ApiVersion,
        node: &'a NodeName,
        request: &'a Request<Vec<u8>>,
    ) -> BoxFuture<'a, Result<(Response<Vec<u8>>, BaseUrl)>> {
        Box::pin(async move {
            let place = self.place_of(api, node).await?;
            let about = |error| self.about(error, &place.url, request).with("node", node);
            let answer = self.ask_at(&place.url, request, self.line.timeouts.quick()).await;
            let response = answer.map_err(about)?;
            // A load balancer may have passed the request on to another node than the question
            // before.
            if !place.is_its_own && self.name_at(api, &place.url).await.as_ref() != Some(node) {
                self.line.addresses.share(place.url);
                return Err(not_found(node));
            }
            Ok((response, place.url))
        })
    }

    /// Where `node` answers. Whoever answers at a guessed address is asked for its name, twice,
    /// since a load balancer in between would answer for another node.
    async fn place_of(&self, api: ApiVersion, node: &NodeName) -> Result<Place> {
        let addresses = &self.line.addresses;
        if let Some(place) = addresses.of(node) {
            return Ok(place);
        }
        for url in addresses.candidates(node) {
            let Some(name) = self.name_at(api, &url).await else { continue };
            match self.name_at(api, &url).await {
                Some(again) if again == name => addresses.learn(name, url),
                Some(_) => addresses.share(url),
                None => {}
            }
            if let Some(place) = addresses.of(node) {
                return Ok(place);
            }
        }
        Err(not_found(node))
    }

    /// Which node answers at `url`, if any does.
    async fn name_at(&self, api: ApiVersion, url: &BaseUrl) -> Option<NodeName> {
        let response = self.ask_at(url, &api.node_status(), self.line.timeouts.quick()).await;
        api.parse_node_status(&response.ok()?).ok()?.node
    }

    /// Sends `request` to `url`, and once more after a new login if the token has expired.
    fn ask_at<'a>(
        &'a self,
        url: &'a BaseUrl,
        request: &'a Request<Vec<u8>>,
        timeout: Duration,
    ) -> BoxFuture<'a, Result<Response<Vec<u8>>>> {
        Box::pin(async move {
            let credentials = self.credentials(url, timeout).await?;
            let response = self.send_as(url, request, timeout, credentials).await?;
            let is_login = matches!(self.line.auth, Auth::Login { .. });
            if response.status() != StatusCode::UNAUTHORIZED || !is_login {
                return Ok(response);
            }
            self.remember(None);
            let credentials = self.credentials(url, timeout).await?;
            self.send_as(url, request, timeout, credentials).await
        })
    }

    async fn send_as(
        &self,
        url: &BaseUrl,
        request: &Request<Vec<u8>>,
        timeout: Duration,
        credentials: Credentials,
    ) -> Result<Response<Vec<u8>>> {
        let mut request = request.clone();
        credentials.apply(&mut request)?;
        let hidden = Hidden::of(&credentials, request.headers());
        let response = self.transport.send(url, request, timeout).await?;
        Ok(hidden.taken_out_of(response))
    }
}

fn not_found(node: &NodeName) -> Error {
    let message = "the node's own API is not to be found: give its URL";
    Error::new(ErrorKind::Unreachable, message).with("node", node)
}

/// What follows from a silence.
#[derive(Clone, Copy, Eq, PartialEq)]
enum IfSilent {
    /// The next URL is asked.
    AskNext,
    /// Nobody else is asked: others would be silent too.
    GiveUp,
}

fn is_silence(error: &Error) -> bool {
    error.kind() == ErrorKind::Timeout
}

/// Reads an answer and keeps what it says, or says what is wrong with it.
type Reader<'a> = dyn FnMut(&Response<Vec<u8>>) -> Result<()> + Send + 'a;

/// Where an answer is kept.
struct Slot<A, P> {
    answer: Option<A>,
    parse: P,
}

impl<A: Send, P: Fn(&Response<Vec<u8>>) -> Result<A> + Send> Slot<A, P> {
    fn new(parse: P) -> Self {
        Self { answer: None, parse }
    }

    fn reader(&mut self) -> impl FnMut(&Response<Vec<u8>>) -> Result<()> + Send {
        let Self { answer, parse } = self;
        move |response| {
            *answer = Some(parse(response)?);
            Ok(())
        }
    }

    /// The answer that was read last. Who got a URL has one.
    fn take(&mut self) -> Result<A> {
        let none = || Error::new(ErrorKind::Protocol, "no answer was read");
        self.answer.take().ok_or_else(none)
    }
}

/// Twice again, after about a quarter and half a second.
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(250)).with_max_times(2)
}
