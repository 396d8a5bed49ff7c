//! What may be called although it is not public. It is for tests and for the local world, where
//! nothing is.

use url::{Host, Url};

use super::{NotAllowed, check, parse};

/// What stands for no exceptions, so that there being none is said and not forgotten.
const NONE: &str = "none";

/// Hosts, each with the one port that may be called there, by http as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions(Vec<(Host, u16)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither `none` nor a list of host:port, separated by commas")]
pub struct InvalidExceptions;

impl Exceptions {
    pub fn parse(raw: &str) -> Result<Self, InvalidExceptions> {
        if raw == NONE {
            return Ok(Self::default());
        }
        raw.split(',').map(pair).collect::<Result<_, _>>().map(Self)
    }

    /// The same as [`check`], but for what is excepted.
    pub fn check(&self, url: &str) -> Result<Url, NotAllowed> {
        match parse(url)? {
            excepted if self.contain(&excepted) => Ok(excepted),
            _ => check(url),
        }
    }

    pub(crate) fn contain(&self, url: &Url) -> bool {
        let is_web = matches!(url.scheme(), "http" | "https");
        let asked = url.host().map(|it| it.to_owned()).zip(url.port_or_known_default());
        is_web && asked.is_some_and(|asked| self.0.contains(&asked))
    }
}

fn pair(raw: &str) -> Result<(Host, u16), InvalidExceptions> {
    let (host, port) = raw.trim().rsplit_once(':').ok_or(InvalidExceptions)?;
    let host = Host::parse(host).map_err(|_| InvalidExceptions)?;
    Ok((host, port.parse().map_err(|_| InvalidExceptions)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_one_port_of_one_host() {
        let exceptions = Exceptions::parse("127.0.0.1:9000, localhost:443,[::1]:80").unwrap();
        for allowed in [
            "http://127.0.0.1:9000/v1",
            "https://127.0.0.1:9000",
            "https://localhost/x",
            "http://localhost:443",
            "http://[::1]/",
            "https://api.texts.example",
        ] {
            assert!(exceptions.check(allowed).is_ok(), "{allowed}");
        }
        for (refused, why) in [
            ("http://127.0.0.1:9001", NotAllowed::NotHttps),
            ("https://127.0.0.1", NotAllowed::NotPublic),
            ("https://127.0.0.2:9000", NotAllowed::NotPublic),
            ("http://localhost", NotAllowed::NotHttps),
            ("http://user@127.0.0.1:9000", NotAllowed::HasUser),
            ("ftp://127.0.0.1:9000", NotAllowed::NotHttps),
        ] {
            assert_eq!(exceptions.check(refused), Err(why), "{refused}");
        }
    }

    #[test]
    fn none_has_to_be_said() {
        assert_eq!(Exceptions::parse("none"), Ok(Exceptions::default()));
        for bad in
            ["", "*", "localhost", "localhost:", ":80", "localhost:99999", "none,a:1", "a:1,"]
        {
            assert_eq!(Exceptions::parse(bad), Err(InvalidExceptions), "{bad}");
        }
    }
}
