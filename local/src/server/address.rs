//! An address to listen on, from the command line.

use std::fmt;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::str::FromStr;

use tokio::net::{TcpListener, lookup_host};

/// `127.0.0.1:3000`, `[::1]:3000`, or a name as in `localhost:3000`. Port 0 picks a free one.
#[derive(Clone, Debug)]
pub struct Address(String);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let is_name = |host: &str| !host.is_empty() && !host.contains([':', '/', '[', ']', '@', ' ']);
        let is_address = text.parse::<SocketAddr>().is_ok()
            || text
                .rsplit_once(':')
                .is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok());
        if is_address {
            Ok(Self(text.to_owned()))
        } else {
            Err("write HOST:PORT, such as 127.0.0.1:3000, localhost:3000 or [::1]:3000")
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self(address.to_string())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Address {
    /// Listens on the first address of a name that this machine has. If that address is in use, the others are not
    /// tried: clients of the name could then reach two different programs.
    pub(super) async fn listen(&self) -> Result<TcpListener> {
        let mut failure = Error::new(ErrorKind::NotFound, "the name has no address");
        for address in lookup_host(&self.0).await? {
            match TcpListener::bind(address).await {
                // For example ::1 if IPv6 is off.
                Err(error) if error.kind() != ErrorKind::AddrInUse => failure = error,
                bound => return bound,
            }
        }
        Err(failure)
    }
}
