//! Where a request came from, when it came through proxies of ours.
//!
//! **What a stranger writes into `X-Forwarded-For` is never believed**: the header is read from its end,
//! as far back as each entry was written by a proxy that we trust.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use hyper::HeaderMap;
use ipnet::IpNet;

/// Networks whose word about others is taken.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

impl FromIterator<IpNet> for Proxies {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl Proxies {
    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address nearest to us that is no proxy of ours; `peer` is who has connected. `None`: it is
    /// the peer.
    pub(crate) fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Arc<str>> {
        if !self.trust(peer) {
            return None;
        }
        let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
        let entries: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        let mut nearest = None;
        for entry in entries.into_iter().rev() {
            // Who wrote this was trusted, and wrote no address: nothing before it can be relied on.
            let Some(address) = address(entry.trim()) else { break };
            nearest = Some(address);
            if !self.trust(address) {
                break;
            }
        }
        nearest.map(|address| address.to_string().into())
    }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok();
    address
        .or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
        .map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let proxies: Proxies =
            ["10.0.0.0/8", "fd00::/8"].iter().map(|net| net.parse::<IpNet>().unwrap()).collect();
        for (peer, lines, expected) in [
            ("10.0.0.1", &["203.0.113.7"][..], Some("203.0.113.7")),
            ("10.0.0.1", &["203.0.113.7:51234"], Some("203.0.113.7")),
            ("10.0.0.1", &["2001:db8::1"], Some("2001:db8::1")),
            ("fd00::2", &["[2001:db8::1]:443"], Some("2001:db8::1")),
            ("10.0.0.1", &["::ffff:203.0.113.7"], Some("203.0.113.7")),
            // Through two of ours; before them stands what the caller made up.
            ("10.0.0.1", &["1.1.1.1, 203.0.113.7, 10.9.9.9"], Some("203.0.113.7")),
            ("10.0.0.1", &["1.1.1.1", "203.0.113.7", "10.9.9.9"], Some("203.0.113.7")),
            // One of ours itself asks.
            ("10.0.0.1", &["10.1.1.1"], Some("10.1.1.1")),
            ("10.0.0.1", &["1.1.1.1, unknown"], None),
            ("10.0.0.1", &["1.1.1.1, <script>, 10.9.9.9"], Some("10.9.9.9")),
            ("10.0.0.1", &[], None),
            ("10.0.0.1", &[""], None),
            // No proxy of ours.
            ("198.51.100.1", &["203.0.113.7"], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let origin = proxies.origin(peer.parse().unwrap(), &headers);
            assert_eq!(origin.as_deref(), expected, "{peer} {lines:?}");
        }
        let headers = HeaderMap::from_iter([(
            "x-forwarded-for".parse().unwrap(),
            "1.1.1.1".parse().unwrap(),
        )]);
        assert_eq!(Proxies::default().origin("10.0.0.1".parse().unwrap(), &headers), None);
    }
}
