//! Which addresses may be called that a tenant wrote: those on the public internet, by https.
//!
//! An address is looked at twice. [`check`] sees what stands in it: the scheme, and a host that is
//! a number. What a name leads to is seen when it is called, by the resolver that the connection
//! itself uses, so that a name cannot lead to one place when it is checked and to another when it
//! is called.

mod exceptions;
mod names;
mod public;

use url::{Host, Url};

pub use self::{
    exceptions::{Exceptions, InvalidExceptions},
    public::is_public,
};

pub(crate) use self::names::PublicNames;

/// Why an address that a tenant wrote is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    #[error("it is not an address")]
    NotAnAddress,
    #[error("it is not an https address")]
    NotHttps,
    #[error("it has a user or a password in it")]
    HasUser,
    #[error("it does not lead to the public internet")]
    NotPublic,
}

/// Whether this may be an address of a tenant's, for the door at which it is saved.
pub fn check(url: &str) -> Result<Url, NotAllowed> {
    let url = parse(url)?;
    if url.scheme() != "https" {
        return Err(NotAllowed::NotHttps);
    }
    let is_public = match url.host() {
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    };
    if is_public { Ok(url) } else { Err(NotAllowed::NotPublic) }
}

fn parse(url: &str) -> Result<Url, NotAllowed> {
    let url = Url::parse(url).map_err(|_| NotAllowed::NotAnAddress)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NotAllowed::HasUser);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_https_address_on_the_public_internet_may_be_called() {
        for url in [
            "https://api.texts.example",
            "https://api.texts.example:8443/v2?key=1",
            "https://1.1.1.1/",
            "https://[2606:4700:4700::1111]/",
            "HTTPS://API.TEXTS.EXAMPLE",
        ] {
            assert!(check(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn an_address_says_what_is_wrong_with_it() {
        use NotAllowed::{HasUser, NotAnAddress, NotHttps, NotPublic};
        for (url, expected) in [
            ("", NotAnAddress),
            ("api.texts.example", NotAnAddress),
            ("https://", NotAnAddress),
            ("https://999.1.1.1/", NotAnAddress),
            ("http://api.texts.example", NotHttps),
            ("ftp://api.texts.example", NotHttps),
            ("file:///etc/passwd", NotHttps),
            ("https://user@api.texts.example", HasUser),
            ("https://:pass@api.texts.example", HasUser),
            ("https://api.texts.example:443@127.0.0.1/", HasUser),
            ("https://169.254.169.254/latest/meta-data/", NotPublic),
            ("https://[::1]/", NotPublic),
        ] {
            assert_eq!(check(url), Err(expected), "{url}");
        }
    }

    /// All of them are 127.0.0.1 or 169.254.169.254 to whoever makes the connection.
    #[test]
    fn a_number_written_in_another_way_is_the_same_number() {
        for url in [
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://017700000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://127.0.0.1./",
            "https://%31%32%37.0.0.1/",
            "https://１２７.０.０.１/",
            "https://127。0。0。1/",
            "https://①②⑦.0.0.1/",
            "https:\\\\127.0.0.1\\",
            "https:127.0.0.1",
            "https://0xA9FEA9FE/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[0:0:0:0:0:0:0:1]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[2002:a9fe:a9fe::]/",
        ] {
            assert_eq!(check(url), Err(NotAllowed::NotPublic), "{url}");
        }
    }
}
