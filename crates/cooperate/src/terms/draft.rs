//! A schedule of duties to begin with. In: from when. Out: version 1 for Japan, to be signed. Never: `verified` beside a value whose sentence was not read in the text
//! that its source names.

use super::{RouteRow, Source, Sourced, Target, Terms, WidelyUsed};
use crate::calendar::{Date, Span};
use crate::routing::{Minister, Sector};
use crate::scope::SubType;
use sakimori_custody::time::Seconds;

const NOTICE: &str = "Act 42/2025 art. 4; Order 4/2026 of the eight ministries, arts. 2 and 3";
const REPORT: &str = "Act 42/2025 art. 5; Order 4/2026 of the eight ministries, art. 4";
const DESIGNATED: &str = "notice of 2026-09-15, as others tell of it";
const SECTORS: &str = "sectors and their ministers as remembered";

fn verified<T>(value: T, text: &str) -> Sourced<T> {
    let source = Source {
        verified: true,
        text: text.to_owned(),
    };
    Sourced { value, source }
}

fn unverified<T>(value: T, text: &str) -> Sourced<T> {
    let source = Source {
        verified: false,
        text: text.to_owned(),
    };
    Sourced { value, source }
}

pub(super) fn japan(not_before: Seconds) -> Terms {
    let begins = Date::of(Seconds(BEGINS));
    let designated = Date::of(Seconds(DESIGNATED_AT));
    Terms {
        version: 1,
        not_before,
        prompt_target: unverified(
            Target { from: 3, to: 5 },
            "an interpretation of `promptly`; the text names no number",
        ),
        full: verified(Span::Days(30), REPORT),
        fields: unverified(
            1,
            "the seven items and the forms; the official workbook was not seen",
        ),
        exclusion: verified(Span::Months(6), REPORT),
        introduction: verified(Span::Months(4), NOTICE),
        designation: verified(Span::Months(6), NOTICE),
        window: verified(Span::Months(2), NOTICE),
        begins: verified(begins, "Act 42/2025, supplementary provisions"),
        in_use: verified(Span::Months(6), NOTICE),
        change: verified(Span::Months(4), NOTICE),
        counting: unverified(
            (),
            "Civil Code arts. 140 to 143 and Act 91/1988 art. 2 as remembered",
        )
        .source,
        core_sub_types: unverified(
            SubType::ALL.to_vec(),
            "two sub-types are core; which was not found: all seven, to report too much and never too little",
        ),
        acknowledges: unverified(Span::Days(3), "a bound of the project's"),
        penalty_order: verified(2_000_000, "Act 42/2025 art. 83"),
        penalty_answer: verified(300_000, "Act 42/2025 art. 84"),
        widely_used: ["Windows", "Windows Server"]
            .map(|product| {
                let row = WidelyUsed {
                    maker: "Microsoft".to_owned(),
                    product: product.to_owned(),
                    notice: designated,
                };
                unverified(row, DESIGNATED)
            })
            .to_vec(),
        routes: Sector::ALL
            .iter()
            .map(|sector| {
                let minister = minister(*sector);
                let row = RouteRow {
                    sector: *sector,
                    minister,
                };
                unverified(row, SECTORS)
            })
            .collect(),
        bureaus: Vec::new(),
    }
}

/// 2026-10-01T00:00 in Japan.
const BEGINS: u64 = 1_790_780_400;
/// 2026-09-15T00:00 in Japan.
const DESIGNATED_AT: u64 = 1_789_398_000;

const fn minister(sector: Sector) -> Minister {
    match sector {
        Sector::Electricity | Sector::Gas | Sector::Oil | Sector::CreditCards => Minister::Meti,
        Sector::Water
        | Sector::Railways
        | Sector::Trucking
        | Sector::OceanShipping
        | Sector::PortTransport
        | Sector::Aviation
        | Sector::Airports => Minister::Mlit,
        Sector::Telecommunications | Sector::Broadcasting | Sector::Post => Minister::Mic,
        Sector::Finance => Minister::Fsa,
    }
}
