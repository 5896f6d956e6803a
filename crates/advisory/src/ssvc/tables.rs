//! Decision tables in compact form. In: nothing. Out: tables by name. Never: a table that differs from its publisher's: a test decides every row of theirs.
//!
//! Names, values and outcomes are those of the SSVC project, under this licence:
//!
//! > Copyright 2026 Carnegie Mellon University.
//! >
//! > Licensed under a MIT (SEI)-style license, please see license.txt or contact permission@sei.cmu.edu for full terms.
//! >
//! > Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to
//! > deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or
//! > sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:
//! >
//! > The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.
//! >
//! > This Software includes and/or can make use of certain third party software ("Third Party Software"). The Third Party Software that is used by the
//! > software is dependent upon your system configuration, but typically includes the software identified in this license.txt file, and/or described in the
//! > documentation and/or read me file. By using this software, you agree to comply with any and all relevant Third Party Software terms and conditions
//! > contained in any such Third Party Software or separate license file distributed with such Third Party Software. The parties who own the Third Party
//! > Software ("Third Party Licensors") are intended third party beneficiaries to this License with respect to the terms applicable to their Third Party
//! > Software. Third Party Software licenses only apply to the Third Party Software and not any other portion of SEI Software or this software as a whole.
//! >
//! > This material is based upon work funded and supported by the Department of Defense under Contract No. FA8702-15-D-0002 with Carnegie Mellon University
//! > for the operation of the Software Engineering Institute, a federally funded research and development center.
//! >
//! > The view, opinions, and/or findings contained in this material are those of the author(s) and should not be construed as an official Government
//! > position, policy, or decision, unless designated by other documentation.
//! >
//! > References herein to any specific commercial product, process, or service by trade name, trade mark, manufacturer, or otherwise, does not necessarily
//! > constitute or imply its endorsement, recommendation, or favoring by Carnegie Mellon University or its Software Engineering Institute.
//! >
//! > NO WARRANTY. THIS CARNEGIE MELLON UNIVERSITY AND SOFTWARE ENGINEERING INSTITUTE MATERIAL IS FURNISHED ON AN "AS-IS" BASIS. CARNEGIE MELLON UNIVERSITY
//! > MAKES NO WARRANTIES OF ANY KIND, EITHER EXPRESSED OR IMPLIED, AS TO ANY MATTER INCLUDING, BUT NOT LIMITED TO, WARRANTY OF FITNESS FOR PURPOSE OR
//! > MERCHANTABILITY, EXCLUSIVITY, OR RESULTS OBTAINED FROM USE OF THE MATERIAL. CARNEGIE MELLON UNIVERSITY DOES NOT MAKE ANY WARRANTY OF ANY KIND WITH
//! > RESPECT TO FREEDOM FROM PATENT, TRADEMARK, OR COPYRIGHT INFRINGEMENT.
//! >
//! > [DISTRIBUTION STATEMENT A] This material has been approved for public release and unlimited distribution.  Please see Copyright notice for non-US
//! > Government use and distribution.
//! >
//! > DM24-0278

use super::{Point, Table};
use std::borrow::Cow;

/// Id, name and values of a decision point.
type Written = (&'static str, &'static str, &'static [&'static str]);

/// A table as it is written down here.
pub struct Compact {
    name: &'static str,
    version: &'static str,
    points: &'static [Written],
    outcome: Written,
    /// One digit a combination, the place of its outcome; the last point changes fastest.
    outcomes: &'static str,
}

impl Compact {
    /// The table's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The table, ready to decide. None only if its text above were wrong, which a test excludes for each.
    pub fn table(&self) -> Option<Table> {
        let point = |&(id, name, values): &Written| Point {
            id: Cow::Borrowed(id),
            name: Cow::Borrowed(name),
            values: values.iter().map(|v| Cow::Borrowed(*v)).collect(),
        };
        let points = self.points.iter().map(point).collect();
        let outcomes = self.outcomes.bytes().map(|digit| digit.wrapping_sub(b'0'));
        let (name, version) = (Cow::Borrowed(self.name), Cow::Borrowed(self.version));
        Table::new(
            name,
            version,
            points,
            point(&self.outcome),
            outcomes.collect(),
        )
        .ok()
    }
}

/// The table of a name, large and small letters alike; none where there is no such table.
pub fn named(name: &str) -> Option<&'static Compact> {
    let mut all = ALL.into_iter();
    all.find(|table| table.name.eq_ignore_ascii_case(name.trim()))
}

/// All of them.
pub const ALL: [&Compact; 9] = [
    &CISA_COORDINATOR,
    &CISA_BOD_26_04,
    &DEPLOYER,
    &SUPPLIER,
    &COORDINATOR_TRIAGE,
    &COORDINATOR_PUBLISH,
    &HUMAN_IMPACT,
    &PUBLIC_SAFETY_IMPACT,
    &UTILITY,
];

/// What CISA does about a weakness that somebody reported to it.
pub static CISA_COORDINATOR: Compact = Compact {
    name: "CISA Coordinator",
    version: "2.0.3",
    points: &[
        (
            "ssvc:E:1.1.0",
            "Exploitation",
            &["None", "Public PoC", "Active"],
        ),
        ("ssvc:A:2.0.0", "Automatable", &["No", "Yes"]),
        ("ssvc:TI:1.0.0", "Technical Impact", &["Partial", "Total"]),
        (
            "ssvc:MWI:1.0.0",
            "Mission and Well-Being Impact",
            &["Low", "Medium", "High"],
        ),
    ],
    outcome: (
        "cisa:CISA:1.1.0",
        "CISA Levels",
        &["Track", "Track*", "Attend", "Act"],
    ),
    outcomes: "000001002002001012002012002023223233",
};

/// How soon a federal agency of the United States mends it: Binding Operational Directive 26-04.
pub static CISA_BOD_26_04: Compact = Compact {
    name: "CISA BOD 26-04",
    version: "1.0.0",
    points: &[
        ("cisa:KEV:1.0.0", "In KEV", &["No", "Yes"]),
        ("cisa:PE:1.0.0", "Publicly Exposed", &["No", "Yes"]),
        ("ssvc:A:2.0.0", "Automatable", &["No", "Yes"]),
        ("ssvc:TI:1.0.0", "Technical Impact", &["Partial", "Total"]),
    ],
    outcome: (
        "cisa:BOD2604:1.0.0",
        "CISA BOD 26-04 Remediation Timelines",
        &[
            "Fix on system upgrade",
            "60 days",
            "14 days",
            "3 days",
            "3 days & forensic investigation",
        ],
    ),
    outcomes: "0011122322242434",
};

/// How soon an operator applies a mend.
pub static DEPLOYER: Compact = Compact {
    name: "Deployer Patch Application Priority",
    version: "1.0.0",
    points: &[
        (
            "ssvc:E:1.1.0",
            "Exploitation",
            &["None", "Public PoC", "Active"],
        ),
        (
            "ssvc:EXP:1.0.1",
            "System Exposure",
            &["Small", "Controlled", "Open"],
        ),
        ("ssvc:A:2.0.0", "Automatable", &["No", "Yes"]),
        (
            "ssvc:HI:2.0.2",
            "Human Impact",
            &["Low", "Medium", "High", "Very High"],
        ),
    ],
    outcome: (
        "ssvc:DSOI:1.0.0",
        "Defer, Scheduled, Out-of-Cycle, Immediate",
        &["Defer", "Scheduled", "Out-of-Cycle", "Immediate"],
    ),
    outcomes: "001101110111111101111112011111110111111211121122112212221122222212232233",
};

/// How soon a maker makes one.
pub static SUPPLIER: Compact = Compact {
    name: "Supplier Patch Development Priority",
    version: "1.0.0",
    points: &[
        (
            "ssvc:E:1.1.0",
            "Exploitation",
            &["None", "Public PoC", "Active"],
        ),
        (
            "ssvc:U:1.0.1",
            "Utility",
            &["Laborious", "Efficient", "Super Effective"],
        ),
        ("ssvc:TI:1.0.0", "Technical Impact", &["Partial", "Total"]),
        (
            "ssvc:PSI:2.0.1",
            "Public Safety Impact",
            &["Minimal", "Significant"],
        ),
    ],
    outcome: (
        "ssvc:DSOI:1.0.0",
        "Defer, Scheduled, Out-of-Cycle, Immediate",
        &["Defer", "Scheduled", "Out-of-Cycle", "Immediate"],
    ),
    outcomes: "011212121222121313232323232323233333",
};

/// Whether a coordinator takes a report on.
pub static COORDINATOR_TRIAGE: Compact = Compact {
    name: "Coordinator Triage",
    version: "1.0.0",
    points: &[
        ("ssvc:RP:1.0.0", "Report Public", &["Yes", "No"]),
        ("ssvc:SCON:1.0.0", "Supplier Contacted", &["No", "Yes"]),
        (
            "ssvc:RC:1.0.0",
            "Report Credibility",
            &["Not Credible", "Credible"],
        ),
        (
            "ssvc:SC:1.0.0",
            "Supplier Cardinality",
            &["One", "Multiple"],
        ),
        (
            "ssvc:SE:1.0.0",
            "Supplier Engagement",
            &["Active", "Unresponsive"],
        ),
        (
            "ssvc:U:1.0.1",
            "Utility",
            &["Laborious", "Efficient", "Super Effective"],
        ),
        (
            "ssvc:PSI:2.0.1",
            "Public Safety Impact",
            &["Minimal", "Significant"],
        ),
    ],
    outcome: (
        "ssvc:COORDINATE:1.0.1",
        "Decline, Track, Coordinate",
        &["Decline", "Track", "Coordinate"],
    ),
    outcomes: "000000000000000002000002000000000000000002000002000000000000000002000002000000000000000002000002000000000000000002000002000000000000000002000002000101000101010112010112000101122222010122222222",
};

/// Whether a coordinator publishes.
pub static COORDINATOR_PUBLISH: Compact = Compact {
    name: "Coordinator Publish Decision Table",
    version: "1.0.0",
    points: &[
        (
            "ssvc:SINV:1.0.0",
            "Supplier Involvement",
            &["Fix Ready", "Cooperative", "Uncooperative/Unresponsive"],
        ),
        (
            "ssvc:E:1.1.0",
            "Exploitation",
            &["None", "Public PoC", "Active"],
        ),
        (
            "ssvc:PVA:1.0.0",
            "Public Value Added",
            &["Limited", "Ampliative", "Precedence"],
        ),
    ],
    outcome: (
        "ssvc:PUBLISH:1.0.0",
        "Publish, Do Not Publish",
        &["Do Not Publish", "Publish"],
    ),
    outcomes: "001001011001001011001011111",
};

/// Harm to people from safety and mission.
pub static HUMAN_IMPACT: Compact = Compact {
    name: "Human Impact",
    version: "1.0.0",
    points: &[
        (
            "ssvc:SI:2.0.1",
            "Safety Impact",
            &["Negligible", "Marginal", "Critical", "Catastrophic"],
        ),
        (
            "ssvc:MI:2.0.0",
            "Mission Impact",
            &[
                "Degraded",
                "MEF Support Crippled",
                "MEF Failure",
                "Mission Failure",
            ],
        ),
    ],
    outcome: (
        "ssvc:HI:2.0.2",
        "Human Impact",
        &["Low", "Medium", "High", "Very High"],
    ),
    outcomes: "0013001312233333",
};

/// Harm to the public from safety.
pub static PUBLIC_SAFETY_IMPACT: Compact = Compact {
    name: "Public Safety Impact",
    version: "1.0.0",
    points: &[(
        "ssvc:SI:2.0.1",
        "Safety Impact",
        &["Negligible", "Marginal", "Critical", "Catastrophic"],
    )],
    outcome: (
        "ssvc:PSI:2.0.1",
        "Public Safety Impact",
        &["Minimal", "Significant"],
    ),
    outcomes: "0111",
};

/// Use to an attacker from automation and density.
pub static UTILITY: Compact = Compact {
    name: "Utility",
    version: "1.0.0",
    points: &[
        ("ssvc:A:2.0.0", "Automatable", &["No", "Yes"]),
        (
            "ssvc:VD:1.0.0",
            "Value Density",
            &["Diffuse", "Concentrated"],
        ),
    ],
    outcome: (
        "ssvc:U:1.0.1",
        "Utility",
        &["Laborious", "Efficient", "Super Effective"],
    ),
    outcomes: "0112",
};

/// The newest version of each decision point that the project registers: namespace, key, version.
pub static NEWEST: [(&str, &str, &str); 89] = [
    ("cisa", "BOD2604", "1.0.0"),
    ("cisa", "CISA", "1.1.0"),
    ("cisa", "KEV", "1.0.0"),
    ("cisa", "MP", "1.0.0"),
    ("cisa", "PE", "1.0.0"),
    ("cvss", "A", "2.0.0"),
    ("cvss", "AC", "3.0.1"),
    ("cvss", "AR", "1.1.1"),
    ("cvss", "AR_NoX", "1.1.1"),
    ("cvss", "AT", "1.0.0"),
    ("cvss", "AU", "1.0.0"),
    ("cvss", "AV", "3.0.1"),
    ("cvss", "Au", "2.0.0"),
    ("cvss", "C", "2.0.0"),
    ("cvss", "CDP", "2.0.0"),
    ("cvss", "CR", "1.1.1"),
    ("cvss", "CR_NoX", "1.1.1"),
    ("cvss", "CVSS", "1.0.0"),
    ("cvss", "E", "2.0.0"),
    ("cvss", "EQ1", "1.0.0"),
    ("cvss", "EQ2", "1.0.0"),
    ("cvss", "EQ3", "1.0.0"),
    ("cvss", "EQ4", "1.0.0"),
    ("cvss", "EQ5", "1.0.0"),
    ("cvss", "EQ6", "1.0.0"),
    ("cvss", "E_NoX", "2.0.0"),
    ("cvss", "I", "2.0.0"),
    ("cvss", "IB", "1.0.0"),
    ("cvss", "IR", "1.1.1"),
    ("cvss", "IR_NoX", "1.1.1"),
    ("cvss", "MA", "2.0.0"),
    ("cvss", "MAC", "3.0.1"),
    ("cvss", "MAT", "1.0.0"),
    ("cvss", "MAV", "3.0.1"),
    ("cvss", "MC", "2.0.0"),
    ("cvss", "MI", "2.0.0"),
    ("cvss", "MPR", "1.0.1"),
    ("cvss", "MS", "1.0.0"),
    ("cvss", "MSA", "1.0.1"),
    ("cvss", "MSA_NoX", "1.0.1"),
    ("cvss", "MSC", "1.0.1"),
    ("cvss", "MSI", "1.0.1"),
    ("cvss", "MSI_NoX", "1.0.1"),
    ("cvss", "MUI", "2.0.0"),
    ("cvss", "MVA", "3.0.0"),
    ("cvss", "MVC", "3.0.0"),
    ("cvss", "MVI", "3.0.0"),
    ("cvss", "PR", "1.0.1"),
    ("cvss", "R", "1.0.0"),
    ("cvss", "RC", "2.0.0"),
    ("cvss", "RE", "1.0.0"),
    ("cvss", "RL", "1.1.0"),
    ("cvss", "S", "1.0.0"),
    ("cvss", "SA", "1.0.0"),
    ("cvss", "SC", "1.0.0"),
    ("cvss", "SF", "1.0.0"),
    ("cvss", "SI", "1.0.0"),
    ("cvss", "TD", "1.1.0"),
    ("cvss", "U", "1.0.0"),
    ("cvss", "UI", "2.0.0"),
    ("cvss", "V", "1.0.0"),
    ("cvss", "VA", "3.0.0"),
    ("cvss", "VC", "3.0.0"),
    ("cvss", "VI", "3.0.0"),
    ("ssvc", "A", "2.0.0"),
    ("ssvc", "COORDINATE", "1.0.1"),
    ("ssvc", "CS", "1.0.0"),
    ("ssvc", "DSOI", "1.0.0"),
    ("ssvc", "E", "1.1.0"),
    ("ssvc", "EXP", "1.0.1"),
    ("ssvc", "HI", "2.0.2"),
    ("ssvc", "HVA", "1.0.0"),
    ("ssvc", "MI", "2.0.0"),
    ("ssvc", "MWI", "1.0.0"),
    ("ssvc", "PSI", "2.0.1"),
    ("ssvc", "PUBLISH", "1.0.0"),
    ("ssvc", "PVA", "1.0.0"),
    ("ssvc", "PWI", "1.1.0"),
    ("ssvc", "RC", "1.0.0"),
    ("ssvc", "RP", "1.0.0"),
    ("ssvc", "SC", "1.0.0"),
    ("ssvc", "SCON", "1.0.0"),
    ("ssvc", "SE", "1.0.0"),
    ("ssvc", "SI", "2.0.1"),
    ("ssvc", "SINV", "1.0.0"),
    ("ssvc", "TI", "1.0.0"),
    ("ssvc", "U", "1.0.1"),
    ("ssvc", "V", "1.0.0"),
    ("ssvc", "VD", "1.0.0"),
];
