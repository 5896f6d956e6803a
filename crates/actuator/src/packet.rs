//! Packets to and from addresses are dropped, by nftables.
