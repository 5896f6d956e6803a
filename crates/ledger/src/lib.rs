//! The log as a service: sequence, store, mirror.
