//! The ports of one network: the contract's, or free ones. Knows nothing of who listens on them.

use std::{io, net::TcpListener};
use uuid::Uuid;

/// Where blocks of free ports begin.
const FIRST_PORT: u16 = 10_000;
/// Ports of one block.
const BLOCK_PORTS: u16 = 8;
/// Number of blocks: they end before 32,768, where Linux begins with outgoing connections.
const BLOCKS: u16 = 2_800;
/// Most blocks that are looked at.
const MOST_ATTEMPTS: usize = 100;

/// Every port that one network listens on, all on the loopback address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The broker, AMQP over TLS.
    pub amqps: u16,
    /// The broker's management interface, HTTP.
    pub management: u16,
    /// The broker's distribution port (its own command line tools speak to it); Erlang's port mapper takes the next one.
    pub distribution: u16,
    /// The gateway for participants, HTTPS with client certificates.
    pub participants: u16,
    /// The gateway for operators, HTTP.
    pub operators: u16,
    /// The gateway for the broker's questions (who may do what), HTTP.
    pub broker_callbacks: u16,
}

impl Ports {
    /// The ports of the contract (design, section 10).
    pub const fn contract() -> Self {
        Self {
            amqps: 7671,
            management: 7672,
            distribution: 7673,
            participants: 7443,
            operators: 7444,
            broker_callbacks: 7445,
        }
    }

    /// A block of ports that nobody listens on at this moment, chosen by chance. It lies below the ports that the
    /// system gives to outgoing connections, so that none of those can take one before broker and gateway do.
    ///
    /// # Errors
    /// When no block is free.
    pub fn free() -> io::Result<Self> {
        (0..MOST_ATTEMPTS)
            .map(|_| Self::block(Uuid::new_v4().as_u128()))
            .find(|ports| ports.taken().is_none())
            .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no free ports"))
    }

    /// The block that a random number chooses.
    fn block(chance: u128) -> Self {
        let block = u16::try_from(chance % u128::from(BLOCKS)).unwrap_or_default();
        let first = FIRST_PORT + block * BLOCK_PORTS;
        Self {
            amqps: first,
            management: first + 1,
            participants: first + 2,
            operators: first + 3,
            broker_callbacks: first + 4,
            distribution: first + 5,
        }
    }

    /// Each port with the name under which it is told about.
    pub fn named(&self) -> [(&'static str, u16); 7] {
        [
            ("broker, AMQPS", self.amqps),
            ("broker, management", self.management),
            ("broker, distribution", self.distribution),
            ("broker, port mapper", self.distribution + 1),
            ("gateway, participants", self.participants),
            ("gateway, operators", self.operators),
            ("gateway, broker call-backs", self.broker_callbacks),
        ]
    }

    /// The first port that somebody else listens on already, with its name.
    pub fn taken(&self) -> Option<(&'static str, u16)> {
        self.named().into_iter().find(|(_, port)| TcpListener::bind(("127.0.0.1", *port)).is_err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_block_has_different_ports_below_those_of_outgoing_connections() {
        for chance in [0, 1, u128::from(BLOCKS) - 1, u128::from(BLOCKS), u128::MAX] {
            let ports = Ports::block(chance).named();
            let different: HashSet<u16> = ports.iter().map(|(_, port)| *port).collect();
            assert_eq!(different.len(), ports.len());
            assert!(different.iter().all(|port| (10_000..32_768).contains(port)));
        }
    }

    #[test]
    fn free_ports_are_found() {
        let ports = Ports::free().expect("a machine with free ports");
        assert_eq!(ports.distribution, ports.amqps + 5);
    }

    #[test]
    fn a_port_in_use_is_named() {
        let mut ports = Ports::free().expect("a machine with free ports");
        let holder = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        ports.operators = holder.local_addr().expect("bound").port();
        assert_eq!(ports.taken(), Some(("gateway, operators", ports.operators)));
    }
}
