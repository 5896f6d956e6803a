//! Test data, simulated disk, temporary folders and peers for the tests of the other rooms.
