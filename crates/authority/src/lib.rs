//! Statements, trust root, quorum, lease: is this act allowed, now, here?
