//! EMQX 4 has no login for its API: an application's id and secret come with every request.

use crate::auth::Secret;
use crate::login::Login;
use emqx_rebalance_core::{Error, ErrorKind, Result};
use http::{Request, Response};

pub(crate) fn login(_username: &str, _password: &Secret) -> Result<Request<Vec<u8>>> {
    Err(no_login())
}

pub(crate) fn parse_login(_response: &Response<Vec<u8>>) -> Result<Login> {
    Err(no_login())
}

fn no_login() -> Error {
    let message = "EMQX 4 has no login for its API: give an application's id and secret as API key";
    Error::new(ErrorKind::Unsupported, message)
}
