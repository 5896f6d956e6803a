//! The offline verifier; shares only tlog with the writer.
