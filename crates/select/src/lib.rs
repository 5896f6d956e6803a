//! Selection packs: language, lint, compile, match.
