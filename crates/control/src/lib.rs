//! The node: use cases of office, commission and sensor, wired to disk, clock and network.
