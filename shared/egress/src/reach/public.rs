//! Which numbers are on the public internet.
//!
//! The blocks are those of IANA's special-purpose registries
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>). Among them is whatever a
//! function could reach inside: its own process, its network, and 169.254.169.254, which hands out
//! credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first address of a block, and how many of its bits the whole block shares.
type Block<A> = (A, u32);

const INSIDE_V4: [Block<Ipv4Addr>; 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),           // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // between a provider and its customers
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // this machine
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // this link, and the cloud's metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocols
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // relays of 6to4
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, and broadcast
];

/// All that is assigned to be reached from everywhere.
const GLOBAL_V6: Block<Ipv6Addr> = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

const INSIDE_V6: [Block<Ipv6Addr>; 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocols, and Teredo's tunnels
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // tunnels of 6to4, to any IPv4 address
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Their last 32 bits are an IPv4 address, and lead there.
const HOLDS_V4: [Block<Ipv6Addr>; 2] = [
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), // mapped
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96), // translated by NAT64
];

/// Whether whoever is at this address can be reached by everybody.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !INSIDE_V4.into_iter().any(|block| holds_v4(block, address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if HOLDS_V4.into_iter().any(|block| holds_v6(block, address)) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    holds_v6(GLOBAL_V6, address) && !INSIDE_V6.into_iter().any(|block| holds_v6(block, address))
}

fn holds_v4((first, bits): Block<Ipv4Addr>, address: Ipv4Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= bits
}

fn holds_v6((first, bits): Block<Ipv6Addr>, address: Ipv6Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any address of a block.
    fn in_v4((first, bits): Block<Ipv4Addr>) -> impl Strategy<Value = Ipv4Addr> {
        any::<u32>().prop_map(move |any| {
            let rest = any.checked_shr(bits).unwrap_or(0);
            Ipv4Addr::from_bits(first.to_bits() | rest)
        })
    }

    fn in_v6((first, bits): Block<Ipv6Addr>) -> impl Strategy<Value = Ipv6Addr> {
        any::<u128>().prop_map(move |any| {
            let rest = any.checked_shr(bits).unwrap_or(0);
            Ipv6Addr::from_bits(first.to_bits() | rest)
        })
    }

    fn block<A: std::fmt::Debug + std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> Block<A> {
        let (first, bits) = text.split_once('/').unwrap();
        (first.parse().unwrap(), bits.parse().unwrap())
    }

    /// Written once more, as the registries have it, so that a slip above is noticed here.
    fn inside_v4() -> impl Strategy<Value = Ipv4Addr> {
        let blocks = [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "255.255.255.255/32",
        ];
        prop::sample::select(blocks.to_vec()).prop_flat_map(|it| in_v4(block(it)))
    }

    fn inside_v6() -> impl Strategy<Value = Ipv6Addr> {
        let blocks = [
            "::/128",
            "::1/128",
            "::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/32",
            "2001:2::/48",
            "2001:10::/28",
            "2001:20::/28",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",
            "fd00:ec2::/32",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        ];
        prop::sample::select(blocks.to_vec()).prop_flat_map(|it| in_v6(block(it)))
    }

    /// What lies between the blocks above.
    fn public_v4() -> impl Strategy<Value = Ipv4Addr> {
        let ranges = [
            ("1.0.0.0", "9.255.255.255"),
            ("11.0.0.0", "100.63.255.255"),
            ("100.128.0.0", "126.255.255.255"),
            ("128.0.0.0", "169.253.255.255"),
            ("169.255.0.0", "172.15.255.255"),
            ("172.32.0.0", "191.255.255.255"),
            ("192.0.1.0", "192.0.1.255"),
            ("192.0.3.0", "192.88.98.255"),
            ("192.88.100.0", "192.167.255.255"),
            ("192.169.0.0", "198.17.255.255"),
            ("198.20.0.0", "198.51.99.255"),
            ("198.51.101.0", "203.0.112.255"),
            ("203.0.114.0", "223.255.255.255"),
        ];
        prop::sample::select(ranges.to_vec()).prop_flat_map(|(first, last)| {
            let bits = |it: &str| it.parse::<Ipv4Addr>().unwrap().to_bits();
            (bits(first)..=bits(last)).prop_map(Ipv4Addr::from_bits)
        })
    }

    fn public_v6() -> impl Strategy<Value = Ipv6Addr> {
        let blocks = [
            "2001:200::/23",
            "2001:4860::/32",
            "2003::/18",
            "2400::/12",
            "2600:1f00::/24",
            "2606:4700::/32",
            "2a00::/12",
            "2c00::/12",
        ];
        prop::sample::select(blocks.to_vec()).prop_flat_map(|it| in_v6(block(it)))
    }

    fn mapped(address: Ipv4Addr) -> [Ipv6Addr; 2] {
        let low = u128::from(address.to_bits());
        HOLDS_V4.map(|(first, _)| Ipv6Addr::from_bits(first.to_bits() | low))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn nothing_inside_is_public(v4 in inside_v4(), v6 in inside_v6()) {
            prop_assert!(!is_public(v4.into()), "{}", v4);
            prop_assert!(!is_public(v6.into()), "{}", v6);
            for it in mapped(v4) {
                prop_assert!(!is_public(it.into()), "{}", it);
            }
        }

        #[test]
        fn what_is_not_inside_is_public(v4 in public_v4(), v6 in public_v6()) {
            prop_assert!(is_public(v4.into()), "{}", v4);
            prop_assert!(is_public(v6.into()), "{}", v6);
            for it in mapped(v4) {
                prop_assert!(is_public(it.into()), "{}", it);
            }
        }
    }

    /// Where a block begins and ends, to the address.
    #[test]
    fn a_block_ends_where_it_ends() {
        for (first, bits) in INSIDE_V4 {
            let last = Ipv4Addr::from_bits(first.to_bits() | (u32::MAX >> bits));
            assert!(!is_public(first.into()) && !is_public(last.into()), "{first}/{bits}");
            assert_eq!(first.to_bits() & (u32::MAX >> bits), 0, "{first}/{bits}");
        }
        for outside in
            ["9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "223.255.255.255"]
        {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }
}
