//! What can be done at a node, and the classes of information. In: words. Out: acts, classes. Never: who may (that is `policy/access.cedar`).

use crate::roles::words;

words! {
    /// An act that needs leave.
    Act, "an act":
    /// Read requests, questions, answers and decisions.
    ReadRequest = "read-request",
    /// Write or change the draft of a request.
    DraftRequest = "draft-request",
    /// Submit a request: it goes to the log.
    SubmitRequest = "submit-request",
    /// Ask the office about a request.
    Ask = "ask",
    /// Answer a question of the commission.
    Answer = "answer",
    /// Bring a decision or ruling that one has signed.
    SignDecision = "sign-decision",
    /// Bring an agreement that one has signed.
    SignAgreement = "sign-agreement",
    /// Bring a schedule, software or trust root note that one has signed.
    SignSchedule = "sign-schedule",
    /// Suspend an authority.
    Suspend = "suspend",
    /// Let a suspended authority go on.
    Resume = "resume",
    /// Invoke the urgent path.
    InvokeUrgent = "invoke-urgent",
    /// See selected records one by one.
    SeeSelected = "see-selected",
    /// Ask a question of selected records.
    Query = "query",
    /// Read findings.
    ReadFindings = "read-findings",
    /// Take records out of the node.
    Export = "export",
    /// Have a tag turned back into the name it stands for, under a ruling.
    Reidentify = "reidentify",
    /// Carry out a step of a measure.
    Respond = "respond",
    /// Put buckets on the purge list.
    Purge = "purge",
    /// End a bucket before its time.
    Delete = "delete",
    /// Open, write and close inspections.
    Inspect = "inspect",
    /// Challenge the office to open or to be unable to.
    Challenge = "challenge",
    /// Enter a notice.
    Notice = "notice",
    /// Enter a demand.
    Demand = "demand",
    /// Enter a recommendation.
    Recommend = "recommend",
    /// Reply to a notice, demand or recommendation.
    Reply = "reply",
    /// Make the yearly report.
    Report = "report",
    /// Read cases of misuse.
    ReadMisuse = "read-misuse",
    /// Open and close cases, let people in and out.
    ManageCases = "manage-cases",
    /// Propose, confirm and take clearances.
    GrantClearance = "grant-clearance",
    /// Enter people, give and take roles, issue one-time codes.
    ManagePeople = "manage-people",
    /// Enter machines, issue tokens, enter certificates.
    ManageMachines = "manage-machines",
    /// Change the node's settings.
    ManageNode = "manage-node",
    /// Read the record of administrative acts.
    ReadAudit = "read-audit",
    /// Read the log.
    ReadLog = "read-log",
    /// Read measurements of the node.
    ReadMetrics = "read-metrics",
    /// Bring notes and entries of another node.
    RelayNotes = "relay-notes",
    /// Read reports and cases of weaknesses, speak with reporters and makers.
    CoordinateWeakness = "coordinate-weakness",
    /// Set the hour of a publication and let it go out; issue official requests and urgent notices to makers.
    ReleaseWeakness = "release-weakness",
    /// See by name which operators an advisory concerns, of those for whom the own ministry is competent; that ministry's officers alone.
    SeeAffected = "see-affected",
    /// Let products of reports and open sources go, through the release gate.
    ReleaseProduct = "release-product",
    /// Write, file and send incident reports of one's operator, answer its guidance.
    FileReport = "file-report",
    /// Read incident reports at the office, acknowledge and work on cases, write guidance and letters.
    HandleReport = "handle-report",
    /// Read the products that this operator was given.
    ReadProducts = "read-products",
    /// Read what is shared with the machine in collections (TAXII).
    ReadShared = "read-shared",
    /// Add objects to collections and take them away (TAXII).
    WriteShared = "write-shared",
}

impl Act {
    /// Whether the act shows data, so that role, clearance and case are all needed.
    pub const fn shows_data(self) -> bool {
        matches!(
            self,
            Self::SeeSelected | Self::Query | Self::ReadFindings | Self::Export | Self::Reidentify
        )
    }

    /// Whether a machine can be given the act as a scope. A machine decides nothing, signs nothing and sees no data; what is shared with it are products.
    pub const fn is_for_machines(self) -> bool {
        matches!(
            self,
            Self::ReadRequest
                | Self::ReadLog
                | Self::ReadMetrics
                | Self::RelayNotes
                | Self::FileReport
                | Self::ReadShared
                | Self::WriteShared
        )
    }
}

words! {
    /// A class of information of the law (Act 42/2025; the table of who may receive which is the room `release`).
    Class, "a class of information":
    /// As acquired; nobody ever sees it.
    Acquired = "acquired",
    /// Selected (選別後通信情報).
    Selected = "selected",
    /// Selected from a party's traffic under an agreement.
    SelectedParty = "selected-party",
    /// Selected, processed for provision.
    ReleasedSelected = "released-selected",
    /// Integrated analysis.
    Integrated = "integrated",
    /// Integrated analysis for provision.
    IntegratedProvision = "integrated-provision",
    /// Integrated analysis for provision, with secrets.
    IntegratedControlled = "integrated-controlled",
    /// For public notice.
    PublicNotice = "public-notice",
    /// What operators report.
    OperatorReport = "operator-report",
}

impl Class {
    /// Whether people can be cleared for it: not for what is acquired, which no person perceives (art. 22).
    pub const fn is_for_people(self) -> bool {
        !matches!(self, Self::Acquired)
    }
}
