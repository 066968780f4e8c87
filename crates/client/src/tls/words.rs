//! Why a server is not talked to by TLS, in words that fit what was given.

use emqx_rebalance_exchange::Tls;
use rustls::{AlertDescription, CertificateError, Error};
use std::io;

/// Why there is no TLS connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TlsFailure {
    /// No authority that is trusted has signed the server's certificate.
    UnknownIssuer,
    /// The server's certificate is for other names.
    WrongHost,
    /// The time of the server's certificate is over.
    Expired,
    /// The time of the server's certificate has not begun.
    NotYetValid,
    /// The server wants a client certificate and got none, or one that it does not take.
    ClientCertificate,
    /// What answers does not speak TLS.
    NotTls,
    /// Something else about the server's certificate.
    BadCertificate,
}

impl TlsFailure {
    /// The TLS failure among the causes of `error`, if there is one.
    pub(crate) fn among(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        if let Some(found) = error.downcast_ref().and_then(Self::of) {
            return Some(found);
        }
        // The source of an IO error is not the error in it but that one's source.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let inside = inside.and_then(|inside| Self::among(inside));
        inside.or_else(|| error.source().and_then(Self::among))
    }

    fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::InvalidCertificate(why) => match why {
                // A bad signature is that of an authority of the same name with another key.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    Self::UnknownIssuer
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => Self::WrongHost,
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::Expired
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                _ => Self::BadCertificate,
            },
            Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::DecryptError
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
                | AlertDescription::UnsupportedCertificate,
            ) => Self::ClientCertificate,
            Error::InvalidMessage(_) => Self::NotTls,
            _ => return None,
        })
    }

    /// The stable word in an error's context, under `tls`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "unknown_issuer",
            Self::WrongHost => "wrong_host",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::ClientCertificate => "client_certificate",
            Self::NotTls => "not_tls",
            Self::BadCertificate => "bad_certificate",
        }
    }

    /// What is wrong and what to do, seeing what `tls` gives already.
    pub(crate) fn message(self, tls: &Tls) -> &'static str {
        match self {
            Self::UnknownIssuer if tls.ca_cert.is_some() || tls.ca_pem.is_some() => {
                "no authority in the given CA file has signed the server's certificate: give the \
                 file of the one that has, or the server's certificate itself"
            }
            Self::UnknownIssuer => {
                "the server's certificate is signed by nobody whom this machine trusts: give the \
                 CA file of the authority that signed it, or the certificate itself"
            }
            Self::WrongHost => {
                "the server's certificate is for other names than the host of the URL: use one of \
                 its names in the URL, or have the certificate name this host"
            }
            Self::Expired => {
                "the server's certificate has expired: renew it, or set the clock of this machine"
            }
            Self::NotYetValid => {
                "the server's certificate is not valid yet: set the clock of this machine, or wait"
            }
            Self::ClientCertificate if tls.client_cert.is_some() => {
                "the server does not take the client certificate: give one that an authority it \
                 trusts has signed, and that has not expired"
            }
            Self::ClientCertificate => {
                "the server wants a client certificate: give one and its key"
            }
            Self::NotTls => {
                "nobody speaks TLS there: the URL may have to begin with http:// instead"
            }
            Self::BadCertificate => "the server's certificate cannot be used: have it made anew",
        }
    }
}
