//! Addresses that keys may be read from: over TLS, or on this machine.

use url::{Host, Url};

/// An address that keys must not be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    #[error("it is no address")]
    NotAnAddress,
    #[error("it is not https")]
    NotHttps,
    #[error("it is on another host than the issuer")]
    Elsewhere,
}

/// An address over TLS. On this machine, where nobody listens in, it may be without.
pub(crate) fn trusted(raw: &str) -> Result<Url, Unsafe> {
    let url = Url::parse(raw).map_err(|_| Unsafe::NotAnAddress)?;
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(Unsafe::NotHttps),
    }
}

/// An address that the issuer names. It has no say over other hosts.
pub(crate) fn trusted_by(issuer: &Url, raw: &str) -> Result<Url, Unsafe> {
    let url = trusted(raw)?;
    if url.host() == issuer.host() && (url.scheme() == "https" || issuer.scheme() == "http") {
        return Ok(url);
    }
    Err(Unsafe::Elsewhere)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_tls_or_from_this_machine() {
        for good in ["https://id.example/realm", "http://127.0.0.1:8080", "http://localhost/a"] {
            assert!(trusted(good).is_ok(), "{good}");
        }
        for bad in ["http://id.example", "ftp://127.0.0.1", "id.example", "http://10.0.0.1"] {
            assert!(trusted(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_issuer_speaks_for_its_own_host() {
        let issuer = trusted("https://id.example/realm").unwrap();
        assert!(trusted_by(&issuer, "https://id.example/keys").is_ok());
        assert_eq!(trusted_by(&issuer, "https://evil.example/keys"), Err(Unsafe::Elsewhere));
        assert_eq!(trusted_by(&issuer, "http://id.example/keys"), Err(Unsafe::NotHttps));

        let issuer = trusted("https://localhost").unwrap();
        assert_eq!(trusted_by(&issuer, "http://localhost/keys"), Err(Unsafe::Elsewhere));
    }
}
