//! Processes, files and the network of a host whose owner installed this.
