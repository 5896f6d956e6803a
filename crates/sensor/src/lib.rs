//! Capture, flow table, direction, the seal and its supervisor.
