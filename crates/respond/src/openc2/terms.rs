//! The words of the language. In: a word. Out: what it stands for. Never: a word that no version of the specification has.

use sakimori_custody::record::coded;

coded! {
    /// What is to be done, section 3.3.1.1. The numbers are the specification's.
    Action: u8 {
        /// Examine an aspect of something.
        Scan = 1 "scan",
        /// Find something.
        Locate = 2 "locate",
        /// Ask for information.
        Query = 3 "query",
        /// Prevent something.
        Deny = 6 "deny",
        /// Isolate something.
        Contain = 7 "contain",
        /// Permit something.
        Allow = 8 "allow",
        /// Begin something.
        Start = 9 "start",
        /// End something.
        Stop = 10 "stop",
        /// Stop, then start.
        Restart = 11 "restart",
        /// Make an earlier action void.
        Cancel = 14 "cancel",
        /// Change a value.
        Set = 15 "set",
        /// Retrieve and put into operation.
        Update = 16 "update",
        /// Lead traffic elsewhere.
        Redirect = 18 "redirect",
        /// Add something.
        Create = 19 "create",
        /// Remove something.
        Delete = 20 "delete",
        /// Run and watch in an isolated place.
        Detonate = 22 "detonate",
        /// Bring back an earlier state.
        Restore = 23 "restore",
        /// Make another of the same.
        Copy = 28 "copy",
        /// Gather and report.
        Investigate = 30 "investigate",
        /// Take away a weakness.
        Remediate = 32 "remediate",
    }
}
coded! {
    /// What a consumer is asked about itself, section 3.4.2.4.
    Feature: u8 {
        /// Versions of the language.
        Versions = 1 "versions",
        /// Profiles.
        Profiles = 2 "profiles",
        /// Actions and their targets.
        Pairs = 3 "pairs",
        /// Most commands a minute.
        RateLimit = 4 "rate_limit",
    }
}
coded! {
    /// The protocol above IP, section 3.4.2.10. The numbers are IANA's.
    L4Protocol: u8 {
        /// RFC 792.
        Icmp = 1 "icmp",
        /// RFC 9293.
        Tcp = 6 "tcp",
        /// RFC 768.
        Udp = 17 "udp",
        /// RFC 9260.
        Sctp = 132 "sctp",
    }
}
coded! {
    /// Which answer the producer wants, section 3.4.2.15.
    ResponseType: u8 {
        /// None.
        None = 0 "none",
        /// That the command has come.
        Ack = 1 "ack",
        /// How far it is.
        Status = 2 "status",
        /// What it came to.
        Complete = 3 "complete",
    }
}
coded! {
    /// How a command went, section 3.3.2.1.
    Status: u16 {
        /// Taken, and not done yet.
        Processing = 102 "processing",
        /// Done.
        Ok = 200 "ok",
        /// The command is not one that can be understood.
        BadRequest = 400 "bad request",
        /// The sender is not known.
        Unauthorized = 401 "unauthorized",
        /// Understood, and refused.
        Forbidden = 403 "forbidden",
        /// Nothing is there that the command means.
        NotFound = 404 "not found",
        /// Something went wrong here.
        InternalError = 500 "internal error",
        /// This consumer does not do that.
        NotImplemented = 501 "not implemented",
        /// Not now.
        ServiceUnavailable = 503 "service unavailable",
    }
}
