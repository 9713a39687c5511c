//! Which addresses belong to the public Internet.
//!
//! Source: IANA's registries of special-purpose addresses for IPv4 and IPv6, as of 2025.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are not public: the first address, and the bits that its addresses share.
const NOT_PUBLIC_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),        // this network
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10), // between carriers and their customers; a cloud's metadata at 100.100.100.200
    ([127, 0, 0, 0], 8),   // this machine
    ([168, 63, 129, 16], 32), // a cloud's services for its machines
    ([169, 254, 0, 0], 16), // this link; clouds' metadata at 169.254.169.254
    ([172, 16, 0, 0], 12), // private
    ([192, 0, 0, 0], 24),  // protocols; a cloud's metadata at 192.0.0.192
    ([192, 0, 2, 0], 24),  // examples
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24), // relays from IPv6
    ([192, 168, 0, 0], 16), // private
    ([192, 175, 48, 0], 24), // AS112
    ([198, 18, 0, 0], 15), // benchmarks
    ([198, 51, 100, 0], 24), // examples
    ([203, 0, 113, 0], 24), // examples
    ([224, 0, 0, 0], 4),   // to many
    ([240, 0, 0, 0], 4),   // reserved, and to all
];

/// Networks within 2000::/3, outside of which nothing is public, that are not either.
const NOT_PUBLIC_V6: &[([u16; 8], u32)] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocols; Teredo carries addresses of IPv4
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // examples
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4 carries addresses of IPv4
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // examples
];

/// Whether anybody on the Internet could reach `ip`. An address of IPv4 in the clothes of IPv6 is not public,
/// whatever it is: nobody needs to write it so.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !NOT_PUBLIC_V4.iter().any(|&(network, bits)| {
            let network = u32::from(Ipv4Addr::from(network));
            (u32::from(ip) ^ network) >> (32 - bits) == 0
        }),
        IpAddr::V6(ip) => {
            let in_network = |(network, bits): ([u16; 8], u32)| {
                (u128::from(ip) ^ u128::from(Ipv6Addr::from(network))) >> (128 - bits) == 0
            };
            in_network(([0x2000, 0, 0, 0, 0, 0, 0, 0], 3))
                && !NOT_PUBLIC_V6.iter().copied().any(in_network)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(addresses: &str, expected: bool) {
        for address in addresses.split_whitespace() {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn what_only_this_machine_or_its_network_reaches_is_not_public() {
        all(
            "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254",
            false,
        );
        all(
            "168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.168.0.1 198.18.0.1 198.19.255.255",
            false,
        );
        all(
            "198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255",
            false,
        );
        all(
            ":: ::1 fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 100::1 64:ff9b::a00:1 64:ff9b:1::1",
            false,
        );
        all(
            "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 2002:7f00:1:: 2001::1 2001:db8::1 3fff::1",
            false,
        );
    }

    #[test]
    fn the_rest_is() {
        all(
            "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 168.63.129.15",
            true,
        );
        all(
            "169.253.255.255 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255",
            true,
        );
        all(
            "2606:4700:4700::1111 2001:4860:4860::8888 2a00:1450::1",
            true,
        );
    }
}
