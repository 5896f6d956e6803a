//! Routes lead nowhere, by a BGP speaker of the owner.
