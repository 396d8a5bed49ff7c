//! From a name to the public addresses among those it has.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{NotAllowed, is_public};

/// Resolves as the system does, and leaves out what is not public. The connection is made to an
/// address from here and to no other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is the address's; it takes the place of this one.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(public(found)?)
        })
    }
}

fn public(found: impl Iterator<Item = SocketAddr>) -> Result<Addrs, NotAllowed> {
    let mut public = found.filter(|it| is_public(it.ip())).peekable();
    if public.peek().is_none() {
        return Err(NotAllowed::NotPublic);
    }
    Ok(Box::new(public.collect::<Vec<_>>().into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(found: &[&str]) -> Option<Vec<String>> {
        let found = found.iter().map(|it| SocketAddr::new(it.parse().unwrap(), 0));
        Some(public(found).ok()?.map(|it| it.ip().to_string()).collect())
    }

    #[test]
    fn of_a_names_addresses_only_the_public_ones_are_called() {
        let mixed = ["10.0.0.1", "1.1.1.1", "::1", "2606:4700:4700::1111", "169.254.169.254"];
        assert_eq!(kept(&mixed).unwrap(), ["1.1.1.1", "2606:4700:4700::1111"]);
    }

    #[test]
    fn a_name_without_a_public_address_is_not_called() {
        assert_eq!(kept(&["127.0.0.1", "::1"]), None);
        assert_eq!(kept(&[]), None);
    }
}
